package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"time"

	"github.com/larderhq/larder/cache/blob"
)

// List implements blob.Store. It holds the names of one folder of 256 at a
// time, and passes over files that are not named as blobs are.
func (s *Store) List(ctx context.Context) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		for i := range s.shards {
			for info, err := range s.listShard(ctx, byte(i)) {
				if err != nil {
					err = fmt.Errorf("list blobs: %w", err)
				}
				if !yield(info, err) || err != nil {
					return
				}
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

// listShard yields what is in one folder.
func (s *Store) listShard(ctx context.Context, first byte) iter.Seq2[blob.Info, error] {
	return func(yield func(blob.Info, error) bool) {
		entries, err := os.ReadDir(filepath.Join(s.dir, fmt.Sprintf("%02x", first)))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			yield(blob.Info{}, err)
			return
		}
		for _, entry := range entries {
			if err := ctx.Err(); err != nil {
				yield(blob.Info{}, err)
				return
			}
			digest, err := blob.ParseDigest(entry.Name())
			if err != nil || digest[0] != first {
				continue
			}
			info, err := entry.Info()
			if errors.Is(err, fs.ErrNotExist) {
				continue // deleted since
			}
			if err != nil {
				yield(blob.Info{}, err)
				return
			}
			if !yield(blob.Info{Digest: digest, Size: info.Size(), ModTime: info.ModTime()}, nil) {
				return
			}
		}
	}
}
