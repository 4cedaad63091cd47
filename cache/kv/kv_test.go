package kv_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/dgraph-io/badger/v4"
	"go.uber.org/goleak"

	"github.com/larderhq/larder/cache/kv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, dir string, opt kv.Options) *kv.DB {
	t.Helper()
	db, err := kv.Open(dir, opt)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return db
}

func put(t *testing.T, db *kv.DB, pairs ...string) {
	t.Helper()
	err := db.Update(t.Context(), func(x *kv.Txn) error {
		for i := 0; i < len(pairs); i += 2 {
			if err := x.Set([]byte(pairs[i]), []byte(pairs[i+1])); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatalf("Update: %v", err)
	}
}

func get(t *testing.T, db *kv.DB, key string) (string, bool) {
	t.Helper()
	var value []byte
	var ok bool
	err := db.View(func(x *kv.Txn) (err error) {
		value, ok, err = x.Get([]byte(key))
		return err
	})
	if err != nil {
		t.Fatalf("View: %v", err)
	}
	return string(value), ok
}

func TestValuesSurviveReopen(t *testing.T) {
	t.Parallel()
	for _, sync := range []bool{false, true} {
		dir := t.TempDir()
		db := open(t, dir, kv.Options{Sync: sync})
		put(t, db, "a", "1", "b", "2")
		if err := db.Update(t.Context(), func(x *kv.Txn) error { return x.Delete([]byte("b")) }); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(db.Verify(), db.Close(), db.Close()); err != nil {
			t.Fatal(err)
		}
		db = open(t, dir, kv.Options{Sync: sync})
		if v, ok := get(t, db, "a"); v != "1" || !ok {
			t.Errorf("sync %v: a = %q, %v", sync, v, ok)
		}
		if v, ok := get(t, db, "b"); ok {
			t.Errorf("sync %v: deleted b = %q", sync, v)
		}
	}
}

func TestScan(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), kv.Options{})
	put(t, db, "p", "0", "pa", "1", "pa\x00", "2", "pb", "3", "pb\xff", "4", "q", "5", "o", "6")
	tests := []struct {
		name, prefix, after string
		limit               int
		want                string
	}{
		{"all of a prefix", "p", "", 9, "012 34"},
		{"of everything", "", "", 9, "6012 345"},
		{"after a key", "p", "pa", 9, "2 34"},
		{"after a key that is absent", "p", "paa", 9, "34"},
		{"after the last", "p", "pb\xff", 9, ""},
		{"after a key below the prefix", "pb", "pa", 9, "34"},
		{"stops", "p", "", 2, "01"},
		{"unknown prefix", "x", "", 9, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got, keys int
			var values []byte
			err := db.View(func(x *kv.Txn) error {
				err := x.Scan([]byte(tt.prefix), []byte(tt.after), func(_, v []byte) error {
					values = append(values, v...)
					if got++; got == tt.limit {
						return kv.ErrStop
					}
					return nil
				})
				return errors.Join(err, x.Keys([]byte(tt.prefix), []byte(tt.after), func([]byte) error { keys++; return nil }))
			})
			want := strings.ReplaceAll(tt.want, " ", "")
			if err != nil || string(values) != want {
				t.Errorf("Scan gave %q, %v, want %q", values, err, want)
			}
			if tt.limit == 9 && keys != len(want) {
				t.Errorf("Keys gave %d, want %d", keys, len(want))
			}
		})
	}
}

func TestKeysDown(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), kv.Options{})
	put(t, db, "o", "", "p", "", "pa", "", "pa\x00", "", "pb\xff", "", "q", "", "\xff\xff", "", "\xffa", "")
	for _, tt := range []struct {
		name, prefix, before string
		limit                int
		want                 []string
	}{
		{"all of a prefix", "p", "", 9, []string{"pb\xff", "pa\x00", "pa", "p"}},
		{"before a key", "p", "pa\x00", 9, []string{"pa", "p"}},
		{"before a key that is absent", "p", "pb", 9, []string{"pa\x00", "pa", "p"}},
		{"before the first", "p", "p", 9, nil},
		{"before a key behind the prefix", "p", "z", 9, []string{"pb\xff", "pa\x00", "pa", "p"}},
		{"before a key ahead of the prefix", "p", "a", 9, nil},
		{"stops", "p", "", 2, []string{"pb\xff", "pa\x00"}},
		{"a prefix without a follower", "\xff", "", 9, []string{"\xff\xff", "\xffa"}},
		{"unknown prefix", "x", "", 9, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var before []byte
			if tt.before != "" {
				before = []byte(tt.before)
			}
			var got []string
			down := func(x *kv.Txn) error {
				got = nil
				return x.KeysDown([]byte(tt.prefix), before, func(key []byte) error {
					if got = append(got, string(key)); len(got) == tt.limit {
						return kv.ErrStop
					}
					return nil
				})
			}
			if err := db.View(down); err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("KeysDown gave %q, %v, want %q", got, err, tt.want)
			}
			if err := db.Update(t.Context(), down); err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("KeysDown in an update gave %q, %v, want %q", got, err, tt.want)
			}
		})
	}
}

