package blobtest

import (
	"context"
	"errors"
	"iter"
	"runtime"
	"testing"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
)

// ager is what a store offers to a sweeper.
type ager interface {
	Older(ctx context.Context, cutoff time.Time) iter.Seq2[[64]byte, error]
	DeleteOlder(ctx context.Context, digest [64]byte, cutoff time.Time) (int64, bool, error)
}

func asAger(t *testing.T, s blob.Store) ager {
	t.Helper()
	a, ok := s.(ager)
	if !ok {
		t.Fatalf("%T cannot be swept", s)
	}
	return a
}

// modTime returns when the blob was committed.
func modTime(t *testing.T, s blob.Store, digest blob.Digest) time.Time {
	t.Helper()
	info, err := s.Stat(t.Context(), digest)
	if err != nil {
		t.Fatalf("Stat: %v", err)
	}
	return info.ModTime
}

func (s suite) older(t *testing.T) {
	store := s.open(t)
	digest := put(t, store, []byte("aging"))
	at := modTime(t, store, digest)
	count := func(cutoff time.Time) (n int) {
		for got, err := range asAger(t, store).Older(t.Context(), cutoff) {
			if err != nil || got != digest {
				t.Fatalf("Older yields %x, %v; want %s", got, err, digest)
			}
			n++
		}
		return n
	}
	if n := count(at); n != 0 {
		t.Errorf("Older(its time) yields %d, want 0", n)
	}
	if n := count(at.Add(1)); n != 1 {
		t.Errorf("Older(a nanosecond later) yields %d, want 1", n)
	}
	for _, err := range asAger(t, store).Older(ended(t), at) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Older with an ended context = %v, want context.Canceled", err)
		}
	}
}

func (s suite) deleteOlder(t *testing.T) {
	store := s.open(t)
	a := asAger(t, store)
	digest := put(t, store, []byte("aging"))
	at := modTime(t, store, digest)
	if n, ok, err := a.DeleteOlder(t.Context(), digest, at); n != 0 || ok || err != nil {
		t.Errorf("DeleteOlder(its time) = %d, %v, %v; want nothing", n, ok, err)
	}
	wantBlob(t, store, []byte("aging"))
	if _, _, err := a.DeleteOlder(ended(t), digest, at.Add(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("DeleteOlder with an ended context = %v, want context.Canceled", err)
	}
	wantBlob(t, store, []byte("aging"))
	if n, ok, err := a.DeleteOlder(t.Context(), digest, at.Add(1)); n != 5 || !ok || err != nil {
		t.Errorf("DeleteOlder(later) = %d, %v, %v; want 5 bytes", n, ok, err)
	}
	if _, err := store.Stat(t.Context(), digest); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("Stat = %v, want ErrNotFound", err)
	}
	if n, ok, err := a.DeleteOlder(t.Context(), digest, at.Add(1)); n != 0 || ok || err != nil {
		t.Errorf("DeleteOlder(absent) = %d, %v, %v; want nothing", n, ok, err)
	}
}

// commitSaves lets commits of one digest race with its deletion. Whatever the
// order, a blob whose Commit returned after the cutoff is there afterwards.
func (s suite) commitSaves(t *testing.T) {
	store := s.open(t)
	a := asAger(t, store)
	data := []byte("contended")
	digest := put(t, store, data)
	for range 50 {
		// A cutoff after the first commit and not after the second, however
		// coarse the store's clock is.
		cutoff := modTime(t, store, digest).Add(1)
		for !time.Now().After(cutoff.Add(time.Millisecond)) {
			runtime.Gosched()
		}
		start, deleted := make(chan struct{}), make(chan error, 1)
		go func() {
			<-start
			_, _, err := a.DeleteOlder(t.Context(), digest, cutoff)
			deleted <- err
		}()
		w := create(t, store, data)
		close(start)
		if _, err := w.Commit(t.Context(), digest); err != nil {
			t.Errorf("Commit: %v", err)
		}
		closeNow(t, w)
		if err := <-deleted; err != nil {
			t.Errorf("DeleteOlder: %v", err)
		}
		wantBlob(t, store, data)
	}
}
