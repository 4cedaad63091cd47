package advisory

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Kept is a folder with a copy of each source that was good, for when it no longer
// is. One goroutine at a time may keep and prune; any number may load.
//
// A copy is one file, see header. It is there whole or not at all.
type Kept struct{ dir string }

// NewKept returns the copies in a folder, which is made with the first copy.
func NewKept(dir string) *Kept { return &Kept{dir: dir} }

const (
	// copySuffix ends the name of a copy, and unfinished starts that of one that
	// is still being written.
	copySuffix = ".copy"
	unfinished = ".new-"
)

// Lapse is a source that cannot be read and whose copy was taken.
type Lapse struct {
	// Path is that of the source.
	Path string
	// Taken is when the copy was made, and Looked the fingerprint of what it is of.
	Taken  time.Time
	Looked string
	// Err tells what is wrong with the source.
	Err error
}

// Load is the function Load, but in place of a source that cannot be read its copy
// is taken, where there is one that counts: of the same path and format, undamaged,
// and signed with the key that the source has now. It tells of which that is so.
func (k *Kept) Load(ctx context.Context, sources ...Source) (*Set, []Lapse, error) {
	return loader{limits: defaultLimits(), kept: k}.load(ctx, sources)
}

// Prune removes all copies but those of the sources, and what was never finished.
func (k *Kept) Prune(sources []Source) error {
	entries, err := os.ReadDir(k.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for copies of feeds: %w", err)
	}
	wanted := map[string]bool{}
	for _, s := range sources {
		wanted[filepath.Base(k.path(s))] = true
	}
	for _, e := range entries {
		name := e.Name()
		if isCopy(name) && !wanted[name] || strings.HasPrefix(name, unfinished) {
			err = errors.Join(err, os.Remove(filepath.Join(k.dir, name)))
		}
	}
	if err != nil {
		return fmt.Errorf("remove copies of feeds: %w", err)
	}
	return nil
}

// isCopy tells a copy from what somebody else has put into the folder.
func isCopy(name string) bool {
	digits, ok := strings.CutSuffix(name, copySuffix)
	raw, err := hex.DecodeString(digits)
	return ok && err == nil && len(raw) == sha256.Size
}

// path is where the copy of a source is. It has the source's path in it, so that
// no other source gets it, but not the key: see header.counts.
func (k *Kept) path(s Source) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s", s.Format, s.Path))
	return filepath.Join(k.dir, hex.EncodeToString(sum[:])+copySuffix)
}
