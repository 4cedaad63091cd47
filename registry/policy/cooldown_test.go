package policy

import (
	"testing"
	"time"
)

// young makes the version that old, seen when it was published.
func young(age time.Duration) edit {
	return func(_ *NameFacts, v *VersionFacts) {
		v.Published = PublishTime{TimeStated, before(age)}
		v.Seen = Sight{First: before(age), Without: before(age + time.Minute), WithName: No}
	}
}

// both makes one edit of two.
func both(a, b edit) edit {
	return func(n *NameFacts, v *VersionFacts) { a(n, v); b(n, v) }
}

func strictly(c *Config) {
	c.Cooldown.Default, c.Cooldown.NewPackage, c.Cooldown.WithScripts = 72*time.Hour, 14*day, 7*day
}

func TestCooldown(t *testing.T) {
	t.Parallel()
	created := func(age time.Duration) edit { return func(n *NameFacts, _ *VersionFacts) { n.Created = before(age) } }
	packed := func(m *Manifest) edit { return func(_ *NameFacts, v *VersionFacts) { v.Packed = m } }
	runGuardCases(t, []guardCase{
		{name: "old", guard: G11, edit: young(60 * day), want: Passed},
		{name: "young", guard: G11, edit: young(5 * time.Hour), want: Hit,
			reason: "left-pad@1.2.3 is 5h old, minimum 24h, available 2026-11-25T07:00:00Z", until: before(-19 * time.Hour)},
		{name: "just old enough", guard: G11, edit: young(day), want: Passed},
		{name: "just not", guard: G11, edit: young(day - 1), want: Hit, reason: "is 23h old", until: noon.Add(1)},
		{name: "hidden alone", guard: G11, edit: young(time.Hour), want: Hit, until: before(-23 * time.Hour), hide: true,
			conf: func(c *Config) { c.Cooldown.HideOnly = true }},

		{name: "longer window", guard: G11, edit: young(71 * time.Hour), conf: strictly, want: Hit, reason: "minimum 72h", until: before(-time.Hour)},
		{name: "window of a scope", guard: G11, conf: func(c *Config) {
			strictly(c)
			c.Cooldown.Windows = []Window{{Match: "**", Default: 90 * day}, {Match: "left-*", Default: time.Hour}}
		}, edit: young(2 * time.Hour), want: Passed},

		{name: "new package", guard: G11, edit: both(young(13*day), created(13*day)), conf: strictly, want: Hit,
			reason: "is 13d old, minimum 14d", until: before(-day)},
		{name: "new package that is old enough", guard: G11, edit: both(young(14*day), created(14*day)), conf: strictly, want: Passed},
		{name: "package that stops being new", guard: G11, edit: both(young(10*day), created(29*day)), conf: strictly, want: Hit,
			reason: "minimum 11d", until: before(-day)},
		{name: "package that was new", guard: G11, edit: both(young(10*day), created(30*day)), conf: strictly, want: Passed},
		{name: "package of unknown age", guard: G11, edit: func(n *NameFacts, v *VersionFacts) {
			n.Created, n.FirstSeen = time.Time{}, time.Time{}
			young(10*day)(n, v)
		}, conf: strictly, want: Hit, reason: "minimum 14d", until: before(-4 * day)},
		{name: "package created in the future", guard: G11, edit: func(n *NameFacts, v *VersionFacts) {
			n.Created, n.FirstSeen = before(-day), before(5*day)
			young(5*day)(n, v)
		}, conf: strictly, want: Hit, reason: "minimum 14d", until: before(-9 * day), valid: before(-day)},

		{name: "scripts", guard: G11, edit: both(young(4*day), packed(&Manifest{Hooks: Gyp})), conf: strictly, want: Hit, reason: "minimum 7d",
			until: before(-3 * day)},
		{name: "scripts, old enough", guard: G11, edit: both(young(7*day), packed(&Manifest{Hooks: Gyp})), conf: strictly, want: Passed},
		{name: "scripts unknown", guard: G11, edit: both(young(4*day), packed(nil)), conf: strictly, want: Lacking, need: NeedTarball,
			until: before(-3 * day)},
		{name: "scripts unknown and too young without", guard: G11, edit: both(young(2*day), packed(nil)), conf: strictly, want: Hit,
			reason: "minimum 72h", until: before(-day)},
		{name: "scripts unknown and old enough with", guard: G11, edit: both(young(7*day), packed(nil)), conf: strictly, want: Passed},

		{name: "served before the policy", guard: G11, edit: both(young(time.Hour), func(_ *NameFacts, v *VersionFacts) { v.Served = before(2 * time.Minute) }),
			conf: func(c *Config) { c.Since = before(time.Minute) }, want: Passed},
		{name: "served since the policy", guard: G11, edit: both(young(time.Hour), func(_ *NameFacts, v *VersionFacts) { v.Served = before(time.Minute) }),
			conf: func(c *Config) { c.Since = before(time.Minute) }, want: Hit, until: before(-23 * time.Hour)},
		{name: "unknown", guard: G11, edit: func(_ *NameFacts, v *VersionFacts) { v.Published = PublishTime{} }, want: Lacking, need: NeedTimes},
	})
}

