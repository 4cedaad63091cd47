// Package disk keeps blobs as files named by their sha512, in 256 folders by
// its first byte ("ab/ab12…"), and the unfinished ones in "tmp". It owns their
// durability; it does not know what they mean or when they may go.
package disk

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/space"
	"github.com/larderhq/larder/registry/npm"
)

const (
	// folderMode and the 0600 of os.CreateTemp keep private packages from
	// other users of the machine.
	folderMode = 0o700
	tempFolder = "tmp"
)

// Options adjust a Store. The zero value is usable.
type Options struct {
	// TempMaxAge spares leftover unfinished blobs that were written to within
	// this time. Zero removes all of them, which is right when nothing else
	// uses the folder.
	TempMaxAge time.Duration
	// Reserve is how many bytes stay free on the file system: with less no blob
	// is begun, and Create fails with npm.ErrUnavailable. What keeps records on
	// the same file system needs room when it is nearly full.
	Reserve uint64
	// Free tells how many bytes are free and whether that is known; space.Free
	// where it is nil.
	Free func(dir string) (uint64, bool)
}

// Store is a blob.Store in a folder, which must not be used by another process
// at the same time. It holds nothing that needs closing.
type Store struct {
	dir     string
	temp    string
	reserve uint64
	free    func(dir string) (uint64, bool)
	shards  [256]shard
}

// shard is one of the 256 folders. Its lock makes looking at a file and then
// renaming or removing it one step.
type shard struct {
	mu sync.Mutex
	// synced tells that the folder's own entry is on the disk.
	synced bool
	// counted tells that usage holds what is in the folder.
	counted bool
	usage   Usage
}

// New opens the folder, creating it if needed, and removes what an earlier
// process left unfinished. It fails when the folder cannot be written to.
func New(dir string, o Options) (*Store, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("open blob folder %s: %w", dir, err)
	}
	s := &Store{dir: abs, temp: filepath.Join(abs, tempFolder), reserve: o.Reserve, free: o.Free}
	if s.free == nil {
		s.free = space.Free
	}
	if err := os.MkdirAll(s.temp, folderMode); err != nil {
		return nil, fmt.Errorf("create blob folder %s: %w", abs, err)
	}
	if err := s.removeTemps(o.TempMaxAge); err != nil {
		return nil, fmt.Errorf("remove unfinished blobs: %w", err)
	}
	if err := s.probe(); err != nil {
		return nil, fmt.Errorf("blob folder %s cannot be written to: %w", abs, err)
	}
	if err := errors.Join(syncFolder(abs), syncFolder(filepath.Dir(abs))); err != nil {
		return nil, fmt.Errorf("open blob folder: %w", err)
	}
	return s, nil
}

// Create implements blob.Store.
func (s *Store) Create(ctx context.Context) (blob.Writer, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("create blob: %w", err)
	}
	if free, known := s.free(s.temp); known && free < s.reserve {
		return nil, &npm.Error{Kind: npm.ErrUnavailable, Text: "the registry's disk is nearly full: nothing is written until there is room"}
	}
	w, err := newWriter(s)
	if err != nil {
		return nil, fmt.Errorf("create blob: %w", err)
	}
	return w, nil
}

// Open implements blob.Store. The Blob is a blob.Filer as well.
func (s *Store) Open(ctx context.Context, digest blob.Digest) (blob.Blob, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("open blob: %w", err)
	}
	file, err := os.Open(s.path(digest))
	if err != nil {
		return nil, fmt.Errorf("open blob: %w", absent(err))
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("open blob: %w", err)
	}
	return &reader{file: file, size: info.Size()}, nil
}

// Stat implements blob.Store.
func (s *Store) Stat(ctx context.Context, digest blob.Digest) (blob.Info, error) {
	if err := ctx.Err(); err != nil {
		return blob.Info{}, fmt.Errorf("stat blob: %w", err)
	}
	info, err := os.Lstat(s.path(digest))
	if err != nil {
		return blob.Info{}, fmt.Errorf("stat blob: %w", absent(err))
	}
	return blob.Info{Digest: digest, Size: info.Size(), ModTime: info.ModTime()}, nil
}

// Delete implements blob.Store. The removal is not synced: a crash may bring
// the blob back.
func (s *Store) Delete(ctx context.Context, digest blob.Digest) error {
	_, _, err := s.remove(ctx, digest, func(fs.FileInfo) bool { return true })
	return err
}

// DeleteOlder removes the blob if it was last committed before cutoff, and
// tells whether it did and how many bytes that freed. A Commit of the same
// digest comes either before it and saves the blob, or after it and stores it
// anew.
func (s *Store) DeleteOlder(ctx context.Context, digest [64]byte, cutoff time.Time) (int64, bool, error) {
	return s.remove(ctx, digest, func(info fs.FileInfo) bool { return info.ModTime().Before(cutoff) })
}

// remove deletes the blob if it is there and matches.
func (s *Store) remove(ctx context.Context, digest blob.Digest, match func(fs.FileInfo) bool) (int64, bool, error) {
	if err := ctx.Err(); err != nil {
		return 0, false, fmt.Errorf("delete blob: %w", err)
	}
	shard := s.shard(digest)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	path := s.path(digest)
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return 0, false, nil
	case err != nil:
		return 0, false, fmt.Errorf("delete blob: %w", err)
	case !match(info):
		return 0, false, nil
	}
	if err := os.Remove(path); err != nil {
		return 0, false, fmt.Errorf("delete blob: %w", err)
	}
	shard.add(-1, -info.Size())
	return info.Size(), true, nil
}

func (s *Store) shard(digest blob.Digest) *shard { return &s.shards[digest[0]] }

// path is where the blob is once it is committed.
func (s *Store) path(digest blob.Digest) string {
	name := digest.Hex()
	return filepath.Join(s.dir, name[:2], name)
}

// absent turns the file system's word for a missing file into larder's.
func absent(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%w: %w", npm.ErrNotFound, err)
	}
	return err
}
