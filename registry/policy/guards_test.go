package policy

import (
	"testing"
	"time"
)

func TestGuardsOfNames(t *testing.T) {
	t.Parallel()
	runGuardCases(t, []guardCase{
		{name: "no resemblance", guard: G08, edit: func(*NameFacts, *VersionFacts) {}, want: Passed},
		{name: "resemblance", guard: G08, edit: func(n *NameFacts, _ *VersionFacts) {
			n.Name, n.Lookalike = nameOf(t, "acme-utlis"), Resemblance{Yes, "acme-utils"}
		}, want: Hit, reason: "acme-utlis resembles private acme-utils"},
		{name: "unknown", guard: G08, edit: func(n *NameFacts, _ *VersionFacts) { n.Lookalike = Resemblance{} }, want: Lacking, need: NeedName},

		{name: "a package", guard: G36, edit: func(*NameFacts, *VersionFacts) {}, want: Passed},
		{name: "holder", guard: G36, edit: func(n *NameFacts, _ *VersionFacts) { n.Holder = Yes }, want: Hit,
			reason: "upstream replaced this name with a security holding package"},
		{name: "unknown", guard: G36, edit: func(n *NameFacts, _ *VersionFacts) { n.Holder = Unknown }, want: Lacking, need: NeedName},

		{name: "never gone", guard: G38, edit: func(*NameFacts, *VersionFacts) {}, want: Passed},
		{name: "seen before it went", guard: G38, edit: func(n *NameFacts, _ *VersionFacts) {
			n.Return = Return{Yes, before(time.Hour)}
		}, want: Passed},
		{name: "seen as it came back", guard: G38, edit: func(n *NameFacts, v *VersionFacts) {
			n.Return = Return{Yes, v.Seen.First}
		}, want: Hit, reason: "name reappeared upstream after removal; needs to be acknowledged"},
		{name: "seen nobody knows when", guard: G38, edit: func(n *NameFacts, v *VersionFacts) {
			n.Return, v.Seen.First = Return{Yes, before(time.Hour)}, time.Time{}
		}, want: Lacking, need: NeedTimes},
		{name: "unknown", guard: G38, edit: func(n *NameFacts, _ *VersionFacts) { n.Return = Return{} }, want: Lacking, need: NeedName},
	})
}

func TestGuardsOfFeeds(t *testing.T) {
	t.Parallel()
	runGuardCases(t, []guardCase{
		{name: "unheard of", guard: G34, edit: func(*NameFacts, *VersionFacts) {}, want: Passed},
		{name: "malware", guard: G34, edit: func(_ *NameFacts, v *VersionFacts) { v.Malware = Match{Yes, "MAL-2026-2307"} }, want: Hit,
			reason: "MAL-2026-2307 malicious left-pad@1.2.3"},
		{name: "identifier of an attacker", guard: G34, edit: func(_ *NameFacts, v *VersionFacts) { v.Malware = Match{Yes, "\x1b[2J"} },
			want: Hit, reason: "unnamed malicious left-pad@1.2.3"},
		{name: "unknown", guard: G34, edit: func(_ *NameFacts, v *VersionFacts) { v.Malware = Match{} }, want: Lacking, need: NeedFeeds},
		{name: "unheard of", guard: G35, edit: func(*NameFacts, *VersionFacts) {}, want: Passed},
		{name: "known bytes", guard: G35, edit: func(_ *NameFacts, v *VersionFacts) { v.Indicator = Match{Yes, "IOC-7"} }, want: Hit,
			reason: "content matches indicator IOC-7"},
		{name: "unknown", guard: G35, edit: func(_ *NameFacts, v *VersionFacts) { v.Indicator = Match{} }, want: Lacking,
			need: NeedFeeds | NeedTarball},
	})
}

func gone(at time.Time, published time.Duration) edit {
	return func(_ *NameFacts, v *VersionFacts) {
		v.Listing = Listing{No, at}
		v.Published.At, v.Seen.First, v.Seen.Without = before(published), before(published), time.Time{}
	}
}

