package httpd

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// harness is a server on a loopback socket with fakes below it.
type harness struct {
	t        testing.TB
	packages *fakePackages
	services *fakeServices
	witness  *watcher
	server   *Server
	addr     string
	log      *logBuffer
}

// logBuffer is an access log that tests can read while the server writes.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// lines returns the decoded log, without what concerns connections.
func (l *logBuffer) lines(t testing.TB) []map[string]any {
	t.Helper()
	var lines []map[string]any
	for line := range strings.Lines(l.String()) {
		var m map[string]any
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		if m["msg"] != "connection trouble" {
			lines = append(lines, m)
		}
	}
	return lines
}

// startServer runs a server until the test ends.
func startServer(t testing.TB, o Options, checks ...Check) *harness {
	t.Helper()
	h := newHarness(t, o, checks...)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.addr = ln.Addr().String()
	h.run(ln)
	return h
}

func newHarness(t testing.TB, o Options, checks ...Check) *harness {
	t.Helper()
	h := bareHarness(t, &o)
	below, err := shared.open()
	if err != nil {
		t.Fatal(err)
	}
	h.build(o, below, checks...)
	return h
}

// bareHarness has the fakes and a log, and no server yet.
func bareHarness(t testing.TB, o *Options) *harness {
	t.Helper()
	h := &harness{t: t, packages: &fakePackages{doc: document(`{"name":"left-pad"}`)}, services: &fakeServices{},
		witness: &watcher{}, log: &logBuffer{}}
	h.services.raw.Body = []byte(`{}`)
	if o.Logger == nil {
		o.Logger = slog.New(slog.NewJSONHandler(h.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	return h
}

// build makes the server on top of rooms.
func (h *harness) build(o Options, below *rooms, checks ...Check) {
	t := h.t
	t.Helper()
	server, err := New(o, Sources{Packages: h.packages, Services: h.services, Accounts: below.accounts,
		Registry: below.registry, API: below.api, Site: below.site, Witness: h.witness, Checks: checks})
	if err != nil {
		t.Fatal(err)
	}
	h.server = server
}

// run serves ln until the test ends.
func (h *harness) run(ln net.Listener) {
	done := make(chan error, 1)
	go func() { done <- h.server.Serve(ln) }()
	h.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = h.server.Shutdown(ctx) // tests leave connections open
		if err := <-done; err != nil {
			h.t.Error(err)
		}
	})
}

// send writes raw bytes on a fresh connection and returns all that comes back
// until the server closes.
func (h *harness) send(raw string) string {
	h.t.Helper()
	c := h.dial()
	defer c.Close()
	if _, err := io.WriteString(c, raw); err != nil {
		h.t.Fatal(err)
	}
	answer, err := io.ReadAll(c)
	if err != nil && len(answer) == 0 {
		h.t.Fatalf("read answer: %v", err)
	}
	return string(answer)
}

func (h *harness) dial() net.Conn {
	h.t.Helper()
	c, err := net.Dial("tcp", h.addr)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		h.t.Fatal(err)
	}
	return c
}

// reply is an answer with its body read.
type reply struct {
	*http.Response
	body []byte
}

// do sends one request with exactly these headers ("Name: value") over a raw
// connection, so that nothing is added or decoded, and reads one answer.
func (h *harness) do(method, target string, headers ...string) reply {
	h.t.Helper()
	c := h.dial()
	defer c.Close()
	return h.exchange(c, method, requestText(method, target, headers...))
}

func requestText(method, target string, headers ...string) string {
	var b strings.Builder
	b.WriteString(method + " " + target + " HTTP/1.1\r\n")
	if !strings.Contains(strings.ToLower(strings.Join(headers, "\n")), "host:") {
		b.WriteString("Host: registry.example.com\r\n")
	}
	for _, line := range headers {
		b.WriteString(line + "\r\n")
	}
	b.WriteString("\r\n")
	return b.String()
}

func (h *harness) exchange(c net.Conn, method, raw string) reply {
	h.t.Helper()
	if _, err := io.WriteString(c, raw); err != nil {
		h.t.Fatal(err)
	}
	return h.read(bufio.NewReader(c), method)
}

func (h *harness) read(r *bufio.Reader, method string) reply {
	h.t.Helper()
	resp, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		h.t.Fatalf("read answer: %v", err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		h.t.Fatalf("read body after %d bytes: %v", len(body), err)
	}
	return reply{resp, body}
}

// want checks status and headers ("Name: value", or "Name:" for absent).
func (r reply) want(t testing.TB, status int, headers ...string) {
	t.Helper()
	if r.StatusCode != status {
		t.Errorf("status %d, want %d (body %.200q)", r.StatusCode, status, r.body)
	}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ":")
		if got := strings.Join(r.Header.Values(name), "|"); got != strings.TrimSpace(value) {
			t.Errorf("%s is %q, want %q", name, got, strings.TrimSpace(value))
		}
	}
}

// eventually waits until ok holds; it is for what happens after an answer has
// been read, such as its log line.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}
