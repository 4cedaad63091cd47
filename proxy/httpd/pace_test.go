package httpd

import (
	"bufio"
	"io"
	"net/netip"
	"strings"
	"testing"
	"time"
)

func TestPaces(t *testing.T) {
	t.Parallel()
	const rate = 600
	kim, lee := asker{token: 1}, asker{from: netip.MustParseAddr("192.0.2.7")}
	start := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	p, err := newPaces(rate)
	if err != nil {
		t.Fatal(err)
	}
	passed := func(who asker, n int, at time.Duration) (count int) {
		for range n {
			if p.allow(who, start.Add(at)) {
				count++
			}
		}
		return count
	}
	for _, step := range []struct {
		name     string
		who      asker
		n        int
		at       time.Duration
		from, to int // rounding may cost one
	}{
		{"an install of 2000 packages", kim, 2000, 0, 2000, 2000},
		{"what is left of the burst", kim, 1000, 0, 400, 401},
		{"somebody else", lee, 2000, 0, 2000, 2000},
		{"after the advice", kim, 1000, paceAdvice, rate - 1, rate + 1},
		{"a little later", kim, 100, paceAdvice + 10*time.Millisecond, 5, 7},
		{"rested", kim, 5000, time.Hour, 4*rate - 1, 4*rate + 1},
	} {
		if got := passed(step.who, step.n, step.at); got < step.from || got > step.to {
			t.Errorf("%s: %d of %d pass, want %d to %d", step.name, got, step.n, step.from, step.to)
		}
	}
}

func TestNetworks(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]string{
		"192.0.2.7": "192.0.2.7", "2001:db8:1:2:3::4": "2001:db8:1:2::", "2001:db8:1:2::": "2001:db8:1:2::",
	} {
		if got := network(netip.MustParseAddr(from)); got.String() != want {
			t.Errorf("%s counts as %s, want %s", from, got, want)
		}
	}
	if got := network(netip.Addr{}); got.IsValid() {
		t.Errorf("no address counts as %s", got)
	}
}

// flood sends n requests at once on one connection and counts the answers of
// each status.
func (h *harness) flood(n int, request string) map[int]int {
	h.t.Helper()
	c := h.dial()
	defer c.Close()
	go func() { _, _ = io.WriteString(c, strings.Repeat(request, n)) }() // a failure shows at the reader
	in := bufio.NewReader(c)
	got := map[int]int{}
	for range n {
		got[h.read(in, "GET").StatusCode]++
	}
	return got
}

// TestWhoAsksTooOften: the burst is used up by whoever asks, and by nobody else.
// A rate of one leaves no time to earn much while the test runs.
func TestWhoAsksTooOften(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{RequestRate: 1})
	dev := requestText("GET", "/-/whoami", tm.as("dev"))
	got := tm.flood(300, dev)
	if got[200] < 4 || got[429] < 100 || got[200]+got[429] != 300 {
		t.Fatalf("of one token: %v", got)
	}
	tm.do("GET", "/-/whoami", tm.as("may")).want(t, 200)
	tm.do("GET", "/left-pad").want(t, 200)
	if got := tm.flood(300, requestText("GET", "/left-pad")); got[429] < 100 {
		t.Errorf("of one address: %v", got)
	}
	if got := tm.flood(50, requestText("GET", "/-/health")); got[200] != 50 {
		t.Errorf("probes: %v", got)
	}
	if served, refused := tm.witness.events(); len(served)+len(refused) > 0 {
		t.Errorf("told %v, %v", served, refused)
	}
	refusal := tm.refusal(dev)
	refusal.want(t, 429, "Retry-After: 1", "X-Guard: G61", "Cache-Control: no-store")
}

// refusal repeats a request until it is refused.
func (tm *team) refusal(request string) reply {
	tm.t.Helper()
	for range 300 {
		c := tm.dial()
		r := tm.exchange(c, "GET", request)
		c.Close()
		if r.StatusCode != 200 {
			return r
		}
	}
	tm.t.Fatal("never refused")
	return reply{}
}

func TestNoPaceWithoutARate(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	if got := h.flood(3000, requestText("GET", "/-/ping")); got[200] != 3000 {
		t.Errorf("answers: %v", got)
	}
}
