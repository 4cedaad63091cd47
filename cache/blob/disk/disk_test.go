package disk_test

import (
	"bytes"
	"context"
	"crypto/sha512"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/blob/blobtest"
	"github.com/larderhq/larder/cache/blob/disk"
	"github.com/larderhq/larder/registry/npm"
)

func TestStore(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t *testing.T) blob.Store {
		dir := t.TempDir()
		store := open(t, dir)
		t.Cleanup(func() {
			if left := filesIn(t, filepath.Join(dir, "tmp")); len(left) > 0 {
				t.Errorf("unfinished files are left: %v", left)
			}
			if fds := descriptorsIn(t, dir); len(fds) > 0 {
				t.Errorf("descriptors are left open: %v", fds)
			}
		})
		return store
	})
}

func open(t *testing.T, dir string) *disk.Store {
	t.Helper()
	store, err := disk.New(dir, disk.Options{})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return store
}

// put stores data and returns its digest and its file.
func put(t *testing.T, s *disk.Store, dir string, data []byte) (blob.Digest, string) {
	t.Helper()
	w, err := s.Create(t.Context())
	if err != nil {
		t.Fatalf("Create: %v", err)
	}
	defer w.Close()
	if _, err := w.Write(data); err != nil {
		t.Fatalf("Write: %v", err)
	}
	if _, err := w.Commit(t.Context(), sha512.Sum512(data)); err != nil {
		t.Fatalf("Commit: %v", err)
	}
	name := w.Sum().Hex()
	return w.Sum(), filepath.Join(dir, name[:2], name)
}

// filesIn returns the files below a folder.
func filesIn(t *testing.T, dir string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatalf("walk %s: %v", dir, err)
	}
	return files
}

// descriptorsIn returns this process's open files below dir, also deleted ones.
func descriptorsIn(t *testing.T, dir string) []string {
	t.Helper()
	links, err := filepath.Glob("/proc/self/fd/*")
	if err != nil || len(links) == 0 {
		t.Fatalf("list descriptors: %v, %v", links, err)
	}
	var files []string
	for _, link := range links {
		if file, err := os.Readlink(link); err == nil && strings.HasPrefix(file, dir+"/") {
			files = append(files, file)
		}
	}
	return files
}

func TestLayout(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := []byte("laid out")
	_, path := put(t, open(t, dir), dir, data)
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("file %s = %q, %v; want %q", path, got, err, data)
	}
	if files := filesIn(t, dir); len(files) != 1 {
		t.Errorf("files = %v, want one", files)
	}
}

func TestDescriptorLivesUntilLastRelease(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	w, err := open(t, dir).Create(t.Context())
	if err != nil || !w.Retain() {
		t.Fatalf("Create and Retain: %v", err)
	}
	if err := w.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	if n := len(descriptorsIn(t, dir)); n != 1 {
		t.Errorf("%d descriptors while a reader is left, want 1", n)
	}
	if err := w.Release(); err != nil {
		t.Errorf("Release: %v", err)
	}
	if n := len(descriptorsIn(t, dir)); n != 0 {
		t.Errorf("%d descriptors at the end, want 0", n)
	}
}

