package space_test

import (
	"path/filepath"
	"testing"

	"github.com/larderhq/larder/cache/space"
)

func TestFree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if free, known := space.Free(dir); known && free == 0 {
		t.Error("a folder that tests can write to has no room")
	}
	if _, known := space.Free(filepath.Join(dir, "absent")); known {
		t.Error("the room of a folder that is not there is known")
	}
}
