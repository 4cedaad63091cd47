package disk

import (
	"bytes"
	"crypto/sha512"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func newStore(t *testing.T) *Store {
	t.Helper()
	s, err := New(t.TempDir(), Options{})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return s
}

// start begins a blob and hands out the writer behind the interface.
func start(t *testing.T, s *Store) *writer {
	t.Helper()
	w, err := newWriter(s)
	if err != nil {
		t.Fatalf("newWriter: %v", err)
	}
	return w
}

// wantNothing checks that neither a blob nor an unfinished one is there.
func wantNothing(t *testing.T, s *Store) {
	t.Helper()
	err := filepath.WalkDir(s.dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			t.Errorf("%s is left", path)
		}
		return err
	})
	if err != nil {
		t.Errorf("walk: %v", err)
	}
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := start(t, s)
	if _, err := w.Write([]byte("fits")); err != nil {
		t.Fatalf("Write: %v", err)
	}
	// /dev/full answers every write as a full file system does. The writer
	// keeps the name of its own file, which is what it removes.
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	own := w.file
	if err := syscall.Dup3(int(full.Fd()), int(own.Fd()), syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	if n, err := w.Write([]byte("does not")); n != 0 || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Write = %d, %v; want ENOSPC", n, err)
	}
	if _, err := w.Write([]byte("neither")); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("next Write = %v, want ENOSPC again", err)
	}
	if w.Size() != 4 {
		t.Errorf("Size = %d, want the 4 bytes that fitted", w.Size())
	}
	if _, err := w.Commit(t.Context(), w.Sum()); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("Commit = %v, want ENOSPC", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	wantNothing(t, s)
}

func TestSyncFails(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := start(t, s)
	if _, err := w.Write([]byte("never safe")); err != nil {
		t.Fatalf("Write: %v", err)
	}
	// A pipe cannot be synced.
	r, p, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer p.Close()
	if err := syscall.Dup3(int(p.Fd()), int(w.file.Fd()), syscall.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Commit(t.Context(), w.Sum()); !errors.Is(err, syscall.EINVAL) {
		t.Errorf("Commit = %v, want the EINVAL of fsync", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	wantNothing(t, s)
}

func TestCloseErrorIsReported(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := start(t, s)
	if err := w.file.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Close = %v, want the file's error", err)
	}
	wantNothing(t, s)
}

func TestCommitFailsWithoutTrace(t *testing.T) {
	t.Parallel()
	data := []byte("unlucky")
	digest := sha512.Sum512(data)
	tests := map[string]struct {
		spoil func(t *testing.T, s *Store, w *writer)
		want  error
	}{
		"a file where the folder goes": {
			func(t *testing.T, s *Store, _ *writer) {
				if err := os.WriteFile(filepath.Dir(s.path(digest)), nil, 0o600); err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { os.Remove(filepath.Dir(s.path(digest))) })
			}, syscall.ENOTDIR,
		},
		"a folder where the file goes": {
			func(t *testing.T, s *Store, _ *writer) {
				if err := os.MkdirAll(s.path(digest), 0o700); err != nil {
					t.Fatal(err)
				}
			}, fs.ErrExist,
		},
		"the unfinished file is gone": {
			func(t *testing.T, _ *Store, w *writer) {
				if err := os.Remove(w.file.Name()); err != nil {
					t.Fatal(err)
				}
			}, fs.ErrNotExist,
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStore(t)
			w := start(t, s)
			if _, err := w.Write(data); err != nil {
				t.Fatalf("Write: %v", err)
			}
			tt.spoil(t, s, w)
			if _, err := w.Commit(t.Context(), digest); !errors.Is(err, tt.want) {
				t.Errorf("Commit = %v, want %v", err, tt.want)
			}
			if err := w.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
			temps, err := os.ReadDir(s.temp)
			if err != nil || len(temps) > 0 {
				t.Errorf("unfinished: %v, %v; want none", temps, err)
			}
		})
	}
}

func TestShardFolderComesBack(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	for range 2 {
		w := start(t, s)
		if _, err := w.Write([]byte("again")); err != nil {
			t.Fatalf("Write: %v", err)
		}
		digest := w.Sum()
		if _, err := w.Commit(t.Context(), digest); err != nil {
			t.Fatalf("Commit: %v", err)
		}
		if err := w.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := os.RemoveAll(filepath.Dir(s.path(digest))); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDeletionIsOneStep checks what the race in the suite only meets by luck:
// between the look at the file and its removal no Commit can renew it.
func TestDeletionIsOneStep(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	w := start(t, s)
	defer w.Close()
	digest := w.Sum()
	if _, err := w.Commit(t.Context(), digest); err != nil {
		t.Fatalf("Commit: %v", err)
	}
	looked := false
	_, deleted, err := s.remove(t.Context(), digest, func(fs.FileInfo) bool {
		looked = true
		if mu := &s.shard(digest).mu; mu.TryLock() {
			mu.Unlock()
			t.Error("the folder is not locked while its file is looked at")
		}
		return true
	})
	if !looked || !deleted || err != nil {
		t.Errorf("remove = %v, %v; want it to look and delete", deleted, err)
	}
}

func TestReadAtHidesWhatIsBeyondSize(t *testing.T) {
	t.Parallel()
	w := start(t, newStore(t))
	defer w.Close()
	if _, err := w.Write([]byte("shown")); err != nil {
		t.Fatalf("Write: %v", err)
	}
	// As if a write were on its way.
	if _, err := w.file.WriteString(" hidden"); err != nil {
		t.Fatal(err)
	}
	p := bytes.Repeat([]byte("."), 12)
	if n, err := w.ReadAt(p, 0); string(p[:n]) != "shown" || err == nil || !strings.Contains(err.Error(), "EOF") {
		t.Errorf("ReadAt = %q, %v; want shown, EOF", p[:n], err)
	}
}
