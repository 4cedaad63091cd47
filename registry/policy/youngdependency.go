package policy

// youngDependency is G16: attackers publish what does the harm as a package of
// its own, minutes before the version that depends on it. Of several the
// youngest speaks, as it is the last to be old enough.
func (c *check) youngDependency() finding {
	if f, ok := c.comparable(); !ok {
		return f
	}
	var youngest *Dependency
	before := dependenciesOf(c.version.Previous)
	for _, m := range c.version.manifests() {
		if before.includes(m) {
			continue
		}
		for i := range m.Dependencies {
			d := &m.Dependencies[i]
			switch {
			case d.Exotic != "" || before.has(d):
			case d.Created.IsZero():
				return lack(NeedDependencyAges)
			case youngest == nil || youngest.Created.Before(d.Created):
				youngest = d
			}
		}
	}
	if youngest == nil {
		return pass("it adds no dependency")
	}
	ready := youngest.Created.Add(c.engine.limits.youngDependency)
	if !c.now.Before(ready) {
		return pass("the dependencies that it adds are old enough")
	}
	return finding{state: Hit, until: ready, age: agePhrase{
		head: "adds dependency " + shownName(youngest.Name) + " first published", since: youngest.Created,
		tail: ", minimum " + span(c.engine.limits.youngDependency) + ", available " + stamp(ready),
	}}
}
