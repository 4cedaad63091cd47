package policy

import "strconv"

// BurstVersions is how many versions that are published about the same time are a
// burst.
func (e *Engine) BurstVersions() int { return e.limits.burst.Versions }

// burst is G17: worms publish a whole scope within minutes. The versions are
// held until people have had time to notice.
func (c *check) burst() finding {
	b, l := c.version.Burst, c.engine.limits.burst
	switch {
	case b.State == Unknown:
		return lack(NeedBurst)
	case b.State == No || max(b.Scope, b.Publisher) < l.Versions:
		return pass("few versions were published with it")
	}
	born := c.birth()
	switch {
	case !born.known:
		return lack(NeedTimes)
	case born.unstated:
		return pass("it was there when the name was first seen")
	}
	until := born.at.Add(l.Hold)
	if !c.now.Before(until) {
		return pass("the burst that it came in is over")
	}
	whose := strconv.Itoa(b.Publisher) + " versions of one publisher"
	if scope := c.name.Name.Scope(); scope != "" && b.Scope >= l.Versions {
		whose = strconv.Itoa(b.Scope) + " versions of " + scope + "/*"
	}
	return finding{state: Hit, until: until, text: "burst hold: " + whose + " in " + ago(b.Span) + ", available " + stamp(until)}
}
