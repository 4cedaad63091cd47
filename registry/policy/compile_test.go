package policy

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

func TestLevels(t *testing.T) {
	t.Parallel()
	tests := []struct {
		level string
		warns []Guard
		off   []Guard
	}{
		{"", []Guard{G08, G25, G14, G15, G16, G17, G32, G33}, []Guard{G41}},
		{Standard, []Guard{G08, G25, G14, G15, G16, G17, G32, G33}, []Guard{G41}},
		{Strict, nil, []Guard{G41}},
	}
	for _, tt := range tests {
		t.Run("level "+tt.level, func(t *testing.T) {
			t.Parallel()
			var want modes
			for _, g := range Guards() {
				want[g] = Enforce
			}
			for _, g := range tt.warns {
				want[g] = Warning
			}
			for _, g := range tt.off {
				want[g] = Off
			}
			e := compiled(t, Config{Level: tt.level})
			if got := e.modesOf(nameOf(t, "x")); got != want {
				t.Errorf("modes %v, want %v", got, want)
			}
		})
	}
	if got := compiled(t, Config{Level: NoLevel}).modesOf(nameOf(t, "x")); got != (modes{G39: Enforce}) {
		t.Errorf("off: %v", got)
	}
	if got := compiled(t, Config{Licenses: Licenses{Deny: []string{"MIT"}}}).modesOf(nameOf(t, "x"))[G41]; got != Enforce {
		t.Errorf("licences that are written down: %v", got)
	}
	if got, want := compiled(t, Config{Level: Strict}).windows, (windows{72 * time.Hour, 14 * day, 7 * day}); got != want {
		t.Errorf("windows of strict: %v", got)
	}
	if got, want := compiled(t, Config{}).windows, (windows{day, day, day}); got != want {
		t.Errorf("windows of standard: %v", got)
	}
	for _, level := range []string{"", Standard, Strict, NoLevel} {
		got := compiled(t, Config{Level: level, Cooldown: LevelCooldown(level)}).windows
		if want := compiled(t, Config{Level: level}).windows; got != want {
			t.Errorf("level %q states %v and has %v", level, got, want)
		}
	}
}

func TestNewJudgesNothing(t *testing.T) {
	t.Parallel()
	if v := New().Decide(nameOf(t, "x"), "1.0.0"); v.Action != Allow || v.Reason != "no guard judges versions" {
		t.Errorf("got %+v", v)
	}
	if j := New().Judge(Facts{&NameFacts{Name: nameOf(t, "x")}, &VersionFacts{}}, noon); j.Action != Allow || len(j.Verdicts) != 0 {
		t.Errorf("got %+v", j)
	}
	if v := compiled(t, Config{}).Decide(nameOf(t, "x"), "1.0.0"); v.Action != Undecided {
		t.Errorf("standard decides %v of a version that it knows nothing of", v.Action)
	}
}

