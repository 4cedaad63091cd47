package policy

import "time"

// holder is G36: a security holding package stands where a registry has taken
// malware away, and condemns what was there before.
func (c *check) holder() finding {
	switch c.name.Holder {
	case No:
		return pass("it is no security holding package")
	case Yes:
		return hit("upstream replaced this name with a security holding package")
	}
	return lack(NeedName)
}

// removal is G37: young versions are removed because they are malware, old
// ones for other reasons, and builds still need those.
func (c *check) removal() finding {
	l := c.version.Listing
	switch l.Listed {
	case Yes:
		return pass("upstream lists it")
	case Unknown:
		return lack(NeedListing)
	}
	age, known := c.ageAt(l.Removed)
	switch {
	case !known:
		return hit("removed upstream, nobody knows how long after it was published; quarantined")
	case age < c.engine.limits.youngRemoval:
		return hit("removed upstream " + ago(age) + " after publish; quarantined")
	}
	return notice("removed upstream " + ago(age) + " after publish; what is stored here is kept")
}

// ageAt is how old the version was at a moment, or at least how old where only
// its first sight is known, and that it is worth anything.
func (c *check) ageAt(at time.Time) (time.Duration, bool) {
	b := c.birth()
	if b.unstated {
		// It may be older than that, but not younger.
		age := at.Sub(c.version.Seen.First)
		return age, !at.IsZero() && !c.version.Seen.First.IsZero() && age >= c.engine.limits.youngRemoval
	}
	return at.Sub(b.at), b.known && !at.IsZero()
}

// resurrected is G38: whoever brings a removed name back need not be who had
// it. What was seen before it went is what it was.
func (c *check) resurrected() finding {
	r := c.name.Return
	switch r.State {
	case No:
		return pass("the name was never removed upstream")
	case Unknown:
		return lack(NeedName)
	}
	switch first := c.version.Seen.First; {
	case first.IsZero() || r.At.IsZero():
		return lack(NeedTimes)
	case first.Before(r.At):
		return pass("it was seen before the name was removed upstream")
	}
	return hit("name reappeared upstream after removal; needs to be acknowledged")
}

// pin is G19: versions do not change. Where the pinned bytes are here they are
// served for ever, whatever upstream says now.
func (c *check) pin() finding {
	p := c.version.Pin
	switch p.Changed {
	case No:
		return pass("its integrity is what it always was")
	case Unknown:
		return lack(NeedPin)
	}
	text := "integrity of " + c.id() + " changed"
	if !p.Since.IsZero() {
		text += " since " + stamp(p.Since)
	}
	if p.Stored {
		return notice(text + "; the bytes of then are served")
	}
	return hit(text)
}
