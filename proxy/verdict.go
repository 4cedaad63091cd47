package proxy

import (
	"context"
	"errors"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// refusal is the answer for a version that is denied. Nobody keeps it, so it
// tells ages as of now.
func (p *Proxy) refusal(name npm.Name, version string, said *judged, rules *Rules) error {
	v := &said.Verdict
	return &npm.Error{Kind: npm.ErrBlocked, Guard: v.Guard.String(), Code: v.Code, Package: name.String(), Version: version,
		Text: v.Line(p.opts.Now(), rules.tail()), Available: v.Until}
}

// unjudgedRefusal is the answer for a version that cannot be judged.
func unjudgedRefusal(key tarballKey, said *judged) error {
	return &npm.Error{Kind: npm.ErrUnavailable, Guard: "G63", Code: "E_UNJUDGED", Package: key.name.String(), Version: key.version,
		RetryAfter: unjudgedRest, Text: key.name.String() + "@" + key.version + " cannot be judged now: " + said.Reason}
}

// storedTarball opens a stored tarball that policy lets out: clients with a
// lockfile never ask for the document that a refused version is left out of. It
// is npm.ErrNotFound where the tarball, or the document to judge it by, is not
// here.
func (p *Proxy) storedTarball(ctx context.Context, e *entry, key tarballKey) (*Tarball, error) {
	st, ok, err := p.kept(key)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, npm.ErrNotFound
	}
	s, err := p.judgedDocument(ctx, e)
	if err != nil {
		return nil, err
	}
	said := s.ruling.of(key.version)
	if said != nil && said.Action == policy.Undecided && !said.settledBy(st, s.ruling.rules) {
		if e.puzzled(key.version, s.ruling.rules, p.opts.Now()) {
			return nil, unjudgedRefusal(key, said)
		}
		if said, err = p.settleStored(ctx, e, key, st); err != nil {
			return nil, err
		}
	}
	if said != nil && said.Action == policy.Deny {
		return nil, p.refusal(key.name, key.version, said, s.ruling.rules)
	}
	t, err := p.openStored(ctx, key)
	if err == nil {
		t.judge(said)
	}
	return t, err
}

// settledBy tells whether all that an undecided version waits for is a stored
// tarball, and that is just what its document says.
func (j *judged) settledBy(st storedTarball, rules *Rules) bool {
	return j.clean < policy.Undecided && st.soundBy(rules)
}

// judge adds to an answer what guards say that do not refuse it.
func (t *Tarball) judge(said *judged) {
	if said != nil {
		t.Verdicts = said.Verdicts
	}
}

// judgedDocument returns the newest document of a name, judged. It is
// npm.ErrNotFound where there is none.
func (p *Proxy) judgedDocument(ctx context.Context, e *entry) (*snapshot, error) {
	s, err := p.load(ctx, e)
	if err != nil {
		return nil, err
	}
	doc := s.document()
	if doc == nil {
		return nil, npm.ErrNotFound
	}
	judged, err := p.ruled(ctx, e, doc)
	if errors.Is(err, errLost) {
		if err := p.forget(e, doc); err != nil {
			return nil, err
		}
		return nil, npm.ErrNotFound
	}
	return judged, err
}

// settleStored decides about a version whose stored tarball nobody has looked
// into.
func (p *Proxy) settleStored(ctx context.Context, e *entry, key tarballKey, st storedTarball) (*judged, error) {
	type outcome = struct{}
	fl, _ := p.settling.Start(key, p.briefly, func(ctx context.Context) (outcome, error) {
		err := p.surveyStored(ctx, e, key, st)
		e.facts.Add(1)
		return outcome{}, err
	})
	if _, err := fl.Wait(ctx); err != nil {
		if errors.Is(err, errLost) {
			return nil, npm.ErrNotFound
		}
		return nil, err
	}
	return p.settled(ctx, e, key)
}

// settled returns what is said about a version once its tarball is known. What
// other tarballs still have to show is fetched now.
func (p *Proxy) settled(ctx context.Context, e *entry, key tarballKey) (*judged, error) {
	for tries := 0; ; tries++ {
		s, err := p.judgedDocument(ctx, e)
		if err != nil {
			return nil, err
		}
		said := s.ruling.of(key.version)
		if said == nil || said.Action != policy.Undecided {
			return said, nil
		}
		st, ok, err := p.kept(key)
		if err != nil || ok && said.settledBy(st, s.ruling.rules) {
			return said, err
		}
		if tries > 0 || !p.complete(ctx, e, s, key.version) {
			e.puzzle(key.version, puzzle{s.ruling.rules, p.opts.Now().Add(unjudgedRest)})
			return nil, unjudgedRefusal(key, said)
		}
	}
}

// complete gathers what a single version is still to be judged by.
func (p *Proxy) complete(ctx context.Context, e *entry, s *snapshot, version string) bool {
	rules := s.ruling.rules
	var l lacking
	err := p.withParsed(ctx, e, s, func(pk *npm.Packument, _ *table) error {
		j := &judging{Proxy: p, e: e, s: s, pk: pk, rules: rules, now: p.opts.Now()}
		if err := j.look(ctx); err != nil {
			return err
		}
		j.gather(ctx)
		l, _ = j.lacking(version, rules.Engine.JudgeName(&j.name, j.versions, j.now))
		return nil
	})
	if err != nil {
		return false
	}
	if l.missing == 0 { // it came meanwhile
		e.facts.Add(1)
		return true
	}
	more := p.newAhead(rules.Prefetch, nil)
	defer more.stop()
	came := more.fetch(ctx, e, s, []lacking{l})
	e.facts.Add(1)
	return came
}

// fetching is a tarball that is asked for and not stored.
type fetching struct {
	e     *entry
	s     *snapshot
	key   tarballKey
	row   row
	whole bool
}

// fetched answers with a tarball from upstream. One that has to be judged by
// what is in it is answered whole, or refused, once it is here.
func (p *Proxy) fetched(ctx context.Context, f fetching) (*Tarball, error) {
	s, err := p.ruled(ctx, f.e, f.s)
	if err != nil {
		return nil, err
	}
	said := s.ruling.of(f.key.version)
	if said != nil && said.Action == policy.Deny {
		return nil, p.refusal(f.key.name, f.key.version, said, s.ruling.rules)
	}
	undecided := said != nil && said.Action == policy.Undecided
	in := p.joinTransfer(ctx, f.e, f.key, f.row)
	t, err := p.follow(ctx, in, f.whole || undecided)
	if err != nil || !undecided {
		if err == nil {
			t.judge(said)
		}
		return t, p.explained(ctx, f, err)
	}
	if in.over || !in.clean.Load() || said.clean >= policy.Undecided || !s.ruling.holds(p, f.e, p.rules.Load()) {
		if said, err = p.settled(ctx, f.e, f.key); err == nil && said != nil && said.Action == policy.Deny {
			err = p.refusal(f.key.name, f.key.version, said, s.ruling.rules)
		}
		if err != nil {
			return nil, errors.Join(err, t.Body.Close())
		}
	}
	t.judge(said)
	return t, nil
}

// explained returns the refusal of a guard where a transfer failed by what it
// showed, else the failure.
func (p *Proxy) explained(ctx context.Context, f fetching, failed error) error {
	if failed == nil || !errors.Is(failed, npm.ErrIntegrity) {
		return failed
	}
	s, err := p.judgedDocument(ctx, f.e)
	if err != nil {
		return failed
	}
	if said := s.ruling.of(f.key.version); said != nil && said.Action == policy.Deny {
		return p.refusal(f.key.name, f.key.version, said, s.ruling.rules)
	}
	return failed
}
