package httpd

import (
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/larderhq/larder/registry/npm"
)

const (
	// burst is for how long somebody may ask without a limit after a rest: an
	// install asks for everything at once and then for nothing.
	burst = 4 * time.Second
	// maxPaced bounds how many tokens and addresses are remembered; who was not
	// seen for longest goes first, and begins anew.
	maxPaced = 16 << 10
	// paceAdvice is when to ask again. By then a share of the rate is free again,
	// and clients wait no shorter.
	paceAdvice = time.Second
	// networkBits are the bits of an IPv6 address that tell clients apart: one
	// customer has all that follow.
	networkBits = 64
)

// asker is who is held to a pace: a token, else an address.
type asker struct {
	token int64
	from  netip.Addr
}

// paces holds every asker to a number of requests per second.
type paces struct {
	// each is the time that a request costs; zero where nobody is held.
	each time.Duration

	mu sync.Mutex
	// paid is until when the time of each asker is used up.
	paid *simplelru.LRU[asker, time.Time]
}

// newPaces allows rate requests per second; zero or less allows any number.
func newPaces(rate int) (*paces, error) {
	paid, err := simplelru.NewLRU[asker, time.Time](maxPaced, nil)
	if err != nil {
		return nil, fmt.Errorf("make memory of paces: %w", err)
	}
	p := &paces{paid: paid}
	if rate > 0 {
		p.each = time.Second / time.Duration(rate)
	}
	return p, nil
}

// allow tells whether who asks may go on, and counts the request where it may.
func (p *paces) allow(who asker, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	until, ok := p.paid.Get(who)
	if !ok || until.Before(now) {
		until = now
	}
	until = until.Add(p.each)
	if until.Sub(now) > burst {
		return false
	}
	p.paid.Add(who, until)
	return true
}

// pace refuses whoever asks too often. Probes are never refused: what they
// report must not depend on how much there is to do.
func (s *Server) pace(x *exchange) error {
	if s.paces.each == 0 || x.target.Op.isProbe() {
		return nil
	}
	who := asker{token: x.principal.Token.ID}
	if who.token == 0 {
		who.from = network(x.remote)
	}
	if s.paces.allow(who, x.start) {
		return nil
	}
	s.options.Metrics.RateLimited()
	return &npm.Error{Kind: npm.ErrTooMany, Guard: "G61", Code: "E_RATE", RetryAfter: paceAdvice,
		Text: "too many requests at once: wait a second before the next one"}
}

// network is what an address is counted as.
func network(from netip.Addr) netip.Addr {
	if !from.Is6() {
		return from
	}
	p, err := from.Prefix(networkBits)
	if err != nil {
		return from
	}
	return p.Addr()
}
