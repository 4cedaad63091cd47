package disk_test

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/blob/disk"
)

func wantUsage(t *testing.T, s *disk.Store, blobs, bytes int64) {
	t.Helper()
	got, err := s.Usage(t.Context())
	if want := (disk.Usage{Blobs: blobs, Bytes: bytes}); got != want || err != nil {
		t.Errorf("Usage = %v, %v; want %v", got, err, want)
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, dir)
	first, _ := put(t, store, dir, []byte("first"))
	wantUsage(t, store, 1, 5)
	second, _ := put(t, store, dir, []byte("second"))
	put(t, store, dir, []byte("second"))
	wantUsage(t, store, 2, 11)
	for range 2 {
		if err := store.Delete(t.Context(), first); err != nil {
			t.Fatalf("Delete: %v", err)
		}
	}
	wantUsage(t, store, 1, 6)
	wantUsage(t, open(t, dir), 1, 6)
	info, err := store.Stat(t.Context(), second)
	if err != nil {
		t.Fatalf("Stat: %v", err)
	}
	if _, _, err := store.DeleteOlder(t.Context(), second, info.ModTime.Add(1)); err != nil {
		t.Fatalf("DeleteOlder: %v", err)
	}
	wantUsage(t, store, 0, 0)
}

func TestUsageWhileCommitting(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, dir)
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() { put(t, store, dir, bytes.Repeat([]byte{byte(i)}, 100)) })
		wg.Go(func() {
			if _, err := store.Usage(t.Context()); err != nil {
				t.Errorf("Usage: %v", err)
			}
		})
	}
	wg.Wait()
	wantUsage(t, store, 20, 2000)
	wantUsage(t, open(t, dir), 20, 2000)
}

func TestUsageInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store := open(t, dir)
	put(t, store, dir, []byte("counted later"))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Usage(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Usage = %v, want context.Canceled", err)
	}
	wantUsage(t, store, 1, 13)
}

var _ blob.Store = (*disk.Store)(nil)
