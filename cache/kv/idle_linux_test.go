package kv_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/larderhq/larder/cache/kv"
)

// idleEnv makes TestIdleMemory the process whose memory is measured.
const idleEnv = "LARDER_TEST_IDLE"

// TestIdleMemory opens two databases, as a server has them, in a process of
// its own. What they take is a part of the 40 MB that an idle server may. It
// runs alone, because a child holds the locks of this process until it is
// executed, and other tests open again what they closed.
func TestIdleMemory(t *testing.T) {
	if dir := os.Getenv(idleEnv); dir != "" {
		idle(t, dir)
		return
	}
	child := exec.Command(os.Args[0], "-test.run=^TestIdleMemory$", "-test.v")
	child.Env = append(os.Environ(), idleEnv+"="+t.TempDir())
	out, err := child.CombinedOutput()
	_, rest, found := strings.Cut(string(out), "RssAnon:")
	if err != nil || !found {
		t.Fatalf("child: %v\n%s", err, out)
	}
	kilobytes, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	const limit = 24 << 10 // the race detector takes some of it
	if kilobytes > limit {
		t.Errorf("two open databases take %d kB, want at most %d", kilobytes, limit)
	}
}

func idle(t *testing.T, dir string) {
	for _, sub := range []string{"a", "b"} {
		db := open(t, filepath.Join(dir, sub), kv.Options{Sync: sub == "a"})
		for i := range 100 {
			put(t, db, fmt.Sprint(i), strings.Repeat("v", 300))
		}
	}
	debug.FreeOSMemory()
	status, err := os.ReadFile("/proc/self/status")
	_, rest, found := strings.Cut(string(status), "RssAnon:")
	if err != nil || !found {
		t.Fatal(errors.Join(err, errors.New("memory is not known")))
	}
	fmt.Println("RssAnon:", strings.Fields(rest)[0])
}
