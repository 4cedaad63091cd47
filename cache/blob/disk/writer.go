package disk

import (
	"context"
	"crypto/sha512"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
)

// writer implements blob.Writer. One descriptor serves the writing and all the
// reading; it outlives the name of the file, which changes or goes.
type writer struct {
	store *Store
	file  *os.File
	refs  blob.Refs
	close func() error
	// size is what readers may read; it is apart from mu so that they never
	// wait for a write or a sync.
	size atomic.Int64

	mu   sync.Mutex
	hash hash.Hash
	// done is set by Commit and Cancel.
	done bool
	// err is the first failure to write.
	err error
}

func newWriter(s *Store) (*writer, error) {
	file, err := os.CreateTemp(s.temp, "blob-*")
	if err != nil {
		return nil, err
	}
	w := &writer{store: s, file: file, hash: sha512.New()}
	w.close = sync.OnceValue(func() error { return errors.Join(w.Cancel(), w.Release()) })
	return w, nil
}

func (w *writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return 0, fmt.Errorf("write blob: %w", fs.ErrClosed)
	}
	if w.err != nil {
		return 0, w.err
	}
	n, err := w.file.Write(p)
	w.hash.Write(p[:n])
	w.size.Add(int64(n))
	if err != nil {
		w.err = fmt.Errorf("write blob: %w", err)
	}
	return n, w.err
}

func (w *writer) ReadAt(p []byte, offset int64) (int, error) {
	size := w.size.Load()
	// A write that runs has put bytes after size already: those may still be
	// refused, so they are not shown.
	short := offset >= 0 && offset+int64(len(p)) > size
	if short {
		p = p[:max(0, size-offset)]
	}
	n, err := w.file.ReadAt(p, offset)
	if err == nil && short {
		err = io.EOF
	}
	return n, err
}

func (w *writer) Size() int64 { return w.size.Load() }

func (w *writer) Sum() blob.Digest {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.sum()
}

func (w *writer) sum() blob.Digest { return blob.Digest(w.hash.Sum(nil)) }

func (w *writer) Commit(ctx context.Context, want blob.Digest) (int64, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return 0, fmt.Errorf("commit blob: %w", fs.ErrClosed)
	}
	w.done = true
	if err := w.commit(ctx, want); err != nil {
		return 0, fmt.Errorf("commit blob: %w", errors.Join(err, w.discard()))
	}
	return w.size.Load(), nil
}

// commit verifies, syncs and hands the file to the store.
func (w *writer) commit(ctx context.Context, want blob.Digest) error {
	if w.err != nil {
		return w.err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if got := w.sum(); got != want {
		return fmt.Errorf("%w: got %s, want %s", npm.ErrIntegrity, got, want)
	}
	// The last write may be long ago if somebody judged the bytes since.
	if err := setTime(w.file.Name(), time.Now()); err != nil {
		return err
	}
	if err := w.file.Sync(); err != nil {
		return err
	}
	return w.store.adopt(w.file.Name(), want, w.size.Load())
}

func (w *writer) Cancel() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done {
		return nil
	}
	w.done = true
	if err := w.discard(); err != nil {
		return fmt.Errorf("cancel blob: %w", err)
	}
	return nil
}

// discard removes the unfinished file; whoever has it open keeps reading.
func (w *writer) discard() error {
	err := os.Remove(w.file.Name())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (w *writer) Retain() bool { return w.refs.Retain() }

func (w *writer) Release() error {
	if !w.refs.Release() {
		return nil
	}
	if err := w.file.Close(); err != nil {
		return fmt.Errorf("close blob: %w", err)
	}
	return nil
}

func (w *writer) Close() error { return w.close() }
