package policy

// provenance is G32: a stolen token publishes without what the project's own
// machinery leaves.
func (c *check) provenance() finding {
	v := c.version
	switch {
	case v.Lineage == LineageFirst:
		return pass("there is no version before to compare it with")
	case v.Lineage != LineageKnown || v.Previous == nil:
		return lack(NeedPrevious)
	case v.Provenance == ProvenanceUnknown || v.Previous.Provenance == ProvenanceUnknown:
		return lack(NeedProvenance)
	case v.Provenance >= v.Previous.Provenance:
		return pass("its provenance is no weaker than that of the version before")
	}
	had := "provenance"
	if v.Previous.Provenance == ProvenanceTrusted {
		had = "a trusted publisher"
	}
	return hit("trust downgrade: previous " + v.Previous.Version + " had " + had)
}

// publisher is G33: packages are handed over, and sometimes to the wrong ones.
func (c *check) publisher() finding {
	p := c.version.Publisher
	switch p.State {
	case PublisherUnknown:
		return lack(NeedPublisher)
	case PublisherUnstated:
		return pass("upstream does not say who published it")
	case PublisherKnown:
		return pass("its publisher published the name before")
	}
	b := c.birth()
	switch {
	case !b.known:
		return lack(NeedTimes)
	case b.unstated:
		return pass("it was there when the name was first seen")
	}
	until := b.at.Add(c.engine.limits.publisherHold)
	if !c.now.Before(until) {
		return pass("its publisher is new, but nobody has objected")
	}
	return finding{
		state: Hit, until: until,
		text: "first version by new publisher " + shownWord(p.Name) + ", available " + stamp(until),
	}
}
