package advisory

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
)

// TestKeepInUnsyncedFolder has a folder in one that cannot be synced, as that of open
// files: the copy is in place then, and nothing else is wrong.
func TestKeepInUnsyncedFolder(t *testing.T) {
	t.Parallel()
	s := library(t)
	s.must(os.Mkdir(s.Kept.dir, 0o700))
	dir, err := os.Open(s.Kept.dir)
	s.must(err)
	defer func() { _ = dir.Close() }()
	s.Kept = NewKept(fmt.Sprintf("/proc/self/fd/%d", dir.Fd()))
	source := s.source("feed.jsonl", Auto, false)
	err = s.Keep(t.Context(), source, source.Look(t.Context()), noon)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if c, err := s.open(t.Context(), source); err != nil || c.Close() != nil {
		t.Errorf("the copy: %v", err)
	}
}
