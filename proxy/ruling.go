package proxy

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// ruling is what rules say about the versions of one document. It never
// changes; facts that come in later make another one.
type ruling struct {
	rules *Rules
	// facts is what the entry had counted of facts when they were gathered, and
	// bursts and trust what the proxy had counted of bursts and of keys.
	facts, bursts, trust uint64
	// until is when the name has to be judged anew; zero for never.
	until time.Time
	// digest changes with what clients get to see of it.
	digest [16]byte
	// by holds the versions about which there is something to say.
	by map[string]*judged
	// hidden are the versions that are left out though nobody condemned them:
	// those that only lists are to be without, and tagged ones whose tarball
	// could not be judged in time.
	hidden map[string]bool
	// tags are the dist-tags as clients see them.
	tags map[string]string
	// unjudged are the tagged versions that lack facts of a tarball.
	unjudged []lacking
	// notice is what to tell about the version that latest points to.
	notice string
	// listed tells that a version is left; total that there ever were any.
	listed, total int
}

// judged is what is said about one version.
type judged struct {
	policy.Judgement
	// clean is what an undecided version comes to if its tarball turns out to
	// be what its manifest says.
	clean policy.Action
}

// listless tells that a version stays out of lists, whatever its tarball shows,
// and may be had by whoever names it.
func (j *judged) listless() bool {
	return j.Action == policy.Hide || j.Action == policy.Undecided && j.clean == policy.Hide
}

// lacking is a version that cannot be judged before tarballs are looked at.
type lacking struct {
	version, previous string
	dependencies      []string
	missing           policy.Need
}

// holds tells whether a ruling is still what would be said. It costs nothing, as
// every request asks.
func (r *ruling) holds(p *Proxy, e *entry, rules *Rules) bool {
	return r != nil && r.rules == rules && r.facts == e.facts.Load() && r.bursts == p.bursts.crossed.Load() &&
		r.trust == p.trust.changed.Load() && (r.until.IsZero() || p.opts.Now().Before(r.until))
}

// expire makes a ruling end no later than that; zero for no end.
func (r *ruling) expire(at time.Time) {
	if !at.IsZero() && (r.until.IsZero() || at.Before(r.until)) {
		r.until = at
	}
}

// of returns what is said about a version; nil where nobody objects.
func (r *ruling) of(version string) *judged {
	if r == nil {
		return nil
	}
	return r.by[version]
}

// ruled returns a snapshot that is judged by the rules in force, once however
// many ask. What lacks facts of its tagged versions is completed first.
func (p *Proxy) ruled(ctx context.Context, e *entry, s *snapshot) (*snapshot, error) {
	return p.ruledWithin(ctx, e, s, nil)
}

// ruledWithin is ruled for a look-ahead, which fetches no more than it is allowed
// and is errAllowance where that is not enough: hiding versions for it is not its
// business.
func (p *Proxy) ruledWithin(ctx context.Context, e *entry, s *snapshot, within *allowance) (*snapshot, error) {
	rules, err := p.judgeable()
	if err != nil {
		return nil, err
	}
	if s.ruling.holds(p, e, rules) && len(s.ruling.unjudged) == 0 {
		return s, nil
	}
	key := rulingKey{entryKey: e.key, rev: s.rev, rules: rules}
	for tries := 1; ; tries++ {
		fl, _ := p.rulings.Start(key, p.briefly, func(ctx context.Context) (*snapshot, error) {
			return p.rule(ctx, e, s, judgeableWithin{rules, within})
		})
		// One that was under way may have begun before the last facts came.
		judged, err := fl.Wait(ctx)
		if within == nil && errors.Is(err, errAllowance) {
			key.alone = true // what it joined was a look-ahead
			continue
		}
		if err != nil || tries >= maxRulings || judged.ruling.holds(p, e, rules) {
			return judged, err
		}
	}
}

// maxRulings is how often a request judges a document anew whose facts change
// meanwhile.
const maxRulings = 4

// rulingKey names the judging of one document by some rules.
type rulingKey struct {
	entryKey
	rev   revision
	rules *Rules
	// alone keeps it apart from look-aheads.
	alone bool
}

// judgeableWithin are the rules to judge by, and what may be fetched for it; nil
// for what rules allow.
type judgeableWithin struct {
	*Rules
	within *allowance
}