func TestTimes(t *testing.T) {
	t.Parallel()
	// seen has the time that upstream states, and the sight of it.
	seen := func(p PublishTime, s Sight) edit {
		return func(_ *NameFacts, v *VersionFacts) { v.Published, v.Seen = p, s }
	}
	hour := Sight{First: before(time.Hour), Without: before(2 * time.Hour), WithName: No}
	withName := Sight{First: before(time.Hour), WithName: Yes}
	mirror := func(n *NameFacts, _ *VersionFacts) { n.Clock = MirrorClock }
	timeless := func(n *NameFacts, _ *VersionFacts) { n.Times = No }
	at := func(age time.Duration) PublishTime { return PublishTime{TimeStated, before(age)} }
	free := before(-23 * time.Hour)
	cases := []struct {
		name       string
		edit       edit
		g18, g11   State
		why18      string
		until, u18 time.Time
		valid      time.Time
	}{
		{"plausible", seen(at(time.Hour), hour), Passed, Hit, "", free, time.Time{}, time.Time{}},
		{"backdated", seen(at(2000*day), hour), Hit, Hit, "publish time not trustworthy (backdated); first seen 2026-11-24T11:00:00Z, available 2026-11-25T11:00:00Z", free, free, time.Time{}},
		{"an hour before the last look", seen(at(3*time.Hour), hour), Passed, Hit, "", before(-21 * time.Hour), time.Time{}, time.Time{}},
		{"more than that", seen(at(3*time.Hour+1), hour), Hit, Hit, "backdated", free, free, time.Time{}},
		{"missing", seen(PublishTime{State: TimeMissing}, hour), Hit, Hit, "(missing)", free, free, time.Time{}},
		{"malformed", seen(ParsePublishTime("yesterday"), hour), Hit, Hit, "(malformed)", free, free, time.Time{}},
		{"future", seen(at(-time.Hour), hour), Hit, Hit, "(in the future); counts from 2026-11-24T13:00:00Z", before(-25 * time.Hour), before(-25 * time.Hour), before(-55 * time.Minute)},
		{"clock a little ahead", seen(at(-time.Minute), hour), Passed, Hit, "", before(-day - time.Minute), time.Time{}, time.Time{}},
		{"of a mirror", both(mirror, seen(at(2*time.Hour), hour)), Passed, Hit, "", free, time.Time{}, time.Time{}},
		{"of a mirror at first sight of the name", both(mirror, seen(at(100*day), withName)), Passed, Passed, "", time.Time{}, time.Time{}, time.Time{}},
		{"missing at first sight of the name", seen(PublishTime{State: TimeMissing}, withName), Hit, Hit, "missing", free, free, time.Time{}},
		{"future at first sight of the name", seen(at(-time.Hour), withName), Hit, Hit, "future", before(-25 * time.Hour), before(-25 * time.Hour), before(-55 * time.Minute)},
		{"upstream without times, at first sight", both(timeless, seen(PublishTime{State: TimeMissing}, withName)), Noticed, Passed, "states no publish times", time.Time{}, time.Time{}, time.Time{}},
		{"upstream without times, later", both(timeless, seen(PublishTime{State: TimeMissing}, hour)), Hit, Hit, "missing", free, free, time.Time{}},
		{"missing, long ago", seen(PublishTime{State: TimeMissing}, Sight{First: before(day)}), Passed, Passed, "", time.Time{}, time.Time{}, time.Time{}},
		{"missing, first seen nobody knows when", seen(PublishTime{State: TimeMissing}, Sight{}), Lacking, Lacking, "", time.Time{}, time.Time{}, time.Time{}},
		{"nothing known", seen(PublishTime{}, Sight{}), Lacking, Lacking, "", time.Time{}, time.Time{}, time.Time{}},
	}
	var all []guardCase
	for _, c := range cases {
		need := func(s State) (n Need) {
			if s == Lacking {
				n = NeedTimes
			}
			return n
		}
		all = append(all,
			guardCase{name: c.name, guard: G18, edit: c.edit, want: c.g18, reason: c.why18, until: c.u18, valid: c.valid, need: need(c.g18)},
			guardCase{name: c.name, guard: G11, edit: c.edit, want: c.g11, until: c.until, valid: c.valid, need: need(c.g11)})
	}
	runGuardCases(t, all)
}

