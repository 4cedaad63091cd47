package upstream

import (
	"errors"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// The host groups of an upstream. A failing tarball host must not keep
// documents away.
const (
	groupRegistry = "registry"
	groupTarballs = "tarballs"
)

var (
	errServer   = errors.New("server error")
	errExcluded = errors.New("says nothing about the upstream")
)

// breaker stops calls to a group of hosts that keep failing.
type breaker struct {
	steps *gobreaker.TwoStepCircuitBreaker[struct{}]
	open  time.Duration
	now   func() time.Time
	// opened is when the breaker last opened, in Unix nanoseconds.
	opened atomic.Int64

	mu sync.Mutex
	// failed are the things that failed since the last success or change of
	// state. It holds as many as open the breaker, at most.
	failed map[string]struct{}
}

func newBreaker(upstream, group string, s Shared) *breaker {
	b := &breaker{open: s.Breaker.Open, now: s.Now, failed: make(map[string]struct{})}
	b.steps = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		Name:        group,
		MaxRequests: 1,
		Timeout:     s.Breaker.Open,
		ReadyToTrip: func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= s.Breaker.Failures },
		IsExcluded:  func(err error) bool { return errors.Is(err, errExcluded) },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				b.opened.Store(b.now().UnixNano())
			}
			b.forget()
			s.Metrics.BreakerState(upstream, group, word(to))
			s.Logger.Warn("upstream breaker changed",
				slog.String("upstream", upstream), slog.String("group", group), slog.String("state", word(to)))
		},
	})
	s.Metrics.BreakerState(upstream, group, word(gobreaker.StateClosed))
	return b
}

// allow admits a request for something, or tells how long the breaker stays
// open. The returned function takes the outcome: nil, a failure, or errExcluded.
func (b *breaker) allow(what string) (done func(error), wait time.Duration, ok bool) {
	tell, err := b.steps.Allow()
	if err == nil {
		return func(outcome error) { tell(b.weigh(what, outcome)) }, 0, true
	}
	left := b.open - b.now().Sub(time.Unix(0, b.opened.Load()))
	return nil, min(max(left, time.Second), b.open), false
}

// weigh lets one thing that fails again and again count once: a package that an
// upstream chokes on must not keep all others away, however often it is asked
// for. That no connection comes about has nothing to do with what is asked.
func (b *breaker) weigh(what string, outcome error) error {
	var network *net.OpError
	switch {
	case outcome == nil:
		b.forget()
		return nil
	case errors.Is(outcome, errExcluded), errors.As(outcome, &network) && network.Op == "dial":
		return outcome
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, again := b.failed[what]; again {
		return errExcluded
	}
	b.failed[what] = struct{}{}
	return outcome
}

func (b *breaker) forget() {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.failed)
}

func (b *breaker) state() string { return word(b.steps.State()) }

// word turns "half-open" into a label value.
func word(s gobreaker.State) string { return strings.ReplaceAll(s.String(), "-", "_") }
