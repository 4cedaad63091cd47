package upstream

import (
	"errors"
	"log/slog"
	"strings"
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
}

func newBreaker(upstream, group string, s Shared) *breaker {
	b := &breaker{open: s.Breaker.Open, now: s.Now}
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
			s.Metrics.BreakerState(upstream, group, word(to))
			s.Logger.Warn("upstream breaker changed",
				slog.String("upstream", upstream), slog.String("group", group), slog.String("state", word(to)))
		},
	})
	s.Metrics.BreakerState(upstream, group, word(gobreaker.StateClosed))
	return b
}

// allow admits a request, or tells how long the breaker stays open. The
// returned function takes the outcome: nil, a failure, or errExcluded.
func (b *breaker) allow() (done func(error), wait time.Duration, ok bool) {
	done, err := b.steps.Allow()
	if err == nil {
		return done, 0, true
	}
	left := b.open - b.now().Sub(time.Unix(0, b.opened.Load()))
	return nil, min(max(left, time.Second), b.open), false
}

func (b *breaker) state() string { return word(b.steps.State()) }

// word turns "half-open" into a label value.
func word(s gobreaker.State) string { return strings.ReplaceAll(s.String(), "-", "_") }
