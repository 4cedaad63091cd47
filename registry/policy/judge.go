package policy

import "time"

// check is one version while it is judged.
type check struct {
	engine  *Engine
	name    *NameFacts
	version *VersionFacts
	now     time.Time
	// valid is when the judgement ends; zero for never.
	valid time.Time
}

// changesAt notes that something changes at a moment; what is past does not.
func (c *check) changesAt(at time.Time) {
	if c.now.Before(at) && (c.valid.IsZero() || at.Before(c.valid)) {
		c.valid = at
	}
}

// id is the version as refusals name it.
func (c *check) id() string { return c.name.Name.String() + "@" + c.version.Version }

// finding is what a guard found, before its mode is looked at.
type finding struct {
	state State
	text  string
	// until is when it ends by itself; zero for never.
	until   time.Time
	missing Need
	age     agePhrase
	// likely is what it would find if what it lacks turned out to be as it is
	// declared. It is enough to warn.
	likely string
	// hide asks for no more than to hide the version.
	hide bool
	// waived is what overrules it before any operator does.
	waived string
}

func pass(text string) finding { return finding{state: Passed, text: text} }

func notice(text string) finding { return finding{state: Noticed, text: text} }

func hit(text string) finding { return finding{state: Hit, text: text} }

func lack(missing Need) finding { return finding{state: Lacking, missing: missing} }

// Judge asks every guard about a version. The answer depends on its arguments
// alone. It costs no memory while nobody has anything to say.
func (e *Engine) Judge(f Facts, now time.Time) Judgement {
	c := check{engine: e, name: f.Name, version: f.Version, now: now}
	m := e.modesOf(f.Name.Name)
	j := Judgement{Verdict: Verdict{Action: Allow, Reason: "no guard objects"}}
	for g := NoGuard + 1; g < guardCount; g++ {
		if m[g] == Off {
			continue
		}
		found := c.ask(g)
		if found.state <= Passed {
			continue
		}
		v := c.verdict(g, m[g], found)
		j.Verdicts = append(j.Verdicts, v)
		if v.Action > j.Action {
			j.Verdict = v
		}
	}
	j.ValidUntil = c.valid
	return j
}

// Explain returns the verdicts of all guards, also of those that pass and of
// those that are off, each with how to overrule it.
func (e *Engine) Explain(f Facts, now time.Time) []Verdict {
	c := check{engine: e, name: f.Name, version: f.Version, now: now}
	m := e.modesOf(f.Name.Name)
	all := make([]Verdict, 0, guardCount-1)
	for g := NoGuard + 1; g < guardCount; g++ {
		found := finding{state: NotAsked, text: "the guard is off for this name"}
		if m[g] != Off {
			found = c.ask(g)
		}
		v := c.verdict(g, m[g], found)
		if v.Action != Allow {
			v.Waive = c.howToWaive(g)
		}
		all = append(all, v)
	}
	return all
}

// howToWaive says how to overrule a guard.
func (c *check) howToWaive(g Guard) string {
	once := "larder waive " + c.id() + " --reason TEXT"
	switch {
	case g == G19:
		return "nothing does: larder hands out no bytes but those that it saw first"
	case g == G39:
		return "lift the block, or " + once
	case g == G38:
		return "larder name acknowledge " + c.name.Name.String() + ", or " + once
	case g.Hard():
		return once + ", or policy.allow with this exact version and an expiry"
	case g == G11 || g == G18:
		return once + ", or policy.exemptions"
	}
	return once + ", or policy.allow"
}

// verdict applies the mode of a guard to what it found, and whatever overrules
// it.
func (c *check) verdict(g Guard, mode Mode, f finding) Verdict {
	v := Verdict{Guard: g, Code: g.Code(), Mode: mode, State: f.state, Reason: f.text, Until: f.until, Missing: f.missing, age: f.age}
	switch f.state {
	case Hit:
		v.Action = hitAction(mode, f.hide)
	case Noticed:
		if mode >= Warning {
			v.Action = Warn
		}
	case Lacking:
		v.Reason = "not known yet: " + f.missing.String()
		switch {
		case mode == Enforce:
			v.Action = Undecided
		case f.likely != "":
			v.State, v.Reason, v.Missing, v.Action = Hit, f.likely, 0, hitAction(mode, false)
		}
	case NotAsked, Passed:
		return v
	}
	c.changesAt(f.until)
	if !f.age.since.IsZero() {
		v.Reason = f.age.stable()
	}
	if f.waived != "" {
		v.Action, v.Waived = Allow, f.waived
	}
	if x, ok := c.granted(g); ok {
		v.Action, v.Waived = Allow, x.text
	}
	return v
}

func hitAction(mode Mode, hide bool) Action {
	switch {
	case mode == Enforce && hide:
		return Hide
	case mode == Enforce:
		return Deny
	case mode == Warning:
		return Warn
	}
	return Allow
}

// ask asks a guard. What was published here was judged when it was published;
// only operators can still object.
func (c *check) ask(g Guard) finding {
	if c.version.Local && g != G39 {
		return finding{state: NotAsked, text: "it was published here"}
	}
	switch g {
	case G08:
		return c.confusable()
	case G39:
		return c.blocked()
	case G34:
		return c.malware()
	case G35:
		return c.indicator()
	case G36:
		return c.holder()
	case G37:
		return c.removal()
	case G38:
		return c.resurrected()
	case G19:
		return c.pin()
	case G22, G23, G24, G25:
		return c.tar(g)
	}
	return c.askSoft(g)
}

// askSoft asks a guard behind the operator's allow.
func (c *check) askSoft(g Guard) finding {
	switch g {
	case G18:
		return c.times()
	case G11:
		return c.cooldown()
	case G17:
		return c.burst()
	case G14:
		return c.scripts()
	case G15:
		return c.exotic()
	case G16:
		return c.youngDependency()
	case G28:
		return c.signature()
	case G29:
		return c.downgrade()
	case G32:
		return c.provenance()
	case G33:
		return c.publisher()
	case G41:
		return c.license()
	}
	panic("BUG: unknown policy guard")
}
