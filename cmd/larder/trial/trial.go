// Package trial gives tests a larder that runs as a process of its own. It
// knows how the binary comes to be and nothing of what it is tried with.
package trial

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// Binary returns the path of the larder under test: the one that
// LARDER_E2E_BINARY names, else one that is built on the first call. Main
// removes it.
var Binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("LARDER_E2E_BINARY"); path != "" {
		return filepath.Abs(path)
	}
	if err := lookAtSources(); err != nil {
		return "", fmt.Errorf("look at larder's sources: %w", err)
	}
	path := filepath.Join(folder, "larder")
	out, err := exec.Command("go", "build", "-o", path, "github.com/larderhq/larder/cmd/larder").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build larder: %w\n%s", err, out)
	}
	return path, nil
})

// module is the root of the module, seen from the packages that use Binary.
const module = "../../.."

// lookAtSources stats every source of larder. go test remembers the result of a
// package together with the files that its tests looked at; a binary that is
// built behind its back would let it repeat results of an older larder.
func lookAtSources() error {
	return filepath.WalkDir(module, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		_, err = os.Stat(path)
		return err
	})
}

// folder holds the binary, and what Shared names, while Main runs.
var folder string

// Shared returns a path for what the tests of a package have in common. Main
// removes what is there.
func Shared(name string) string { return filepath.Join(folder, name) }

// Main is the TestMain of a package that uses Binary. It returns the exit code.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "larder-trial-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "trial:", err)
		return 1
	}
	folder = dir
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "trial:", err)
		return 1
	}
	return code
}
