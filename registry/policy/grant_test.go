package policy

import (
	"strings"
	"testing"
	"time"
)

// refusal is left-pad@1.2.3 refused by a soft and by a hard guard.
func refusal(t *testing.T, g Guard) Facts {
	t.Helper()
	n, v := harmless(t)
	switch g {
	case G11:
		young(time.Hour)(n, v)
	case G34:
		v.Malware = Match{Yes, "MAL-1"}
	default:
		t.Fatalf("no refusal by %v", g)
	}
	return Facts{n, v}
}

func TestGrants(t *testing.T) {
	t.Parallel()
	soon := noon.Add(time.Hour)
	exempt := func(x Exemption) Config {
		x.Owner, x.Reason, x.Expires = "ops", "hotfix", soon
		return Config{Exemptions: []Exemption{x}}
	}
	grant := func(match, versions string, expires time.Time) Config {
		return Config{Grants: []Grant{{match, versions, "known good", expires}}}
	}
	waive := func(version, guard string, from, until time.Time) Config {
		return Config{Waivers: []Waiver{{"left-pad", version, guard, "incident", from, until}}}
	}
	tests := []struct {
		name  string
		conf  Config
		guard Guard
		want  Action
		valid time.Time
	}{
		{"exempted by name", exempt(Exemption{Match: "left-pad"}), G11, Allow, soon},
		{"exempted by pattern", exempt(Exemption{Match: "left-*"}), G11, Allow, soon},
		{"exempted by version", exempt(Exemption{Match: "left-pad", Version: "1.2.3"}), G11, Allow, soon},
		{"another version exempted", exempt(Exemption{Match: "left-pad", Version: "1.2.4"}), G11, Deny, before(-23 * time.Hour)},
		{"another name exempted", exempt(Exemption{Match: "right-pad"}), G11, Deny, before(-23 * time.Hour)},
		{"another guard exempted", exempt(Exemption{Match: "left-pad", Guards: []string{"scripts"}}), G11, Deny, before(-23 * time.Hour)},
		{"exempted from the cooldown, but malware", exempt(Exemption{Match: "left-pad"}), G34, Deny, time.Time{}},
		{"malware exempted by version", exempt(Exemption{Match: "left-pad", Version: "1.2.3", Guards: []string{"G34"}}), G34, Allow, soon},
		{"exemption just over", Config{Exemptions: []Exemption{{"left-pad", "", nil, "o", "r", noon}}}, G11, Deny, before(-23 * time.Hour)},
		{"exemption not quite over", Config{Exemptions: []Exemption{{"left-pad", "", nil, "o", "r", noon.Add(1)}}}, G11, Allow, noon.Add(1)},

		{"granted by range", grant("left-pad", "1.x", time.Time{}), G11, Allow, before(-23 * time.Hour)},
		{"granted for ever, but malware", grant("left-pad", "1.2.3", time.Time{}), G34, Deny, time.Time{}},
		{"granted by range, but malware", grant("left-pad", "1.x", soon), G34, Deny, time.Time{}},
		{"granted by pattern, but malware", grant("left-*", "1.2.3", soon), G34, Deny, time.Time{}},
		{"granted by version for a time, though malware", grant("left-pad", "1.2.3", soon), G34, Allow, soon},

		{"waived", waive("1.2.3", "", noon, soon), G34, Allow, soon},
		{"waived in another spelling", waive("v1.2.3", "", noon, soon), G34, Allow, soon},
		{"another guard waived", waive("1.2.3", "cooldown", noon, soon), G34, Deny, time.Time{}},
		{"waiver not begun", waive("1.2.3", "", noon.Add(1), soon), G11, Deny, noon.Add(1)},
		{"waiver over", waive("1.2.3", "", before(time.Hour), noon), G11, Deny, before(-23 * time.Hour)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.conf.Level, tt.conf.Modes = NoLevel, only(tt.guard, "enforce").Modes
			e, f := compiled(t, tt.conf), refusal(t, tt.guard)
			j := e.Judge(f, noon)
			if j.Action != tt.want || !j.ValidUntil.Equal(tt.valid) {
				t.Errorf("%v until %v, want %v until %v", j.Action, j.ValidUntil, tt.want, tt.valid)
			}
			v := verdictOf(t, e, f, tt.guard)
			if v.State != Hit || (v.Waived != "") != (tt.want == Allow) || (v.Waive != "") != (tt.want == Deny) {
				t.Errorf("explains %+v", v)
			}
		})
	}
}

