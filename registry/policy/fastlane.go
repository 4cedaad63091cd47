package policy

import "time"

// lane is G40: when a reviewed fix may come in early. It is false where the
// lane is closed. Whoever has taken a package over could publish an advisory
// about it as well, so nothing else about the version may be new.
func (c *check) lane(h hold) (time.Time, bool) {
	fix := h.at.Add(c.engine.fastLane)
	open := c.engine.fastLane > 0 && c.version.Fix.State == Yes && h.doubt == "" &&
		fix.Before(later(h.ready, h.unsure)) && c.plainChange()
	return fix, open
}

// plainChange tells whether a version is signed and adds nothing to the one
// before that an attacker needs.
func (c *check) plainChange() bool {
	v, prev := c.version, c.version.Previous
	if v.Lineage != LineageKnown || prev == nil || v.Signature.State != SignatureValid || v.Tar.State != TarGood {
		return false
	}
	if h, has := v.hooks(); has != No {
		before, had := prev.hooks()
		if had != Yes || h&^before != 0 {
			return false
		}
	}
	if v.Provenance == ProvenanceUnknown || prev.Provenance == ProvenanceUnknown || v.Provenance < prev.Provenance {
		return false
	}
	return v.plainDependencies(prev)
}

// plainDependencies tells whether a version depends on nothing that the one
// before did not, and on nothing from outside the registry.
func (v *VersionFacts) plainDependencies(prev *VersionFacts) bool {
	if v.Packed == nil || prev.Declared == nil && prev.Packed == nil {
		return false
	}
	before := dependenciesOf(prev)
	for _, m := range v.manifests() {
		if m == nil {
			continue
		}
		for i := range m.Dependencies {
			if d := &m.Dependencies[i]; d.Exotic != "" || !before.has(d) {
				return false
			}
		}
	}
	return true
}
