package policy

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"
)

// anything makes facts of which some are good, some bad and some unknown.
func anything(t *testing.T, r *rand.Rand) Facts {
	t.Helper()
	n, v := harmless(t)
	fact := func() Fact { return Fact(r.IntN(3)) } //nolint:gosec // below 3
	ages := []time.Duration{time.Hour, day, 5 * day, 40 * day, -time.Hour}
	some := func() time.Time {
		if r.IntN(4) == 0 {
			return time.Time{}
		}
		return before(ages[r.IntN(len(ages))])
	}
	edits := []func(){
		func() { n.Created, n.FirstSeen = some(), some() },
		func() { n.Times, n.Signs, n.Signed, n.Holder = fact(), fact(), fact(), fact() },
		func() { n.Lookalike, n.Return = Resemblance{fact(), "x"}, Return{fact(), some()} },
		func() { v.Published = PublishTime{PublishState(r.IntN(4)), some()} }, //nolint:gosec // below 4
		func() { v.Seen = Sight{some(), some(), fact()} },
		func() { v.Listing = Listing{fact(), some()} },
		func() { v.Packed = nil },
		func() {
			v.Packed = &Manifest{Hooks: Hooks(r.IntN(16)), Dependencies: []Dependency{{"d", FromGit, some()}}}
		}, //nolint:gosec // below 16
		func() { v.Declared = &Manifest{Dependencies: []Dependency{{"e", "", some()}}} },
		func() { v.Tar = Tar{State: TarState(r.IntN(3)), Guard: G22 + Guard(r.IntN(4)), Text: "x"} },              //nolint:gosec // small
		func() { v.Signature, v.Provenance = Signature{State: SignatureState(r.IntN(5))}, Provenance(r.IntN(4)) }, //nolint:gosec // small
		func() { v.Publisher = Publisher{PublisherState(r.IntN(4)), "p"} },                                        //nolint:gosec // below 4
		func() {
			v.Pin, v.Burst = Pin{fact(), some(), r.IntN(2) == 0}, Burst{fact(), r.IntN(40), r.IntN(40), time.Minute}
		},
		func() { v.Malware, v.Indicator, v.Fix = Match{fact(), "m"}, Match{fact(), "i"}, Match{fact(), "f"} },
		func() { v.Lineage, v.Previous = Lineage(r.IntN(2)), nil }, //nolint:gosec // below 2
	}
	for range r.IntN(8) {
		edits[r.IntN(len(edits))]()
	}
	return Facts{n, v}
}

// someConfig makes a configuration that compiles.
func someConfig(r *rand.Rand) Config {
	c := Config{Level: []string{Standard, Strict, NoLevel}[r.IntN(3)]}
	for _, g := range Guards() {
		for _, match := range []string{"**", "*", "left-*", "left-pad", "@a/*"} {
			if r.IntN(6) == 0 {
				c.Modes = append(c.Modes, ModeRule{g.Word(), match, Mode(r.IntN(int(modeCount))).String()}) //nolint:gosec // small
			}
		}
	}
	for i, match := range []string{"**", "left-*", "left-pad"} {
		if r.IntN(2) == 0 {
			c.Cooldown.Windows = append(c.Cooldown.Windows, Window{Match: match, Default: time.Duration(1+r.IntN(100)) * time.Hour})
			c.Blocks = append(c.Blocks, Block{match, "<1", fmt.Sprint("b", i), noon.Add(time.Duration(i-1) * time.Hour)})
			c.Exemptions = append(c.Exemptions, Exemption{match, "", nil, "o", fmt.Sprint("x", i), noon.Add(time.Duration(i-1) * time.Hour)})
			c.Grants = append(c.Grants, Grant{match, "1.2.3", fmt.Sprint("g", i), noon.Add(time.Duration(i-1) * time.Hour)})
		}
	}
	return c
}

func TestJudgeIsDeterministic(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		e, f := compiled(t, someConfig(r)), anything(t, r)
		if a, b := e.Judge(f, noon), e.Judge(f, noon); !reflect.DeepEqual(a, b) {
			t.Fatalf("%+v\n%+v", a, b)
		}
	}
}

func TestOrderMeansNothing(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(5, 6))
	for range 1000 {
		c, f := someConfig(r), anything(t, r)
		want := compiled(t, c).Explain(f, noon)
		r.Shuffle(len(c.Modes), func(i, k int) { c.Modes[i], c.Modes[k] = c.Modes[k], c.Modes[i] })
		r.Shuffle(len(c.Blocks), func(i, k int) { c.Blocks[i], c.Blocks[k] = c.Blocks[k], c.Blocks[i] })
		r.Shuffle(len(c.Grants), func(i, k int) { c.Grants[i], c.Grants[k] = c.Grants[k], c.Grants[i] })
		r.Shuffle(len(c.Exemptions), func(i, k int) { c.Exemptions[i], c.Exemptions[k] = c.Exemptions[k], c.Exemptions[i] })
		w := c.Cooldown.Windows
		r.Shuffle(len(w), func(i, k int) { w[i], w[k] = w[k], w[i] })
		if got := compiled(t, c).Explain(f, noon); !reflect.DeepEqual(got, want) {
			t.Fatalf("%+v\n%+v", got, want)
		}
	}
}

