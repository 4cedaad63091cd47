package upstream

import (
	"bufio"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// ledger is a recorder that remembers.
type ledger struct {
	mu     sync.Mutex
	events []string
}

func (l *ledger) add(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, fmt.Sprintf(format, args...))
}

func (l *ledger) Attempt(_, result string, _ time.Duration) { l.add("attempt %s", result) }
func (l *ledger) Received(_, result string, _ int64)        { l.add("received %s", result) }
func (l *ledger) BreakerState(_, group, state string)       { l.add("breaker %s %s", group, state) }
func (l *ledger) Refused(_, guard string)                   { l.add("refused %s", guard) }

// count returns how often an event happened.
func (l *ledger) count(event string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, e := range l.events {
		if e == event {
			n++
		}
	}
	return n
}

func (l *ledger) saw(event string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.events, event)
}

// setup is what a test may change before the upstream is made.
type setup struct {
	Options
	Shared
	*ledger
}

// open readies one upstream for a URL.
func open(t *testing.T, url string, change ...func(*setup)) (*Registry, *ledger) {
	t.Helper()
	s := setup{Options: Options{Name: "up", URL: url}, ledger: &ledger{}}
	s.Shared = Shared{
		InstanceID: "me", Metrics: s.ledger,
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
	}
	for _, c := range change {
		c(&s)
	}
	set, err := New([]Options{s.Options}, s.Shared)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(set.Close)
	return set.Default(), s.ledger
}

// serve starts a server that ends with the test.
func serve(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// serveTLS starts a server with TLS and returns the file of its authority.
func serveTLS(t *testing.T, http2 bool, handler http.HandlerFunc) (*httptest.Server, string) {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.EnableHTTP2 = http2
	server.Config.ErrorLog = discardLog()
	server.StartTLS()
	t.Cleanup(server.Close)
	block := &pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	return server, file
}

// serveRaw answers each connection's first request with whatever the function
// writes, and then closes it.
func serveRaw(t *testing.T, answer func(*http.Request, net.Conn)) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					answer(r, conn)
				}
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		all.Wait()
	})
	return "http://" + listener.Addr().String()
}

func name(t *testing.T, s string) npm.Name {
	t.Helper()
	n, err := npm.ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// read reads and closes a body.
func read(t *testing.T, answer *Response) (string, error) {
	t.Helper()
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	return string(data), err
}

// fetch asks for a packument and reads it.
func fetch(t *testing.T, r *Registry) (string, error) {
	t.Helper()
	answer, err := r.Packument(t.Context(), name(t, "pkg"), Validators{})
	if err != nil {
		return "", err
	}
	return read(t, answer)
}

// writeJSON is the honest answer.
func writeJSON(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, body)
}

// wantKind checks an error's kind, and that it is of no other kind.
func wantKind(t *testing.T, err, kind error) *npm.Error {
	t.Helper()
	var fault *npm.Error
	if !errors.As(err, &fault) {
		t.Fatalf("error %v (%T), want an *npm.Error of kind %v", err, err, kind)
	}
	if !errors.Is(fault.Kind, kind) {
		t.Fatalf("error %v has kind %v, want %v", err, fault.Kind, kind)
	}
	return fault
}

func discardLog() *log.Logger { return log.New(io.Discard, "", 0) }
