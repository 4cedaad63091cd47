package proxy

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/larderhq/larder/cache/memory"
	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream"
)

const (
	// lookaheadDepth is how many steps of dependencies are fetched before anybody
	// asks for the first of them. Whoever does makes it go on from there. Those of
	// the last step are fetched and no more: what guards want to see of them comes
	// when they are a step nearer.
	lookaheadDepth = 2
	// lookaheadWorkers bounds the documents that are fetched so at one time.
	lookaheadWorkers = 4
	// lookaheadWaiting bounds those that wait for it; more are left out.
	lookaheadWaiting = 2048
	// lookaheadWidth bounds the dependencies of one version that are fetched.
	lookaheadWidth = 256
	// lookaheadDocuments and lookaheadBytes bound the documents and, of tarballs
	// that guards want to see, the bytes that are fetched because of one request.
	lookaheadDocuments = 512
	lookaheadBytes     = 256 << 20
	// foreseenBudget bounds what is remembered of dependencies that were looked
	// at lately.
	foreseenBudget = 2 << 20
)

// lookahead fetches behind the answers what will be asked for next: the documents
// of the dependencies of a version that somebody seems to install. npm asks for
// one document after the other, so that a cold install waits for each of them.
type lookahead struct {
	mu      sync.Mutex
	waiting int
	slots   *semaphore.Weighted
	// documents and bytes of tarballs bound what is fetched because of one request.
	documents, bytes int64
	// foreseen holds the dependencies that were looked at.
	foreseen *memory.Cache[npm.DependencySpec, foresight]
}

// foresight is when a dependency was looked at last, and how many steps further.
type foresight struct {
	at    time.Time
	depth int
}

func newLookahead() (*lookahead, error) {
	foreseen, err := memory.New(foreseenBudget, func(d npm.DependencySpec, _ foresight) int64 {
		return int64(len(d.Name)+len(d.Spec)) + 120
	})
	return &lookahead{slots: semaphore.NewWeighted(lookaheadWorkers), foreseen: foreseen,
		documents: lookaheadDocuments, bytes: lookaheadBytes}, err
}

// join takes a place among those that wait, unless all are taken or the same was
// looked at, as far, within a while.
func (l *lookahead) join(d npm.DependencySpec, as foresight, while time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, ok := l.foreseen.Get(d)
	if ok && before.depth >= as.depth && as.at.Sub(before.at) < while || l.waiting >= lookaheadWaiting {
		return false
	}
	l.foreseen.Add(d, as)
	l.waiting++
	return true
}

// enter takes a place that nobody has to wait for.
func (l *lookahead) enter() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting++
}

func (l *lookahead) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting--
}

// allowance is what may still be fetched because of one request: whoever publishes
// a package decides what it depends on.
type allowance struct{ documents, bytes atomic.Int64 }

func (l *lookahead) allowance() *allowance {
	a := &allowance{}
	a.documents.Store(l.documents)
	a.bytes.Store(l.bytes)
	return a
}

// document takes one document, if there is one left.
func (a *allowance) document() bool { return a.documents.Add(-1) >= 0 }

// take takes so many bytes, or those that are left.
func (a *allowance) take(n int64) int64 {
	left := a.bytes.Add(-n)
	if left >= 0 {
		return n
	}
	none := min(n, -left)
	a.bytes.Add(none)
	return n - none
}

// errAllowance is why a look-ahead leaves judging to whoever asks.
var errAllowance = errors.New("a look-ahead has fetched what it may")

// served is a document that a request got.
type served struct {
	e       *entry
	s       *snapshot
	shape   want
	outcome Outcome
}

// lookAhead begins to fetch what an installer that got a document asks for next.
// It does so where upstream had to be asked for that document: by the request, or
// by an earlier look-ahead.
func (p *Proxy) lookAhead(asked context.Context, got served) {
	if !p.opts.Lookahead || p.opts.Offline || got.shape.base == "" {
		return
	}
	d := got.e.foreseen.Load()
	switch {
	case d != nil:
		if !got.e.foreseen.CompareAndSwap(d, nil) {
			return
		}
	case got.outcome == Miss, got.outcome == Revalidated:
		d = &npm.DependencySpec{Spec: "latest"}
	default:
		return
	}
	p.ahead.enter()
	p.detach(func(ctx context.Context) {
		defer p.ahead.leave()
		t := &trip{Proxy: p, ctx: upstream.CarryVia(ctx, asked), shape: got.shape, left: p.ahead.allowance()}
		t.goOn(dependency{*d, lookaheadDepth}, func(context.Context) (known, error) { return known{got.e, got.s}, nil })
	})
}

// trip is one look-ahead: the documents that it fetches are rendered as the first
// one was.
type trip struct {
	*Proxy
	ctx   context.Context
	shape want
	left  *allowance
}

// dependency is one on the way, and how many steps are left behind it.
type dependency struct {
	npm.DependencySpec
	depth int
}

// known is a document that is there.
type known struct {
	e *entry
	s *snapshot
}

// goOn has the document of a dependency brought, and sends for what it depends on.
func (t *trip) goOn(d dependency, bring func(context.Context) (known, error)) {
	next, err := ready.Guarded(t.ctx, func(ctx context.Context) (next []dependency, err error) {
		ctx, cancel := context.WithTimeout(ctx, t.opts.FetchTimeout)
		defer cancel()
		k, err := bring(ctx)
		if err == nil && d.depth > 0 {
			next, err = t.dependencies(ctx, k, d)
		}
		return next, err
	})
	if err != nil {
		// Whoever asks for it is told.
		t.log.Debug("not fetched ahead", "pkg", d.Name, "err", err)
	}
	for _, d := range next {
		t.send(d)
	}
}

