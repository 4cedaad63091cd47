package proxy

import (
	"context"
	"errors"
	"time"

	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream"
)

// maxQuiet is the longest background interval of a document whose upstream
// gives no validators, so that each look costs the whole document.
const maxQuiet = time.Hour

// refreshed is the result of one upstream look at a name.
type refreshed struct {
	snap    *snapshot
	outcome Outcome
}

// startRefresh asks upstream about a name, or joins the asking under way. Of
// asked only the marks of a ring are used, since the work outlives the request;
// seen is the snapshot that the caller found wanting.
func (p *Proxy) startRefresh(asked context.Context, e *entry, seen *snapshot, first want) *ready.Flight[refreshed] {
	fl, joined := p.refreshes.Start(e.key, p.detach, func(ctx context.Context) (refreshed, error) {
		ctx, cancel := context.WithTimeout(upstream.CarryVia(ctx, asked), p.opts.FetchTimeout)
		defer cancel()
		if now := e.snap.Load(); now != seen && now.fresh(p.opts.Now()) {
			return settled(e, now) // another refresh ended since the caller looked
		}
		r, err := p.lookUpstream(ctx, e, first)
		p.settle(e, err)
		return r, err
	})
	if joined {
		p.deps.Metrics.FlightShared("packument")
	}
	return fl
}

// settled is the result of a refresh that has just been made by somebody else.
func settled(e *entry, s *snapshot) (refreshed, error) {
	if s.absent {
		return refreshed{}, absent(e.key.name)
	}
	return refreshed{snap: s, outcome: Hit}, nil
}

// settle remembers how a refresh ended.
func (p *Proxy) settle(e *entry, err error) {
	if err == nil || errors.Is(err, npm.ErrNotFound) {
		p.slow.clear(e.key.ns)
		return
	}
	e.failed(p.opts.Now(), failureRest)
	p.log.Warn("refresh failed", "pkg", e.key.name.String(), "upstream", e.reg.Name(), "err", err)
}

func (p *Proxy) lookUpstream(ctx context.Context, e *entry, first want) (refreshed, error) {
	old := e.snap.Load()
	var v upstream.Validators
	if old.usable() {
		v = upstream.Validators{ETag: old.rec.ETag, LastModified: old.rec.LastModified}
	}
	resp, err := e.reg.Packument(ctx, e.key.name, v)
	if errors.Is(err, npm.ErrNotFound) {
		return refreshed{outcome: Miss}, p.gone(ctx, e, old)
	}
	if err != nil {
		return refreshed{}, err
	}
	if resp.NotModified {
		if !old.usable() {
			return refreshed{}, &npm.Error{Kind: npm.ErrBadUpstream, Package: e.key.name.String(),
				Text: "upstream answered 304 to a request without validators"}
		}
		return p.unchanged(e, old, v)
	}
	defer resp.Body.Close()
	in, err := p.receive(ctx, resp)
	if err != nil {
		return refreshed{}, err
	}
	defer in.discard()
	if old.usable() && in.hash == old.rec.BodyHash {
		return p.unchanged(e, old, upstream.Validators{ETag: resp.ETag, LastModified: resp.LastModified})
	}
	return p.ingest(ctx, e, in, first)
}

// gone notes that upstream does not have a name, or no longer: its document must
// not come back with a restart. What is stored of it is judged by the last one
// that there was.
func (p *Proxy) gone(ctx context.Context, e *entry, old *snapshot) error {
	now := p.opts.Now()
	if err := p.deps.Names.Vanished(ctx, e.key.name, now); err != nil {
		p.log.Warn("absence is not noted", "pkg", e.key.name.String(), "err", err)
	}
	e.records.Lock()
	defer e.records.Unlock()
	absence := &snapshot{absent: true, last: old.document(), expires: now.Add(p.opts.NegativeTTL)}
	if old.usable() {
		last := old.with(old.dist, nil)
		last.rec.Gone, absence.last = now, last
		if err := p.recordGone(e, last); err != nil {
			p.log.Warn("absence is kept in memory only", "pkg", e.key.name.String(), "err", err)
		}
	}
	e.facts.Add(1)
	e.replace(absence)
	return absent(e.key.name)
}

// recordGone records that a name is gone, where its document is recorded, or has
// whoever is storing that do it.
func (p *Proxy) recordGone(e *entry, last *snapshot) error {
	if last.pending != nil && e.newest == last.pending {
		last.pending.gone.Store(&last.rec.Gone)
		return nil
	}
	return e.keep(func() error { return p.deps.Records.PutDocument(e.key.ns, e.key.name.String(), last.rec) })
}

// unchanged moves only the freshness of a document that upstream confirmed, and
// its validators where upstream sent the same bytes under other ones.
func (p *Proxy) unchanged(e *entry, old *snapshot, v upstream.Validators) (refreshed, error) {
	now := p.opts.Now()
	rec := old.rec
	rec.Checked, rec.ETag, rec.LastModified = now, v.ETag, v.LastModified
	if err := e.keep(func() error { return p.deps.Records.Touch(e.key.ns, e.key.name.String(), rec) }); err != nil {
		// A full disk costs one more look at upstream after a restart, no more.
		p.log.Warn("freshness is kept in memory only", "pkg", e.key.name.String(), "err", err)
	}
	return refreshed{snap: e.renew(old, now.Add(p.opts.TTL), rec), outcome: Revalidated}, nil
}

// backgroundAfter tells how long after a look the next one that no request
// waits for is due. It comes before the document expires; where each look
// costs the whole document it backs off while nothing changes.
func (p *Proxy) backgroundAfter(s *snapshot) time.Duration {
	due := p.opts.TTL - p.opts.TTL/10
	if !s.unvalidated {
		return due
	}
	for range s.quiet {
		if due *= 2; due >= maxQuiet {
			return maxQuiet
		}
	}
	return due
}
