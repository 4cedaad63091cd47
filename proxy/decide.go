package proxy

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// decide asks the engine, and sums up what it says.
func (j *judging) decide(r *ruling) {
	all := j.rules.Engine.JudgeName(&j.name, j.versions, j.now)
	r.until, r.total, r.listed = all.ValidUntil, len(j.pk.Versions), len(j.pk.Versions)
	same := alike{}
	for i := range all.Judgements {
		one := &all.Judgements[i]
		if one.Action == policy.Allow && len(one.Verdicts) == 0 {
			continue
		}
		if r.by == nil {
			r.by = make(map[string]*judged)
		}
		said := judged{Judgement: *one}
		if one.Action == policy.Undecided {
			said.clean = j.ifClean(i, all.Previous[i])
			if _, known := j.facts[j.versions[i].Version]; known {
				said.clean = policy.Undecided // what is known of its tarball was not enough
			}
		}
		r.by[j.versions[i].Version] = same.of(said)
		hidden := said.listless()
		if hidden {
			r.hide(j.versions[i].Version)
		}
		if (one.Action == policy.Deny || hidden) && i < len(j.pk.Versions) {
			r.listed--
		}
	}
	if len(r.by) > 0 {
		r.digest = all.Digest
	}
	denied, hidden := r.restrictions()
	r.tags = make(map[string]string, len(j.pk.Tags))
	for _, t := range j.pk.TagsAfter(npm.Edit{Restrict: denied, Omit: hidden}) {
		r.tags[t.Name] = t.Version
		j.await(r, t.Version, all)
	}
	j.announce(r)
}

func (r *ruling) hide(version string) {
	if r.hidden == nil {
		r.hidden = make(map[string]bool)
	}
	r.hidden[version] = true
}

// announce words what is said about the version that people get who name none.
func (j *judging) announce(r *ruling) {
	version := r.tags["latest"]
	if said := r.of(version); said != nil && said.Action == policy.Warn {
		for i := range said.Verdicts {
			if v := &said.Verdicts[i]; v.Action == policy.Warn {
				r.notice = "larder: " + j.e.key.name.String() + "@" + version + ": " + v.Guard.String() + " " + v.Guard.Word() + ": " + v.Reason
				return
			}
		}
	}
}

// ifClean is what an undecided version comes to if its tarball is what its
// manifest says.
func (j *judging) ifClean(i, previous int) policy.Action {
	f := j.versions[i]
	f.Tar = policy.Tar{State: policy.TarGood}
	f.Packed = f.Declared
	if f.Packed == nil {
		f.Packed = &policy.Manifest{}
	}
	if f.Indicator.State == policy.Unknown {
		f.Indicator.State = policy.No
	}
	if f.Signature.State == policy.SignatureUnknown {
		f.Signature.State = policy.SignatureValid
	}
	f.Lineage = policy.LineageFirst
	if previous >= 0 {
		f.Previous, f.Lineage = &j.versions[previous], policy.LineageKnown
	}
	return j.rules.Engine.Judge(policy.Facts{Name: &j.name, Version: &f}, j.now).Action
}

// await notes that a tagged version has to be judged before the document goes
// out.
func (j *judging) await(r *ruling, version string, all policy.NameJudgement) {
	known := slices.ContainsFunc(r.unjudged, func(l lacking) bool { return l.version == version })
	l, ok := j.lacking(version, all)
	if known || !ok {
		return
	}
	i := j.index(version)
	if age := j.rules.Prefetch.Age; age > 0 && j.age(i) > age {
		return
	}
	r.unjudged = append(r.unjudged, l)
	slices.SortStableFunc(r.unjudged, func(a, b lacking) int {
		return -cmp.Compare(btoi(a.version == r.tags["latest"]), btoi(b.version == r.tags["latest"]))
	})
}

func (j *judging) index(version string) int {
	return slices.IndexFunc(j.versions, func(f policy.VersionFacts) bool { return f.Version == version })
}

// lacking is what an undecided version still has to be judged by.
func (j *judging) lacking(version string, all policy.NameJudgement) (lacking, bool) {
	i := j.index(version)
	if i < 0 || all.Judgements[i].Action != policy.Undecided {
		return lacking{}, false
	}
	l := lacking{version: version, dependencies: j.unborn(i, all.Previous[i])}
	if at := all.Previous[i]; at >= 0 {
		l.previous = j.versions[at].Version
	}
	for k := range all.Judgements[i].Verdicts {
		l.missing |= all.Judgements[i].Verdicts[k].Missing
	}
	return l, true
}

// alike shares what is said about versions of which only facts are wanting: in
// most documents that is the same of nearly all.
type alike map[string]*judged

func (a alike) of(said judged) *judged {
	var key strings.Builder
	key.WriteByte(byte(said.clean))
	for i := range said.Verdicts {
		v := &said.Verdicts[i]
		if v.State != policy.Lacking || !v.Until.IsZero() || v.Waived != "" {
			return &said
		}
		key.WriteString(string([]rune{rune(v.Guard), rune(v.Mode), rune(v.Action), rune(v.Missing)}))
	}
	if a[key.String()] == nil {
		a[key.String()] = &said
	}
	return a[key.String()]
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// age is how old a version is, by upstream's time or its first sight.
func (j *judging) age(i int) time.Duration {
	f := &j.versions[i]
	if f.Published.State == policy.TimeStated && j.name.Clock == policy.RegistryClock {
		return j.now.Sub(f.Published.At)
	}
	return j.now.Sub(f.Seen.First)
}

// unborn are the dependencies of a version that the one before does not have,
// and of which nobody knows when they came to be.
func (j *judging) unborn(i, previous int) []string {
	had := make(map[string]bool)
	if previous >= 0 {
		j.eachDependency(previous, func(d *policy.Dependency) { had[d.Name] = true })
	}
	var out []string
	j.eachDependency(i, func(d *policy.Dependency) {
		if d.Exotic == policy.FromRegistry && d.Created.IsZero() && !had[d.Name] && !slices.Contains(out, d.Name) {
			out = append(out, d.Name)
		}
	})
	return out
}

func (j *judging) eachDependency(i int, visit func(*policy.Dependency)) {
	for _, m := range [...]*policy.Manifest{j.versions[i].Declared, j.versions[i].Packed} {
		if m == nil {
			continue
		}
		for k := range m.Dependencies {
			visit(&m.Dependencies[k])
		}
	}
}
