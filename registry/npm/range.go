package npm

import "strings"

// Range is a set of versions as npm writes it: "^1.2.3", ">=1 <2 || 3.x",
// "1.2 - 2". Only ParseRange and ParseRangeLoose make one; the zero Range
// holds no version.
type Range struct {
	text string
	// sets are alternatives, each a list of comparators that must all hold.
	sets [][]comparator
	// preSets is the same range as read when prereleases are wanted: npm then
	// puts its bounds in other places.
	preSets [][]comparator
}

// ParseRange reads a range strictly.
func ParseRange(s string) (Range, error) { return parseRange(s, false) }

// ParseRangeLoose reads a range as npm's client reads those of dependencies:
// versions in it may be loose, and words that are no comparator are ignored so
// long as something is left.
func ParseRangeLoose(s string) (Range, error) { return parseRange(s, true) }

func parseRange(s string, loose bool) (Range, error) {
	text := strings.Join(strings.FieldsFunc(s, isSpace), " ")
	sets, ok := rangeReader{loose: loose}.read(text)
	if !ok {
		return Range{}, &Error{Kind: ErrInvalid, Text: "malformed version range"}
	}
	// A few odd spellings are no range once prereleases are wanted. As in
	// npm, nothing satisfies those.
	preSets, _ := rangeReader{loose: loose, pre: true}.read(text)
	return Range{text: text, sets: sets, preSets: preSets}, nil
}

// String returns the range as it was written, white space reduced.
func (r Range) String() string { return r.text }

// Normal returns the comparators that the range stands for, as npm prints it:
// "^1.2" is ">=1.2.0 <2.0.0-0". The range of all versions is "".
func (r Range) Normal() string { return formatSets(r.sets) }

// Matches tells whether v satisfies the range. A prerelease does only where
// the range names a prerelease of the same major, minor and patch.
func (r Range) Matches(v Version) bool {
	for _, set := range r.sets {
		if holdsAll(set, v) && (!v.Prerelease() || namesPrereleaseOf(set, v)) {
			return true
		}
	}
	return false
}

// MatchesWithPrereleases tells whether v satisfies the range when prereleases
// are as good as releases (npm's includePrerelease).
func (r Range) MatchesWithPrereleases(v Version) bool {
	for _, set := range r.preSets {
		if holdsAll(set, v) {
			return true
		}
	}
	return false
}

// MaxSatisfying returns the newest of versions that satisfies r, the first one
// among equals, or false when none does.
func MaxSatisfying(versions []Version, r Range) (Version, bool) {
	var best Version
	for _, v := range versions {
		if r.Matches(v) && (best.IsZero() || best.Compare(v) < 0) {
			best = v
		}
	}
	return best, !best.IsZero()
}

func holdsAll(set []comparator, v Version) bool {
	for _, c := range set {
		if !c.holds(v) {
			return false
		}
	}
	return true
}

func namesPrereleaseOf(set []comparator, v Version) bool {
	for _, c := range set {
		if c.v.Prerelease() && c.v.major == v.major && c.v.minor == v.minor && c.v.patch == v.patch {
			return true
		}
	}
	return false
}

// comparator is an operator ("", "<", "<=", ">", ">=") and a version. A zero
// version means that anything holds.
type comparator struct {
	op string
	v  Version
}

func (c comparator) any() bool { return c.v.IsZero() }

// null tells whether c is how npm writes that nothing can match.
func (c comparator) null() bool { return c.op == "<" && c.v.text == "0.0.0-0" }

func (c comparator) holds(v Version) bool {
	if c.any() {
		return true
	}
	d := v.Compare(c.v)
	switch c.op {
	case "<":
		return d < 0
	case "<=":
		return d <= 0
	case ">":
		return d > 0
	case ">=":
		return d >= 0
	}
	return d == 0
}

func formatSets(sets [][]comparator) string {
	var b strings.Builder
	for i, set := range sets {
		if i > 0 {
			b.WriteString("||")
		}
		for k, c := range set {
			if k > 0 {
				b.WriteByte(' ')
			}
			if !c.any() {
				b.WriteString(c.op)
				b.WriteString(c.v.text)
			}
		}
	}
	return b.String()
}