func TestGuardsOfUpstream(t *testing.T) {
	t.Parallel()
	runGuardCases(t, []guardCase{
		{name: "listed", guard: G37, edit: func(*NameFacts, *VersionFacts) {}, want: Passed},
		{name: "young", guard: G37, edit: gone(before(10*day), 10*day+2*time.Hour), want: Hit,
			reason: "removed upstream 2h after publish; quarantined"},
		{name: "just young", guard: G37, edit: gone(before(0), 30*day-1), want: Hit, reason: "removed upstream 29d after publish"},
		{name: "just old", guard: G37, edit: gone(before(0), 30*day), want: Noticed, reason: "removed upstream 30d after publish; what is stored here is kept"},
		{name: "nobody knows how old", guard: G37, edit: func(_ *NameFacts, v *VersionFacts) {
			v.Listing, v.Published, v.Seen = Listing{No, noon}, PublishTime{}, Sight{}
		}, want: Hit, reason: "nobody knows how long"},
		{name: "no times, seen long before", guard: G37, edit: func(n *NameFacts, v *VersionFacts) {
			n.Times, v.Published, v.Seen.WithName, v.Listing = No, PublishTime{State: TimeMissing}, Yes, Listing{No, noon}
		}, want: Noticed, reason: "kept"},
		{name: "no times, seen lately", guard: G37, edit: func(n *NameFacts, v *VersionFacts) {
			n.Times, v.Published, v.Listing = No, PublishTime{State: TimeMissing}, Listing{No, noon}
			v.Seen = Sight{First: before(day), WithName: Yes}
		}, want: Hit, reason: "nobody knows how long"},
		{name: "unknown", guard: G37, edit: func(_ *NameFacts, v *VersionFacts) { v.Listing = Listing{} }, want: Lacking, need: NeedListing},

		{name: "same", guard: G19, edit: func(*NameFacts, *VersionFacts) {}, want: Passed},
		{name: "changed", guard: G19, edit: func(_ *NameFacts, v *VersionFacts) { v.Pin = Pin{Yes, before(day), false} }, want: Hit,
			reason: "integrity of left-pad@1.2.3 changed since 2026-11-23T12:00:00Z"},
		{name: "changed, and the bytes are here", guard: G19, edit: func(_ *NameFacts, v *VersionFacts) { v.Pin = Pin{Yes, before(day), true} },
			want: Noticed, reason: "the bytes of then are served"},
		{name: "unknown", guard: G19, edit: func(_ *NameFacts, v *VersionFacts) { v.Pin = Pin{} }, want: Lacking, need: NeedPin},
	})
}

func TestGuardsOfArchives(t *testing.T) {
	t.Parallel()
	bad := func(g Guard) edit {
		return func(_ *NameFacts, v *VersionFacts) {
			v.Tar = Tar{State: TarBad, Guard: g, Text: "tar: symlink escapes root"}
		}
	}
	var cases []guardCase
	for _, g := range []Guard{G22, G23, G24, G25} {
		cases = append(cases,
			guardCase{name: "sound", guard: g, edit: func(*NameFacts, *VersionFacts) {}, want: Passed},
			guardCase{name: "bad", guard: g, edit: bad(g), want: Hit, reason: "tar: symlink escapes root"},
			guardCase{name: "unknown", guard: g, edit: func(_ *NameFacts, v *VersionFacts) { v.Tar = Tar{} }, want: Lacking, need: NeedTarball},
		)
	}
	runGuardCases(t, append(cases,
		guardCase{name: "not read as far", guard: G22, edit: bad(G23), want: Lacking, need: NeedTarball},
		guardCase{name: "read as far", guard: G23, edit: bad(G25), want: Passed},
	))
}

func TestGuardsOfSignatures(t *testing.T) {
	t.Parallel()
	state := func(s SignatureState) edit {
		return func(_ *NameFacts, v *VersionFacts) { v.Signature = Signature{s, "SHA256:abc+/9"} }
	}
	runGuardCases(t, []guardCase{
		{name: "valid", guard: G28, edit: state(SignatureValid), want: Passed},
		{name: "invalid", guard: G28, edit: state(SignatureInvalid), want: Hit, reason: "registry signature invalid (keyid SHA256:abc+/9)"},
		{name: "unknown key", guard: G28, edit: state(SignatureUnknownKey), want: Noticed, reason: "unknown key"},
		{name: "unknown", guard: G28, edit: state(SignatureUnknown), want: Lacking, need: NeedSignature},
		{name: "missing", guard: G28, edit: state(Unsigned), want: Hit, reason: "registry signature missing"},
		{name: "missing where nobody signs", guard: G28, edit: func(n *NameFacts, v *VersionFacts) {
			n.Signs, v.Signature = No, Signature{State: Unsigned}
		}, want: Passed},
		{name: "missing where nobody knows", guard: G28, edit: func(n *NameFacts, v *VersionFacts) {
			n.Signs, v.Signature = Unknown, Signature{State: Unsigned}
		}, want: Lacking, need: NeedSignature},

		{name: "signed", guard: G29, edit: state(SignatureInvalid), want: Passed},
		{name: "stripped", guard: G29, edit: state(Unsigned), want: Hit, reason: "signature missing; upstream signed earlier versions"},
		{name: "stripped after the version before", guard: G29, edit: func(n *NameFacts, v *VersionFacts) {
			n.Signed, v.Signature = No, Signature{State: Unsigned}
		}, want: Hit, reason: "signature missing"},
		{name: "never signed", guard: G29, edit: func(n *NameFacts, v *VersionFacts) {
			n.Signed, v.Signature, v.Previous.Signature = No, Signature{State: Unsigned}, Signature{State: Unsigned}
		}, want: Passed},
		{name: "nobody knows", guard: G29, edit: func(n *NameFacts, v *VersionFacts) {
			n.Signed, v.Signature, v.Previous = Unknown, Signature{State: Unsigned}, nil
		}, want: Lacking, need: NeedSignature},
		{name: "unknown", guard: G29, edit: state(SignatureUnknown), want: Lacking, need: NeedSignature},
	})
}

