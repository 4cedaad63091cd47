package proxy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/upstream"
)

// failureRest is how long a stale document is served without asking again after
// a refresh that failed, so that requests do not each wait for the same failure.
// A name without a document does not rest: its next request is the first that
// can learn that upstream has healed, and the breaker bounds what that costs.
const failureRest = 5 * time.Second

// admit decides the source of a name before anything else is looked at: a
// private name ends here and is never asked upstream, on any route.
func (p *Proxy) admit(ctx context.Context, name npm.Name) (*entry, error) {
	origin, err := p.deps.Names.Origin(ctx, name)
	if err != nil {
		return nil, &npm.Error{Kind: npm.ErrUnavailable, Err: err,
			Text: "the name ledger cannot be read; nothing is served while whose name this is remains unknown"}
	}
	if origin == record.Private {
		return nil, &npm.Error{Kind: npm.ErrNotFound, Guard: "G01", Code: "E_PRIVATE_NAME", Package: name.String(),
			Text: "private name: " + name.String() + " is not published here and is never forwarded"}
	}
	reg, ok := p.deps.Upstreams.Route(name)
	if !ok {
		return nil, &npm.Error{Kind: npm.ErrNotFound, Package: name.String(),
			Text: "no upstream is configured for " + name.String()}
	}
	return p.entryOf(reg, name), nil
}

// claim notes that a name is a public one, before anybody gets something of it.
// What is only fetched ahead claims nothing: a stranger decides what that is.
func (p *Proxy) claim(ctx context.Context, e *entry) error {
	if e.claimed.Load() {
		return nil
	}
	if err := p.deps.Names.ClaimPublic(ctx, e.key.name, e.reg.Name()); err != nil {
		return fmt.Errorf("claim name: %w", err)
	}
	e.claimed.Store(true)
	return nil
}

// entryOf returns the one entry of a name: a second one would not see what the
// first is fetching.
func (p *Proxy) entryOf(reg *upstream.Registry, name npm.Name) *entry {
	key := entryKey{ns: reg.Namespace(), name: name, life: p.lives.now(name)}
	if e, ok := p.entries.Get(key); ok {
		return e
	}
	p.entriesMu.Lock()
	defer p.entriesMu.Unlock()
	if e, ok := p.entries.Get(key); ok {
		return e
	}
	e := &entry{key: key, reg: reg, lives: p.lives}
	p.entries.Add(key, e)
	return e
}

// load returns the entry's snapshot, from its record on the first request. It
// returns nil where nothing is known.
func (p *Proxy) load(ctx context.Context, e *entry) (*snapshot, error) {
	if s := e.snap.Load(); s != nil || e.loaded.Load() {
		return s, nil
	}
	fl, _ := p.loads.Start(e.key, p.briefly, func(ctx context.Context) (*snapshot, error) {
		return p.loadRecord(ctx, e)
	})
	return fl.Wait(ctx)
}

func (p *Proxy) loadRecord(ctx context.Context, e *entry) (*snapshot, error) {
	if s := e.snap.Load(); s != nil || e.loaded.Load() {
		return s, nil
	}
	rec, ok, err := p.deps.Records.Document(e.key.ns, e.key.name.String())
	if err != nil {
		return nil, fmt.Errorf("read document record: %w", err)
	}
	if ok {
		if now := p.opts.Now(); rec.Checked.After(now) {
			// The clock went back. Without this the document would be fresh
			// until the time comes again.
			rec.Checked = now.Add(-p.opts.TTL)
		}
		s := &snapshot{rec: rec, rev: revisionOf(rec.BodyHash), expires: rec.Checked.Add(p.opts.TTL),
			unvalidated: rec.ETag == "" && rec.LastModified == ""}
		switch err := p.applyPins(ctx, e, s, nil); {
		case errors.Is(err, errLost):
			if err := p.forget(e, s); err != nil {
				return nil, err
			}
		case err != nil:
			return nil, err
		case !rec.Gone.IsZero():
			e.snap.CompareAndSwap(nil, &snapshot{absent: true, last: s}) // and it is asked for again
		default:
			e.snap.CompareAndSwap(nil, s)
		}
	}
	e.loaded.Store(true)
	return e.snap.Load(), nil
}

// current returns a snapshot that may be served, refreshing it as its age
// demands. first is rendered along with a fetched document.
func (p *Proxy) current(ctx context.Context, e *entry, first want, force bool) (*snapshot, Outcome, error) {
	s, err := p.load(ctx, e)
	if err != nil {
		return nil, Miss, err
	}
	now := p.opts.Now()
	if p.opts.Offline {
		return p.offline(e, s)
	}
	if s.fresh(now) && !force {
		if s.absent {
			return nil, Hit, absent(e.key.name)
		}
		p.noteUse(e, s)
		return s, Hit, nil
	}
	if s.usable() && !force {
		return p.revalidate(ctx, e, s, first)
	}
	r, err := p.startRefresh(ctx, e, s, first).Wait(ctx)
	return r.snap, r.outcome, err
}

func (p *Proxy) offline(e *entry, s *snapshot) (*snapshot, Outcome, error) {
	if !s.usable() {
		return nil, Offline, &npm.Error{Kind: npm.ErrOffline, Package: e.key.name.String(),
			Text: "offline mode: " + e.key.name.String() + " is not in the cache"}
	}
	return s, Offline, nil
}

// revalidate refreshes an expired document and waits for it a little, then
// serves it stale while the refresh goes on.
func (p *Proxy) revalidate(ctx context.Context, e *entry, s *snapshot, first want) (*snapshot, Outcome, error) {
	now := p.opts.Now()
	servable := p.mayServeStale(s, now)
	if servable && e.rests(now) {
		return s, StaleError, nil
	}
	flight := p.startRefresh(ctx, e, s, first)
	if !servable {
		r, err := flight.Wait(ctx)
		return r.snap, r.outcome, err
	}
	wait := p.opts.RevalidateWait
	if p.slow.is(e.key.ns, now) {
		wait = 0
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-flight.Done:
		if flight.Err == nil || errors.Is(flight.Err, npm.ErrNotFound) {
			return flight.Val.snap, flight.Val.outcome, flight.Err
		}
		return p.stale(s, flight.Err, now)
	case <-timer.C:
		p.slow.mark(e.key.ns, now)
		return s, StaleRefreshing, nil
	case <-ctx.Done():
		return nil, Miss, context.Cause(ctx)
	}
}

func (p *Proxy) mayServeStale(s *snapshot, now time.Time) bool {
	return now.Before(s.rec.Checked.Add(p.opts.TTL + p.opts.StaleIfError))
}

// stale serves an expired document because upstream fails, or says why not.
func (p *Proxy) stale(s *snapshot, cause error, now time.Time) (*snapshot, Outcome, error) {
	if p.mayServeStale(s, now) {
		return s, StaleError, nil
	}
	return nil, Miss, cause
}

// absent is the answer for a name that upstream does not have.
func absent(name npm.Name) error {
	return &npm.Error{Kind: npm.ErrNotFound, Package: name.String(),
		Text: "package " + name.String() + " was not found upstream"}
}
