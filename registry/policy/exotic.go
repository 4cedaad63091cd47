package policy

// comparable tells whether the dependencies can be compared with those of the
// version before; where not, the finding says why.
func (c *check) comparable() (finding, bool) {
	v := c.version
	switch {
	case v.Declared == nil && v.Packed == nil:
		return lack(NeedManifest), false
	case v.Lineage == LineageFirst:
		return pass("there is no version before to compare it with"), false
	case v.Lineage != LineageKnown || v.Previous == nil:
		return lack(NeedPrevious), false
	case v.Previous.Declared == nil && v.Previous.Packed == nil:
		return lack(NeedPrevious), false
	}
	return finding{}, true
}

// exotic is G15: what comes from outside the registry is judged by nobody, and
// can be changed at any time.
func (c *check) exotic() finding {
	if f, ok := c.comparable(); !ok {
		return f
	}
	before := dependenciesOf(c.version.Previous)
	for _, m := range c.version.manifests() {
		if before.includes(m) {
			continue
		}
		for i := range m.Dependencies {
			if d := &m.Dependencies[i]; d.Exotic != "" && !before.has(d) {
				return hit("new exotic dependency " + shownName(d.Name) + " (" + string(d.Exotic) + ")" + c.notIn())
			}
		}
	}
	return pass("it adds no dependency from outside the registry")
}

// notIn names the version that a new thing is not in.
func (c *check) notIn() string { return " not in previous " + c.version.Previous.Version }
