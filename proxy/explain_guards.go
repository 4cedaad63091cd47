package proxy

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// maxExplained bounds the denied versions that an explanation lists.
const maxExplained = 100

// explainGuards asks all guards about the version that is asked about, or the
// one that latest points to. It judges by what is known, and fetches nothing.
func (p *Proxy) explainGuards(ctx context.Context, e *entry, x *Explanation) error {
	rules, err := p.judgeable()
	if err != nil {
		x.Verdict, x.Reason = policy.Undecided.String(), reason(err)
		return nil
	}
	s, err := p.load(ctx, e)
	if err != nil || s.document() == nil {
		return err
	}
	err = p.withParsed(ctx, e, s.document(), func(pk *npm.Packument, _ *table) error {
		j := &judging{Proxy: p, e: e, s: s.document(), pk: pk, rules: rules, now: p.opts.Now()}
		if err := j.look(ctx); err != nil {
			return err
		}
		j.gather(ctx)
		j.explain(x)
		return nil
	})
	if errors.Is(err, errLost) {
		return nil // as good as none
	}
	return err
}

// explain fills in what the guards say.
func (j *judging) explain(x *Explanation) {
	r := &ruling{rules: j.rules}
	j.decide(r)
	x.Tags = r.tags
	j.explainDenied(r, x)
	x.Judged = x.Version
	if x.Judged == "" {
		x.Judged, _ = j.pk.Tag("latest")
	}
	i := slices.IndexFunc(j.versions, func(f policy.VersionFacts) bool { return f.Version == x.Judged })
	if i < 0 {
		x.Judged = ""
		return
	}
	facts := j.versions[i]
	facts.Lineage = policy.LineageFirst
	if at := j.rules.Engine.JudgeName(&j.name, j.versions, j.now).Previous[i]; at >= 0 {
		facts.Previous, facts.Lineage = &j.versions[at], policy.LineageKnown
	}
	about := policy.Facts{Name: &j.name, Version: &facts}
	verdict := j.rules.Engine.Judge(about, j.now)
	x.Verdict, x.Reason, x.Available = verdict.Action.String(), verdict.ReasonAt(j.now), moment(verdict.Until)
	for _, v := range j.rules.Engine.Explain(about, j.now) {
		x.Guards = append(x.Guards, ExplainGuard{Guard: v.Guard.String(), Word: v.Guard.Word(), Mode: v.Mode.String(),
			State: v.State.String(), Action: v.Action.String(), Reason: v.ReasonAt(j.now), Until: moment(v.Until),
			Waived: v.Waived, Waive: v.Waive})
	}
}

// explainDenied lists the versions that nobody gets from a list, the highest
// first. What is undecided is no such one: it is judged when its tarball is asked
// for.
func (j *judging) explainDenied(r *ruling, x *Explanation) {
	for version, said := range r.by {
		if said.Action == policy.Hide || said.Action == policy.Deny {
			x.Denied = append(x.Denied, ExplainDenied{Version: version, Action: said.Action.String(), Guard: said.Guard.String(),
				Reason: said.ReasonAt(j.now), Until: moment(said.Until)})
		}
	}
	slices.SortFunc(x.Denied, func(a, b ExplainDenied) int {
		// What is no version is before all others, as the zero Version is.
		one, _ := npm.ParseLoose(a.Version)
		other, _ := npm.ParseLoose(b.Version)
		return cmp.Or(other.Compare(one), strings.Compare(b.Version, a.Version))
	})
	x.DeniedTotal = len(x.Denied)
	x.Denied = x.Denied[:min(len(x.Denied), maxExplained)]
}

// moment is a time of an answer, nil where there is none.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
