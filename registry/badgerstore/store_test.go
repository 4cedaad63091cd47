package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/record/recordtest"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(writerEnv); dir != "" {
		writeForEver(dir)
	}
	goleak.VerifyTestMain(m)
}

func openStore(t *testing.T, dir string, opt Options) *Store {
	t.Helper()
	s, err := Open(dir, opt)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func TestCompliance(t *testing.T) {
	t.Parallel()
	recordtest.Run(t, func(t *testing.T) record.Store { return openStore(t, t.TempDir(), Options{}) })
}

func putSetting(t *testing.T, s *Store, key, value string) {
	t.Helper()
	if err := s.Update(t.Context(), func(tx record.Tx) error { return tx.Settings().Put(key, value) }); err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func TestReopenGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	putSetting(t, s, "a", "1")
	if err := errors.Join(s.Probe(t.Context()), s.Close()); err != nil {
		t.Fatal(err)
	}
	s = openStore(t, dir, Options{})
	putSetting(t, s, "b", "2")
	changes, err := s.Changes(t.Context(), 0, 10)
	if err != nil || len(changes) != 2 || changes[0].Seq != 1 || changes[1].Seq != 2 {
		t.Errorf("Changes = %+v, %v", changes, err)
	}
	if size, err := s.Size(); err != nil || size <= 0 || size > 16<<20 {
		t.Errorf("Size = %d, %v", size, err)
	}
}

func TestOldChangesAreTrimmed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir, Options{Keep: 100})
	for range 13 {
		err := s.Update(t.Context(), func(tx record.Tx) error {
			for i := range 100 {
				if err := tx.Settings().Put(fmt.Sprint(i), "v"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, err := s.Changes(t.Context(), trimStep-1, 10); !errors.Is(err, record.ErrBehind) {
			t.Errorf("Changes after a trimmed number: %v", err)
		}
		got, err := s.Changes(t.Context(), trimStep, 1000)
		if err != nil || len(got) != 300 || got[0].Seq != trimStep+1 || got[299].Seq != 1300 {
			t.Errorf("Changes = %d, %v", len(got), err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s = openStore(t, dir, Options{Keep: 100})
	}
}

// encoded returns the bytes that a store writes for v at key.
func encoded(t *testing.T, key []byte, v any) []byte {
	t.Helper()
	s := openStore(t, t.TempDir(), Options{})
	var out []byte
	err := s.db.Update(t.Context(), func(x *kv.Txn) error { return putRow(x, key, v) })
	err = errors.Join(err, s.db.View(func(x *kv.Txn) (err error) { out, _, err = x.Get(key); return err }))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestUnreadableRecords writes what no store wrote and expects errors, never
// an absence.
func TestUnreadableRecords(t *testing.T) {
	t.Parallel()
	claim := claimKey("n")
	good := encoded(t, claim, claimRow{Origin: "private", By: "publish"})
	flipped := bytes.Clone(good)
	flipped[len(flipped)-3] ^= 1
	newer := bytes.Clone(good)
	newer[0] = layout + 1
	for name, value := range map[string][]byte{
		"empty":                   {},
		"shorter than its header": good[:headerSize-1],
		"cut":                     good[:len(good)-1],
		"one bit is wrong":        flipped,
		"newer layout":            newer,
		"of another key":          encoded(t, claimKey("m"), claimRow{Origin: "public", By: "upstream"}),
		"unknown origin":          encoded(t, claim, claimRow{Origin: "mine", By: "upstream"}),
		"unclaimed":               encoded(t, claim, claimRow{Origin: "unclaimed", By: "upstream"}),
		"no object":               encoded(t, claim, "text"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			readUnreadable(t, value)
		})
	}
	t.Run("pin without a digest", func(t *testing.T) {
		t.Parallel()
		readUnreadable(t, encoded(t, pinKey("n", "1.0.0"), pinRow{SHA512: []byte{1}, SHA1: make([]byte, 20)}))
	})
}

func readUnreadable(t *testing.T, value []byte) {
	t.Helper()
	s := openStore(t, t.TempDir(), Options{})
	err := s.db.Update(t.Context(), func(x *kv.Txn) error {
		return errors.Join(x.Set(claimKey("n"), value), x.Set(pinKey("n", "1.0.0"), value))
	})
	if err != nil {
		t.Fatal(err)
	}
	err = s.View(t.Context(), func(tx record.Tx) error {
		_, errClaim := tx.Names().Claim("n")
		_, errPin := tx.Names().Pin("n", "1.0.0")
		_, errPins := tx.Names().Pins("n")
		for _, err := range []error{errClaim, errPin, errPins} {
			if !errors.Is(err, record.ErrCorrupt) || errors.Is(err, npm.ErrNotFound) {
				t.Errorf("err = %v", err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDamagedTable flips one byte in a table's data. The database itself would
// read that as the absence of the keys around it.
func TestDamagedTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir, Options{})
	for i := range 50 {
		putSetting(t, s, fmt.Sprint("key", i), strings.Repeat("v", 100))
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil || len(tables) == 0 {
		t.Fatalf("tables = %v, %v", tables, err)
	}
	for _, table := range tables {
		data, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		data[100] ^= 1
		if err := os.WriteFile(table, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err = Open(dir, Options{})
	if err == nil {
		// The tables were still being verified; what was found holds from then.
		<-s.verified
		err = s.View(t.Context(), func(record.Tx) error { return nil })
		err = errors.Join(err, s.Close())
	}
	if !errors.Is(err, record.ErrCorrupt) {
		t.Errorf("err = %v", err)
	}
}

func TestOpenTellsWhy(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	openStore(t, dir, Options{})
	_, err := Open(dir, Options{Folder: "./larder-data"})
	var e *kv.OpenError
	if !errors.Is(err, kv.ErrLocked) || !errors.As(err, &e) || !strings.HasPrefix(e.Text, "data folder ./larder-data is in use") {
		t.Errorf("err = %v", err)
	}
}

func BenchmarkPinRead(b *testing.B) {
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	p := record.Pin{Name: "n", Version: "1.0.0", SHA512: [64]byte{1}}
	if err := s.Update(b.Context(), func(tx record.Tx) error { return tx.Names().PutPin(p) }); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		err := s.View(b.Context(), func(tx record.Tx) error { _, err := tx.Names().Pin("n", "1.0.0"); return err })
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
