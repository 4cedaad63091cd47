package registrytest

import (
	"sync"
	"time"
)

// Clock is a time that tests move.
type Clock struct {
	mu   sync.Mutex
	now  time.Time
	tick time.Duration
}

// NewClock returns a clock that stands at a time.
func NewClock(now time.Time) *Clock { return &Clock{now: now} }

// NewTickingClock returns a clock that goes on by tick each time it is read, for
// tests of what is ordered by time.
func NewTickingClock(now time.Time, tick time.Duration) *Clock {
	return &Clock{now: now, tick: tick}
}

// Now returns where the clock is.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(c.tick)
	return c.now
}

// Move puts the clock forward.
func (c *Clock) Move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
