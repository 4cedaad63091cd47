package advisory

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"maps"
	"os"
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
	records, _, err := r.records(root)
	if err != nil {
		return err
	}
	return r.each(ctx, records)
}

// records finds the records of a folder. Those of a signed one are what its list
// names, which comes with them.
func (r *reader) records(root *os.Root) (records iter.Seq2[item, error], list []byte, err error) {
	if r.source.Key == nil {
		return r.walk(root), nil, nil
	}
	f, err := root.Open(sumsFile)
	if err != nil {
		return nil, nil, fmt.Errorf("read list: %w", err)
	}
	defer func() { _ = f.Close() }()
	if list, err = readAll(f, r.limits.signed); err != nil {
		return nil, nil, fmt.Errorf("read list: %w", err)
	}
	records, err = r.listed(list, func(to *bytes.Buffer, path string) error { return r.one(to, root, path) })
	return records, list, err
}

// walk finds the records of a folder.
func (r *reader) walk(root *os.Root) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		err := fs.WalkDir(root.FS(), ".", func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case path != "." && strings.HasPrefix(entry.Name(), "."):
				if entry.IsDir() {
					return fs.SkipDir
				}
				return nil
			case !entry.Type().IsRegular() || !isRecord(path):
				return nil
			}
			it := item{at: path, load: func(to *bytes.Buffer) error { return r.one(to, root, path) }}
			if !yield(it, nil) {
				return fs.SkipAll
			}
			return nil
		})
		if err != nil {
			yield(item{}, err)
		}
	}
}

// listed finds the records that a signed list names. One reads a file of a path.
func (r *reader) listed(list []byte, one func(*bytes.Buffer, string) error) (iter.Seq2[item, error], error) {
	if err := r.verify(list); err != nil {
		return nil, err
	}
	all, err := parseSums(list)
	if err != nil {
		return nil, err
	}
	return func(yield func(item, error) bool) {
		for _, path := range slices.Sorted(maps.Keys(all)) {
			if !isRecord(path) {
				continue
			}
			it := item{at: path, load: func(to *bytes.Buffer) error {
				if err := one(to, path); err != nil {
					return err
				}
				if sha256.Sum256(to.Bytes()) != all[path] {
					return errors.New("it is not what the list says")
				}
				return nil
			}}
			if !yield(it, nil) {
				return
			}
		}
	}, nil
}

// one reads one file.
func (r *reader) one(to *bytes.Buffer, root *os.Root, path string) error {
	f, err := root.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	n, err := to.ReadFrom(io.LimitReader(f, r.limits.record+1))
	if err != nil {
		return err
	}
	return r.count(n)
}

func isRecord(path string) bool { return strings.HasSuffix(path, ".json") }
