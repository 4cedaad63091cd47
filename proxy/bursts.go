package proxy

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderhq/larder/registry/policy"
)

const (
	// burstWindow is how far apart versions of one burst are at most.
	burstWindow = 10 * time.Minute
	// burstMemory is how long arrivals are remembered. No hold that makes sense
	// is longer.
	burstMemory = 7 * 24 * time.Hour
	// maxGroups and maxArrivals bound what is remembered; beyond it the oldest
	// is forgotten.
	maxGroups   = 20_000
	maxArrivals = 4_096
)

// arrival is a version with when it was published.
type arrival struct {
	scope, publisher string
	// id names the version.
	id string
	at time.Time
}

// bursts remembers which versions were published lately in each scope and by
// each publisher, as far as their documents passed through here.
type bursts struct {
	// crossed counts how often a group of versions became a burst. What was
	// judged before that has to be judged again.
	crossed atomic.Uint64

	mu     sync.Mutex
	groups map[string]*group
}

// group are the arrivals of one scope or publisher.
type group struct {
	at map[string]time.Time
	// burst tells that it was counted as one.
	burst bool
}

func newBursts() *bursts { return &bursts{groups: make(map[string]*group)} }

// note remembers a version and counts those that came about the same time.
func (b *bursts) note(a arrival, now time.Time) policy.Burst {
	if a.at.IsZero() || now.Sub(a.at) > burstMemory || a.at.After(now.Add(burstWindow)) {
		return policy.Burst{State: policy.No}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	out := policy.Burst{State: policy.Yes}
	if a.scope != "" {
		out.Scope, out.Span = b.count("scope "+a.scope, a, now)
	}
	if a.publisher != "" {
		n, span := b.count("publisher "+a.publisher, a, now)
		out.Publisher = n
		if n > out.Scope {
			out.Span = span
		}
	}
	return out
}

// count adds an arrival to a group and counts those around it.
func (b *bursts) count(key string, a arrival, now time.Time) (n int, span time.Duration) {
	g := b.groups[key]
	if g == nil {
		b.prune(now)
		g = &group{at: make(map[string]time.Time)}
		b.groups[key] = g
	}
	if _, known := g.at[a.id]; !known && len(g.at) < maxArrivals {
		g.at[a.id] = a.at
	}
	first, last := a.at, a.at
	for id, at := range g.at {
		switch d := at.Sub(a.at); {
		case now.Sub(at) > burstMemory:
			delete(g.at, id)
		case -burstWindow <= d && d <= burstWindow:
			n++
			if at.Before(first) {
				first = at
			}
			if last.Before(at) {
				last = at
			}
		}
	}
	if n >= minBurst && !g.burst {
		g.burst = true
		b.crossed.Add(1)
	}
	return n, last.Sub(first)
}

// minBurst is how many versions make names be judged again. Policies count
// bursts from 20 on.
const minBurst = 20

// prune forgets groups to which nothing was added lately, and all where there
// are too many.
func (b *bursts) prune(now time.Time) {
	if len(b.groups) < maxGroups {
		return
	}
	for key, g := range b.groups {
		fresh := false
		for _, at := range g.at {
			fresh = fresh || now.Sub(at) <= burstMemory
		}
		if !fresh {
			delete(b.groups, key)
		}
	}
	if len(b.groups) >= maxGroups {
		clear(b.groups)
	}
}
