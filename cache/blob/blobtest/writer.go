package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"runtime"
	"sync"
	"testing"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
)

func (s suite) commitSum(t *testing.T) {
	store := s.open(t)
	data := []byte("known only afterwards")
	w := create(t, store, data[:5])
	defer closeNow(t, w)
	if w.Sum() != digestOf(data[:5]) {
		t.Error("Sum halfway is not the digest of the first half")
	}
	if _, err := w.Write(data[5:]); err != nil {
		t.Fatalf("Write: %v", err)
	}
	if _, err := w.Commit(t.Context(), w.Sum()); err != nil {
		t.Fatalf("Commit: %v", err)
	}
	wantBlob(t, store, data)
}

func (s suite) commitMismatch(t *testing.T) {
	store := s.open(t)
	w := create(t, store, []byte("these bytes"))
	defer closeNow(t, w)
	want := digestOf([]byte("those bytes"))
	if n, err := w.Commit(t.Context(), want); n != 0 || !errors.Is(err, npm.ErrIntegrity) {
		t.Errorf("Commit = %d, %v; want 0, ErrIntegrity", n, err)
	}
	wantEmpty(t, store)
	if _, err := w.Commit(t.Context(), w.Sum()); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("second Commit = %v, want fs.ErrClosed", err)
	}
	wantEmpty(t, store)
}

func (s suite) commitZero(t *testing.T) {
	store := s.open(t)
	w := create(t, store, []byte("bytes"))
	defer closeNow(t, w)
	if _, err := w.Commit(t.Context(), blob.Digest{}); !errors.Is(err, npm.ErrIntegrity) {
		t.Errorf("Commit = %v, want ErrIntegrity", err)
	}
	wantEmpty(t, store)
}

func (s suite) commitAgain(t *testing.T) {
	store := s.open(t)
	data := []byte("twice")
	digest := put(t, store, data)
	first, err := store.Stat(t.Context(), digest)
	if err != nil {
		t.Fatalf("Stat: %v", err)
	}
	put(t, store, data)
	wantBlob(t, store, data)
	again := list(t, store)
	if len(again) != 1 || again[0].Digest != digest || again[0].ModTime.Before(first.ModTime) {
		t.Errorf("List = %v, want one not older than %v", again, first)
	}
}

func (s suite) commitConcurrently(t *testing.T) {
	store := s.open(t)
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() { put(t, store, bytes.Repeat([]byte{byte(i % 4)}, 10_000)) })
	}
	wg.Wait()
	if n := len(list(t, store)); n != 4 {
		t.Errorf("store lists %d blobs, want 4", n)
	}
	for i := range 4 {
		wantBlob(t, store, bytes.Repeat([]byte{byte(i)}, 10_000))
	}
}

func (s suite) commitEnded(t *testing.T) {
	store := s.open(t)
	w := create(t, store, []byte("too late"))
	defer closeNow(t, w)
	if _, err := w.Commit(ended(t), w.Sum()); !errors.Is(err, context.Canceled) {
		t.Errorf("Commit = %v, want context.Canceled", err)
	}
	wantEmpty(t, store)
}

func (s suite) cancel(t *testing.T) {
	store := s.open(t)
	w := create(t, store, []byte("given up"))
	for range 2 {
		if err := w.Cancel(); err != nil {
			t.Errorf("Cancel: %v", err)
		}
	}
	closeNow(t, w)
	wantEmpty(t, store)

	w = create(t, store, []byte("kept"))
	if _, err := w.Commit(t.Context(), w.Sum()); err != nil {
		t.Fatalf("Commit: %v", err)
	}
	if err := w.Cancel(); err != nil {
		t.Errorf("Cancel after Commit: %v", err)
	}
	closeNow(t, w)
	wantBlob(t, store, []byte("kept"))
}

func (s suite) closeCancels(t *testing.T) {
	store := s.open(t)
	w := create(t, store, []byte("forgotten"))
	closeNow(t, w)
	closeNow(t, w)
	if _, err := w.Commit(t.Context(), w.Sum()); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Commit after Close = %v, want fs.ErrClosed", err)
	}
	wantEmpty(t, store)
}

