package advisory

import "github.com/larderhq/larder/registry/npm"

// Fix tells whether a version is the least fix, on its major, of a reviewed
// advisory, and the identifier of that. Published are the versions of the
// package, as the least of those that are not below the fixed one counts: where
// it is nil, only the fixed version itself does. No record may be about the
// version, and reports of malware open no lane: whoever takes a package over
// can write one, but cannot have it reviewed.
func (p Package) Fix(version string, published []string) (id string, ok bool) {
	v := parse(version)
	if v.IsZero() || v.Prerelease() || !p.clean(v, version) {
		return "", false
	}
	for i := range p.says {
		s := &p.says[i]
		if !s.record.reviewed {
			continue
		}
		for _, r := range s.spans {
			if r.kind == before && p.least(v, r.high, published) {
				return s.set.text(s.record.id), true
			}
		}
	}
	return "", false
}

// clean tells whether no record is about a version.
func (p Package) clean(v npm.Version, text string) bool {
	for i := range p.says {
		if p.says[i].affects(v, text) {
			return false
		}
	}
	return true
}

// least tells whether v is the least clean release on the major of fixed that
// is not below it.
func (p Package) least(v, fixed npm.Version, published []string) bool {
	if v.Major() != fixed.Major() || v.Compare(fixed) < 0 {
		return false
	}
	if v.Compare(fixed) == 0 {
		return true
	}
	for _, text := range published {
		o := parse(text)
		between := !o.IsZero() && !o.Prerelease() && o.Compare(fixed) >= 0 && o.Compare(v) < 0
		if between && p.clean(o, text) {
			return false
		}
	}
	return published != nil
}
