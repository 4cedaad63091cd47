package accounts

import (
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// The bounds of what the limiter remembers; the least recently seen goes first.
const (
	maxCounted  = 16 << 10
	maxBadKnown = 16 << 10
)

// clientBits are the bits of an IPv6 address that tell clients apart: one
// customer has all that follow.
const clientBits = 64

// limiter counts failures to sign in, for each address and each account, within
// a sliding window.
type limiter struct {
	max int
	per time.Duration

	mu        sync.Mutex
	addresses *simplelru.LRU[netip.Addr, *window]
	names     *simplelru.LRU[string, *window]
	// known are bad tokens that were counted, with the address they came from.
	known *simplelru.LRU[badToken, struct{}]
}

type badToken struct {
	digest digest
	from   netip.Addr
}

// window holds when failures were, oldest first.
type window struct {
	times []time.Time
	// told is set once a refusal was written down, until the window is empty.
	told bool
}

func newLimiter(maximum int, per time.Duration) (*limiter, error) {
	addresses, err := simplelru.NewLRU[netip.Addr, *window](maxCounted, nil)
	if err != nil {
		return nil, fmt.Errorf("make memory of addresses: %w", err)
	}
	names, err := simplelru.NewLRU[string, *window](maxCounted, nil)
	if err != nil {
		return nil, fmt.Errorf("make memory of accounts: %w", err)
	}
	known, err := simplelru.NewLRU[badToken, struct{}](maxBadKnown, nil)
	if err != nil {
		return nil, fmt.Errorf("make memory of bad tokens: %w", err)
	}
	return &limiter{max: maximum, per: per, addresses: addresses, names: names, known: known}, nil
}

// client is what an address is counted as.
func client(from netip.Addr) netip.Addr {
	from = from.Unmap().WithZone("")
	if !from.Is6() {
		return from
	}
	p, err := from.Prefix(clientBits)
	if err != nil {
		return from
	}
	return p.Addr()
}

// wait tells how long nobody may try that account, or from that address; zero
// where they may.
func (l *limiter) wait(from netip.Addr, name string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	wait := time.Duration(0)
	if w, ok := l.addresses.Get(client(from)); ok {
		wait = w.wait(l, now)
	}
	if w, ok := l.names.Get(name); ok {
		wait = max(wait, w.wait(l, now))
	}
	return wait
}

// count counts a try that is not known to fail yet. Counting it first keeps
// tries at one moment from all being let through; forgive takes it back.
func (l *limiter) count(from netip.Addr, name string, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entry(l.addresses, client(from)).add(l, now)
	entry(l.names, name).add(l, now)
}

// countAddress counts against an address alone.
func (l *limiter) countAddress(from netip.Addr, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entry(l.addresses, client(from)).add(l, now)
}

// forgive takes a try back that was counted at that moment.
func (l *limiter) forgive(from netip.Addr, name string, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	entry(l.addresses, client(from)).remove(at)
	entry(l.names, name).remove(at)
}

// badToken counts a token that is no good, once for each address, because a
// client sends the same one with each of a thousand requests. It returns how
// long the address has to wait where it had failed too often before.
func (l *limiter) badToken(d digest, from netip.Addr, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	address := client(from)
	w := entry(l.addresses, address)
	wait := w.wait(l, now)
	if wait > 0 {
		return wait
	}
	if key := (badToken{d, address}); !l.known.Contains(key) {
		l.known.Add(key, struct{}{})
		w.add(l, now)
	}
	return 0
}

// tell tells whether this is the first refusal since the address, or the
// account, began to fail.
func (l *limiter) tell(from netip.Addr, name string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := false
	var windows []*window
	if w, ok := l.addresses.Get(client(from)); ok {
		windows = append(windows, w)
	}
	if w, ok := l.names.Get(name); ok && name != "" {
		windows = append(windows, w)
	}
	for _, w := range windows {
		if w.wait(l, now) > 0 && !w.told {
			w.told, first = true, true
		}
	}
	return first
}

// entry returns the window of a key and makes one where there is none.
func entry[K comparable](all *simplelru.LRU[K, *window], key K) *window {
	w, ok := all.Get(key)
	if !ok {
		w = &window{}
		all.Add(key, w)
	}
	return w
}

func (w *window) wait(l *limiter, now time.Time) time.Duration {
	w.trim(l, now)
	if len(w.times) < l.max {
		return 0
	}
	return max(w.times[0].Add(l.per).Sub(now), time.Second)
}

func (w *window) add(l *limiter, now time.Time) {
	w.trim(l, now)
	w.times = append(w.times, now)
}

func (w *window) remove(at time.Time) {
	if i := slices.IndexFunc(w.times, at.Equal); i >= 0 {
		w.times = slices.Delete(w.times, i, i+1)
	}
}

// trim forgets what is too old to count, and what is more than enough.
func (w *window) trim(l *limiter, now time.Time) {
	old := 0
	for old < len(w.times) && now.Sub(w.times[old]) >= l.per {
		old++
	}
	old = max(old, len(w.times)-l.max)
	w.times = slices.Delete(w.times, 0, old)
	w.told = w.told && len(w.times) > 0
}
