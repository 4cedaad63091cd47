package policy

import (
	"reflect"
	"slices"
	"testing"
	"time"
)

// release is a version of that age with these hooks.
func release(version string, age time.Duration, hooks Hooks) VersionFacts {
	v := quiet(version, age)
	m := *v.Packed
	m.Hooks = hooks
	v.Declared, v.Packed, v.Lineage = &m, &m, LineageUnknown
	return v
}

func TestJudgeName(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		versions []VersionFacts
		want     map[string]string
	}{
		{"first version", []VersionFacts{release("1.0.0", 100*day, Gyp)}, nil},
		{"new script", []VersionFacts{release("1.0.0", 200*day, 0), release("1.0.1", 100*day, Gyp)},
			map[string]string{"1.0.1": "new install script (binding.gyp) not in previous 1.0.0"}},
		{"what is denied does not count as the version before", []VersionFacts{
			release("1.0.2", 90*day, Gyp), release("1.0.0", 200*day, 0), release("1.0.1", 100*day, Gyp),
		}, map[string]string{"1.0.1": "new install script (binding.gyp) not in previous 1.0.0", "1.0.2": "new install script (binding.gyp) not in previous 1.0.0"}},
		{"backport after a new major", []VersionFacts{
			release("1.0.0", 300*day, 0), release("2.0.0-rc.1", 250*day, 0), release("2.0.0", 200*day, 0), release("1.0.1", 100*day, 0),
		}, nil},
		{"a prerelease opens no way", []VersionFacts{release("1.0.0", 300*day, 0), release("1.1.0-rc.1", 200*day, 0), release("1.1.0", 100*day, Install)},
			map[string]string{"1.1.0": "new install script (install) not in previous 1.0.0"}},
		{"a prerelease is compared with the one before", []VersionFacts{
			release("1.0.0", 300*day, 0), release("2.0.0-rc.1", 250*day, 0), release("2.0.0-rc.2", 200*day, Gyp),
		}, map[string]string{"2.0.0-rc.2": "new install script (binding.gyp) not in previous 2.0.0-rc.1"}},
		{"semver and not text", []VersionFacts{release("1.9.0", 300*day, 0), release("1.10.0", 100*day, Gyp)},
			map[string]string{"1.10.0": "new install script (binding.gyp) not in previous 1.9.0"}},
		{"no versions", nil, nil},
	}
	e := compiled(t, only(G14, "enforce"))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n, _ := harmless(t)
			got := e.JudgeName(n, tt.versions, noon)
			refused := map[string]string{}
			for i, j := range got.Judgements {
				if j.Action != Allow {
					refused[tt.versions[i].Version] = j.Reason
				}
			}
			if len(refused) != len(tt.want) || len(tt.want) > 0 && !reflect.DeepEqual(refused, tt.want) {
				t.Errorf("refused %v, want %v", refused, tt.want)
			}
		})
	}
}

// TestHiddenVersionsOpenNoWay has a young version, which lists are without, bring
// what the next one would be refused for.
func TestHiddenVersionsOpenNoWay(t *testing.T) {
	t.Parallel()
	conf := only(G14, "enforce")
	conf.Modes = append(conf.Modes, ModeRule{Guard: "cooldown", Mode: "enforce"})
	conf.Cooldown.HideOnly = true
	n, _ := harmless(t)
	got := compiled(t, conf).JudgeName(n, []VersionFacts{
		release("1.0.0", 300*day, 0), release("1.0.1", 2*time.Hour, 0), release("1.0.2", time.Hour, Gyp),
	}, noon)
	if a := got.Judgements[1].Action; a != Hide {
		t.Fatalf("a young version is %v", a)
	}
	if got.Previous[2] != 0 {
		t.Errorf("the next is compared with the version at %d", got.Previous[2])
	}
}

