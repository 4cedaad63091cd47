package kv

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestFull fills the file system by word of mouth only: with too little room
// nothing is written, and reading goes on.
func TestFull(t *testing.T) {
	t.Parallel()
	db, err := Open(t.TempDir(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	set := func(x *Txn) error { return x.Set([]byte("a"), []byte("1")) }
	if err := db.Update(t.Context(), set); err != nil {
		t.Fatal(err)
	}
	free := uint64(minFree - 1)
	known := true
	db.space = &room{free: func(string) (uint64, bool) { return free, known }}
	if err := db.Update(t.Context(), set); !errors.Is(err, ErrFull) {
		t.Errorf("Update on a full disk: %v", err)
	}
	if err := db.Probe(t.Context()); !errors.Is(err, ErrFull) {
		t.Errorf("Probe on a full disk: %v", err)
	}
	err = db.View(func(x *Txn) error {
		if _, ok, err := x.Get([]byte("a")); !ok || err != nil {
			t.Errorf("Get = %v, %v", ok, err)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	free = minFree
	db.space.asked.Store(0)
	if err := db.Update(t.Context(), set); err != nil {
		t.Errorf("Update with room again: %v", err)
	}
	free, known = 0, false
	db.space.asked.Store(0)
	if err := db.Update(t.Context(), set); err != nil {
		t.Errorf("Update where the room is not known: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestOpenFull holds that a full file system ends in one line, where badger
// would map its log and die of it.
func TestOpenFull(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	room := newRoom(dir)
	room.free = func(string) (uint64, bool) { return minOpen - 1, true }
	_, err := open(dir, Options{Folder: "there"}, room)
	var full *OpenError
	if !errors.As(err, &full) || !errors.Is(err, ErrFull) || !strings.Contains(full.Text, "there") {
		t.Errorf("open on a full disk: %v", err)
	}
	room.free = func(string) (uint64, bool) { return minOpen, true }
	db, err := open(dir, Options{}, room)
	if err != nil {
		t.Fatalf("open with little room: %v", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestAllocated(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sparse")
	if err := errors.Join(os.WriteFile(path, []byte("x"), 0o600), os.Truncate(path, 1<<30)); err != nil {
		t.Fatal(err)
	}
	if n, err := allocated(path); err != nil || n > 1<<20 {
		t.Errorf("allocated = %d, %v", n, err)
	}
}
