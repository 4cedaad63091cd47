package policy

import "github.com/larderhq/larder/registry/npm"

// versionSet is an exact version, a range, or all versions.
type versionSet struct {
	exact npm.Version
	rng   npm.Range
	kind  versionKind
}

type versionKind uint8

const (
	allVersions versionKind = iota
	oneVersion
	someVersions
)

// has tells whether the set holds a version. Prereleases count as versions of
// the range: who refuses or grants what is above 2.0.0 means 2.1.0-rc.1 too. A
// text that is no version is in the set of all alone.
func (s versionSet) has(version string) bool {
	if s.kind == allVersions {
		return true
	}
	v, err := npm.ParseLoose(version)
	if err != nil {
		return false
	}
	if s.kind == oneVersion {
		return v == s.exact
	}
	return s.rng.MatchesWithPrereleases(v)
}

// versions reads a set. With ranges is false, only exact versions count.
func (p *problems) versions(at, text string, ranges bool) versionSet {
	if text == "" {
		return versionSet{}
	}
	if v, err := npm.ParseVersion(text); err == nil {
		return versionSet{exact: v, kind: oneVersion}
	}
	if !ranges {
		p.add("%s: %q is no exact version", at, text)
		return versionSet{}
	}
	r, err := npm.ParseRange(text)
	if err != nil {
		p.add("%s: %q is neither a version nor a range", at, text)
	}
	return versionSet{rng: r, kind: someVersions}
}
