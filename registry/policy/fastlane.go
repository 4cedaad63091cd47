package policy

import "time"

// fixLetIn is what Verdict.Waived says where G40 overrules the cooldown.
const fixLetIn = "it is old enough for a reviewed fix (G40 fast lane)"

// Decider is the number of the guard that the verdict is due to: its own, or G40,
// which judges nothing itself, where that overrules the cooldown.
func (v Verdict) Decider() string {
	if v.Waived == fixLetIn {
		return "G40"
	}
	return v.Guard.String()
}

// lane is G40: when a reviewed fix may come in early, and whether it may: Unknown
// where nothing is wanting but its tarball. Whoever has taken a package over could
// publish an advisory about it as well, so nothing else about the version may be
// new.
func (c *check) lane(h hold) (time.Time, Fact) {
	fix := h.at.Add(c.engine.fastLane)
	if c.engine.fastLane <= 0 || c.version.Fix.State != Yes || h.doubt != "" || !fix.Before(later(h.ready, h.unsure)) {
		return fix, No
	}
	return fix, c.plainChange()
}

// plainChange tells whether a version is signed and adds nothing to the one
// before that an attacker needs. While nobody has seen its tarball the document
// can only tell that it does.
func (c *check) plainChange() Fact {
	v, prev := c.version, c.version.Previous
	if v.Lineage != LineageKnown || prev == nil || v.Signature.State != SignatureValid || v.Tar.State == TarBad {
		return No
	}
	if h, has := v.hooks(); has == Yes {
		before, had := prev.hooks()
		if had != Yes || h&^before != 0 {
			return No
		}
	}
	if v.Provenance == ProvenanceUnknown || prev.Provenance == ProvenanceUnknown || v.Provenance < prev.Provenance {
		return No
	}
	switch {
	case !v.plainDependencies(prev):
		return No
	case v.Tar.State != TarGood:
		return Unknown
	case v.Packed == nil: // nobody can read what is in it
		return No
	}
	return Yes
}

// plainDependencies tells whether a version, as far as it is known, depends on
// nothing that the one before did not, and on nothing from outside the registry.
func (v *VersionFacts) plainDependencies(prev *VersionFacts) bool {
	if prev.Declared == nil && prev.Packed == nil {
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
