// Package mem keeps blobs in memory, for tests and for trying things out. It
// forgets everything with the process and has no limit.
package mem

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"sync"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
)

// Store is a blob.Store in memory.
type Store struct {
	mu    sync.RWMutex
	blobs map[blob.Digest]entry
}

type entry struct {
	data     []byte
	modified time.Time
}

// New returns an empty store.
func New() *Store {
	return &Store{blobs: make(map[blob.Digest]entry)}
}

// Create implements blob.Store.
func (s *Store) Create(ctx context.Context) (blob.Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("create blob: %w", err)
	}
	return newWriter(s), nil
}

// Open implements blob.Store.
func (s *Store) Open(ctx context.Context, digest blob.Digest) (blob.Blob, error) {
	e, err := s.find(ctx, digest)
	if err != nil {
		return nil, fmt.Errorf("open blob %s: %w", digest, err)
	}
	return reader{bytes.NewReader(e.data)}, nil
}

// Stat implements blob.Store.
func (s *Store) Stat(ctx context.Context, digest blob.Digest) (blob.Info, error) {
	e, err := s.find(ctx, digest)
	if err != nil {
		return blob.Info{}, fmt.Errorf("stat blob %s: %w", digest, err)
	}
	return e.info(digest), nil
}

// Delete implements blob.Store.
func (s *Store) Delete(ctx context.Context, digest blob.Digest) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("delete blob %s: %w", digest, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.blobs, digest)
	return nil
}

// List implements blob.Store.
func (s *Store) List(ctx context.Context) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		s.mu.RLock()
		blobs := maps.Clone(s.blobs)
		s.mu.RUnlock()
		for digest, e := range blobs {
			if err := ctx.Err(); err != nil {
				yield(blob.Info{}, fmt.Errorf("list blobs: %w", err))
				return
			}
			if !yield(e.info(digest), nil) {
				return
			}
		}
	}
}

// Older yields the blobs last committed before cutoff.
func (s *Store) Older(ctx context.Context, cutoff time.Time) iter.Seq2[[64]byte, error] {
	return func(yield func([64]byte, error) bool) {
		for info, err := range s.List(ctx) {
			if err == nil && !info.ModTime.Before(cutoff) {
				continue
			}
			if !yield(info.Digest, err) {
				return
			}
		}
	}
}

// DeleteOlder removes the blob if it was last committed before cutoff, and
// tells whether it did and how many bytes that freed. A Commit of the same
// digest comes either before it and saves the blob, or after it and stores it
// anew.
func (s *Store) DeleteOlder(ctx context.Context, digest [64]byte, cutoff time.Time) (int64, bool, error) {
	if err := ctx.Err(); err != nil {
		return 0, false, fmt.Errorf("delete old blob: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.blobs[digest]
	if !ok || !e.modified.Before(cutoff) {
		return 0, false, nil
	}
	delete(s.blobs, digest)
	return int64(len(e.data)), true, nil
}

func (s *Store) find(ctx context.Context, digest blob.Digest) (entry, error) {
	if err := ctx.Err(); err != nil {
		return entry{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	e, ok := s.blobs[digest]
	if !ok {
		return entry{}, npm.ErrNotFound
	}
	return e, nil
}

// put stores the bytes, or renews the time of those that are there.
func (s *Store) put(digest blob.Digest, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.blobs[digest]; ok {
		data = e.data
	}
	s.blobs[digest] = entry{data: data, modified: time.Now()}
}

func (e entry) info(digest blob.Digest) blob.Info {
	return blob.Info{Digest: digest, Size: int64(len(e.data)), ModTime: e.modified}
}

// reader adds to bytes.Reader the Close that it does not need.
type reader struct{ *bytes.Reader }

func (reader) Close() error { return nil }