func (s suite) nothingAfterEnd(t *testing.T) {
	ends := map[string]func(blob.Writer) error{
		"commit": func(w blob.Writer) error { _, err := w.Commit(t.Context(), w.Sum()); return err },
		"cancel": blob.Writer.Cancel,
	}
	for name, end := range ends {
		store := s.open(t)
		w := create(t, store, []byte("whole"))
		if err := end(w); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if n, err := w.Write([]byte("more")); n != 0 || !errors.Is(err, fs.ErrClosed) {
			t.Errorf("Write after %s = %d, %v; want fs.ErrClosed", name, n, err)
		}
		if _, err := w.Commit(t.Context(), w.Sum()); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("Commit after %s = %v, want fs.ErrClosed", name, err)
		}
		if w.Size() != 5 || w.Sum() != digestOf([]byte("whole")) {
			t.Errorf("after %s: Size %d and Sum %v changed", name, w.Size(), w.Sum())
		}
		closeNow(t, w)
	}
}

// wantAt checks what ReadAt gives for a buffer of five bytes.
func wantAt(t *testing.T, w blob.Writer, offset int64, want string, wantErr error) {
	t.Helper()
	p := make([]byte, 5)
	n, err := w.ReadAt(p, offset)
	if string(p[:n]) != want || !errors.Is(err, wantErr) {
		t.Errorf("ReadAt(%d) = %q, %v; want %q, %v", offset, p[:n], err, want, wantErr)
	}
}

func (s suite) readWhileWriting(t *testing.T) {
	w := create(t, s.open(t), []byte("0123456"))
	defer closeNow(t, w)
	wantAt(t, w, 1, "12345", nil)
	wantAt(t, w, 2, "23456", nil)
	wantAt(t, w, 4, "456", io.EOF)
	wantAt(t, w, 7, "", io.EOF)
	wantAt(t, w, 1<<40, "", io.EOF)
	if _, err := w.ReadAt(make([]byte, 1), -1); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("ReadAt(-1) = %v, want an error of its own", err)
	}
	if _, err := w.Write([]byte("789")); err != nil {
		t.Fatalf("Write: %v", err)
	}
	wantAt(t, w, 4, "45678", nil)
	if w.Size() != 10 {
		t.Errorf("Size = %d, want 10", w.Size())
	}
}

func (s suite) references(t *testing.T) {
	ends := map[string]func(blob.Writer) error{
		"commit": func(w blob.Writer) error { _, err := w.Commit(t.Context(), w.Sum()); return err },
		"wrong":  func(w blob.Writer) error { w.Commit(t.Context(), blob.Digest{}); return nil },
		"cancel": blob.Writer.Cancel,
		"close":  blob.Writer.Close,
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			w := create(t, s.open(t), []byte("01234"))
			if !w.Retain() {
				t.Fatal("Retain = false before the end")
			}
			if err := end(w); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			wantAt(t, w, 0, "01234", nil)
			closeNow(t, w)
			wantAt(t, w, 0, "01234", nil)
			if !w.Retain() {
				t.Fatal("Retain = false while another reference is held")
			}
			for range 2 {
				if err := w.Release(); err != nil {
					t.Errorf("Release: %v", err)
				}
			}
			wantAt(t, w, 0, "", fs.ErrClosed)
			if w.Retain() {
				t.Error("Retain = true after the last Release")
			}
		})
	}
}

// fiftyReaders follow one writer to its end, each in steps of its own, and
// outlive it.
func (s suite) fiftyReaders(t *testing.T) {
	data := make([]byte, 1<<20)
	rand.NewChaCha8([32]byte{}).Read(data)
	w := create(t, s.open(t), nil)
	var wg sync.WaitGroup
	for i := range 50 {
		if !w.Retain() {
			t.Fatal("Retain = false")
		}
		wg.Go(func() {
			if got := follow(t, w, len(data), 4096+i*997); !bytes.Equal(got, data) {
				t.Errorf("reader %d got other bytes than were written", i)
			}
			if err := w.Release(); err != nil {
				t.Errorf("Release: %v", err)
			}
		})
	}
	for rest := data; len(rest) > 0; {
		n := min(len(rest), 10_007)
		if _, err := w.Write(rest[:n]); err != nil {
			t.Fatalf("Write: %v", err)
		}
		rest = rest[n:]
	}
	if _, err := w.Commit(t.Context(), w.Sum()); err != nil {
		t.Fatalf("Commit: %v", err)
	}
	closeNow(t, w)
	wg.Wait()
	if w.Retain() {
		t.Error("Retain = true after everybody released")
	}
}

// follow reads size bytes from a writer as they come.
func follow(t *testing.T, w blob.Writer, size, step int) []byte {
	got, p := make([]byte, 0, size), make([]byte, step)
	for len(got) < size {
		n, err := w.ReadAt(p, int64(len(got)))
		if err != nil && err != io.EOF {
			t.Errorf("ReadAt: %v", err)
			return got
		}
		got = append(got, p[:n]...)
		if n == 0 {
			runtime.Gosched()
		}
	}
	return got
}
