package npm

import "strings"

// patternKind is the shape of a pattern, in rising order of how specific it is.
type patternKind uint8

const (
	// matchAll is "**".
	matchAll patternKind = iota
	// matchScoped is "@*/*".
	matchScoped
	// matchUnscoped is "*".
	matchUnscoped
	// matchPrefix is "@scope/*", "@scope/prefix-*" or "prefix-*".
	matchPrefix
	// matchExact is a name.
	matchExact
)

// Pattern matches package names, in any case. Of two patterns, either one
// matches all that the other does, or no name matches both. The zero Pattern
// is "**"; only ParsePattern makes others.
type Pattern struct {
	kind patternKind
	// stem is the lower-cased text before the star, or the whole exact name.
	stem string
}

// ParsePattern reads "**" (every name), "*" (every unscoped name), "@*/*"
// (every scoped name), "@scope/*", "@scope/prefix-*", "prefix-*" or a name.
func ParsePattern(s string) (Pattern, error) {
	switch s {
	case "**":
		return Pattern{kind: matchAll}, nil
	case "*":
		return Pattern{kind: matchUnscoped}, nil
	case "@*/*":
		return Pattern{kind: matchScoped}, nil
	}
	kind, stem, probe := matchExact, s, s
	if before, ok := strings.CutSuffix(s, "*"); ok {
		// A stem is well-formed when a name can begin with it.
		kind, stem, probe = matchPrefix, before, before+"x"
	}
	if _, err := ParseName(probe); err != nil || strings.Contains(stem, "*") {
		return Pattern{}, &Error{
			Kind: ErrInvalid,
			Text: `malformed pattern: use "@scope/*", "@scope/prefix-*", "prefix-*", "@*/*", "*", "**" or a name`,
			Err:  err,
		}
	}
	return Pattern{kind: kind, stem: strings.ToLower(stem)}, nil
}

// String returns the pattern in lower case.
func (p Pattern) String() string {
	switch p.kind {
	case matchAll:
		return "**"
	case matchScoped:
		return "@*/*"
	case matchUnscoped:
		return "*"
	case matchPrefix:
		return p.stem + "*"
	}
	return p.stem
}

// Match tells whether the pattern covers n. It does not allocate.
func (p Pattern) Match(n Name) bool {
	s := n.s
	switch p.kind {
	case matchAll:
		return s != ""
	case matchScoped:
		return s != "" && s[0] == '@'
	case matchUnscoped:
		return s != "" && s[0] != '@'
	case matchPrefix:
		// A star stands for at least one character.
		return len(s) > len(p.stem) && strings.EqualFold(s[:len(p.stem)], p.stem)
	}
	return strings.EqualFold(s, p.stem)
}

// Scope returns "@scope" in lower case when the pattern covers names of that
// scope only, else "".
func (p Pattern) Scope() string {
	scope, _, ok := strings.Cut(p.stem, "/")
	if !ok {
		return ""
	}
	return scope
}

// Stem returns the fixed text that every matching name begins with, in lower
// case, and whether that text is the whole name.
func (p Pattern) Stem() (stem string, exact bool) {
	return p.stem, p.kind == matchExact
}

// Weight tells how specific a pattern is; the heaviest match decides. An exact
// name outweighs any prefix, a longer prefix a shorter one, those "@*/*" and
// "*", and everything "**". Two patterns that overlap at equal weight are
// equal, so that a weight never leaves a choice between different ones.
func (p Pattern) Weight() int {
	const prefix, exact = 2, 2 * (maxName + 2)
	switch p.kind {
	case matchAll:
		return 0
	case matchScoped, matchUnscoped:
		return 1
	case matchPrefix:
		return prefix + len(p.stem)
	}
	return exact
}

// MoreSpecific tells whether p decides before o where both match.
func (p Pattern) MoreSpecific(o Pattern) bool { return p.Weight() > o.Weight() }

// Overlaps tells whether some name matches both patterns.
func (p Pattern) Overlaps(o Pattern) bool {
	if o.MoreSpecific(p) {
		p, o = o, p
	}
	// p is now the more specific one: it lies in o, or they share nothing.
	switch o.kind {
	case matchAll:
		return true
	case matchScoped:
		return p.kind == matchScoped || strings.HasPrefix(p.stem, "@")
	case matchUnscoped:
		return p.kind == matchUnscoped || p.kind >= matchPrefix && !strings.HasPrefix(p.stem, "@")
	case matchPrefix:
		return strings.HasPrefix(p.stem, o.stem) && (p.kind == matchPrefix || len(p.stem) > len(o.stem))
	}
	return p.stem == o.stem
}
