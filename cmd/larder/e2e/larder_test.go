package e2e

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/larderhq/larder/cmd/larder/trial"
)

// readyWait is how long a start may take on a machine that is busy with the
// other tests.
const readyWait = 30 * time.Second

// larder is a running larder process.
type larder struct {
	url  string
	cmd  *exec.Cmd
	done chan struct{} // closed when the process has ended
	log  *trial.Transcript
}

// start runs larder with fresh settings of its own and waits until it is
// ready. It is killed when the test ends.
func start(t *testing.T, data, upstream string, flags ...string) *larder {
	t.Helper()
	path, err := trial.Binary()
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--data", data, "--upstream", upstream}, flags...)
	l := &larder{cmd: exec.Command(path, args...), done: make(chan struct{}), log: &trial.Transcript{}}
	// No npm settings of this machine may reach the program under test.
	l.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}
	l.cmd.Stderr = l.log
	stdout, err := l.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		t.Fatalf("start larder: %v", err)
	}
	address := make(chan string, 1)
	var read sync.WaitGroup
	read.Go(func() { l.watch(stdout, upstream, address) })
	go func() {
		read.Wait() // Wait of the command closes the pipe, so it comes second
		_ = l.cmd.Wait()
		close(l.done)
	}()
	t.Cleanup(func() { l.end(t) })
	select {
	case l.url = <-address:
	case <-l.done:
		t.Fatalf("larder ended instead of getting ready:\n%s", l.log)
	case <-time.After(readyWait):
		t.Fatalf("larder is not ready after %s:\n%s", readyWait, l.log)
	}
	return l
}

var addressInLine = regexp.MustCompile(`https?://(127\.0\.0\.1|localhost):\d+`)

// watch reads standard output and finds the address in it.
func (l *larder) watch(stdout io.Reader, upstream string, address chan<- string) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		_, _ = l.log.Write(append(lines.Bytes(), '\n')) // it cannot fail
		for _, url := range addressInLine.FindAllString(lines.Text(), -1) {
			if url != strings.TrimRight(upstream, "/") {
				select {
				case address <- url:
				default:
				}
			}
		}
	}
}

// stop ends larder as an operator does.
func (l *larder) stop(t *testing.T) {
	t.Helper()
	if err := l.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("stop larder: %v", err)
	}
	select {
	case <-l.done:
	case <-time.After(readyWait):
		t.Fatalf("larder does not stop:\n%s", l.log)
	}
	if code := l.cmd.ProcessState.ExitCode(); code != 0 {
		t.Errorf("larder ended with %d:\n%s", code, l.log)
	}
}

// kill ends larder as a power cut does.
func (l *larder) kill() {
	_ = l.cmd.Process.Kill() // it may have ended by itself
	<-l.done
}

func (l *larder) end(t *testing.T) {
	l.kill()
	if t.Failed() {
		t.Logf("what larder wrote:\n%s", l.log)
	}
}
