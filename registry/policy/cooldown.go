package policy

import "time"

// hold is how long a version is held, and whether that is certain.
type hold struct {
	birth
	// ready is when the version is old enough, least how old it is then.
	ready time.Time
	least time.Duration
	// unsure is when it would be if it turned out to have install scripts;
	// zero where that is known.
	unsure time.Time
}

// hold computes when a version is old enough. The longest window that applies
// counts; that for new packages ends with their being new.
func (c *check) hold(b birth) hold {
	w := c.engine.windowsOf(c.name.Name)
	h := hold{birth: b, ready: b.at.Add(w.plain)}
	if w.young > w.plain {
		until := b.at.Add(w.young)
		if created := c.created(); !created.IsZero() && created.Add(newPackage).Before(until) {
			until = created.Add(newPackage)
		}
		h.ready = later(h.ready, until)
	}
	if w.scripts > w.plain {
		switch _, some := c.version.hooks(); some {
		case Yes:
			h.ready = later(h.ready, b.at.Add(w.scripts))
		case Unknown:
			h.unsure = b.at.Add(w.scripts)
		}
	}
	h.least = h.ready.Sub(b.at)
	return h
}

// created is when the package began to exist, as far as anybody knows.
func (c *check) created() time.Time {
	at := c.name.Created
	if at.After(c.now) {
		c.changesAt(at)
		return c.name.FirstSeen
	}
	if at.IsZero() {
		return c.name.FirstSeen
	}
	return at
}

// grandfathered tells whether somebody has had the version before the policy
// began.
func (c *check) grandfathered() bool {
	return !c.version.Served.IsZero() && c.version.Served.Before(c.engine.since)
}

// cooldown is G11: most malware is found within hours, so versions are held
// until they have been out for a while.
func (c *check) cooldown() finding {
	b := c.birth()
	switch {
	case c.grandfathered():
		return pass("it was served before the policy applied")
	case !b.known:
		return lack(NeedTimes)
	case b.unstated:
		return pass("upstream states no times, and it was there when the name was first seen")
	}
	h := c.hold(b)
	switch fix, open := c.lane(h); {
	case open == Yes && !c.now.Before(fix) && c.now.Before(h.ready):
		f := c.held(h)
		f.waived = fixLetIn
		return f
	case open == Yes:
		h.ready, h.least, h.unsure = fix, fix.Sub(b.at), time.Time{}
	case open == Unknown && !c.now.Before(fix) && c.now.Before(h.ready):
		return finding{state: Lacking, until: h.ready, missing: NeedTarball}
	case open == Unknown:
		c.changesAt(fix)
	}
	switch {
	case c.now.Before(h.ready):
		return c.held(h)
	case c.now.Before(h.unsure):
		return finding{state: Lacking, until: h.unsure, missing: NeedTarball}
	}
	return pass("it is old enough")
}

// held is the finding about a version that is too young.
func (c *check) held(h hold) finding {
	tail := ", minimum " + span(h.least) + ", available " + stamp(h.ready)
	f := finding{state: Hit, until: h.ready, hide: c.engine.hideYoung}
	if h.doubt != "" {
		f.text = c.id() + ": " + h.since() + tail
		return f
	}
	f.age = agePhrase{head: c.id(), tail: tail, since: h.at, old: true}
	return f
}

// times is G18: a time that cannot be trusted does not shorten the cooldown.
func (c *check) times() finding {
	b := c.birth()
	switch {
	case c.grandfathered():
		return pass("it was served before the policy applied")
	case !b.known:
		return lack(NeedTimes)
	case b.unstated:
		return notice("upstream states no publish times; versions that were there at first sight are let through")
	case b.doubt == "":
		return pass("its publish time can be trusted")
	}
	h := c.hold(b)
	until := later(h.ready, h.unsure)
	if !c.now.Before(until) {
		return pass("its publish time is " + b.doubt + ", but it is old enough since first seen")
	}
	return finding{
		state: Hit, until: until, hide: c.engine.hideYoung,
		text: "publish time not trustworthy (" + b.doubt + "); " + b.since() + ", available " + stamp(until),
	}
}