// TestEnforcingAllowsNoMore raises the mode of one guard after the other.
func TestEnforcingAllowsNoMore(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 8))
	for range 2000 {
		c, f := someConfig(r), anything(t, r)
		if len(c.Modes) == 0 {
			continue
		}
		was := compiled(t, c).Judge(f, noon).Action
		rule := &c.Modes[r.IntN(len(c.Modes))]
		from, _ := parseMode(rule.Mode)
		for to := from; to < modeCount; to++ {
			rule.Mode = to.String()
			got := compiled(t, c).Judge(f, noon).Action
			if got < was {
				t.Fatalf("%v with %s in %v, %v before: %+v", got, rule.Guard, to, was, f.Version)
			}
			was = got
		}
	}
}

// TestUnknownIsUndecided knows nothing but a name.
func TestUnknownIsUndecided(t *testing.T) {
	t.Parallel()
	e := compiled(t, Config{Level: Strict})
	j := e.Judge(Facts{&NameFacts{Name: nameOf(t, "x")}, &VersionFacts{Version: "1.0.0"}}, noon)
	if j.Action != Undecided {
		t.Errorf("decides %v of what it does not know", j.Action)
	}
	for _, v := range j.Verdicts {
		if v.Action != Undecided || v.Missing == 0 || v.Missing.String() == "" {
			t.Errorf("%v: %+v", v.Guard, v)
		}
	}
	// Only what operators block needs no facts, and licences are off.
	if got, want := len(j.Verdicts), len(Guards())-2; got != want {
		t.Errorf("%d guards are undecided, want %d", got, want)
	}
}

// TestJudgementsLast judges again just before the end of a judgement.
func TestJudgementsLast(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	for range 2000 {
		e, f := compiled(t, someConfig(r)), anything(t, r)
		j := e.Judge(f, noon)
		end := j.ValidUntil
		if end.IsZero() {
			end = noon.Add(1000 * day)
		}
		if !end.After(noon) {
			t.Fatalf("valid until %v", end)
		}
		for _, at := range []time.Time{noon.Add(end.Sub(noon) / 2), end.Add(-1)} {
			later := e.Judge(f, at)
			if later.Action != j.Action || later.Reason != j.Reason || len(later.Verdicts) != len(j.Verdicts) {
				t.Fatalf("at %v of %v: %v %q, was %v %q: %+v", at, end, later.Action, later.Reason, j.Action, j.Reason, f.Version)
			}
		}
	}
}

func FuzzCompile(f *testing.F) {
	f.Add("standard", "cooldown", "@a/*", "enforce", ">=1")
	f.Add("strict", "G14", "x", "off", "1.2.3")
	f.Fuzz(func(t *testing.T, level, guard, match, mode, versions string) {
		c := Config{
			Level: level, Modes: []ModeRule{{guard, match, mode}},
			Blocks:     []Block{{match, versions, level, noon}},
			Exemptions: []Exemption{{match, versions, []string{guard}, mode, level, noon}},
			Licenses:   Licenses{Allow: []string{versions}, Deny: []string{match}},
		}
		e, err := Compile(c)
		if (e == nil) == (err == nil) {
			t.Fatalf("engine %v, error %v", e, err)
		}
		if err == nil {
			n, v := harmless(t)
			e.Judge(Facts{n, v}, noon)
		}
	})
}

func TestJudgeCostsNoMemory(t *testing.T) {
	n, v := harmless(t)
	e := compiled(t, loaded())
	f := Facts{n, v}
	if j := e.Judge(f, noon); j.Action != Allow || len(j.Verdicts) != 0 || !j.ValidUntil.IsZero() {
		t.Fatalf("harmless is %+v", j)
	}
	if got := testing.AllocsPerRun(100, func() { e.Judge(f, noon) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

// loaded is a strict configuration with something in every list.
func loaded() Config {
	c := Config{Level: Strict, Licenses: Licenses{Allow: []string{"MIT"}}, Modes: []ModeRule{{"scripts", "@a/*", "off"}}}
	c.Cooldown.Windows = []Window{{Match: "@types/*", Default: day}}
	for i := range 100 {
		c.Waivers = append(c.Waivers, Waiver{fmt.Sprint("w", i), "1.0.0", "", "r", noon, noon.Add(day)})
		c.Blocks = append(c.Blocks, Block{fmt.Sprint("b", i), ">=1", "r", time.Time{}})
	}
	return c
}

func BenchmarkJudge(b *testing.B) {
	n, v := harmless(b)
	e := compiled(b, loaded())
	f := Facts{n, v}
	b.ReportAllocs()
	for b.Loop() {
		e.Judge(f, noon)
	}
}