// TestWrites also has writes of the same transaction in what is scanned.
func TestWrites(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), kv.Options{})
	put(t, db, "a1", "", "a2", "")
	err := db.Update(t.Context(), func(x *kv.Txn) error {
		if x.Set(nil, nil) == nil || x.Writes() != 0 {
			t.Errorf("a refused write counts: %d", x.Writes())
		}
		if err := errors.Join(x.Set([]byte("a3"), nil), x.Delete([]byte("a1"))); err != nil || x.Writes() != 2 {
			t.Errorf("Writes = %d, %v", x.Writes(), err)
		}
		var got []string
		err := x.KeysDown([]byte("a"), nil, func(key []byte) error {
			got = append(got, string(key))
			return nil
		})
		if !slices.Equal(got, []string{"a3", "a2"}) {
			t.Errorf("KeysDown gave %q", got)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestScanStopsAtError(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), kv.Options{})
	put(t, db, "a", "1")
	boom := errors.New("boom")
	err := db.Update(t.Context(), func(x *kv.Txn) error {
		return x.Scan(nil, nil, func(k, _ []byte) error {
			if err := x.Scan(nil, nil, func(_, _ []byte) error { return nil }); err == nil {
				t.Error("a second scan in one update was let in")
			}
			return boom
		})
	})
	if !errors.Is(err, boom) {
		t.Errorf("err = %v", err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), kv.Options{})
	tests := []struct {
		name string
		do   func(*kv.Txn) error
		want error
	}{
		{"value over the limit", func(x *kv.Txn) error { return x.Set([]byte("k"), make([]byte, kv.MaxValue+1)) }, kv.ErrTooLarge},
		{"value at the limit", func(x *kv.Txn) error { return x.Set([]byte("k"), make([]byte, kv.MaxValue)) }, nil},
		{"empty key", func(x *kv.Txn) error { return x.Set(nil, nil) }, kv.ErrKey},
		{"reserved key", func(x *kv.Txn) error { return x.Set([]byte("\x00schema"), nil) }, kv.ErrKey},
		{"reserved key to delete", func(x *kv.Txn) error { return x.Delete([]byte("\x00schema")) }, kv.ErrKey},
		{"transaction over the limit", func(x *kv.Txn) error {
			for i := range 1000 {
				if err := x.Set(fmt.Append(nil, i), make([]byte, kv.MaxValue)); err != nil {
					return err
				}
			}
			return nil
		}, kv.ErrTooLarge},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := db.Update(t.Context(), tt.do); !errors.Is(err, tt.want) {
				t.Errorf("err = %v, want %v", err, tt.want)
			}
		})
	}
	if err := db.View(func(x *kv.Txn) error { return x.Set([]byte("k"), nil) }); err == nil {
		t.Error("a view could write")
	}
}

func TestFailedUpdateWritesNothing(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), kv.Options{})
	boom := errors.New("boom")
	err := db.Update(t.Context(), func(x *kv.Txn) error { return errors.Join(x.Set([]byte("a"), []byte("1")), boom) })
	if !errors.Is(err, boom) {
		t.Fatalf("err = %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err = db.Update(ctx, func(x *kv.Txn) error { return x.Set([]byte("a"), []byte("1")) })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("err = %v", err)
	}
	if v, ok := get(t, db, "a"); ok {
		t.Errorf("a = %q", v)
	}
}

