package faults

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/larderhq/larder/cmd/larder/trial"
)

// together is how many tests run at once: most of them wait for something.
const together = "8"

func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", together); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
	os.Exit(trial.Main(m))
}

// patient says whether this run may wait for larder's deadlines.
func patient() bool { return os.Getenv("LARDER_E2E") == "1" }