// rule judges a document until its tagged versions are decided, or there is no
// time or room left for their tarballs; those are hidden then, and completed
// behind the answer.
func (p *Proxy) rule(ctx context.Context, e *entry, s *snapshot, by judgeableWithin) (*snapshot, error) {
	rules := by.Rules
	if now := e.snap.Load(); now.document() != nil && now.document().rev == s.rev {
		s = now.document() // what came meanwhile
	}
	if s.ruling.holds(p, e, rules) && len(s.ruling.unjudged) == 0 {
		return s, nil
	}
	if s.ruling == nil && e.facts.Load() == 0 && !rules.Engine.Idle() {
		switch r, err := p.storedRuling(ctx, e, s, rules); {
		case err != nil:
			return nil, err
		case r != nil:
			return p.install(e, s, r), nil
		}
	}
	ahead := p.newAhead(rules.Prefetch, by.within)
	defer ahead.stop()
	for {
		r, err := p.judgeDocument(ctx, e, s, rules)
		if err != nil {
			return nil, err
		}
		if len(r.unjudged) == 0 || !ahead.fetch(ctx, e, s, r.unjudged) {
			if len(r.unjudged) > 0 && by.within != nil && ahead.more() {
				return nil, errAllowance
			}
			judged := p.install(e, s, p.conclude(e, s, r, ahead))
			p.keepRuling(ctx, e, s, judged.ruling)
			return judged, nil
		}
	}
}

// conclude hides the tagged versions that could not be judged in time.
func (p *Proxy) conclude(e *entry, s *snapshot, r *ruling, ahead *ahead) *ruling {
	if len(r.unjudged) == 0 {
		return r
	}
	for _, l := range r.unjudged {
		if r.hidden == nil {
			r.hidden = make(map[string]bool)
		}
		if !r.hidden[l.version] {
			r.hidden[l.version] = true
			r.listed--
		}
	}
	r.expire(p.opts.Now().Add(unjudgedRest))
	left := r.unjudged
	r.unjudged = nil
	r.digest = r.withHidden()
	if ahead.more() {
		p.briefly(func(ctx context.Context) {
			rest := p.newAhead(Prefetch{Wait: p.opts.FetchTimeout, Size: behindSize}, nil)
			defer rest.stop()
			rest.fetch(ctx, e, s, left)
			e.facts.Add(1)
		})
	}
	return r
}

const (
	// unjudgedRest is how long a version stays hidden whose tarball could not
	// be judged, before that is tried again.
	unjudgedRest = time.Minute
	// behindSize bounds what is fetched of one document behind its answer.
	behindSize = 512 << 20
)

// withHidden is the digest of a ruling and what it hides.
func (r *ruling) withHidden() [16]byte {
	h := sha256.New()
	h.Write(r.digest[:])
	hidden := make([]string, 0, len(r.hidden))
	for v := range r.hidden {
		hidden = append(hidden, v)
	}
	slices.Sort(hidden)
	for _, v := range hidden {
		h.Write([]byte(v))
		h.Write([]byte{0})
	}
	return [16]byte(h.Sum(nil)[:16])
}

// install makes a judged document the name's state, unless another document has
// come meanwhile, and returns it.
func (p *Proxy) install(e *entry, s *snapshot, r *ruling) *snapshot {
	for {
		old := e.snap.Load()
		doc := old.document()
		if doc == nil || doc.rev != s.rev {
			return s.judgedBy(r) // of another document; it is good for who asked
		}
		next := doc.judgedBy(r)
		state := next
		if old.absent {
			state = old.after(next)
		}
		if e.snap.CompareAndSwap(old, state) {
			return next
		}
	}
}

// undecided tells that nothing is left but what nobody could judge.
func (r *ruling) undecided() bool {
	if r.total == 0 || r.listed > 0 {
		return false
	}
	for version := range r.hidden {
		if said := r.by[version]; said != nil && said.Action == policy.Undecided && !said.listless() {
			return true
		}
	}
	return false
}

// restrictions are the versions that are kept from clients, and why.
func (r *ruling) restrictions() (denied map[string]npm.Restriction, hidden map[string]bool) {
	if r == nil {
		return nil, nil
	}
	keep := func(version string, why npm.Restriction) {
		if denied == nil {
			denied = make(map[string]npm.Restriction)
		}
		denied[version] = why
	}
	for version, j := range r.by {
		if j.Action == policy.Deny {
			keep(version, npm.Restriction{Message: r.line(version, &j.Verdict), Bare: condemned(j.Guard)})
		}
	}
	for version := range r.hidden {
		if j := r.by[version]; j != nil && j.Action == policy.Undecided && !j.listless() {
			keep(version, npm.Restriction{Message: "larder cannot judge " + version + " yet, try again: " + j.Reason + r.rules.tail()})
			continue
		}
		if hidden == nil {
			hidden = make(map[string]bool)
		}
		hidden[version] = true
	}
	return denied, hidden
}

// condemned tells whether nothing of a version's manifest is to be repeated.
func condemned(g policy.Guard) bool {
	return g == policy.G34 || g == policy.G35 || g == policy.G36
}

// line is a refusal in a document, which is kept: it holds moments, not ages.
func (r *ruling) line(version string, v *policy.Verdict) string {
	tail := r.rules.tail()
	if !strings.Contains(v.Reason, version) {
		tail = " [" + version + "]" + tail
	}
	return v.Line(time.Time{}, tail)
}
