package advisory

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// folder reads the files of a folder. Links are not followed, and what starts
// with a period is not looked at.
func (r *reader) folder(ctx context.Context) error {
	root, err := os.OpenRoot(r.source.Path)
	if err != nil {
		return err
	}
	defer func() { _ = root.Close() }()
	if r.source.Key != nil {
		return r.signedFolder(ctx, root)
	}
	return fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case path != "." && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		case !entry.Type().IsRegular() || !isRecord(path):
			return nil
		}
		raw, err := r.one(root, path)
		if err == nil {
			r.build.take(path, raw)
		}
		return err
	})
}

// signedFolder reads the files that a signed list names.
func (r *reader) signedFolder(ctx context.Context, root *os.Root) error {
	f, err := root.Open(sumsFile)
	if err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	defer func() { _ = f.Close() }()
	list, err := readAll(f, r.limits.signed)
	if err != nil {
		return fmt.Errorf("read list: %w", err)
	}
	if err := verify(r.source.Key, list, filepath.Join(r.source.Path, sumsFile+".sig")); err != nil {
		return err
	}
	all, err := parseSums(list)
	if err != nil {
		return err
	}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if !isRecord(path) {
			continue
		}
		raw, err := r.one(root, path)
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case sha256.Sum256(raw) != all[path]:
			return errors.New(path + ": it is not what the list says")
		}
		r.build.take(path, raw)
	}
	return nil
}

// one reads one file.
func (r *reader) one(root *os.Root, path string) ([]byte, error) {
	f, err := root.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	raw, err := readAll(f, r.limits.record)
	if err == nil {
		err = r.count(int64(len(raw)))
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return raw, nil
}

func isRecord(path string) bool { return strings.HasSuffix(path, ".json") }
