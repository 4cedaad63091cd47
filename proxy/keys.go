package proxy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/signature"
)

const (
	// keysTTL is how long an upstream's list of keys is not looked at again.
	keysTTL = time.Hour
	// keysRest is the same after a failure.
	keysRest = time.Minute
)

// trust holds the keys that are trusted of each upstream, by its namespace.
type trust struct {
	mu sync.Mutex
	by map[string]*trusted
}

// trusted are the keys of one upstream.
type trusted struct {
	mu   sync.Mutex // held while they are looked for
	keys signature.Keys
	due  time.Time
	read bool
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
// it can let a key end, and neither add nor replace one.
func (p *Proxy) keysOf(ctx context.Context, e *entry) signature.Keys {
	t := p.trust.of(e.key.ns)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !p.opts.Now().Before(t.due) {
		t.due = p.opts.Now().Add(keysTTL)
		if err := p.lookForKeys(ctx, e, t); err != nil {
			t.due = p.opts.Now().Add(keysRest)
			p.log.Warn("upstream's keys cannot be read", "upstream", e.reg.Name(), "err", err)
		}
	}
	return p.opts.Keys.Merge(t.keys)
}

// lookForKeys compares what an upstream lists with what is pinned.
func (p *Proxy) lookForKeys(ctx context.Context, e *entry, t *trusted) error {
	if !t.read {
		text, err := p.deps.Names.TrustedKeys(ctx, e.key.ns)
		if err != nil {
			return err
		}
		if text != "" {
			if t.keys, err = signature.ParseKeys([]byte(text)); err != nil {
				return err
			}
		}
		t.read = true
	}
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
	keys, drift := t.keys.Pin(listed)
	if t.keys.Len() > 0 && !drift.None() {
		p.log.Warn("upstream's keys are not those that are pinned", "upstream", e.reg.Name(),
			"new", strings.Join(drift.New, " "), "gone", strings.Join(drift.Gone, " "), "expired", strings.Join(drift.Expired, " "))
		if len(drift.Expired) == 0 {
			return nil
		}
	}
	text, err := json.Marshal(keys)
	if err != nil {
		return err
	}
	if err := p.deps.Names.TrustKeys(ctx, e.key.ns, string(text)); err != nil {
		return err
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
