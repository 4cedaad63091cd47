package policy

import (
	"testing"
	"time"
)

func TestGuardOfScripts(t *testing.T) {
	t.Parallel()
	hooks := func(declared, packed, previous Hooks) edit {
		return func(_ *NameFacts, v *VersionFacts) {
			v.Declared, v.Packed = &Manifest{Hooks: declared}, &Manifest{Hooks: packed}
			v.Previous.Declared, v.Previous.Packed = &Manifest{}, &Manifest{Hooks: previous}
		}
	}
	unseen := func(declared Hooks, previous *Manifest) edit {
		return func(_ *NameFacts, v *VersionFacts) {
			v.Declared, v.Packed = &Manifest{Hooks: declared}, nil
			v.Previous.Declared, v.Previous.Packed = &Manifest{}, previous
		}
	}
	runGuardCases(t, []guardCase{
		{name: "none", guard: G14, edit: hooks(0, 0, 0), want: Passed},
		{name: "as before", guard: G14, edit: hooks(Postinstall, Postinstall, Install), want: Passed},
		{name: "new", guard: G14, edit: hooks(Preinstall, Preinstall, 0), want: Hit, reason: "new install script (preinstall) not in previous 1.2.2"},
		{name: "new in the tarball alone", guard: G14, edit: hooks(0, Postinstall, 0), want: Hit, reason: "(postinstall)"},
		{name: "new in the document alone", guard: G14, edit: hooks(Install, 0, 0), want: Hit, reason: "(install)"},
		{name: "gyp without scripts", guard: G14, edit: hooks(0, Gyp, 0), want: Hit, reason: "(binding.gyp)"},
		{name: "gone", guard: G14, edit: hooks(0, 0, Postinstall), want: Passed},
		{name: "tarball unseen", guard: G14, edit: unseen(0, &Manifest{}), want: Lacking, need: NeedTarball},
		{name: "tarball unseen, but the document says so", guard: G14, edit: unseen(Install, &Manifest{}), want: Hit, reason: "(install)"},
		{name: "tarball before unseen", guard: G14, edit: unseen(Install, nil), want: Lacking, need: NeedPreviousTarball, likely: true},
		{name: "no idea what was before", guard: G14, edit: func(_ *NameFacts, v *VersionFacts) {
			v.Packed, v.Lineage, v.Previous = &Manifest{Hooks: Gyp}, LineageUnknown, nil
		}, want: Lacking, need: NeedPrevious},
		{name: "first version", guard: G14, edit: func(_ *NameFacts, v *VersionFacts) {
			v.Packed, v.Lineage, v.Previous = &Manifest{Hooks: Gyp}, LineageFirst, nil
		}, want: Passed},
		{name: "allowed by name", guard: G14, edit: hooks(0, Gyp, 0), want: NotAsked, conf: func(c *Config) {
			c.Modes = append(c.Modes, ModeRule{"scripts", "left-*", "off"})
		}},
	})
}

// depends gives the version these dependencies, and the one before those.
func depends(now, then []Dependency) edit {
	return func(_ *NameFacts, v *VersionFacts) {
		v.Declared, v.Packed = &Manifest{Dependencies: now}, nil
		v.Previous.Declared, v.Previous.Packed = &Manifest{Dependencies: then}, nil
	}
}