func TestGuardsOfTrust(t *testing.T) {
	t.Parallel()
	trust := func(had, has Provenance) edit {
		return func(_ *NameFacts, v *VersionFacts) { v.Previous.Provenance, v.Provenance = had, has }
	}
	publisher := func(s PublisherState, name string) edit {
		return func(_ *NameFacts, v *VersionFacts) {
			v.Publisher = Publisher{s, name}
			v.Published.At = before(day)
			v.Seen = Sight{}
		}
	}
	runGuardCases(t, []guardCase{
		{name: "same", guard: G32, edit: trust(ProvenanceAttested, ProvenanceAttested), want: Passed},
		{name: "more", guard: G32, edit: trust(ProvenanceNone, ProvenanceTrusted), want: Passed},
		{name: "none any more", guard: G32, edit: trust(ProvenanceAttested, ProvenanceNone), want: Hit, reason: "trust downgrade: previous 1.2.2 had provenance"},
		{name: "not by its publisher", guard: G32, edit: trust(ProvenanceTrusted, ProvenanceAttested), want: Hit, reason: "had a trusted publisher"},
		{name: "unknown", guard: G32, edit: trust(ProvenanceAttested, ProvenanceUnknown), want: Lacking, need: NeedProvenance},
		{name: "unknown before", guard: G32, edit: trust(ProvenanceUnknown, ProvenanceAttested), want: Lacking, need: NeedProvenance},
		{name: "first", guard: G32, edit: func(_ *NameFacts, v *VersionFacts) { v.Lineage, v.Previous = LineageFirst, nil }, want: Passed},
		{name: "no idea what was before", guard: G32, edit: func(_ *NameFacts, v *VersionFacts) { v.Lineage, v.Previous = LineageUnknown, nil },
			want: Lacking, need: NeedPrevious},

		{name: "known", guard: G33, edit: publisher(PublisherKnown, "alice"), want: Passed},
		{name: "unstated", guard: G33, edit: publisher(PublisherUnstated, ""), want: Passed},
		{name: "new", guard: G33, edit: publisher(PublisherNew, "mallory"), want: Hit,
			reason: "first version by new publisher mallory", until: before(-6 * day)},
		{name: "new, with a name for terminals", guard: G33, edit: publisher(PublisherNew, "m\x1b[2J"), want: Hit,
			reason: "new publisher unnamed", until: before(-6 * day)},
		{name: "new a week ago", guard: G33, edit: func(_ *NameFacts, v *VersionFacts) {
			v.Publisher, v.Published.At, v.Seen = Publisher{PublisherNew, "bob"}, before(7*day), Sight{}
		}, want: Passed},
		{name: "unknown", guard: G33, edit: publisher(PublisherUnknown, ""), want: Lacking, need: NeedPublisher},
	})
}

func TestGuardOfBursts(t *testing.T) {
	t.Parallel()
	burst := func(b Burst, age time.Duration) edit {
		return func(n *NameFacts, v *VersionFacts) {
			n.Name, v.Burst, v.Published.At, v.Seen = nameOf(t, "@t/core"), b, before(age), Sight{}
		}
	}
	runGuardCases(t, []guardCase{
		{name: "nothing near", guard: G17, edit: burst(Burst{State: No}, time.Hour), want: Passed},
		{name: "one too few", guard: G17, edit: burst(Burst{Yes, 19, 19, time.Minute}, time.Hour), want: Passed},
		{name: "of a scope", guard: G17, edit: burst(Burst{Yes, 84, 2, 6 * time.Minute}, time.Hour), want: Hit,
			reason: "burst hold: 84 versions of @t/* in 6m, available 2026-11-25T11:00:00Z", until: before(-23 * time.Hour)},
		{name: "of a publisher", guard: G17, edit: burst(Burst{Yes, 1, 20, 10 * time.Minute}, time.Hour), want: Hit,
			reason: "burst hold: 20 versions of one publisher in 10m", until: before(-23 * time.Hour)},
		{name: "just over", guard: G17, edit: burst(Burst{Yes, 84, 84, time.Minute}, day), want: Passed},
		{name: "just not over", guard: G17, edit: burst(Burst{Yes, 84, 84, time.Minute}, day-1), want: Hit,
			reason: "burst hold", until: noon.Add(1)},
		{name: "unknown", guard: G17, edit: burst(Burst{}, time.Hour), want: Lacking, need: NeedBurst},
	})
}