// send has a dependency visited.
func (t *trip) send(d dependency) {
	seen := foresight{t.opts.Now(), d.depth}
	if t.left.documents.Load() <= 0 || !t.ahead.join(d.DependencySpec, seen, t.opts.TTL) {
		return
	}
	t.detach(func(context.Context) {
		defer t.ahead.leave()
		if t.left.document() {
			t.visit(d)
		}
	})
}

// visit has the document of a dependency ready, and goes on to its own.
func (t *trip) visit(d dependency) {
	if t.ahead.slots.Acquire(t.ctx, 1) != nil {
		return // the proxy closes
	}
	defer t.ahead.slots.Release(1)
	t.goOn(d, func(ctx context.Context) (known, error) { return t.bring(ctx, d) })
}

// bring fetches a document, and judges and renders it where it is to be ready, as
// a request would, but for counting as its use.
func (t *trip) bring(ctx context.Context, d dependency) (known, error) {
	name, err := npm.ParseName(d.Name)
	if err != nil {
		return known{}, err
	}
	e, err := t.admit(ctx, name)
	if err != nil {
		return known{}, err
	}
	s, err := t.load(ctx, e)
	if err != nil {
		return known{}, err
	}
	// Whoever waits for the same fetch goes on from here as well.
	e.foreseen.Store(&d.DependencySpec)
	shape := t.shape
	if d.depth == 0 {
		shape = want{}
	}
	if now := t.opts.Now(); !s.fresh(now) && !(s.usable() && e.rests(now)) {
		r, err := t.startRefresh(ctx, e, s, shape).Wait(ctx)
		if err != nil {
			e.foreseen.CompareAndSwap(&d.DependencySpec, nil)
			return known{}, err
		}
		t.guarding().LookedAhead()
		s = r.snap
	}
	switch {
	case !s.usable():
		return known{}, absent(name)
	case d.depth == 0:
		return known{e, s}, nil
	}
	if s, err = t.ruledWithin(ctx, e, s, t.left); err != nil {
		return known{}, err
	}
	_, err = t.document(ctx, e, s, t.shape)
	return known{e, s}, err
}

// dependencies lists what a version pulls in from the registry. Peers are nearly
// always something that the application has anyway, and most of the optional ones
// are builds for other machines, large and never installed.
func (t *trip) dependencies(ctx context.Context, k known, of dependency) (next []dependency, err error) {
	err = t.withParsed(ctx, k.e, k.s, func(pk *npm.Packument, _ *table) error {
		v, ok := likely(pk, k.s, of.Spec)
		if !ok {
			return nil
		}
		m, err := pk.Declared(v)
		if err != nil {
			return err
		}
		needed, optional := registered(m.Dependencies, m.Optional), registered(m.Optional, nil)
		for i, d := range append(needed, optional...) {
			depth := 0
			if i < len(needed) {
				depth = of.depth - 1
			}
			next = append(next, dependency{d, depth})
		}
		return nil
	})
	return next[:min(len(next), lookaheadWidth)], err
}

// registered lists those dependencies that are packages of the registry, without
// some. Names and ranges are copied, as they are part of a large document.
func registered(all, without []npm.DependencySpec) (list []npm.DependencySpec) {
	for _, d := range all[:min(len(all), lookaheadWidth)] {
		of := policy.DependencyOf(d.Name, d.Spec)
		if of.Exotic != "" || slices.ContainsFunc(without, func(o npm.DependencySpec) bool { return o.Name == d.Name }) {
			continue
		}
		spec := strings.TrimSpace(d.Spec)
		if aliased, is := strings.CutPrefix(spec, "npm:"); is { // "npm:name@range"
			spec = strings.TrimPrefix(strings.TrimPrefix(aliased, of.Name), "@")
		}
		list = append(list, npm.DependencySpec{Name: strings.Clone(of.Name), Spec: strings.Clone(spec)})
	}
	return list
}

// likely is the version that clients pick: that of a tag, or latest where it is in
// the range, or the highest that is.
func likely(pk *npm.Packument, s *snapshot, spec string) (*npm.VersionInfo, bool) {
	latest := s.tagged(pk, "latest")
	r, err := npm.ParseRangeLoose(spec)
	if err != nil {
		return pk.Version(s.tagged(pk, spec))
	}
	if v, err := npm.ParseLoose(latest); err == nil && r.Matches(v) {
		return pk.Version(latest)
	}
	var versions []npm.Version
	byText := make(map[string]*npm.VersionInfo)
	for i := range pk.Versions {
		info := &pk.Versions[i]
		v, err := npm.ParseLoose(info.Key)
		if said := s.ruling.of(info.Key); err != nil || said != nil && said.Action == policy.Deny {
			continue
		}
		versions, byText[v.String()] = append(versions, v), info
	}
	best, ok := npm.MaxSatisfying(versions, r)
	return byText[best.String()], ok
}

// tagged is the version that clients see a tag point to.
func (s *snapshot) tagged(pk *npm.Packument, tag string) string {
	if s.ruling != nil && s.ruling.tags != nil {
		return s.ruling.tags[tag] // none where there are no rules
	}
	version, _ := pk.Tag(tag)
	return version
}
