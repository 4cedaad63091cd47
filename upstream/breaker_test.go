package upstream

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

func newTestBreaker(events *ledger) *breaker {
	s := Shared{Breaker: Breaker{Failures: 3, Open: 10 * time.Second}, Metrics: events}.withDefaults()
	return newBreaker("up", groupRegistry, s)
}

// report lets one request after the other through, each for something else, and
// tells their outcomes.
func report(t *testing.T, b *breaker, outcomes ...error) {
	t.Helper()
	for i, outcome := range outcomes {
		done, _, ok := b.allow(fmt.Sprint(i))
		if !ok {
			t.Fatal("the breaker is open")
		}
		done(outcome)
	}
}

func TestBreakerStates(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		events := &ledger{}
		b := newTestBreaker(events)
		report(t, b, errServer, errServer, nil, errServer, errServer, errExcluded)
		if b.state() != "closed" {
			t.Fatalf("state %s after two failures in a row", b.state())
		}
		report(t, b, nil, errServer, errServer, errServer)
		if _, wait, ok := b.allow("x"); ok || wait != 10*time.Second {
			t.Fatalf("allow = %v, %v, want to wait 10s", wait, ok)
		}
		time.Sleep(4 * time.Second)
		if _, wait, ok := b.allow("x"); ok || wait != 6*time.Second {
			t.Fatalf("allow = %v, %v, want to wait 6s", wait, ok)
		}
		time.Sleep(6*time.Second + time.Nanosecond)
		// One probe at a time; one that tells nothing makes room for the next.
		probe, _, ok := b.allow("x")
		if !ok || b.state() != "half_open" {
			t.Fatalf("no probe in state %s", b.state())
		}
		if _, wait, ok := b.allow("x"); ok || wait != time.Second {
			t.Fatalf("second probe: %v, %v, want to wait 1s", wait, ok)
		}
		probe(errExcluded)
		report(t, b, errServer)
		if b.state() != "open" {
			t.Fatalf("state %s after a failed probe", b.state())
		}
		time.Sleep(10*time.Second + time.Nanosecond)
		report(t, b, nil)
		if b.state() != "closed" {
			t.Fatalf("state %s after a good probe", b.state())
		}
		if events.count("breaker registry open") != 2 || events.count("breaker registry half_open") != 2 ||
			events.count("breaker registry closed") != 2 {
			t.Errorf("events %v", events.events)
		}
	})
}

func TestBreakerOpensOnFailuresAlone(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		opens  bool
	}{
		{"failing", 500, true},
		{"unavailable", 503, true},
		{"odd failure", 521, true},
		{"not found", 404, false},
		{"denied", 403, false},
		{"throttled", 429, false},
		{"request timeout", 408, false},
		{"not implemented", 501, false},
		{"loop", 508, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int32
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				asked.Add(1)
				w.WriteHeader(tt.status)
			})
			r, events := open(t, server.URL, func(s *setup) { s.Breaker = Breaker{Failures: 3, Open: time.Hour} })
			for _, pkg := range []string{"a", "b", "c", "d"} {
				if _, err := r.Packument(t.Context(), name(t, pkg), Validators{}); err == nil {
					t.Fatal("no error")
				}
			}
			before := asked.Load()
			_, err := fetch(t, r)
			if opened := events.saw("breaker registry open"); opened != tt.opens {
				t.Fatalf("opened %v, want %v", opened, tt.opens)
			}
			if !tt.opens {
				return
			}
			if fault := wantKind(t, err, npm.ErrUnavailable); fault.RetryAfter <= 0 || fault.RetryAfter > time.Hour {
				t.Errorf("RetryAfter %v", fault.RetryAfter)
			}
			// Two packages with all their tries, and one try of the third.
			if asked.Load() != before || before != 2*maxTries+1 {
				t.Errorf("asked %d, then %d times", before, asked.Load())
			}
			if states := r.BreakerStates(); states["registry"] != "open" || states["tarballs"] != "closed" {
				t.Errorf("states %v", states)
			}
		})
	}
}

func TestBreakerOpensOnTransportErrors(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	r, events := open(t, server.URL, func(s *setup) { s.Breaker.Failures = 3 })
	_, err := fetch(t, r)
	wantKind(t, err, npm.ErrUnavailable)
	if !events.saw("breaker registry open") {
		t.Errorf("events %v", events.events)
	}
}

// TestBreakerHoldsForOneBadPackage: an upstream that chokes on one package is
// not down, and whoever asks for it again and again must not make it look so.
func TestBreakerHoldsForOneBadPackage(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/bad":
			w.WriteHeader(http.StatusInternalServerError)
		case "/broken":
			panic(http.ErrAbortHandler)
		default:
			writeJSON(w, "{}")
		}
	})
	r, events := open(t, server.URL, func(s *setup) { s.Breaker.Failures = 3 })
	for range 5 {
		for _, pkg := range []string{"bad", "broken"} {
			_, err := r.Packument(t.Context(), name(t, pkg), Validators{})
			wantKind(t, err, npm.ErrUnavailable)
		}
	}
	if body, err := fetch(t, r); body != "{}" || err != nil || events.saw("breaker registry open") {
		t.Errorf("another package is %q, %v, after %v", body, err, events.events)
	}
}

// Clients that leave say nothing about the upstream.
func TestBreakerIgnoresCallersThatLeave(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	server := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		<-r.Context().Done()
	})
	r, events := open(t, server.URL, func(s *setup) { s.Breaker.Failures = 2 })
	for range 5 {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-arrived
			cancel()
		}()
		_, err := r.Packument(ctx, name(t, "pkg"), Validators{})
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("error %v, want the caller's own", err)
		}
	}
	if events.saw("breaker registry open") || events.count("attempt canceled") != 5 {
		t.Errorf("events %v", events.events)
	}
}

// A tarball host that fails leaves documents alone.
func TestBreakerGroups(t *testing.T) {
	t.Parallel()
	cdn := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	own := serve(t, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, "{}") })
	r, _ := open(t, own.URL, func(s *setup) {
		s.AllowPrivate, s.TarballHosts, s.Breaker.Failures = true, []string{cdn.URL}, 3
	})
	req := TarballRequest{Name: name(t, "pkg"), Version: "1.0.0"}
	for _, file := range []string{"/a.tgz", "/b.tgz", "/c.tgz"} {
		req.URL = cdn.URL + file
		_, err := r.Tarball(t.Context(), req)
		wantKind(t, err, npm.ErrUnavailable)
	}
	if states := r.BreakerStates(); states["tarballs"] != "open" || states["registry"] != "closed" {
		t.Errorf("states %v", states)
	}
	if body, err := fetch(t, r); body != "{}" || err != nil {
		t.Errorf("body %q, %v", body, err)
	}
	req.URL = own.URL + "/x.tgz"
	answer, err := r.Tarball(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, answer.Body); err != nil || answer.Body.Close() != nil {
		t.Error(err)
	}
}
