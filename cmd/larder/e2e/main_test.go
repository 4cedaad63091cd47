package e2e

import (
	"os"
	"testing"

	"github.com/larderhq/larder/cmd/larder/trial"
)

func TestMain(m *testing.M) { os.Exit(trial.Main(m)) }

// onlyThorough skips what plain test runs leave to those with LARDER_E2E=1.
func onlyThorough(t *testing.T) {
	t.Helper()
	if os.Getenv("LARDER_E2E") != "1" {
		t.Skip("every client runs with LARDER_E2E=1")
	}
}
