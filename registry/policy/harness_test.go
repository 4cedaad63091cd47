package policy

import (
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// noon is when the tests judge.
var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

func before(d time.Duration) time.Time { return noon.Add(-d) }

func nameOf(t testing.TB, s string) npm.Name {
	t.Helper()
	n, err := npm.ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func compiled(t testing.TB, c Config) *Engine {
	t.Helper()
	e, err := Compile(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// only is the configuration in which one guard has a mode and the others are
// off.
func only(g Guard, mode string) Config {
	return Config{Level: NoLevel, Modes: []ModeRule{{Guard: g.Word(), Mode: mode}}}
}

// harmless is a version that nobody can object to, with everything known.
func harmless(t testing.TB) (*NameFacts, *VersionFacts) {
	t.Helper()
	n := &NameFacts{
		Name: nameOf(t, "left-pad"), Created: before(2000 * day), FirstSeen: before(300 * day), Times: Yes, Clock: RegistryClock,
		Signs: Yes, Signed: Yes, Holder: No, Lookalike: Resemblance{State: No}, Return: Return{State: No},
	}
	previous := quiet("1.2.2", 400*day)
	v := quiet("1.2.3", 60*day)
	v.Lineage, v.Previous = LineageKnown, &previous
	return n, &v
}

// quiet is a version of that age about which all is known.
func quiet(version string, age time.Duration) VersionFacts {
	m := &Manifest{Dependencies: []Dependency{{Name: "repeat", Created: before(1000 * day)}}, License: "MIT"}
	return VersionFacts{
		Version: version, Published: PublishTime{TimeStated, before(age)},
		Seen:    Sight{First: before(age), Without: before(age + time.Hour), WithName: No},
		Listing: Listing{Listed: Yes}, Declared: m, Packed: m, Tar: Tar{State: TarGood},
		Signature: Signature{State: SignatureValid}, Provenance: ProvenanceAttested,
		Publisher: Publisher{PublisherKnown, "alice"}, Pin: Pin{Changed: No}, Burst: Burst{State: No},
		Malware: Match{State: No}, Indicator: Match{State: No}, Fix: Match{State: No}, Lineage: LineageFirst,
	}
}

// edit changes facts for a case.
type edit func(n *NameFacts, v *VersionFacts)

// guardCase is what one guard must find in harmless facts that were edited.
type guardCase struct {
	name  string
	guard Guard
	edit  edit
	// conf changes the configuration that asks the guard.
	conf   func(c *Config)
	want   State
	reason string
	until  time.Time
	// valid is when the judgement ends, where that is not until.
	valid time.Time
	need  Need
	hide  bool
	// likely tells that what lacks facts is as good as found where the guard does
	// not enforce.
	likely bool
	// waived is what overrules the guard without anybody's order.
	waived string
}

// wanted is what the guard has to find in a mode.
func (c guardCase) wanted(mode string) State {
	switch {
	case mode == "off":
		return NotAsked
	case c.likely && mode != "enforce":
		return Hit
	}
	return c.want
}

// wantAction is the contract between findings, modes and actions.
func (c guardCase) wantAction(mode string) Action {
	switch want := c.wanted(mode); {
	case c.waived != "":
		return Allow
	case want == Hit && mode == "enforce" && c.hide:
		return Hide
	case want == Hit && mode == "enforce":
		return Deny
	case want == Hit && mode == "warn", want == Noticed && mode != "dry-run":
		return Warn
	case want == Lacking && mode == "enforce":
		return Undecided
	}
	return Allow
}

// runGuardCases judges each case in each mode.
func runGuardCases(t *testing.T, cases []guardCase) {
	t.Helper()
	for _, c := range cases {
		for _, mode := range []string{"off", "dry-run", "warn", "enforce"} {
			t.Run(c.guard.String()+"/"+c.name+"/"+mode, func(t *testing.T) {
				t.Parallel()
				n, v := harmless(t)
				c.edit(n, v)
				conf := only(c.guard, mode)
				if c.conf != nil {
					c.conf(&conf)
				}
				c.check(t, compiled(t, conf), Facts{n, v}, mode)
			})
		}
	}
}

func (c guardCase) check(t *testing.T, e *Engine, f Facts, mode string) {
	t.Helper()
	j := e.Judge(f, noon)
	if want := c.wantAction(mode); j.Action != want {
		t.Errorf("action %v, want %v: %+v", j.Action, want, j.Verdicts)
	}
	got := verdictOf(t, e, f, c.guard)
	want := c.wanted(mode)
	if got.State != want {
		t.Fatalf("found %v (%s), want %v", got.State, got.Reason, want)
	}
	if mode == "off" {
		return
	}
	if !strings.Contains(got.ReasonAt(noon), c.reason) {
		t.Errorf("says %q, want %q", got.ReasonAt(noon), c.reason)
	}
	if got.Waived != c.waived {
		t.Errorf("is overruled by %q, want %q", got.Waived, c.waived)
	}
	if opened := got.Decider() == "G40"; opened != (c.waived != "") {
		t.Errorf("due to %s", got.Decider())
	}
	need := c.need
	if want == Hit {
		need = 0
	}
	if !got.Until.Equal(c.until) || got.Missing != need {
		t.Errorf("until %v and needs %q, want %v and %q", got.Until, got.Missing, c.until, need)
	}
	valid := c.valid
	if valid.IsZero() {
		valid = c.until
	}
	if !valid.IsZero() && !j.ValidUntil.Equal(valid) {
		t.Errorf("valid until %v, want %v", j.ValidUntil, valid)
	}
	if want == Passed && len(j.Verdicts) != 0 {
		t.Errorf("says %+v, want nothing", j.Verdicts)
	}
}

// verdictOf is what one guard says.
func verdictOf(t *testing.T, e *Engine, f Facts, g Guard) Verdict {
	t.Helper()
	for _, v := range e.Explain(f, noon) {
		if v.Guard == g {
			return v
		}
	}
	t.Fatalf("%v says nothing at all", g)
	return Verdict{}
}
