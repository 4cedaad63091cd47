package policy

// manifests are those of the document and of the tarball; either may be nil.
func (v *VersionFacts) manifests() [2]*Manifest { return [2]*Manifest{v.Declared, v.Packed} }

// dependsOn tells whether the version is known to depend on a package that
// comes from the same place.
func (v *VersionFacts) dependsOn(name string, from Exotic) bool {
	for _, m := range v.manifests() {
		if m == nil {
			continue
		}
		for i := range m.Dependencies {
			if d := &m.Dependencies[i]; d.Name == name && d.Exotic == from {
				return true
			}
		}
	}
	return false
}

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
	for _, m := range c.version.manifests() {
		if m == nil {
			continue
		}
		for i := range m.Dependencies {
			if d := &m.Dependencies[i]; d.Exotic != "" && !c.version.Previous.dependsOn(d.Name, d.Exotic) {
				return hit("new exotic dependency " + shownName(d.Name) + " (" + string(d.Exotic) + ")" + c.notIn())
			}
		}
	}
	return pass("it adds no dependency from outside the registry")
}

// notIn names the version that a new thing is not in.
func (c *check) notIn() string { return " not in previous " + c.version.Previous.Version }