func TestCompileTellsEverything(t *testing.T) {
	t.Parallel()
	soon := noon.Add(time.Hour)
	tests := []struct {
		name string
		conf Config
		want []string
	}{
		{"level", Config{Level: "paranoid"}, []string{`level: unknown word "paranoid"`}},
		{"modes", Config{Modes: []ModeRule{{"colldown", "a*b", "on"}, {"G14", "x", "off"}, {"scripts", "X", "warn"}}}, []string{
			`modes[0]: unknown guard "colldown"`, `modes[0]: unknown mode "on"`, "modes[0]: malformed pattern",
			"modes[2]: the mode of scripts for x is already stated",
		}},
		{"numbers", Config{
			YoungDependency: -1, PublisherHold: -1, YoungRemoval: -1, WaiverMax: -1, Burst: BurstLimit{-1, -1},
			Cooldown: Cooldown{Default: -1, NewPackage: -1, WithScripts: -1, FastLane: -1, Windows: []Window{
				{Match: "x"}, {Match: "y", Default: 1, NewPackage: -1}, {Match: "y", Default: 1},
			}},
		}, []string{
			"young_dependency:", "publisher_hold:", "removal.young:", "waiver_max:", "burst.versions:", "burst.hold:", "cooldown.default:",
			"cooldown.new_package:", "cooldown.with_scripts:", "cooldown.fast_lane:", "cooldown.windows[0]: default must be",
			"cooldown.windows[1]: a duration", "cooldown.windows[2]: the windows of y",
		}},
		{"exemptions", Config{Exemptions: []Exemption{
			{Match: "", Version: "^1"}, {Match: "@a/*", Owner: "o", Reason: "r", Expires: soon, Guards: []string{"malware", "nonsense"}},
		}}, []string{
			"exemptions[0]: malformed pattern", `exemptions[0]: "^1" is no exact version`, "exemptions[0]: nobody owns it",
			"exemptions[0]: it never expires", "exemptions[0]: it gives no reason", "exemptions[1]: malware needs an exact name and version",
			`exemptions[1]: unknown guard "nonsense"`,
		}},
		{"blocks and grants", Config{
			Blocks: []Block{{Match: "x", Versions: "not a range"}, {Match: "y", Versions: "1.0.0", Reason: "r"}},
			Grants: []Grant{{Match: "x", Versions: "|"}, {Match: "Y", Versions: "v1.0.0", Reason: "r", Expires: soon}},
		}, []string{
			"block[0]: it gives no reason", `block[0]: "not a range" is neither`, "allow[0]: it gives no reason", `allow[0]: "|" is neither`,
			"block[1]: the same version is let through: allowed: r (until 2026-11-24T13:00:00Z)",
		}},
		{"waivers", Config{Waivers: []Waiver{
			{Name: "x*", Guard: "g"}, {Name: "x", Version: "1.0.0", Reason: "r", From: noon, Until: noon.Add(day + 1)},
			{Name: "x", Version: "1.0.0", Reason: "r", From: noon, Until: noon},
		}}, []string{
			"waivers[0]: \"x*\" is no exact name", "waivers[0]: it names no version", "waivers[0]: it needs a beginning and an end",
			"waivers[0]: it gives no reason", `waivers[0]: unknown guard "g"`, "waivers[1]: it lasts longer than 24h", "waivers[2]: it ends before",
		}},
		{"licences", Config{Licenses: Licenses{Allow: []string{"MITT", "MIT OR ISC"}, Deny: []string{""}}}, []string{
			`licenses.allow[0]: SPDX has no licence "MITT"`, `licenses.allow[1]: "MIT OR ISC" is no single licence`, `licenses.deny[0]: "" is no single`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e, err := Compile(tt.conf)
			if e != nil || !errors.Is(err, npm.ErrInvalid) {
				t.Fatalf("compiled to %v with %v", e, err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("does not say %q:\n%v", want, err)
				}
			}
			if got := strings.Count(err.Error(), "\n") + 1; got != len(tt.want) {
				t.Errorf("tells %d problems, want %d:\n%v", got, len(tt.want), err)
			}
		})
	}
}

func TestCompileAcceptsWhatIsLong(t *testing.T) {
	t.Parallel()
	compiled(t, Config{WaiverMax: 72 * time.Hour, Waivers: []Waiver{{Name: "x", Version: "1.0.0", Reason: "r", From: noon, Until: noon.Add(72 * time.Hour)}}})
	compiled(t, Config{Licenses: Licenses{Allow: []string{"MIT", "UNLICENSED", "LicenseRef-acme", "GPL-2.0-only WITH Classpath-exception-2.0"}}})
}

func TestGuardWords(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, g := range Guards() {
		for _, s := range []string{g.String(), g.Word(), g.Code()} {
			if s == "" || s == "G00" || seen[s] {
				t.Errorf("guard %d: %q is empty or taken", g, s)
			}
			seen[s] = true
		}
		if got, ok := ParseGuard(g.Word()); !ok || got != g {
			t.Errorf("ParseGuard(%q) = %v, %v", g.Word(), got, ok)
		}
	}
	if NoGuard.String() != "G00" {
		t.Errorf("no guard is %q", NoGuard)
	}
}
