package faults

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/larderhq/larder/cmd/larder/trial"
)

// patience is how long anything may take that has no deadline of its own, on a
// machine that is busy with other tests.
const patience = 30 * time.Second

// setup is how a larder is started.
type setup struct {
	data string // a fresh folder when empty
	// upstream is the URL of a registry; empty where config names it.
	upstream string
	config   string   // of a larder.yaml
	env      []string // LARDER_* settings
}

// larder is a running larder process.
type larder struct {
	t       *testing.T
	url     string // without a slash at its end
	data    string
	cmd     *exec.Cmd
	took    time.Duration // from exec to the ready line
	done    chan struct{} // closed when the process has ended
	log     *trial.Transcript
	clients *clients
}

// start runs larder and waits until it is ready. It is killed when the test
// ends.
func start(t *testing.T, s setup) *larder {
	t.Helper()
	path, err := trial.Binary()
	if err != nil {
		t.Fatal(err)
	}
	if s.data == "" {
		s.data = t.TempDir()
	}
	l := &larder{t: t, data: s.data, done: make(chan struct{}), log: &trial.Transcript{}, clients: newClients()}
	l.cmd = exec.Command(path, s.arguments(t)...)
	// No npm settings of this machine may reach the program under test.
	// Without guards, which wait for a whole tarball before its first byte goes
	// out, and ask for upstream's keys.
	l.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "LARDER_POLICY_LEVEL=off"}, s.env...)
	l.cmd.Stderr = l.log
	stdout, err := l.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := l.cmd.Start(); err != nil {
		t.Fatalf("start larder: %v", err)
	}
	t.Cleanup(l.end)
	ready := make(chan string, 1)
	var read sync.WaitGroup
	read.Go(func() {
		lines := bufio.NewReader(stdout)
		line, err := lines.ReadString('\n')
		for err == nil && addressIn(line) == "" { // the first start has more to say
			line, err = lines.ReadString('\n')
		}
		ready <- line                // none at the end of the process
		_, _ = io.Copy(l.log, lines) // it ends with the process
	})
	go func() {
		read.Wait() // Wait of the command closes the pipe, so it comes second
		_ = l.cmd.Wait()
		close(l.done)
	}()
	select {
	case line := <-ready:
		l.took = time.Since(began)
		l.url = addressIn(line)
	case <-time.After(patience):
	}
	if l.url == "" {
		t.Fatalf("larder is not ready:\n%s", l.log)
	}
	return l
}

func (s setup) arguments(t *testing.T) []string {
	t.Helper()
	args := []string{"serve", "--listen", "127.0.0.1:0", "--data", s.data}
	if s.upstream != "" {
		args = append(args, "--upstream", s.upstream)
	}
	if s.config != "" {
		path := filepath.Join(t.TempDir(), "larder.yaml")
		if err := os.WriteFile(path, []byte(s.config), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	return args
}

// addressIn finds the URL in the ready line.
func addressIn(line string) string {
	_, rest, _ := strings.Cut(line, " ready at ")
	url, _, _ := strings.Cut(rest, " ")
	return strings.TrimSuffix(url, "/")
}

// files is the folder of the stored files.
func (l *larder) files() string { return filepath.Join(l.data, "cache", "files") }

// proc is a file about the process.
func (l *larder) proc(name string) string {
	return filepath.Join("/proc", strconv.Itoa(l.cmd.Process.Pid), name)
}

// terminate asks larder to end, as a service manager does.
func (l *larder) terminate() {
	l.t.Helper()
	if err := l.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		l.t.Fatalf("signal larder: %v", err)
	}
}

// exitCode waits for the end of larder.
func (l *larder) exitCode() int {
	l.t.Helper()
	select {
	case <-l.done:
	case <-time.After(2 * patience):
		_ = l.cmd.Process.Signal(syscall.SIGQUIT) // says where it hangs
		<-l.done
		l.t.Fatalf("larder does not end:\n%s", l.log)
	}
	return l.cmd.ProcessState.ExitCode()
}

// stop ends larder well.
func (l *larder) stop() {
	l.t.Helper()
	l.clients.leave()
	l.terminate()
	if code := l.exitCode(); code != 0 {
		l.t.Errorf("larder ended with %d:\n%s", code, l.log)
	}
}

// kill ends larder as a power cut does.
func (l *larder) kill() {
	_ = l.cmd.Process.Kill() // it may have ended by itself
	<-l.done
}

func (l *larder) end() {
	l.clients.leave()
	l.kill()
	if l.t.Failed() {
		l.t.Logf("what larder wrote:\n%s", l.log)
	}
}

// eventually polls what another process does until it is so.
func eventually(t *testing.T, wait time.Duration, check func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(wait); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Errorf("still so after %s: %v", wait, err)
}
