package faults

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// streaming is a larder with a large tarball on its way to a client.
type streaming struct {
	*larder
	reg  *upstreamtest.Registry
	gate *upstreamtest.Gate
	got  chan answer
}

func newStreaming(t *testing.T, env ...string) *streaming {
	t.Helper()
	s := &streaming{reg: upstreamtest.New(t), gate: upstreamtest.NewGate(), got: make(chan answer, 1)}
	s.reg.Add(upstreamtest.Package{Name: "slow", Versions: []upstreamtest.Version{{Version: "1.0.0", Padding: largeTarball}}})
	s.reg.Fail(upstreamtest.OnTarball("slow", "1.0.0"), upstreamtest.HoldBody(5*mebibyte, s.gate))
	s.larder = start(t, setup{upstream: s.reg.URL(), env: env})
	go func() { s.got <- s.get(upstreamtest.TarballPath("slow", "1.0.0")) }()
	arrives(t, s.gate)
	return s
}

// address is what the raw tests dial.
func (l *larder) address() string { return strings.TrimPrefix(l.url, "http://") }

// closed waits until larder takes no more connections.
func (l *larder) closed(t *testing.T) {
	t.Helper()
	eventually(t, patience, func() error {
		c, err := net.Dial("tcp", l.address())
		if err != nil {
			return nil //nolint:nilerr // a refused connection is what is waited for
		}
		return errors.Join(errors.New("a connection was taken"), c.Close())
	})
}

// TestShutdownDrains asks larder to end while a tarball is half way. Whoever
// asks meanwhile learns that it is not ready, and the transfer completes.
func TestShutdownDrains(t *testing.T) {
	t.Parallel()
	s := newStreaming(t)
	// A request that has begun before the signal and ends after it: the only
	// one that a closed listener lets ask.
	probe, err := net.Dial("tcp", s.address())
	if err != nil {
		t.Fatal(err)
	}
	defer probe.Close()
	write(t, probe, "GET /-/readiness HTTP/1.1\r\nHost: x\r\n")
	// Served after the probe was accepted, so that the probe is known by then.
	if a := s.get("/-/readiness"); a.status != http.StatusOK {
		t.Errorf("not ready before the signal: %v", a)
	}
	s.terminate()
	s.closed(t)
	write(t, probe, "\r\n")
	red, err := http.ReadResponse(bufio.NewReader(probe), nil)
	if err != nil {
		t.Fatalf("readiness while draining: %v", err)
	}
	body, err := io.ReadAll(red.Body)
	if red.StatusCode != http.StatusServiceUnavailable || !strings.Contains(string(body), "shutting down") {
		t.Errorf("readiness while draining: %d %s %v", red.StatusCode, body, err)
	}
	select {
	case a := <-s.got:
		t.Errorf("the transfer ended early: %v", a)
		s.got <- a
	case <-s.done:
		t.Fatal("larder ended before the transfer")
	default:
	}
	s.gate.Release()
	packed(t, <-s.got, s.reg, "slow", "1.0.0")
	if code := s.exitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if n := s.temporaries(); n != 0 {
		t.Errorf("%d temporary files after the end", n)
	}
}

// TestShutdownGivesUp shows the bound of the draining.
func TestShutdownGivesUp(t *testing.T) {
	t.Parallel()
	s := newStreaming(t, "LARDER_LIMITS_DRAIN=1s")
	began := time.Now()
	s.terminate()
	if code := s.exitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("ended after %s with a drain of 1s", took)
	}
	if a := <-s.got; a.err == nil {
		t.Errorf("a whole answer from a transfer that was cut off: %v", a)
	}
	if n := s.temporaries(); n != 0 {
		t.Errorf("%d temporary files after the end", n)
	}
	s.keeps(t, newHonestOf(s.reg, "slow"))
}

// newHonestOf allows the documents of some packages alone.
func newHonestOf(reg *upstreamtest.Registry, names ...string) *honest {
	h := newHonest()
	for _, name := range names {
		h.document(reg, name)
	}
	return h
}

// TestSecondSignalEndsAtOnce is for those who do not want to wait.
func TestSecondSignalEndsAtOnce(t *testing.T) {
	t.Parallel()
	s := newStreaming(t)
	s.terminate()
	s.closed(t)
	began := time.Now()
	s.terminate()
	if code := s.exitCode(); code == 0 {
		t.Error("a second signal is not a good end")
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("ended only after %s", took)
	}
	if a := <-s.got; a.err == nil {
		t.Errorf("a whole answer from a transfer that was cut off: %v", a)
	}
}

// TestSignalAtTheReadyLine ends larder as soon as it says that it is ready,
// when some of its parts have hardly begun.
func TestSignalAtTheReadyLine(t *testing.T) {
	t.Parallel()
	reg := upstreamtest.New(t)
	data := t.TempDir()
	for i := range 20 {
		l := start(t, setup{data: data, upstream: reg.URL()})
		l.terminate()
		if code := l.exitCode(); code != 0 {
			t.Errorf("start %d: exit code %d", i, code)
		}
	}
}

func write(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := fmt.Fprint(w, text); err != nil {
		t.Fatal(err)
	}
}
