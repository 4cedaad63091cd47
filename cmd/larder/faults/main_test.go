package faults

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
)

// together is how many tests run at once: most of them wait for something.
const together = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", together); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
	dir, err := os.MkdirTemp("", "larder-faults-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
	builtIn = dir
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
	}
	os.Exit(code)
}

// builtIn is the folder of the binary; TestMain owns it.
var builtIn string

// binary is the larder under test, built once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("LARDER_E2E_BINARY"); path != "" {
		return filepath.Abs(path)
	}
	path := filepath.Join(builtIn, "larder")
	out, err := exec.Command("go", "build", "-o", path, "github.com/larderhq/larder/cmd/larder").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build larder: %w\n%s", err, out)
	}
	return path, nil
})

// patient says whether this run may wait for larder's deadlines.
func patient() bool { return os.Getenv("LARDER_E2E") == "1" }
