package httpd

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestNewNeedsItsSources(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{}, Sources{}); err == nil {
		t.Error("New works without sources")
	}
}

func TestShutdownAnswersWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	h.packages.wait, h.packages.entered = make(chan struct{}), make(chan struct{}, 1)
	idle := h.dial()
	defer idle.Close()
	if _, err := io.WriteString(idle, requestText("GET", "/-/ping")); err != nil {
		t.Fatal(err)
	}
	h.read(bufio.NewReader(idle), "GET").want(t, 200)
	busy := h.dial()
	defer busy.Close()
	if _, err := io.WriteString(busy, requestText("GET", "/left-pad")); err != nil {
		t.Fatal(err)
	}
	<-h.packages.entered
	done := make(chan error, 1)
	go func() { done <- h.server.Shutdown(t.Context()) }()
	if _, err := idle.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("an idle connection stays: %v", err)
	}
	eventually(t, "the listener is closed", func() bool {
		c, err := net.Dial("tcp", h.addr)
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	close(h.packages.wait)
	r := h.read(bufio.NewReader(busy), "GET")
	r.want(t, 200)
	if !r.Close {
		t.Error("the last answer does not announce the close")
	}
	if err := <-done; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

func TestShutdownCutsWhatOutlivesTheDrain(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	feed, source := transferBody(1 << 40)
	h.packages.tarball = source
	c := h.dial()
	defer c.Close()
	if _, err := io.WriteString(c, requestText("GET", tgz)); err != nil {
		t.Fatal(err)
	}
	if _, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := h.server.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown: %v, want the deadline", err)
	}
	chunk := make([]byte, 64<<10)
	eventually(t, "the transfer is released", func() bool {
		_, err := feed.Write(chunk)
		return errors.Is(err, io.ErrClosedPipe)
	})
}

func TestAnswersAreNotCutByTheStartOfAShutdown(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	h.packages.wait, h.packages.entered = make(chan struct{}), make(chan struct{}, 1)
	c := h.dial()
	defer c.Close()
	if _, err := io.WriteString(c, requestText("GET", "/left-pad")); err != nil {
		t.Fatal(err)
	}
	<-h.packages.entered
	h.server.Drain()
	close(h.packages.wait)
	h.read(bufio.NewReader(c), "GET").want(t, 200)
}

func TestAnswerHasADeadline(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{AnswerTimeout: 20 * time.Millisecond})
	h.packages.wait, h.packages.entered = make(chan struct{}), make(chan struct{}, 1)
	h.do("GET", "/left-pad").want(t, 504)
}

func TestConnectionsPerAddressAreBounded(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{ConnsPerAddress: 2})
	first, second := h.dial(), h.dial()
	defer first.Close()
	for _, c := range []net.Conn{first, second} {
		h.exchange(c, "GET", requestText("GET", "/-/ping")).want(t, 200)
	}
	third := h.dial()
	defer third.Close()
	if _, err := third.Read(make([]byte, 1)); err == nil {
		t.Error("a third connection is served")
	}
	second.Close()
	eventually(t, "room for another", func() bool {
		c, err := net.Dial("tcp", h.addr)
		if err != nil {
			return false
		}
		defer c.Close()
		if _, err := io.WriteString(c, requestText("GET", "/-/ping")); err != nil {
			return false
		}
		_, err = c.Read(make([]byte, 1))
		return err == nil
	})
}

func TestTLS(t *testing.T) {
	t.Parallel()
	h := newHarness(t, Options{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.addr = ln.Addr().String()
	h.run(tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{certificate(t)}, MinVersion: tls.VersionTLS12}))
	h.packages.tarball = stored(t, content(), nil)
	raw := h.dial()
	defer raw.Close()
	c := tls.Client(raw, &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}) //nolint:gosec // our own listener
	h.exchange(c, "GET", requestText("GET", "/left-pad", "Host: "+h.addr)).want(t, 200)
	if got, _ := h.packages.asked(); got.Base != "https://"+h.addr {
		t.Errorf("base %q, want https://%s", got.Base, h.addr)
	}
	if r := h.exchange(c, "GET", requestText("GET", tgz)); len(r.body) != len(content()) {
		t.Errorf("%d bytes of the tarball", len(r.body))
	}
	refused := post("/left-pad", 2, "{}")
	if r := h.exchange(c, "POST", refused); r.StatusCode != 405 || !r.Close {
		t.Errorf("unread body over TLS: %d, close %v", r.StatusCode, r.Close)
	}
}

// certificate returns a self-signed certificate.
func certificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func TestRequestIDsAreOurs(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	seen := make(map[string]bool)
	for range 50 {
		id := h.do("GET", "/-/ping", "X-Request-Id: mine").Header.Get("X-Request-Id")
		if len(id) != 16 || strings.Trim(id, "0123456789abcdef") != "" || seen[id] {
			t.Fatalf("request id %q", id)
		}
		seen[id] = true
	}
}

func TestOneServerServesSeveralListeners(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h.run(ln)
	h.do("GET", "/-/ping").want(t, 200)
	h.addr = ln.Addr().String()
	h.do("GET", "/-/ping").want(t, 200)
}
