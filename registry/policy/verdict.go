package policy

import (
	"strings"
	"time"
)

// State is what a guard found.
type State uint8

// The states.
const (
	// NotAsked means that the guard is off, or does not judge such versions.
	NotAsked State = iota
	// Passed means that there is nothing to say.
	Passed
	// Noticed means that there is something to say which refuses nothing.
	Noticed
	// Lacking means that facts are wanting.
	Lacking
	// Hit means that the guard refuses, as far as its mode lets it.
	Hit
)

// String returns the state's word.
func (s State) String() string {
	switch s {
	case NotAsked:
		return "not asked"
	case Passed:
		return "passed"
	case Noticed:
		return "noticed"
	case Lacking:
		return "lacking facts"
	case Hit:
		return "hit"
	}
	panic("BUG: unknown state of a guard")
}

// Verdict is the decision about one version, with the reason for it.
type Verdict struct {
	Action Action
	// Reason is one line of ASCII in our own words. It holds moments and not
	// ages, so that it stays the same while the decision does.
	Reason string
	// Guard is whose verdict it is; NoGuard where nobody objects.
	Guard Guard
	// Code is the machine word of a refusal; empty where nobody objects.
	Code string
	// Mode is what the guard may do, State what it found.
	Mode  Mode
	State State
	// Until is when the verdict ends by itself; zero for never.
	Until time.Time
	// Missing are the facts that an undecided verdict waits for.
	Missing Need
	// Waived says what overrules the guard; empty where nothing does.
	Waived string
	// Waive says how to overrule it; Explain alone fills it in.
	Waive string

	age agePhrase
}

// agePhrase is where a reason speaks of an age.
type agePhrase struct {
	head, tail string
	since      time.Time
	// old says "is 5h old", else it is "5h ago".
	old bool
}

func (p agePhrase) stable() string {
	if p.old {
		return p.head + " was published " + stamp(p.since) + p.tail
	}
	return p.head + " " + stamp(p.since) + p.tail
}

// ReasonAt is Reason with ages as of now, for answers that nobody keeps. The
// zero time leaves the moments.
func (v Verdict) ReasonAt(now time.Time) string {
	p := v.age
	switch {
	case p.since.IsZero() || now.IsZero():
		return v.Reason
	case p.old:
		return p.head + " is " + ago(now.Sub(p.since)) + " old" + p.tail
	}
	return p.head + " " + ago(now.Sub(p.since)) + " ago" + p.tail
}

// maxLine bounds a refusal, in bytes: clients show it in one line.
const maxLine = 400

// Line is the refusal as clients show it, with tail at its end, which may name
// the decision and whom to ask. A reason that is too long is cut, so that line
// and tail are at most 400 bytes.
func (v Verdict) Line(now time.Time, tail string) string {
	head := "blocked by registry policy " + v.Guard.String() + " " + v.Guard.Word() + ": "
	reason := v.ReasonAt(now)
	if room := max(0, maxLine-len(head)-len(tail)); len(reason) > room {
		reason = strings.TrimSpace(reason[:room])
	}
	return head + reason + tail
}

// Judgement is what all guards say about a version. Its own Verdict is the one
// that decides: the first of those that let least through.
type Judgement struct {
	Verdict
	// Verdicts are those that say something, in the order of the guards. Those
	// that pass are left out; Explain has them.
	Verdicts []Verdict
	// ValidUntil is when it has to be judged anew; zero for never.
	ValidUntil time.Time
}
