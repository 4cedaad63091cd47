package blobtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

func (s suite) commitThenRead(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty":       {},
		"one byte":    {0},
		"text":        []byte("some bytes"),
		"a few pages": bytes.Repeat([]byte("0123456789abcdef"), 4096),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := s.open(t)
			before := time.Now().Add(-time.Second)
			digest := put(t, store, data)
			wantBlob(t, store, data)
			info, err := store.Stat(t.Context(), digest)
			if err != nil {
				t.Fatalf("Stat: %v", err)
			}
			if info.Digest != digest || info.Size != int64(len(data)) {
				t.Errorf("Stat = %v, want %v of %d bytes", info, digest, len(data))
			}
			if info.ModTime.Before(before) || info.ModTime.After(time.Now().Add(time.Second)) {
				t.Errorf("ModTime = %v, want about now", info.ModTime)
			}
			if got := list(t, store); len(got) != 1 || got[0] != info {
				t.Errorf("List = %v, want only %v", got, info)
			}
		})
	}
}

func (s suite) absent(t *testing.T) {
	store := s.open(t)
	put(t, store, []byte("another"))
	digest := digestOf([]byte("absent"))
	if _, err := store.Open(t.Context(), digest); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("Open = %v, want ErrNotFound", err)
	}
	if _, err := store.Stat(t.Context(), digest); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("Stat = %v, want ErrNotFound", err)
	}
	if err := store.Delete(t.Context(), digest); err != nil {
		t.Errorf("Delete = %v, want nil", err)
	}
	wantBlob(t, store, []byte("another"))
}

func (s suite) delete(t *testing.T) {
	store := s.open(t)
	digest := put(t, store, []byte("goes"))
	put(t, store, []byte("stays"))
	if err := store.Delete(t.Context(), digest); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	if _, err := store.Open(t.Context(), digest); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("Open = %v, want ErrNotFound", err)
	}
	wantBlob(t, store, []byte("stays"))
	put(t, store, []byte("goes"))
	wantBlob(t, store, []byte("goes"))
}

func (s suite) deleteWhileOpen(t *testing.T) {
	store := s.open(t)
	data := []byte("being read")
	digest := put(t, store, data)
	b, err := store.Open(t.Context(), digest)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer closeNow(t, b)
	if err := store.Delete(t.Context(), digest); err != nil {
		t.Fatalf("Delete: %v", err)
	}
	if got, err := io.ReadAll(b); err != nil || !bytes.Equal(got, data) {
		t.Errorf("read %q, %v; want %q", got, err, data)
	}
}

func (s suite) listStops(t *testing.T) {
	store := s.open(t)
	for i := range 10 {
		put(t, store, []byte{byte(i)})
	}
	seen := 0
	for _, err := range store.List(t.Context()) {
		if err != nil {
			t.Fatalf("List: %v", err)
		}
		if seen++; seen == 3 {
			break
		}
	}
	if all := list(t, store); seen != 3 || len(all) != 10 {
		t.Errorf("saw %d, then %d; want 3, then 10", seen, len(all))
	}
}

func (s suite) endedContext(t *testing.T) {
	store := s.open(t)
	digest := put(t, store, []byte("stored"))
	ctx := ended(t)
	calls := map[string]func() error{
		"create": func() error { _, err := store.Create(ctx); return err },
		"open":   func() error { _, err := store.Open(ctx, digest); return err },
		"stat":   func() error { _, err := store.Stat(ctx, digest); return err },
		"delete": func() error { return store.Delete(ctx, digest) },
		"list": func() error {
			var last error
			for _, err := range store.List(ctx) {
				last = err
			}
			return last
		},
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s = %v, want context.Canceled", name, err)
		}
	}
	wantBlob(t, store, []byte("stored"))
}

func (s suite) seekAndReadAt(t *testing.T) {
	store := s.open(t)
	digest := put(t, store, []byte("0123456789"))
	b, err := store.Open(t.Context(), digest)
	if err != nil {
		t.Fatalf("Open: %v", err)
	}
	defer closeNow(t, b)
	p := make([]byte, 4)
	if n, err := b.ReadAt(p, 2); n != 4 || err != nil || string(p) != "2345" {
		t.Errorf("ReadAt(2) = %q, %v; want 2345", p[:n], err)
	}
	if n, err := b.ReadAt(p, 8); n != 2 || err != io.EOF {
		t.Errorf("ReadAt(8) = %d, %v; want 2, EOF", n, err)
	}
	if at, err := b.Seek(-3, io.SeekEnd); at != 7 || err != nil {
		t.Errorf("Seek = %d, %v; want 7", at, err)
	}
	if rest, err := io.ReadAll(b); string(rest) != "789" || err != nil {
		t.Errorf("after Seek: %q, %v; want 789", rest, err)
	}
}
