package proxy

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderhq/larder/cache/records"
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
	// marks are the bursts that there were, which outlive the process, and fresh
	// those that are not written yet.
	marks, fresh map[string]records.Burst
	// named is the digest of marks; zero where it is to be made.
	named [sha256.Size]byte
}

// group are the arrivals of one scope or publisher.
type group struct {
	at map[string]time.Time
}

func newBursts(marks map[string]records.Burst) *bursts {
	return &bursts{groups: make(map[string]*group), marks: marks, fresh: make(map[string]records.Burst)}
}

// unwritten takes the bursts that are to be written.
func (b *bursts) unwritten() map[string]records.Burst {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.fresh) == 0 {
		return nil
	}
	out := b.fresh
	b.fresh = make(map[string]records.Burst)
	return out
}

// recent tells whether a version is young enough to be part of a burst that
// matters.
func (a arrival) recent(now time.Time) bool {
	return !a.at.IsZero() && now.Sub(a.at) <= burstMemory && !a.at.After(now.Add(burstWindow))
}

// groups are the keys of the groups that a version is in.
func (a arrival) groups() (scope, publisher string) {
	if a.scope != "" {
		scope = "scope " + a.scope
	}
	if a.publisher != "" {
		publisher = "publisher " + a.publisher
	}
	return scope, publisher
}

// digest names the bursts that there were.
func (b *bursts) digest() [sha256.Size]byte {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.named == ([sha256.Size]byte{}) {
		h := sha256.New()
		for _, key := range slices.Sorted(maps.Keys(b.marks)) {
			m := b.marks[key]
			fmt.Fprintf(h, "%q %d %d %d\n", key, m.Versions, m.First.Unix(), m.Last.Unix())
		}
		h.Sum(b.named[:0])
	}
	return b.named
}

// note remembers the versions of a document, and tells for each how many were
// published about the same time, and how many bursts were counted by then. So
// many versions as least are a burst.
func (b *bursts) note(list []arrival, now time.Time, least int) ([]policy.Burst, uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, a := range list {
		if a.recent(now) {
			scope, publisher := a.groups()
			b.add(scope, a, now)
			b.add(publisher, a, now)
		}
	}
	out := make([]policy.Burst, len(list))
	for i, a := range list {
		out[i].State = policy.No
		if !a.recent(now) {
			continue
		}
		scope, publisher := a.groups()
		out[i].State = policy.Yes
		out[i].Scope, out[i].Span = b.count(scope, a, least)
		if n, span := b.count(publisher, a, least); n > 0 {
			out[i].Publisher = n
			if n > out[i].Scope {
				out[i].Span = span
			}
		}
	}
	return out, b.crossed.Load()
}

// add adds a version to a group, and forgets those that are too old.
func (b *bursts) add(key string, a arrival, now time.Time) {
	if key == "" {
		return
	}
	g := b.groups[key]
	if g == nil {
		b.prune(now)
		g = &group{at: make(map[string]time.Time)}
		b.groups[key] = g
	}
	if _, known := g.at[a.id]; known {
		return
	}
	if len(g.at) >= maxArrivals {
		maps.DeleteFunc(g.at, func(_ string, at time.Time) bool { return now.Sub(at) > burstMemory })
	}
	if len(g.at) < maxArrivals {
		g.at[a.id] = a.at
	}
}

// count counts the versions of a group around one of them, and the time that
// they span.
func (b *bursts) count(key string, a arrival, least int) (n int, span time.Duration) {
	g := b.groups[key]
	if g == nil {
		return 0, 0
	}
	first, last := a.at, a.at
	for _, at := range g.at {
		if d := at.Sub(a.at); d < -burstWindow || d > burstWindow {
			continue
		}
		n++
		if at.Before(first) {
			first = at
		}
		last = later(last, at)
	}
	m := b.marks[key]
	if a.at.Before(m.First.Add(-burstWindow)) || a.at.After(m.Last.Add(burstWindow)) {
		m = records.Burst{} // another one
	}
	switch {
	case n >= least && n > m.Versions:
		if m.Versions < least {
			b.crossed.Add(1)
		}
		b.named = [sha256.Size]byte{}
		b.marks[key] = records.Burst{Versions: n, First: first, Last: last}
		b.fresh[key] = b.marks[key]
	case n < m.Versions:
		return m.Versions, m.Last.Sub(m.First)
	}
	return n, last.Sub(first)
}

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