func TestFastLane(t *testing.T) {
	t.Parallel()
	fix := func(_ *NameFacts, v *VersionFacts) { v.Fix = Match{Yes, "GHSA-1"} }
	at := func(age time.Duration, more edit) edit { return both(both(young(age), fix), more) }
	none := func(*NameFacts, *VersionFacts) {}
	unseen := func(_ *NameFacts, v *VersionFacts) { v.Packed, v.Tar = nil, Tar{} }
	closed := func(name string, e edit) guardCase {
		return guardCase{name: name, guard: G11, edit: at(30*time.Hour, e), conf: strictly, want: Hit, reason: "minimum 72h", until: before(-42 * time.Hour)}
	}
	runGuardCases(t, []guardCase{
		{name: "a fix at the floor", guard: G11, edit: at(day, none), conf: strictly, want: Hit, waived: fixLetIn,
			reason: "minimum 72h", until: before(-2 * day)},
		{name: "a fix that needs no lane", guard: G11, edit: at(7*day, none), conf: strictly, want: Passed},
		{name: "a fix below the floor", guard: G11, edit: at(day-time.Hour, none), conf: strictly, want: Hit, reason: "minimum 24h", until: before(-time.Hour)},
		{name: "another floor", guard: G11, edit: at(30*time.Hour, none), conf: func(c *Config) { strictly(c); c.Cooldown.FastLane = 36 * time.Hour },
			want: Hit, reason: "minimum 36h", until: before(-6 * time.Hour)},
		{name: "no lane", guard: G11, edit: at(30*time.Hour, none), conf: func(c *Config) { strictly(c); c.Cooldown.NoFastLane = true },
			want: Hit, reason: "minimum 72h", until: before(-42 * time.Hour)},
		closed("not a fix", func(_ *NameFacts, v *VersionFacts) { v.Fix = Match{State: No} }),
		closed("nobody knows", func(_ *NameFacts, v *VersionFacts) { v.Fix = Match{} }),
		closed("unsigned", func(_ *NameFacts, v *VersionFacts) { v.Signature = Signature{State: Unsigned} }),
		closed("less provenance", func(_ *NameFacts, v *VersionFacts) { v.Provenance = ProvenanceNone }),
		closed("new dependency", func(_ *NameFacts, v *VersionFacts) {
			v.Packed = &Manifest{Dependencies: []Dependency{{Name: "evil", Created: before(100 * day)}}}
		}),
		closed("exotic dependency", func(_ *NameFacts, v *VersionFacts) {
			v.Packed = &Manifest{Dependencies: []Dependency{{Name: "repeat", Exotic: FromGit}}}
		}),
		closed("a manifest that cannot be read", func(_ *NameFacts, v *VersionFacts) { v.Packed = nil }),
		closed("first version", func(_ *NameFacts, v *VersionFacts) { v.Lineage, v.Previous = LineageFirst, nil }),
		closed("bad archive", func(_ *NameFacts, v *VersionFacts) { v.Tar = Tar{State: TarBad, Guard: G25, Text: "x"} }),
		{name: "new script", guard: G11, edit: at(30*time.Hour, func(_ *NameFacts, v *VersionFacts) {
			v.Packed = &Manifest{Hooks: Gyp, Dependencies: v.Packed.Dependencies}
		}), conf: strictly, want: Hit, reason: "minimum 7d", until: before(30 * time.Hour).Add(7 * day)},
		{name: "tarball unseen", guard: G11, edit: at(30*time.Hour, unseen), conf: strictly, want: Lacking, need: NeedTarball, until: before(-42 * time.Hour)},
		{name: "tarball unseen below the floor", guard: G11, edit: at(day-time.Hour, unseen), conf: strictly, want: Hit, reason: "minimum 72h",
			until: before(-49 * time.Hour), valid: before(-time.Hour)},
		{name: "tarball unseen and old enough", guard: G11, edit: at(7*day, unseen), conf: strictly, want: Passed},
		closed("tarball unseen of what is no fix", func(n *NameFacts, v *VersionFacts) {
			unseen(n, v)
			v.Fix = Match{State: No}
		}),
		closed("tarball unseen with a new dependency", func(n *NameFacts, v *VersionFacts) {
			unseen(n, v)
			v.Declared = &Manifest{Dependencies: []Dependency{{Name: "evil", Created: before(100 * day)}}}
		}),
		{name: "backdated", guard: G11, edit: at(30*time.Hour, func(_ *NameFacts, v *VersionFacts) {
			v.Published.At = before(1000 * day)
		}), conf: strictly, want: Hit, reason: "left-pad@1.2.3: first seen", until: before(-42 * time.Hour)},
	})
}
