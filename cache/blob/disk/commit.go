package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/larderhq/larder/cache/blob"
)

// adopt gives a complete and synced file its final name and syncs that. If the
// store has the blob already, it renews that one's time and drops the file.
func (s *Store) adopt(temp string, digest blob.Digest, size int64) error {
	shard := s.shard(digest)
	shard.mu.Lock()
	defer shard.mu.Unlock()
	path := s.path(digest)
	old, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.place(shard, temp, path, size)
	case err != nil:
		return err
	case old.Size() == size && old.Mode().IsRegular():
		if err := setTime(path, time.Now()); err != nil {
			return err
		}
		return os.Remove(temp)
	}
	// Something damaged the old file, so that its part of the usage is unknown
	// too: the new file mends the one, counting again the other.
	shard.counted = false
	return s.place(shard, temp, path, size)
}

// place renames the file and syncs its folder. The caller holds the lock.
func (s *Store) place(shard *shard, temp, path string, size int64) error {
	folder := filepath.Dir(path)
	err := os.Mkdir(folder, folderMode)
	if err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err == nil || !shard.synced {
		if err := syncFolder(s.dir); err != nil {
			return err
		}
		shard.synced = true
	}
	if err := os.Rename(temp, path); err != nil {
		return err
	}
	if err := syncFolder(folder); err != nil {
		// Whoever commits is told that it failed, so nothing may be there.
		return errors.Join(err, os.Remove(path))
	}
	shard.add(1, size)
	return nil
}

// setTime sets a file's modification time, which says when it was committed.
func setTime(path string, at time.Time) error { return os.Chtimes(path, time.Time{}, at) }

// syncFolder makes the names in a folder durable.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil {
		return fmt.Errorf("sync folder: %w", err)
	}
	return nil
}
