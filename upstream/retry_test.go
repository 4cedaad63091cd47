package upstream

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// clock is a clock that only sleeping moves.
type clock struct {
	now    time.Time
	slept  []time.Duration
	during func() // runs in each sleep
}

func newClock() *clock { return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)} }

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.slept = append(c.slept, d)
	c.now = c.now.Add(d)
	if c.during != nil {
		c.during()
	}
	return ctx.Err()
}

func (c *clock) install(s *setup) {
	s.Now = func() time.Time { return c.now }
	s.Sleep = c.sleep
}

func TestRetry(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		statuses []int
		after    string
		tries    int32
		kind     error
		waits    []time.Duration // least; each may be up to 1.5 s more without Retry-After
	}{
		{"at once", []int{200}, "", 1, nil, nil},
		{"second", []int{503, 200}, "", 2, nil, []time.Duration{100 * time.Millisecond}},
		{"third", []int{500, 502, 200}, "", 3, nil, []time.Duration{100 * time.Millisecond, 200 * time.Millisecond}},
		{"never a fourth", []int{500, 500, 500, 200}, "", 3, npm.ErrUnavailable, []time.Duration{100 * time.Millisecond, 200 * time.Millisecond}},
		{"throttled", []int{429, 200}, "", 2, nil, []time.Duration{100 * time.Millisecond}},
		{"request timeout", []int{408, 200}, "", 2, nil, []time.Duration{100 * time.Millisecond}},
		{"seconds", []int{429, 200}, "3", 2, nil, []time.Duration{3 * time.Second}},
		{"date", []int{503, 200}, "Fri, 02 Jan 2026 03:04:12 GMT", 2, nil, []time.Duration{7 * time.Second}},
		{"date gone by", []int{503, 200}, "Fri, 02 Jan 2026 03:04:00 GMT", 2, nil, []time.Duration{100 * time.Millisecond}},
		{"nonsense", []int{503, 200}, "soon", 2, nil, []time.Duration{100 * time.Millisecond}},
		{"negative", []int{503, 200}, "-5", 2, nil, []time.Duration{100 * time.Millisecond}},
		{"over the budget", []int{429, 200}, "21", 1, npm.ErrUnavailable, nil},
		{"budget of two", []int{429, 429, 200}, "11", 2, npm.ErrUnavailable, []time.Duration{11 * time.Second}},
		{"far too long", []int{429, 200}, "99999999999999999999", 1, npm.ErrUnavailable, nil},
		{"not found", []int{404, 200}, "", 1, npm.ErrNotFound, nil},
		{"denied", []int{403, 200}, "", 1, npm.ErrBadUpstream, nil},
		{"not implemented", []int{501, 200}, "", 1, npm.ErrBadUpstream, nil},
		{"loop", []int{508, 200}, "", 1, npm.ErrLoop, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var tries atomic.Int32
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				status := tt.statuses[tries.Add(1)-1]
				if tt.after != "" {
					w.Header().Set("Retry-After", tt.after)
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(status)
			})
			clock := newClock()
			r, _ := open(t, server.URL, clock.install)
			_, err := fetch(t, r)
			if tt.kind != nil {
				wantKind(t, err, tt.kind)
			} else if err != nil {
				t.Error(err)
			}
			if got := tries.Load(); got != tt.tries {
				t.Errorf("%d tries, want %d", got, tt.tries)
			}
			if len(clock.slept) != len(tt.waits) {
				t.Fatalf("waited %v, want %v", clock.slept, tt.waits)
			}
			for i, least := range tt.waits {
				if clock.slept[i] < least || clock.slept[i] > 3*max(least, time.Second) {
					t.Errorf("wait %d is %v, want about %v", i, clock.slept[i], least)
				}
			}
		})
	}
}

func TestRetryAfterAdvice(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"": 0, "0": 0, "5": 5 * time.Second, "601": maxRetryAfter, "99999999999999999999": maxRetryAfter, "9223372036854775807": maxRetryAfter,
		"1.5": 0, "Fri, 02 Jan 2026 03:05:05 GMT": time.Minute, "Fri, 02 Jan 2099 03:05:05 GMT": maxRetryAfter,
		"Fri, 02 Jan 1998 03:05:05 GMT": 0,
	} {
		if got := retryAfter(http.Header{"Retry-After": {value}}, now); got != want {
			t.Errorf("Retry-After %q is %v, want %v", value, got, want)
		}
	}
}

// A connection that breaks before the head is tried again; one that breaks
// after the first byte is the caller's to resume.
func TestRetryOnlyBeforeTheBody(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	url := serveRaw(t, func(_ *http.Request, conn net.Conn) {
		if tries.Add(1) > 1 {
			_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{")
		}
	})
	r, events := open(t, url)
	_, err := fetch(t, r)
	if wantKind(t, err, npm.ErrBadUpstream); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
	if tries.Load() != 2 || events.count("attempt failed") != 1 || events.count("attempt ok") != 1 {
		t.Errorf("%d tries, events %v", tries.Load(), events.events)
	}
}

func TestPostIsNeverRepeated(t *testing.T) {
	t.Parallel()
	var tries atomic.Int32
	failing := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		tries.Add(1)
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	broken := serveRaw(t, func(*http.Request, net.Conn) { tries.Add(1) })
	for _, url := range []string{failing.URL, broken} {
		tries.Store(0)
		r, _ := open(t, url)
		_, err := r.Post(t.Context(), "audit", "application/json", []byte("{}"), 100)
		wantKind(t, err, npm.ErrUnavailable)
		if got := tries.Load(); got != 1 {
			t.Errorf("%d tries, want 1", got)
		}
	}
}

func TestRetryEndsWithTheCaller(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	clock := newClock()
	clock.during = cancel
	r, events := open(t, server.URL, clock.install)
	_, err := r.Packument(ctx, name(t, "pkg"), Validators{})
	if !errors.Is(err, context.Canceled) || errors.Is(err, npm.ErrUnavailable) {
		t.Errorf("error %v, want the caller's own", err)
	}
	if n := events.count("attempt server_error"); n != 1 {
		t.Errorf("%d attempts, want 1", n)
	}
}

// When the caller's deadline comes before the next try, the reason of the last
// one is worth more than a timeout.
func TestRetryNotBeyondTheDeadline(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "19")
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	clock := newClock()
	r, _ := open(t, server.URL, clock.install)
	_, err := r.Packument(ctx, name(t, "pkg"), Validators{})
	if fault := wantKind(t, err, npm.ErrUnavailable); fault.RetryAfter != 19*time.Second || len(clock.slept) != 0 {
		t.Errorf("error %+v after waits %v", fault, clock.slept)
	}
}

func TestSleep(t *testing.T) {
	t.Parallel()
	if err := sleep(t.Context(), time.Nanosecond); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
