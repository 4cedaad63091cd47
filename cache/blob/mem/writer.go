package mem

import (
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
)

// writer implements blob.Writer.
type writer struct {
	store *Store
	refs  blob.Refs
	close func() error

	mu   sync.RWMutex
	data []byte
	// done is set by Commit and Cancel, gone by the last Release.
	done, gone bool
}

func newWriter(s *Store) *writer {
	w := &writer{store: s}
	w.close = sync.OnceValue(func() error { return errors.Join(w.Cancel(), w.Release()) })
	return w
}

func (w *writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return 0, fmt.Errorf("write blob: %w", fs.ErrClosed)
	}
	w.data = append(w.data, p...)
	return len(p), nil
}

func (w *writer) ReadAt(p []byte, offset int64) (int, error) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	switch {
	case w.gone:
		return 0, fmt.Errorf("read blob being written: %w", fs.ErrClosed)
	case offset < 0:
		return 0, fmt.Errorf("read blob being written at %d: %w", offset, fs.ErrInvalid)
	case offset >= int64(len(w.data)):
		return 0, io.EOF
	}
	n := copy(p, w.data[offset:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (w *writer) Size() int64 {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return int64(len(w.data))
}

func (w *writer) Sum() blob.Digest {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return sha512.Sum512(w.data)
}

func (w *writer) Commit(ctx context.Context, want blob.Digest) (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return 0, fmt.Errorf("commit blob: %w", fs.ErrClosed)
	}
	w.done = true
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("commit blob: %w", err)
	}
	if got := blob.Digest(sha512.Sum512(w.data)); got != want {
		return 0, fmt.Errorf("commit blob %s as %s: %w", got, want, npm.ErrIntegrity)
	}
	w.store.put(want, w.data)
	return int64(len(w.data)), nil
}

func (w *writer) Cancel() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = true
	return nil
}

func (w *writer) Retain() bool { return w.refs.Retain() }

func (w *writer) Release() error {
	if !w.refs.Release() {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gone = true
	return nil
}

func (w *writer) Close() error { return w.close() }