func TestGuardsOfDependencies(t *testing.T) {
	t.Parallel()
	git := Dependency{Name: "@tanstack/setup", Exotic: FromGit}
	young := Dependency{Name: "plain-crypto-js", Created: before(18 * time.Minute)}
	week := Dependency{Name: "week", Created: before(7 * day)}
	old := Dependency{Name: "old", Created: before(100 * day)}
	unaged := Dependency{Name: "unaged"}
	runGuardCases(t, []guardCase{
		{name: "none", guard: G15, edit: depends(nil, nil), want: Passed},
		{name: "from the registry", guard: G15, edit: depends([]Dependency{young}, nil), want: Passed},
		{name: "new", guard: G15, edit: depends([]Dependency{old, git}, []Dependency{old}), want: Hit,
			reason: "new exotic dependency @tanstack/setup (git) not in previous 1.2.2"},
		{name: "as before", guard: G15, edit: depends([]Dependency{git}, []Dependency{git}), want: Passed},
		{name: "moved out of the registry", guard: G15, edit: depends([]Dependency{{Name: "old", Exotic: FromURL}}, []Dependency{old}), want: Hit,
			reason: "old (url)"},
		{name: "in the tarball alone", guard: G15, edit: func(_ *NameFacts, v *VersionFacts) {
			v.Packed = &Manifest{Dependencies: []Dependency{git}}
		}, want: Hit, reason: "@tanstack/setup"},
		{name: "name of an attacker", guard: G15, edit: depends([]Dependency{{Name: "a\x1b[2J b", Exotic: FromGit}}, nil), want: Hit,
			reason: "new exotic dependency of a malformed name (git)"},
		{name: "first version", guard: G15, edit: func(_ *NameFacts, v *VersionFacts) {
			v.Declared, v.Lineage, v.Previous = &Manifest{Dependencies: []Dependency{git}}, LineageFirst, nil
		}, want: Passed},
		{name: "unknown", guard: G15, edit: func(_ *NameFacts, v *VersionFacts) { v.Declared, v.Packed = nil, nil }, want: Lacking, need: NeedManifest},
		{name: "unknown before", guard: G15, edit: func(_ *NameFacts, v *VersionFacts) {
			v.Previous.Declared, v.Previous.Packed = nil, nil
		}, want: Lacking, need: NeedPrevious},

		{name: "none", guard: G16, edit: depends(nil, nil), want: Passed},
		{name: "new and young", guard: G16, edit: depends([]Dependency{old, young}, []Dependency{old}), want: Hit,
			reason: "adds dependency plain-crypto-js first published 18m ago, minimum 7d, available 2026-12-01T11:42:00Z",
			until:  before(18 * time.Minute).Add(7 * day)},
		{name: "young as before", guard: G16, edit: depends([]Dependency{young}, []Dependency{young}), want: Passed},
		{name: "new and just old enough", guard: G16, edit: depends([]Dependency{week}, nil), want: Passed},
		{name: "new and just not", guard: G16, edit: depends([]Dependency{{Name: "w", Created: before(7*day - 1)}}, nil), want: Hit,
			reason: "adds dependency w", until: noon.Add(1)},
		{name: "the youngest speaks", guard: G16, edit: depends([]Dependency{{Name: "b", Created: before(day)}, young, {Name: "c", Created: before(2 * day)}}, nil),
			want: Hit, reason: "plain-crypto-js", until: before(18 * time.Minute).Add(7 * day)},
		{name: "new of unknown age", guard: G16, edit: depends([]Dependency{unaged}, nil), want: Lacking, need: NeedDependencyAges},
		{name: "of unknown age as before", guard: G16, edit: depends([]Dependency{unaged}, []Dependency{unaged}), want: Passed},
		{name: "exotic ones are another guard's", guard: G16, edit: depends([]Dependency{git}, nil), want: Passed},
	})
}

func TestGuardOfLicenses(t *testing.T) {
	t.Parallel()
	license := func(text string) edit {
		return func(_ *NameFacts, v *VersionFacts) { v.Packed = &Manifest{License: text} }
	}
	allow := func(c *Config) { c.Licenses = Licenses{Allow: []string{"MIT", "Apache-2.0"}} }
	deny := func(c *Config) { c.Licenses = Licenses{Deny: []string{"GPL-3.0"}} }
	runGuardCases(t, []guardCase{
		{name: "no rules", guard: G41, edit: license("GPL-3.0"), want: Passed},
		{name: "allowed", guard: G41, edit: license("MIT"), conf: allow, want: Passed},
		{name: "not allowed", guard: G41, edit: license("GPL-3.0"), conf: allow, want: Hit, reason: "license GPL-3.0 not allowed"},
		{name: "choice", guard: G41, edit: license("(MIT OR GPL-3.0)"), conf: allow, want: Passed},
		{name: "both", guard: G41, edit: license("(MIT AND GPL-3.0)"), conf: allow, want: Hit, reason: "license (MIT AND GPL-3.0) not allowed"},
		{name: "none", guard: G41, edit: license(""), conf: allow, want: Hit, reason: "no license that can be read"},
		{name: "in a file", guard: G41, edit: license("SEE LICENSE IN LICENSE.md"), conf: allow, want: Hit, reason: "no license that can be read"},
		{name: "none, which is allowed", guard: G41, edit: license(""), conf: func(c *Config) {
			c.Licenses = Licenses{Allow: []string{"MIT"}, Unreadable: true}
		}, want: Passed},
		{name: "denied", guard: G41, edit: license("GPL-3.0-or-later"), conf: deny, want: Hit, reason: "GPL-3.0-or-later"},
		{name: "not denied", guard: G41, edit: license("ISC"), conf: deny, want: Passed},
		{name: "none, and nothing is named that must be", guard: G41, edit: license(""), conf: deny, want: Passed},
		{name: "unknown", guard: G41, edit: func(_ *NameFacts, v *VersionFacts) { v.Declared, v.Packed = nil, nil }, want: Lacking, need: NeedManifest},
	})
}