func TestNewRemovesUnfinished(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := []byte("finished")
	digest, _ := put(t, open(t, dir), dir, data)
	old, young := filepath.Join(dir, "tmp", "blob-1"), filepath.Join(dir, "tmp", "blob-2")
	for _, path := range []string{old, young} {
		if err := os.WriteFile(path, []byte("half"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	past := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(old, past, past); err != nil {
		t.Fatal(err)
	}
	if _, err := disk.New(dir, disk.Options{TempMaxAge: time.Hour}); err != nil {
		t.Fatalf("New: %v", err)
	}
	if left := filesIn(t, filepath.Join(dir, "tmp")); len(left) != 1 || left[0] != young {
		t.Errorf("left with an age: %v, want %s", left, young)
	}
	store := open(t, dir)
	if left := filesIn(t, filepath.Join(dir, "tmp")); len(left) != 0 {
		t.Errorf("left: %v, want nothing", left)
	}
	if _, err := store.Stat(t.Context(), digest); err != nil {
		t.Errorf("the finished blob went too: %v", err)
	}
}

func TestNewFailsWhereItCannotWrite(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"a file":                   file,
		"below a file":             filepath.Join(file, "blobs"),
		"no file system for files": "/proc/blobs",
	} {
		if _, err := disk.New(path, disk.Options{}); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: New = %v, want an error that names %s", name, err, path)
		}
	}
}

func TestProbe(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, dir)
	if err := store.Probe(t.Context()); err != nil {
		t.Errorf("Probe = %v, want nil", err)
	}
	if left := filesIn(t, dir); len(left) > 0 {
		t.Errorf("Probe leaves %v", left)
	}
	if err := os.RemoveAll(filepath.Join(dir, "tmp")); err != nil {
		t.Fatal(err)
	}
	if err := store.Probe(t.Context()); err == nil {
		t.Error("Probe = nil although the folder is gone")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := store.Probe(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Probe = %v, want context.Canceled", err)
	}
}

func TestBlobIsAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, dir)
	digest, path := put(t, store, dir, []byte("sent"))
	b, err := store.Open(t.Context(), digest)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer b.Close()
	f, ok := b.(blob.Filer)
	if !ok {
		t.Fatalf("%T is no blob.Filer", b)
	}
	if f.File().Name() != path {
		t.Errorf("File is %s, want %s", f.File().Name(), path)
	}
	if got, err := io.ReadAll(f.File()); string(got) != "sent" || err != nil {
		t.Errorf("File reads %q, %v; want sent", got, err)
	}
}

func TestListPassesOverForeignFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, dir)
	digest, path := put(t, store, dir, []byte("ours"))
	elsewhere := filepath.Join(dir, "00")
	if digest[0] == 0 {
		t.Fatal("the test's data hash into the folder it takes for another one")
	}
	if err := os.Mkdir(elsewhere, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, foreign := range []string{
		filepath.Join(dir, "README"),
		filepath.Join(filepath.Dir(path), "notes.txt"),
		filepath.Join(filepath.Dir(path), strings.ToUpper(filepath.Base(path))),
		filepath.Join(elsewhere, filepath.Base(path)),
	} {
		if err := os.WriteFile(foreign, []byte("foreign"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for info, err := range store.List(t.Context()) {
		if err != nil || info.Digest != digest || info.Size != 4 {
			t.Errorf("List yields %v, %v; want only %s", info, err, digest)
		}
	}
}

func TestCommitRenewsTime(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, dir)
	digest, path := put(t, store, dir, []byte("renewed"))
	past := time.Now().Add(-48 * time.Hour)
	if err := os.Chtimes(path, past, past); err != nil {
		t.Fatal(err)
	}
	put(t, store, dir, []byte("renewed"))
	info, err := store.Stat(t.Context(), digest)
	if err != nil || time.Since(info.ModTime) > time.Hour {
		t.Errorf("Stat = %v, %v; want a time of now", info, err)
	}
	if n, ok, err := store.DeleteOlder(t.Context(), digest, time.Now().Add(-time.Hour)); n != 0 || ok || err != nil {
		t.Errorf("DeleteOlder = %d, %v, %v; want it spared", n, ok, err)
	}
}

func TestCommitMendsShortFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, dir)
	data := []byte("was cut short")
	if _, err := store.Usage(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, path := put(t, store, dir, data)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	put(t, store, dir, data)
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, data) {
		t.Errorf("file = %q, %v; want %q", got, err, data)
	}
	want := disk.Usage{Blobs: 1, Bytes: int64(len(data))}
	if got, err := store.Usage(t.Context()); got != want || err != nil {
		t.Errorf("Usage = %v, %v; want %v", got, err, want)
	}
}

// TestReserve begins no blob while the file system has less room than it is to
// keep.
func TestReserve(t *testing.T) {
	t.Parallel()
	free, known := uint64(100), true
	s, err := disk.New(t.TempDir(), disk.Options{Reserve: 100, Free: func(string) (uint64, bool) { return free, known }})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		free  uint64
		known bool
		want  error
	}{{100, true, nil}, {99, true, npm.ErrUnavailable}, {0, false, nil}} {
		free, known = tt.free, tt.known
		w, err := s.Create(t.Context())
		if !errors.Is(err, tt.want) {
			t.Errorf("with %d free: %v, want %v", tt.free, err, tt.want)
		}
		if err == nil {
			if err := w.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}
