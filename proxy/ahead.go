package proxy

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// aheadWorkers is how many tarballs are fetched at one time to judge a document.
const aheadWorkers = 4

// ahead fetches what the tagged versions of a document are judged by, within a
// time and a number of bytes.
type ahead struct {
	*Proxy
	ctx  context.Context
	stop context.CancelFunc
	left atomic.Int64
	// within is whose allowance all this comes out of; nil for a request's own.
	within *allowance

	mu    sync.Mutex
	tried map[string]bool
	// short tells that there was no room or time for something.
	short bool
}

// newAhead makes the budget of one document. The caller stops it.
func (p *Proxy) newAhead(may Prefetch, within *allowance) *ahead {
	a := &ahead{Proxy: p, within: within, tried: make(map[string]bool)}
	size := may.Size
	if within != nil {
		size = within.take(size)
	}
	a.left.Store(size)
	ctx, cancel := context.WithTimeout(p.ctx, may.Wait)
	a.ctx, a.stop = ctx, func() {
		cancel()
		if left := a.left.Load(); within != nil && left > 0 {
			within.bytes.Add(left)
		}
	}
	return a
}

// more tells whether something was left out for want of room or time.
func (a *ahead) more() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.short
}

// first tells whether something is tried for the first time.
func (a *ahead) first(what string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.tried[what] {
		return false
	}
	a.tried[what] = true
	return true
}

func (a *ahead) runsShort() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.short = true
}

// fetch gets what versions lack, and tells whether anything came that may change
// what is said about them.
func (a *ahead) fetch(ctx context.Context, e *entry, s *snapshot, list []lacking) bool {
	var came atomic.Bool
	var work errgroup.Group
	work.SetLimit(aheadWorkers)
	do := func(what string, f func() error) {
		if !a.first(what) {
			return
		}
		work.Go(func() error {
			if a.ctx.Err() != nil || a.left.Load() <= 0 {
				a.guarding().Prefetched("skipped")
				a.runsShort()
				return nil
			}
			switch err := f(); {
			case err == nil:
				a.guarding().Prefetched("ok")
				came.Store(true)
			case a.ctx.Err() != nil, errors.Is(err, npm.ErrTooLarge):
				a.guarding().Prefetched("skipped")
				a.runsShort()
			default:
				a.guarding().Prefetched("failed")
				a.log.Debug("a version cannot be judged ahead", "pkg", e.key.name.String(), "what", what, "err", err)
			}
			return nil
		})
	}
	for _, l := range list {
		if l.missing&^policy.NeedDependencyAges != 0 {
			do("version "+l.version, func() error { return a.tarball(ctx, e, s, l.version) })
		}
		if l.missing&policy.NeedPreviousTarball != 0 && l.previous != "" {
			do("version "+l.previous, func() error { return a.tarball(ctx, e, s, l.previous) })
		}
		if l.missing&policy.NeedDependencyAges != 0 {
			for _, name := range l.dependencies {
				do("name "+name, func() error { return a.birth(name) })
			}
		}
	}
	_ = work.Wait() // none of them fails
	return came.Load()
}

// tarball fetches the tarball of a version, or looks into the one that is
// stored, so that its facts are known.
func (a *ahead) tarball(ctx context.Context, e *entry, s *snapshot, version string) error {
	key := tarballKey{e.key, version}
	if st, ok, err := a.kept(key); err != nil || ok {
		if err == nil {
			err = a.surveyStored(a.ctx, e, key, st)
		}
		if !errors.Is(err, errLost) {
			return err
		}
	}
	if a.opts.Offline {
		return &npm.Error{Kind: npm.ErrOffline, Text: "offline mode forbids fetching"}
	}
	t, err := a.tableOf(ctx, e, s)
	if err != nil {
		return err
	}
	found, ok := t.rows[version]
	if !ok {
		return missingVersion(e.key.name, version)
	}
	found.limit = a.left.Load()
	in := a.joinTransfer(ctx, e, key, found)
	if in.over {
		return nil
	}
	select {
	case <-in.done:
		a.left.Add(-in.received())
		return in.err
	case <-a.ctx.Done():
		return context.Cause(a.ctx)
	}
}

// birth finds out when a package came to be, if the allowance has room for it.
func (a *ahead) birth(name string) error {
	if a.within != nil && !a.within.document() {
		return npm.ErrTooLarge
	}
	return a.learnBirth(a.ctx, name)
}

// learnBirth finds out when a package came to be.
func (p *Proxy) learnBirth(ctx context.Context, text string) error {
	name, err := npm.ParseName(text)
	if err != nil {
		return err
	}
	e, err := p.admit(ctx, name)
	if err != nil {
		return err
	}
	s, _, err := p.current(ctx, e, want{}, false)
	if err != nil {
		return err
	}
	t, err := p.tableOf(ctx, e, s)
	if err != nil {
		return err
	}
	if t.created.IsZero() {
		return &npm.Error{Kind: npm.ErrNotFound, Package: name.String(), Text: "upstream does not say when " + name.String() + " came to be"}
	}
	p.born.Add(name, t.created)
	return nil
}
