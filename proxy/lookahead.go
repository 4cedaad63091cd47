package proxy

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/larderhq/larder/cache/memory"
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
	return &lookahead{slots: semaphore.NewWeighted(lookaheadWorkers), foreseen: foreseen}, err
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
		t := &trip{Proxy: p, ctx: upstream.CarryVia(ctx, asked), shape: got.shape}
		t.follow(got.e, got.s, *d, lookaheadDepth)
	})
}

// trip is one look-ahead: the documents that it fetches are rendered as the first
// one was.
type trip struct {
	*Proxy
	ctx   context.Context
	shape want
}

// follow looks at the dependencies of the version that a specifier picks.
func (t *trip) follow(e *entry, s *snapshot, d npm.DependencySpec, depth int) {
	needed, optional := t.dependencies(e, s, d.Spec)
	for _, next := range needed {
		t.send(next, depth-1)
	}
	// Most of these are builds for other machines, large and never installed.
	for _, next := range optional {
		t.send(next, 0)
	}
}

// send has a dependency visited.
func (t *trip) send(d npm.DependencySpec, depth int) {
	if !t.ahead.join(d, foresight{t.opts.Now(), depth}, t.opts.TTL) {
		return
	}
	t.detach(func(context.Context) {
		defer t.ahead.leave()
		t.visit(d, depth)
	})
}

// visit has the document of a dependency ready, and goes on to its own.
func (t *trip) visit(d npm.DependencySpec, depth int) {
	if t.ahead.slots.Acquire(t.ctx, 1) != nil {
		return // the proxy closes
	}
	ctx, cancel := context.WithTimeout(t.ctx, t.opts.FetchTimeout)
	e, s, err := t.bring(ctx, d.Name, depth > 0)
	cancel()
	t.ahead.slots.Release(1)
	if err != nil {
		// Whoever asks for it is told.
		t.log.Debug("not fetched ahead", "pkg", d.Name, "err", err)
		return
	}
	e.foreseen.Store(&d)
	if depth > 0 {
		t.follow(e, s, d, depth)
	}
}

// bring fetches a document, and judges and renders it where it is to be ready, as
// a request would, but for counting as its use.
func (t *trip) bring(ctx context.Context, text string, ready bool) (*entry, *snapshot, error) {
	name, err := npm.ParseName(text)
	if err != nil {
		return nil, nil, err
	}
	e, err := t.admit(ctx, name)
	if err != nil {
		return nil, nil, err
	}
	s, err := t.load(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	if !s.fresh(t.opts.Now()) {
		r, err := t.startRefresh(ctx, e, s, t.shape).Wait(ctx)
		if err != nil {
			return nil, nil, err
		}
		t.guarding().LookedAhead()
		s = r.snap
	}
	switch {
	case !s.usable():
		return nil, nil, absent(name)
	case !ready:
		return e, s, nil
	}
	if s, err = t.ruled(ctx, e, s); err != nil {
		return nil, nil, err
	}
	_, err = t.document(ctx, e, s, t.shape)
	return e, s, err
}

// dependencies lists what a version pulls in from the registry. Peers are nearly
// always something that the application has anyway.
func (t *trip) dependencies(e *entry, s *snapshot, spec string) (needed, optional []npm.DependencySpec) {
	err := t.withParsed(t.ctx, e, s, func(pk *npm.Packument, _ *table) error {
		v, ok := likely(pk, s, spec)
		if !ok {
			return nil
		}
		m, err := pk.Declared(v)
		if err == nil {
			needed, optional = registered(m.Dependencies, m.Optional), registered(m.Optional, nil)
		}
		return err
	})
	if err != nil {
		t.log.Debug("dependencies are not known ahead", "pkg", e.key.name.String(), "err", err)
	}
	return needed, optional
}

// registered lists those dependencies that are packages of the registry, without
// some. Names and ranges are copied, as they are part of a large document.
func registered(all, without []npm.DependencySpec) (list []npm.DependencySpec) {
	for _, d := range all[:min(len(all), lookaheadWidth)] {
		of := policy.DependencyOf(d.Name, d.Spec)
		if of.Exotic != "" || slices.ContainsFunc(without, func(o npm.DependencySpec) bool { return o.Name == d.Name }) {
			continue
		}
		spec := d.Spec
		if of.Name != d.Name { // an alias: "npm:name@range"
			spec = strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(spec), "npm:"+of.Name), "@")
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