func TestConcurrentUpdatesAllCount(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), kv.Options{})
	const workers, each = 8, 50
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for range each {
				err := db.Update(t.Context(), func(x *kv.Txn) error {
					v, _, err := x.Get([]byte("n"))
					if err != nil {
						return err
					}
					n := binary.BigEndian.Uint64(append(make([]byte, 8-len(v)), v...))
					return x.Set([]byte("n"), binary.BigEndian.AppendUint64(nil, n+1))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	v, _ := get(t, db, "n")
	if n := binary.BigEndian.Uint64([]byte(v)); n != workers*each {
		t.Errorf("n = %d, want %d", n, workers*each)
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), kv.Options{Sync: true})
	if err := db.Probe(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, db, "a", "1")
	var keys []string
	err := db.View(func(x *kv.Txn) error {
		return x.Keys(nil, nil, func(k []byte) error { keys = append(keys, string(k)); return nil })
	})
	if err != nil || !slices.Equal(keys, []string{"a"}) {
		t.Errorf("keys = %q, %v", keys, err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.Probe(t.Context()); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("err after close = %v", err)
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	db := open(t, t.TempDir(), kv.Options{})
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	nothing := func(*kv.Txn) error { return nil }
	for name, err := range map[string]error{
		"view": db.View(nothing), "update": db.Update(t.Context(), nothing),
		"verify": db.Verify(), "backup": db.Backup(&bytes.Buffer{}), "load": db.Load(&bytes.Buffer{}),
	} {
		if !errors.Is(err, kv.ErrClosed) {
			t.Errorf("%s: err = %v", name, err)
		}
	}
}

func TestBackupAndLoad(t *testing.T) {
	t.Parallel()
	from := open(t, t.TempDir(), kv.Options{})
	put(t, from, "a", "1", "b", "2")
	var backup bytes.Buffer
	if err := from.Backup(&backup); err != nil {
		t.Fatal(err)
	}
	to := open(t, t.TempDir(), kv.Options{})
	if err := to.Load(bytes.NewReader(backup.Bytes())); err != nil {
		t.Fatal(err)
	}
	if v, _ := get(t, to, "b"); v != "2" {
		t.Errorf("b = %q", v)
	}
	if err := to.Load(bytes.NewReader(backup.Bytes())); err == nil {
		t.Error("loading over data was let in")
	}
	newer := open(t, t.TempDir(), kv.Options{Schema: 2})
	var other bytes.Buffer
	if err := newer.Backup(&other); err != nil {
		t.Fatal(err)
	}
	if err := open(t, t.TempDir(), kv.Options{}).Load(&other); !errors.Is(err, kv.ErrVersion) {
		t.Errorf("loading a newer layout: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	logger := slog.New(slog.DiscardHandler)
	tests := []struct {
		name    string
		prepare func(t *testing.T, dir string)
		want    error
		text    string
	}{
		{"in use", func(t *testing.T, dir string) { open(t, dir, kv.Options{}) },
			kv.ErrLocked, "data folder ./data is in use by another larder; stop it or choose another --data"},
		{"newer layout", func(t *testing.T, dir string) {
			closeDB(t, open(t, dir, kv.Options{Schema: 4}))
		}, kv.ErrVersion, "was written by a newer larder (layout 4, this one knows 3)"},
		{"older layout", func(t *testing.T, dir string) {
			closeDB(t, open(t, dir, kv.Options{Schema: 2}))
		}, kv.ErrVersion, "has layout 2"},
		{"foreign data", foreign, kv.ErrVersion, "holds data that larder did not write"},
		{"a file in its place", func(t *testing.T, dir string) {
			if err := os.WriteFile(dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, kv.ErrUnusable, "choose another --data"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "registry")
			tt.prepare(t, dir)
			db, err := kv.Open(dir, kv.Options{Schema: 3, Folder: "./data", Logger: logger})
			if err == nil {
				t.Fatal(errors.Join(errors.New("it opened"), db.Close()))
			}
			var e *kv.OpenError
			if !errors.Is(err, tt.want) || !errors.As(err, &e) || !strings.Contains(e.Text, tt.text) {
				t.Errorf("err = %v, want %q", err, tt.text)
			}
		})
	}
}

func foreign(t *testing.T, dir string) {
	b, err := badger.Open(badger.DefaultOptions(dir).WithLogger(nil))
	if err != nil {
		t.Fatal(err)
	}
	err = b.Update(func(x *badger.Txn) error { return x.Set([]byte("k"), nil) })
	if err := errors.Join(err, b.Close()); err != nil {
		t.Fatal(err)
	}
}

func closeDB(t *testing.T, db *kv.DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
