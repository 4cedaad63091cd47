package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// server is a larder that runs inside the test.
type server struct {
	url    string
	line   string
	cancel context.CancelFunc
	exit   chan int
	log    *lockedBuffer
}

// lockedBuffer is a log that may be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// begin runs the program and waits for its ready line. environ may overrule
// the environment, which is empty but for a home.
func begin(t *testing.T, args []string, environ ...string) *server {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s := &server{cancel: cancel, exit: make(chan int, 1), log: &lockedBuffer{}}
	out, in := io.Pipe()
	go func() {
		s.exit <- run(ctx, args, append([]string{"HOME=" + t.TempDir()}, environ...), in, s.log)
		_ = in.Close() // a pipe's Close cannot fail
	}()
	t.Cleanup(func() { s.cancel() })
	_, line, err := readyLine(out)
	if err != nil {
		t.Fatalf("larder did not become ready: %s", s.log)
	}
	_, rest, _ := strings.Cut(line, " ready at ")
	s.line = line
	s.url, _, _ = strings.Cut(rest, " ")
	return s
}

// readyLine reads up to the line that says that larder is ready, and returns
// what stands before it, which is something at a first start alone.
func readyLine(out io.Reader) (first, line string, err error) {
	lines := bufio.NewReader(out)
	for {
		line, err = lines.ReadString('\n')
		if err != nil || strings.Contains(line, " ready at ") {
			return first, line, err
		}
		first += line
	}
}

// end stops the program and returns its exit code.
func (s *server) end(t *testing.T) int {
	t.Helper()
	s.cancel()
	select {
	case code := <-s.exit:
		return code
	case <-time.After(time.Minute):
		t.Fatalf("larder does not stop: %s", s.log)
		return -1
	}
}

// get fetches a path and closes its connection.
func (s *server) get(t *testing.T, client *http.Client, path string) (int, []byte) {
	t.Helper()
	response, err := client.Get(s.url + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, body
}

// newClient is a client that keeps no connection, so that none outlives a test.
func newClient(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{DisableKeepAlives: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}

// TestServe cannot run beside other tests, because it counts goroutines.
func TestServe(t *testing.T) {
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	before := goleak.IgnoreCurrent()
	client := newClient(t)
	s := begin(t, []string{"--data", t.TempDir(), "--listen", "127.0.0.1:0", "--upstream", up.URL()})
	for _, tt := range []struct {
		path, want string
	}{
		{"leaf", `"name":"leaf"`},
		{"leaf/1.0.0", s.url + "leaf/-/leaf-1.0.0.tgz"},
		{"leaf/-/leaf-1.0.0.tgz", string(up.Bytes("leaf", "1.0.0"))},
		{"-/ping", "{"},
		{"-/health", ""},
		{"-/liveness", ""},
		{"-/readiness", ""},
		{"-/metrics", "larder_build_info{"},
		{"-/metrics", `larder_store_bytes{store="registry"}`},
	} {
		status, body := s.get(t, client, tt.path)
		if status != http.StatusOK || !bytes.Contains(body, []byte(tt.want)) {
			t.Errorf("%s: %d, %.300s; want %.100q in it", tt.path, status, body, tt.want)
		}
	}
	if code := s.end(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.log)
	}
	for _, want := range []string{`"msg":"ready"`, `"msg":"stopping"`, `"msg":"stopped"`} {
		if !strings.Contains(s.log.String(), want) {
			t.Errorf("%s is not in the log: %s", want, s.log)
		}
	}
	goleak.VerifyNone(t, before,
		// fasthttp's clock of the process, and the cleaner of a stopped pool,
		// which notices at its next round.
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// TestDrain stops a larder while a client still receives: the client gets
// everything, and larder ends after it.
func TestDrain(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	gate := upstreamtest.NewGate()
	up.Fail(upstreamtest.OnTarball("leaf", "1.0.0"), upstreamtest.Hold(gate))
	s := begin(t, []string{"--data", t.TempDir(), "--listen", "127.0.0.1:0", "--upstream", up.URL()})
	type got struct {
		status int
		body   []byte
	}
	answered := make(chan got, 1)
	go func() {
		response, err := newClient(t).Get(s.url + "leaf/-/leaf-1.0.0.tgz")
		if err != nil {
			answered <- got{}
			return
		}
		defer response.Body.Close()
		body, _ := io.ReadAll(response.Body) // what is missing shows in the comparison
		answered <- got{response.StatusCode, body}
	}()
	<-gate.Arrived()
	s.cancel()
	for !strings.Contains(s.log.String(), `"msg":"stopping"`) {
		select {
		case code := <-s.exit:
			t.Fatalf("ended with %d before the request did", code)
		case <-time.After(time.Millisecond):
		}
	}
	gate.Release()
	if g := <-answered; g.status != http.StatusOK || !bytes.Equal(g.body, up.Bytes("leaf", "1.0.0")) {
		t.Errorf("the client got %d with %d bytes", g.status, len(g.body))
	}
	if code := s.end(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.log)
	}
}

// TestDrainEnds stops a larder whose client never finishes.
func TestDrainEnds(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	gate := upstreamtest.NewGate()
	t.Cleanup(gate.Release)
	up.Fail(upstreamtest.OnPackument("leaf"), upstreamtest.Hold(gate))
	s := begin(t, []string{"--data", t.TempDir(), "--listen", "127.0.0.1:0", "--upstream", up.URL()}, "LARDER_LIMITS_DRAIN=50ms")
	done := make(chan struct{})
	go func() {
		defer close(done)
		if response, err := newClient(t).Get(s.url + "leaf"); err == nil {
			_ = response.Body.Close() // an error page or nothing: both are fine
		}
	}()
	<-gate.Arrived()
	if code := s.end(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.log)
	}
	<-done
	if !strings.Contains(s.log.String(), "requests were cut off") {
		t.Errorf("the log does not say that requests were cut off: %s", s.log)
	}
}

func TestTLS(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	dir := t.TempDir()
	cert, key := selfSigned(t, dir)
	file := filepath.Join(dir, "larder.yaml")
	if err := os.WriteFile(file, []byte("tls: {cert: "+cert+", key: "+key+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := begin(t, []string{"--config", file, "--data", filepath.Join(dir, "data"), "--listen", "127.0.0.1:0", "--upstream", up.URL()})
	if !strings.HasPrefix(s.url, "https://127.0.0.1:") {
		t.Errorf("ready line %q", s.line)
	}
	roots := x509.NewCertPool()
	pem, err := os.ReadFile(cert)
	if err != nil || !roots.AppendCertsFromPEM(pem) {
		t.Fatalf("read certificate: %v", err)
	}
	client := newClient(t)
	client.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: roots}
	status, body := s.get(t, client, "leaf/1.0.0")
	if status != http.StatusOK || !bytes.Contains(body, []byte(s.url+"leaf/-/leaf-1.0.0.tgz")) {
		t.Errorf("%d %s", status, body)
	}
	if code := s.end(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.log)
	}
}

// TestLongSocketPath uses a data folder whose path does not fit into a
// socket's address.
func TestLongSocketPath(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	data := filepath.Join(t.TempDir(), strings.Repeat("long/", 30), "data")
	args := []string{"--data", data, "--listen", "127.0.0.1:0", "--upstream", up.URL()}
	s := begin(t, args)
	var out strings.Builder
	code := run(t.Context(), []string{"explain", "leaf", "--data", data}, nil, &out, &out)
	if code != exitOK || !strings.Contains(out.String(), "unclaimed") {
		t.Errorf("explain ended with %d: %s", code, out.String())
	}
	if code := s.end(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, s.log)
	}
}