func TestGrantOfUnknown(t *testing.T) {
	t.Parallel()
	n, v := harmless(t)
	v.Signature = Signature{}
	c := Config{Level: Strict, Waivers: []Waiver{{"left-pad", "1.2.3", "", "r", noon, noon.Add(time.Hour)}}}
	if j := compiled(t, c).Judge(Facts{n, v}, noon); j.Action != Allow {
		t.Errorf("waived: %v by %v", j.Action, j.Guard)
	}
	c.Waivers = nil
	if j := compiled(t, c).Judge(Facts{n, v}, noon); j.Action != Undecided || j.Missing != NeedSignature || j.Guard != G28 {
		t.Errorf("not waived: %+v", j.Verdict)
	}
}

func TestBlocks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		block []Block
		want  string
		until time.Time
	}{
		{"none", nil, "", time.Time{}},
		{"by name", []Block{{"left-pad", "", "left us", time.Time{}}}, "operator: left us", time.Time{}},
		{"by pattern", []Block{{"**", "", "all of it", time.Time{}}}, "operator: all of it", time.Time{}},
		{"by range", []Block{{"left-pad", ">=1.2", "broken", time.Time{}}}, "operator: broken", time.Time{}},
		{"by another range", []Block{{"left-pad", ">=2", "broken", time.Time{}}}, "", time.Time{}},
		{"by version", []Block{{"left-pad", "1.2.3", "bad", time.Time{}}}, "operator: bad", time.Time{}},
		{"until later", []Block{{"left-pad", "", "bad", noon.Add(1)}}, "operator: bad", noon.Add(1)},
		{"until now", []Block{{"left-pad", "", "bad", noon}}, "", time.Time{}},
		{"two, the longer speaks", []Block{{"**", "", "a", noon.Add(1)}, {"left-pad", "", "b", noon.Add(2)}}, "operator: b", noon.Add(2)},
		{"odd text", []Block{{"left-pad", "", "b\x1b[31m\nad \u00e9", time.Time{}}}, "operator: b [31m ad ?", time.Time{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, local := range []bool{false, true} {
				n, v := harmless(t)
				v.Local = local
				j := compiled(t, Config{Level: NoLevel, Blocks: tt.block}).Judge(Facts{n, v}, noon)
				if tt.want == "" {
					if j.Action != Allow {
						t.Errorf("refused: %s", j.Reason)
					}
					continue
				}
				if j.Action != Deny || j.Reason != tt.want || !j.Until.Equal(tt.until) || !j.ValidUntil.Equal(tt.until) || j.Code != "E_BLOCKED" {
					t.Errorf("got %+v until %v", j.Verdict, j.ValidUntil)
				}
			}
		})
	}
}

func TestBlockOfPrerelease(t *testing.T) {
	t.Parallel()
	n, v := harmless(t)
	v.Version = "2.1.0-rc.1"
	e := compiled(t, Config{Level: NoLevel, Blocks: []Block{{"left-pad", ">=2", "hijacked", time.Time{}}}})
	if j := e.Judge(Facts{n, v}, noon); j.Action != Deny {
		t.Error("a prerelease of what is blocked comes through")
	}
}

func TestLocalVersions(t *testing.T) {
	t.Parallel()
	e := compiled(t, Config{Level: Strict})
	f := Facts{&NameFacts{Name: nameOf(t, "@acme/x")}, &VersionFacts{Version: "1.0.0", Local: true}}
	if j := e.Judge(f, noon); j.Action != Allow || len(j.Verdicts) != 0 {
		t.Errorf("a version that was published here: %+v", j)
	}
	for _, v := range e.Explain(f, noon) {
		if v.Guard != G39 && v.State != NotAsked {
			t.Errorf("%v judged it: %s", v.Guard, v.Reason)
		}
	}
}

func TestLine(t *testing.T) {
	t.Parallel()
	n, v := harmless(t)
	young(5*time.Hour)(n, v)
	j := compiled(t, Config{Level: Strict}).Judge(Facts{n, v}, noon)
	want := "blocked by registry policy G11 cooldown: left-pad@1.2.3 is 5h old, minimum 72h, available 2026-11-27T07:00:00Z (decision 7)"
	if got := j.Line(noon, " (decision 7)"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if want := "left-pad@1.2.3 was published 2026-11-24T07:00:00Z, minimum 72h, available 2026-11-27T07:00:00Z"; j.Reason != want {
		t.Errorf("got  %s\nwant %s", j.Reason, want)
	}
	long := Verdict{Guard: G39, Reason: strings.Repeat("long ", 200)}
	if got := long.Line(noon, " (ask: us)"); len(got) > 400 || !strings.HasSuffix(got, "lo (ask: us)") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
}

func TestBlockInAnyCase(t *testing.T) {
	t.Parallel()
	n, v := harmless(t)
	n.Name = nameOf(t, "JSONStream")
	e := compiled(t, Config{Level: NoLevel, Blocks: []Block{{"JsonStream", "", "bad", time.Time{}}}})
	if j := e.Judge(Facts{n, v}, noon); j.Action != Deny {
		t.Error("another case of a blocked name comes through")
	}
}
