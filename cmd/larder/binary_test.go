package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// Promises to whoever starts larder.
const (
	maxReadyTime = time.Second
	maxIdleKiB   = 50 << 10
)

// TestBinary builds the program and looks at what only a process of its own
// shows: the time until it is ready, its memory, and what signals do.
func TestBinary(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	binary := built(t)
	t.Run("ready and idle", func(t *testing.T) {
		t.Parallel()
		best, memory := time.Hour, 0
		for range 5 { // other tests share the machine: the best of five counts
			p := spawn(t, binary, up.URL())
			best = min(best, p.took)
			memory = idleKiB(t, p.cmd.Process.Pid)
			p.kill(t)
			if best < maxReadyTime {
				break
			}
		}
		t.Logf("ready after %v with %d KiB", best, memory)
		if best >= maxReadyTime || memory >= maxIdleKiB {
			t.Errorf("ready after %v with %d KiB; promised are %v and %d KiB", best, memory, maxReadyTime, maxIdleKiB)
		}
	})
	// As a shell starts what it runs in the background.
	ignoring := filepath.Join(t.TempDir(), "ignoring")
	script := "#!/bin/sh\ntrap '' INT\nexec " + binary + " \"$@\"\n"
	if err := os.WriteFile(ignoring, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, command string
		signals       [2]syscall.Signal
		want          int
	}{
		{"twice SIGTERM", binary, [2]syscall.Signal{syscall.SIGTERM, syscall.SIGTERM}, 143},
		{"twice SIGINT", binary, [2]syscall.Signal{syscall.SIGINT, syscall.SIGINT}, 130},
		{"twice SIGINT, ignored by the shell", ignoring, [2]syscall.Signal{syscall.SIGINT, syscall.SIGINT}, 130},
		{"SIGTERM and SIGINT, ignored by the shell", ignoring, [2]syscall.Signal{syscall.SIGTERM, syscall.SIGINT}, 130},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := spawn(t, tt.command, up.URL())
			p.hold(t, up)
			p.signal(t, tt.signals[0])
			p.waitFor(t, `"msg":"stopping"`)
			p.signal(t, tt.signals[1])
			_ = p.cmd.Wait() // the state tells
			if code := p.cmd.ProcessState.ExitCode(); code != tt.want {
				t.Errorf("ended with %d, want %d", code, tt.want)
			}
		})
	}
}

// built is the program: the one that LARDER_E2E_BINARY names, else a new one.
func built(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("LARDER_E2E_BINARY"); path != "" {
		return path
	}
	path := filepath.Join(t.TempDir(), "larder")
	if out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return path
}

// hold makes a request that has no end, which a graceful end waits for.
func (p *spawned) hold(t *testing.T, up *upstreamtest.Registry) {
	t.Helper()
	gate := upstreamtest.NewGate()
	t.Cleanup(gate.Release)
	name := "held-" + strconv.Itoa(p.cmd.Process.Pid)
	up.Add(upstreamtest.Simple(name, "1.0.0"))
	up.Fail(upstreamtest.OnPackument(name), upstreamtest.Hold(gate))
	go func() {
		if response, err := newClient(t).Get(p.url + name); err == nil {
			_ = response.Body.Close() // it is cut anyway
		}
	}()
	<-gate.Arrived()
}

// spawned is the program in a process of its own.
type spawned struct {
	cmd    *exec.Cmd
	url    string
	took   time.Duration
	stderr *bufio.Reader
}

// spawn starts the program and waits for its ready line.
func spawn(t *testing.T, binary, upstream string) *spawned {
	t.Helper()
	p := &spawned{cmd: exec.Command(binary, "--data", t.TempDir(), "--listen", "127.0.0.1:0", "--upstream", upstream)}
	p.cmd.Env = []string{"HOME=" + t.TempDir()}
	stderr, err := p.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.stderr = bufio.NewReader(stderr)
	stdout, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.cmd.Process.Kill() }) // it may have ended
	_, line, err := readyLine(stdout)
	p.took = time.Since(began)
	if err != nil {
		text, _ := io.ReadAll(p.stderr) // only to say more
		t.Fatalf("larder did not become ready: %s", text)
	}
	_, rest, _ := strings.Cut(line, " ready at ")
	p.url, _, _ = strings.Cut(rest, " ")
	return p
}

func (p *spawned) signal(t *testing.T, s os.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func (p *spawned) kill(t *testing.T) {
	t.Helper()
	p.signal(t, os.Kill)
	_ = p.cmd.Wait() // it was killed
}

// waitFor reads the log up to a line with a text.
func (p *spawned) waitFor(t *testing.T, text string) {
	t.Helper()
	for {
		line, err := p.stderr.ReadString('\n')
		if err != nil {
			t.Fatalf("the log ended before %q: %v", text, err)
		}
		if strings.Contains(line, text) {
			return
		}
	}
}

// idleKiB returns the private memory of a process. Mapped files of the
// databases do not count: the system drops them as it likes.
func idleKiB(t *testing.T, pid int) int {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "RssAnon:")
	field, _, _ := strings.Cut(strings.TrimSpace(rest), " ")
	n, err := strconv.Atoi(field)
	if err != nil {
		t.Fatalf("no RssAnon in %s", text)
	}
	return n
}

// selfSigned writes a certificate for the loopback and its key.
func selfSigned(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{
		cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: encoded},
	} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
