package upstreamtest

import (
	"fmt"
	"time"
)

// attacksInTime are versions that nobody has had the time to look at, and those
// that hide it.
func attacksInTime(now time.Time) []Attack {
	stated := func(text string) Version {
		v := sleeper(now).armed("postinstall")
		v.Stated = text
		return v
	}
	long := now.Add(-asleep).Format(timeFormat)
	return []Attack{
		Attack{Name: "hijacked release", Guard: "G11", Runs: true}.released(past("hijacked", now),
			Version{Version: nextBad, Published: now.Add(-5 * time.Hour)}.armed("preinstall")),
		Attack{Name: "backdated release", Guard: "G18", Runs: true, Known: true}.released(past("backdated", now), stated(long)),
		Attack{Name: "release without a time", Guard: "G18", Runs: true}.released(past("timeless", now), stated(NoTime)),
		Attack{Name: "release with a malformed time", Guard: "G18", Runs: true}.released(past("mistimed", now), stated("yesterday")),
		Attack{Name: "release of the future", Guard: "G18", Runs: true}.released(past("futuristic", now),
			stated(now.Add(10*day).Format(timeFormat))),
		burstOfScope(now), burstOfPackage(now),
	}
}

// swarm is how many packages a worm publishes, swarmEach how many versions of
// each.
const (
	swarm     = 6
	swarmEach = 5
)

// burstOfScope is a worm that publishes a whole scope within minutes.
func burstOfScope(now time.Time) Attack {
	a := Attack{Name: "burst of a scope", Guard: "G17", Package: "@swarm/p0", Good: lastGood, Bad: fmt.Sprintf("1.2.%d", swarmEach-1), Known: true, Runs: true}
	var struck []Package
	for i := range swarm {
		p := past(fmt.Sprintf("@swarm/p%d", i), now)
		a.history = append(a.history, p)
		if i > 0 {
			a.Beside = append(a.Beside, p.Name)
		}
		for k := range swarmEach {
			at := now.Add(-2*time.Hour + time.Duration(i*swarmEach+k)*15*time.Second)
			p = p.adding(Version{Version: fmt.Sprintf("1.2.%d", k), Published: at}.armed("postinstall"))
		}
		struck = append(struck, p)
	}
	a.steps = []func(*Registry){serving(struck...)}
	return a
}

// burstOfPackage is one package of which more is published than anybody reads.
func burstOfPackage(now time.Time) Attack {
	history := past("@flood/core", now)
	a := Attack{Name: "burst of a package", Guard: "G17", Package: history.Name, Good: lastGood, Bad: "1.2.24", Runs: true, history: []Package{history}}
	struck := history
	for i := range 25 {
		struck = struck.adding(Version{Version: fmt.Sprintf("1.2.%d", i), Published: now.Add(-2*time.Hour + time.Duration(i)*10*time.Second)}.armed("postinstall"))
	}
	a.steps = []func(*Registry){serving(struck)}
	return a
}
