package proxy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/signature"
)

const (
	// keysTTL is how long an upstream's list of keys is not looked at again.
	keysTTL = time.Hour
	// keysRest is the same after a failure.
	keysRest = time.Minute
	// keysWait is how long anybody waits for the first list.
	keysWait = 10 * time.Second
)

// trust holds the keys that are trusted of each upstream, by its namespace.
type trust struct {
	// changed counts how often keys were learnt or ended. What was judged before
	// that has to be judged again.
	changed atomic.Uint64
	looks   ready.Flights[string, struct{}]

	mu sync.Mutex
	by map[string]*trusted
}

// trusted are the keys of one upstream.
type trusted struct {
	mu   sync.Mutex
	keys signature.Keys
	// read tells that what was pinned has been read.
	read bool
	// due is when upstream's list is to be looked at, failing that the last look
	// at it failed.
	due     time.Time
	failing bool
}

func (t *trust) of(ns string) *trusted {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.by == nil {
		t.by = make(map[string]*trusted)
	}
	if t.by[ns] == nil {
		t.by[ns] = &trusted{}
	}
	return t.by[ns]
}

// keysOf returns the keys that signatures of an upstream are checked with: those
// that operators name, and those that it listed when it was first asked. Later
// it can let a key end, and neither add nor replace one. Where upstream's list
// cannot be had, again is when that is tried again. It fails where nobody can
// tell what is pinned.
func (p *Proxy) keysOf(ctx context.Context, e *entry) (keys signature.Keys, again time.Time, err error) {
	if keys, err = p.pinnedKeys(ctx, e); err != nil {
		return keys, again, err
	}
	t := p.trust.of(e.key.ns)
	if due, pinned := t.next(); !p.opts.Now().Before(due) {
		// Nobody holds a lock while upstream is asked.
		fl, _ := p.trust.looks.Start(e.key.ns, p.briefly, func(ctx context.Context) (struct{}, error) {
			p.lookForKeys(ctx, e, t)
			return struct{}{}, nil
		})
		if pinned {
			return keys, again, nil // a list can only end some of them
		}
		if _, err := fl.Wait(ctx); err != nil {
			return keys, again, err
		}
		if keys, err = p.pinnedKeys(ctx, e); err != nil {
			return keys, again, err
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.failing {
		again = t.due
	}
	return keys, again, nil
}

// next is when upstream's list is to be looked at, and whether one was pinned.
func (t *trusted) next() (due time.Time, pinned bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.due, t.keys.Len() > 0
}

// pinnedKeys are the keys that are known of an upstream, without asking it.
func (p *Proxy) pinnedKeys(ctx context.Context, e *entry) (signature.Keys, error) {
	t := p.trust.of(e.key.ns)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.read {
		text, err := p.deps.Names.TrustedKeys(ctx, e.key.ns)
		if err == nil && text != "" {
			t.keys, err = signature.ParseKeys([]byte(text))
		}
		if err != nil {
			return signature.Keys{}, fmt.Errorf("read trusted keys: %w", err)
		}
		t.read = true
	}
	return p.opts.Keys.Merge(t.keys), nil
}

// lookForKeys looks at upstream's list unless somebody just did.
func (p *Proxy) lookForKeys(ctx context.Context, e *entry, t *trusted) {
	if due, _ := t.next(); p.opts.Now().Before(due) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, keysWait)
	defer cancel()
	err := p.compareKeys(ctx, e, t)
	rest := keysTTL
	if err != nil {
		rest = keysRest
		p.log.Warn("upstream's keys cannot be read", "upstream", e.reg.Name(), "err", err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.due, t.failing = p.opts.Now().Add(rest), err != nil
}

// compareKeys compares what an upstream lists with what is pinned.
func (p *Proxy) compareKeys(ctx context.Context, e *entry, t *trusted) error {
	raw, err := p.raw(ctx, e.reg, rawKey{ns: e.key.ns, path: "/-/npm/v1/keys"}, keysTTL)
	if errors.Is(err, npm.ErrNotFound) || errors.Is(err, npm.ErrOffline) {
		return nil // it does not sign, or nobody may ask
	}
	if err != nil {
		return err
	}
	listed, err := signature.ParseKeys(raw.Body)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	keys, drift := t.keys.Pin(listed)
	if t.keys.Len() > 0 && !drift.None() {
		p.log.Warn("upstream's keys are not those that are pinned", "upstream", e.reg.Name(),
			"new", strings.Join(drift.New, " "), "gone", strings.Join(drift.Gone, " "), "expired", strings.Join(drift.Expired, " "))
	}
	if t.keys.Len() > 0 && len(drift.Expired) == 0 {
		return nil
	}
	text, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	if err := p.deps.Names.TrustKeys(ctx, e.key.ns, string(text)); err != nil {
		return err
	}
	if keysDigest(keys) != keysDigest(t.keys) {
		p.trust.changed.Add(1)
	}
	t.keys = keys
	return nil
}

// keysDigest names a set of keys.
func keysDigest(keys signature.Keys) string {
	h := sha256.New()
	for _, k := range keys.All() {
		h.Write([]byte(k.ID + " " + k.Expires.UTC().Format(time.RFC3339) + "\n"))
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}