func TestNameDigest(t *testing.T) {
	t.Parallel()
	n, _ := harmless(t)
	base := []VersionFacts{release("1.0.0", 200*day, 0), release("1.0.1", 5*time.Hour, 0), release("1.1.0", 3*time.Hour, 0)}
	standard := compiled(t, Config{})
	want := standard.JudgeName(n, base, noon)
	if ready := before(5 * time.Hour).Add(day); !want.ValidUntil.Equal(ready) {
		t.Errorf("valid until %v, want %v", want.ValidUntil, ready)
	}
	same := map[string][16]byte{
		"again":                         standard.JudgeName(n, base, noon).Digest,
		"later, while nothing matures":  standard.JudgeName(n, base, want.ValidUntil.Add(-1)).Digest,
		"in another order":              standard.JudgeName(n, []VersionFacts{base[2], base[0], base[1]}, noon).Digest,
		"with a version that is good":   standard.JudgeName(n, append(base[:3:3], release("1.0.5", 100*day, 0)), noon).Digest,
		"with a guard that is dry-run":  compiled(t, Config{Modes: []ModeRule{{"license", "", "dry-run"}}}).JudgeName(n, base, noon).Digest,
		"with a block of another name":  compiled(t, Config{Blocks: []Block{{Match: "x", Reason: "r"}}}).JudgeName(n, base, noon).Digest,
		"with windows of another scope": compiled(t, Config{Cooldown: Cooldown{Windows: []Window{{Match: "@a/*", Default: 1}}}}).JudgeName(n, base, noon).Digest,
	}
	for name, got := range same {
		if got != want.Digest {
			t.Errorf("%s: the digest changed", name)
		}
	}
	other := map[string][16]byte{
		"when one matures":        standard.JudgeName(n, base, want.ValidUntil).Digest,
		"with a longer window":    compiled(t, Config{Cooldown: Cooldown{Default: 25 * time.Hour}}).JudgeName(n, base, noon).Digest,
		"with a warning instead":  compiled(t, Config{Modes: []ModeRule{{"cooldown", "", "warn"}}}).JudgeName(n, base, noon).Digest,
		"with a block":            compiled(t, Config{Blocks: []Block{{Match: "left-pad", Versions: "1.0.0", Reason: "r"}}}).JudgeName(n, base, noon).Digest,
		"with another young one":  standard.JudgeName(n, append(base[:3:3], release("1.2.0", time.Hour, 0)), noon).Digest,
		"without policy":          New().JudgeName(n, base, noon).Digest,
		"with only listings held": compiled(t, Config{Cooldown: Cooldown{HideOnly: true}}).JudgeName(n, base, noon).Digest,
	}
	for name, got := range other {
		if got == want.Digest {
			t.Errorf("%s: the digest is the same", name)
		}
	}
}

func TestJudgeNameLeavesFacts(t *testing.T) {
	t.Parallel()
	n, _ := harmless(t)
	versions := []VersionFacts{release("1.0.0", 200*day, 0), release("1.0.1", 100*day, 0)}
	compiled(t, Config{}).JudgeName(n, versions, noon)
	if versions[1].Previous != nil || versions[1].Lineage != LineageUnknown {
		t.Error("the caller's facts were changed")
	}
}

func TestPredecessorsAreTold(t *testing.T) {
	t.Parallel()
	n, _ := harmless(t)
	e := compiled(t, Config{})
	versions := []VersionFacts{
		quiet("2.0.0", 60*day), quiet("1.0.0", 90*day), quiet("1.5.0-rc.1", 80*day), quiet("not a version", 70*day), quiet("1.5.0", 75*day),
	}
	got := e.JudgeName(n, versions, noon).Previous
	if want := []int{4, -1, 1, -1, 1}; !slices.Equal(got, want) {
		t.Errorf("compared with %v, want %v", got, want)
	}
}

func TestModeOf(t *testing.T) {
	t.Parallel()
	e := compiled(t, Config{Modes: []ModeRule{{Guard: "cooldown", Match: "@acme/*", Mode: "off"}}})
	for name, want := range map[string]Mode{"@acme/x": Off, "x": Enforce} {
		if got := e.ModeOf(nameOf(t, name), G11); got != want {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
	if e.Idle() || !New().Idle() {
		t.Error("an engine with guards is idle, or one without is not")
	}
}
