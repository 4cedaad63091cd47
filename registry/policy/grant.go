package policy

import (
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// grant overrules guards: what operators wrote down as exemption, grant or
// waiver.
type grant struct {
	match    npm.Pattern
	versions versionSet
	guards   guardSet
	from     time.Time
	until    time.Time
	// text says what it is, in our words and the operator's.
	text string
}

func (g grant) pattern() npm.Pattern { return g.match }

// pinned tells whether it names one version, for a limited time.
func (g grant) pinned() bool {
	_, exact := g.match.Stem()
	return exact && g.versions.kind == oneVersion && !g.until.IsZero()
}

// allGuards are the guards that an unlimited grant overrules.
func allGuards(hard bool) guardSet {
	var s guardSet
	for g := NoGuard + 1; g < guardCount; g++ {
		if hard || !g.Hard() {
			s.add(g)
		}
	}
	return s
}

// grants reads everything that overrules guards.
func (p *problems) grants(c Config) []grant {
	var out []grant
	for i, x := range c.Exemptions {
		out = append(out, p.exemption(fmt.Sprintf("exemptions[%d]", i), x))
	}
	for i, x := range c.Grants {
		at := fmt.Sprintf("allow[%d]", i)
		g := grant{
			match: p.pattern(at, x.Match), versions: p.versions(at, x.Versions, true), until: x.Expires,
			text: "allowed" + because(x.Reason, x.Expires),
		}
		g.guards = allGuards(g.pinned())
		p.reason(at, x.Reason)
		out = append(out, g)
	}
	for i, x := range c.Waivers {
		out = append(out, p.waiver(fmt.Sprintf("waivers[%d]", i), x, orElse(c.WaiverMax, day)))
	}
	return out
}

func (p *problems) exemption(at string, x Exemption) grant {
	g := grant{
		match: p.pattern(at, x.Match), versions: p.versions(at, x.Version, false), until: x.Expires,
		text: "exempted by " + shownText(x.Owner) + because(x.Reason, x.Expires),
	}
	if x.Owner == "" {
		p.add("%s: nobody owns it", at)
	}
	if x.Expires.IsZero() {
		p.add("%s: it never expires", at)
	}
	p.reason(at, x.Reason)
	words := x.Guards
	if len(words) == 0 {
		words = []string{G11.Word(), G18.Word()}
	}
	for _, word := range words {
		guard := p.guard(at, word)
		if guard.Hard() && !g.pinned() {
			p.add("%s: %s needs an exact name and version", at, word)
		}
		g.guards.add(guard)
	}
	return g
}

func (p *problems) waiver(at string, x Waiver, most time.Duration) grant {
	g := grant{from: x.From, until: x.Until, guards: allGuards(true), text: "waived" + because(x.Reason, x.Until)}
	g.match = p.pattern(at, x.Name)
	if _, exact := g.match.Stem(); !exact {
		p.add("%s: %q is no exact name", at, x.Name)
	}
	if g.versions = p.versions(at, x.Version, false); x.Version == "" {
		p.add("%s: it names no version", at)
	}
	switch {
	case x.From.IsZero() || x.Until.IsZero():
		p.add("%s: it needs a beginning and an end", at)
	case !x.From.Before(x.Until):
		p.add("%s: it ends before it begins", at)
	case x.Until.Sub(x.From) > most:
		p.add("%s: it lasts longer than %s", at, span(most))
	}
	if x.Guard != "" {
		g.guards = 0
		g.guards.add(p.guard(at, x.Guard))
	}
	p.reason(at, x.Reason)
	return g
}

func (p *problems) reason(at, text string) {
	if text == "" {
		p.add("%s: it gives no reason", at)
	}
}

func because(reason string, until time.Time) string {
	text := ": " + shownText(reason)
	if !until.IsZero() {
		text += " (until " + stamp(until) + ")"
	}
	return text
}

// Waives tells whether an operator overrules a guard for a version now.
func (e *Engine) Waives(g Guard, name npm.Name, version string, now time.Time) bool {
	c := check{engine: e, name: &NameFacts{Name: name}, version: &VersionFacts{Version: version}, now: now}
	_, ok := c.granted(g)
	return ok
}

// granted returns what overrules a guard for the version. Of several it is the
// one that does so longest.
func (c *check) granted(g Guard) (grant, bool) {
	var best *grant
	exact, patterns := c.engine.grants.of(c.name.Name)
	for _, some := range [][]grant{exact, patterns} {
		for i := range some {
			if x := &some[i]; c.covers(x, g) && (best == nil || lasts(*x, *best)) {
				best = x
			}
		}
	}
	if best == nil {
		return grant{}, false
	}
	c.changesAt(best.until)
	return *best, true
}

// covers tells whether a grant overrules a guard for the version now.
func (c *check) covers(x *grant, g Guard) bool {
	if !x.guards.has(g) || !x.match.Match(c.name.Name) || !x.versions.has(c.version.Version) {
		return false
	}
	if c.now.Before(x.from) {
		c.changesAt(x.from)
		return false
	}
	return x.until.IsZero() || c.now.Before(x.until)
}

// lasts tells whether a outlasts b; text decides between equals, so that the
// order of the configuration does not.
func lasts(a, b grant) bool {
	switch {
	case a.until.Equal(b.until):
		return a.text < b.text
	case a.until.IsZero():
		return true
	case b.until.IsZero():
		return false
	}
	return b.until.Before(a.until)
}
