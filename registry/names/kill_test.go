package names_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/names"
)

// pinnerEnv makes the test binary a process that pins in that folder until it
// is killed.
const pinnerEnv = "LARDER_TEST_PINNER"

func pinForEver(dir string) {
	s, err := badgerstore.Open(dir, badgerstore.Options{})
	if err != nil {
		fmt.Println("open:", err)
		os.Exit(1)
	}
	l, err := names.New(s, names.Options{})
	if err != nil {
		fmt.Println("new:", err)
		os.Exit(1)
	}
	for worker := range 4 {
		go func() {
			for i := 0; ; i++ {
				version := fmt.Sprintf("%d.%d.0", worker, i)
				if _, err := l.Pin(context.Background(), pin("react", version, byte(worker))); err != nil {
					fmt.Println("pin:", err)
					os.Exit(1)
				}
				// One write of one line, so that a kill leaves whole lines or
				// a last line without its end.
				fmt.Print(version + "\n")
			}
		}()
	}
	select {}
}

// TestKilledProcessLosesNoPin kills a process that pins and looks for every
// pin that it acknowledged.
func TestKilledProcessLosesNoPin(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), pinnerEnv+"="+dir)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var acknowledged []string
	lines := bufio.NewReader(out)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			break
		}
		acknowledged = append(acknowledged, line[:len(line)-1])
		if len(acknowledged) == 200 {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := child.Wait(); err == nil || len(acknowledged) < 200 {
		t.Fatalf("child ended with %v after %q", err, acknowledged)
	}
	s, err := badgerstore.Open(dir, badgerstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	l := open(t, s)
	for _, version := range acknowledged {
		if _, ok, err := l.PinOf(t.Context(), name(t, "react"), version); !ok || err != nil {
			t.Fatalf("acknowledged pin of %s: %v, %v", version, ok, err)
		}
	}
}
