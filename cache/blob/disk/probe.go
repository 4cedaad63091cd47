package disk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Probe writes, syncs, reads and removes a small file, to find out whether the
// store can still be written to. It cannot be interrupted once it has begun.
func (s *Store) Probe(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("probe blob folder: %w", err)
	}
	if err := s.probe(); err != nil {
		return fmt.Errorf("probe blob folder %s: %w", s.dir, err)
	}
	return nil
}

func (s *Store) probe() error {
	file, err := os.CreateTemp(s.temp, "probe-*")
	if err != nil {
		return err
	}
	return errors.Join(writeAndRead(file), file.Close(), os.Remove(file.Name()))
}

func writeAndRead(file *os.File) error {
	want := []byte(time.Now().Format(time.RFC3339Nano))
	if _, err := file.Write(want); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	got := make([]byte, len(want))
	if _, err := file.ReadAt(got, 0); err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return errors.New("read something else than was written")
	}
	return nil
}

// removeTemps removes what earlier processes left unfinished, except what is
// younger than spare. Without spare no clock is asked: it may have gone back.
func (s *Store) removeTemps(spare time.Duration) error {
	entries, err := os.ReadDir(s.temp)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if spare > 0 && time.Since(info.ModTime()) < spare {
			continue
		}
		if err := os.Remove(filepath.Join(s.temp, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}
