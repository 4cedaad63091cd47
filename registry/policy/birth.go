package policy

import "time"

// clockSkew is how far the clock of a registry may be ahead.
const clockSkew = 5 * time.Minute

// backdateSlack is how much earlier than the last look without it a version may
// claim to be published: documents take a while to reach everybody.
const backdateSlack = time.Hour

// birth is the moment that a version's age counts from.
type birth struct {
	at time.Time
	// known tells that the rest means anything.
	known bool
	// unstated tells that the upstream states no times, and that the version
	// was there when the name was first seen: its age cannot matter.
	unstated bool
	// doubt says what is wrong with the stated time; at is then when larder
	// first saw the version, or the stated time where that is yet to come.
	doubt string
}

// birth decides which times count. A registry's own are believed unless they
// contradict what larder has seen. Those of a mirror may be of its own making,
// so a version counts from its first sight; at the first sight of the name
// itself there is nothing better than what it states.
func (c *check) birth() birth {
	v := c.version
	atFirstSight := v.Seen.WithName == Yes
	if atFirstSight && c.name.Times == No {
		return birth{known: true, unstated: true}
	}
	doubt := ""
	switch p := v.Published; {
	case p.State == TimeUnknown:
		return birth{}
	case p.State == TimeMissing:
		doubt = "missing"
	case p.State == TimeMalformed || p.At.IsZero():
		doubt = "malformed"
	case p.At.After(c.now.Add(clockSkew)):
		c.changesAt(p.At.Add(-clockSkew))
		return birth{at: later(v.Seen.First, p.At), known: true, doubt: future}
	case atFirstSight:
		return birth{at: p.At, known: true}
	case p.At.Before(v.Seen.Without.Add(-backdateSlack)):
		doubt = "backdated"
	case c.name.Clock == RegistryClock:
		return birth{at: p.At, known: true}
	}
	return birth{at: v.Seen.First, known: !v.Seen.First.IsZero(), doubt: doubt}
}

// future is the doubt about a time that is yet to come.
const future = "in the future"

// since names the moment that a doubtful age counts from.
func (b birth) since() string {
	if b.doubt == future {
		return "counts from " + stamp(b.at)
	}
	return "first seen " + stamp(b.at)
}
