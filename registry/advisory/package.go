package advisory

import (
	"slices"

	"github.com/larderhq/larder/registry/npm"
)

// Package is what a set says about one name. The zero Package says nothing.
type Package struct {
	name   string
	digest Digest
	says   []says
}

// says is what one record says.
type says struct {
	set    *Set
	record *record
	spans  []reach
}

// reach is a span with its versions read.
type reach struct {
	span
	low, high npm.Version
}

// newReach reads a span. An exact version that is none is compared as text.
func newReach(s span) reach {
	r := reach{span: s}
	if v, err := npm.ParseLoose(s.from); err == nil {
		r.low = v
	}
	if v, err := npm.ParseLoose(s.to); err == nil {
		r.high = v
	}
	return r
}

// holds tells whether a version is in the span; v is zero where the text is
// none. Build metadata makes no other version, as the registry has it.
func (r *reach) holds(v npm.Version, text string) bool {
	switch {
	case r.whole() || r.kind == exactly && r.from == text:
		return true
	case v.IsZero():
		return false
	case r.kind == exactly:
		return r.low == v
	case !r.low.IsZero() && v.Compare(r.low) < 0:
		return false
	case r.kind == before:
		return v.Compare(r.high) < 0
	case r.kind == upTo:
		return v.Compare(r.high) <= 0
	}
	return true
}

// affects tells whether the record is about a version. No span of versions can
// tell anything about a text that is no version; malware has it nevertheless.
func (s *says) affects(v npm.Version, text string) bool {
	if v.IsZero() && s.record.malware {
		return true
	}
	return slices.ContainsFunc(s.spans, func(r reach) bool { return r.holds(v, text) })
}

// whole tells whether the record is about every version.
func (s *says) whole() bool {
	return slices.ContainsFunc(s.spans, func(r reach) bool { return r.whole() })
}

// parse reads a version, the zero one where it is none.
func parse(version string) npm.Version {
	v, err := npm.ParseLoose(version)
	if err != nil {
		return npm.Version{}
	}
	return v
}

// Malware is a report that condemns a version.
type Malware struct {
	// ID is the report's identifier.
	ID string
	// Whole means that the report condemns every version of the name. On a name
	// that was good before, it may be mistaken.
	Whole bool
}

// Malware tells whether a version is known as malware. Of several reports, one
// that names versions goes before one about the whole name, and one with a
// number before others.
func (p Package) Malware(version string) (Malware, bool) {
	var best Malware
	v, found := parse(version), false
	for i := range p.says {
		s := &p.says[i]
		if !s.record.malware || !s.affects(v, version) {
			continue
		}
		if whole := s.whole(); !found || best.Whole && !whole {
			best, found = Malware{ID: s.set.text(s.record.id), Whole: whole}, true
		}
	}
	return best, found
}

// Digest returns the digest of all that is said; zero where it is nothing.
func (p Package) Digest() Digest { return p.digest }
