package npm

import (
	"cmp"
	"strconv"
	"strings"
)

const (
	// maxVersion is the longest version that npm reads, in UTF-16 units.
	maxVersion = 256
	// maxInteger is JavaScript's largest exact integer, npm's limit for a part.
	maxInteger = 1<<53 - 1
)

// Version is a semantic version as npm reads it, without build metadata. Two
// Versions are == when their normalised texts are equal. Only ParseVersion and
// ParseLoose make one.
type Version struct {
	text                string
	pre                 string
	major, minor, patch uint64
}

// ParseVersion reads a version strictly: "1.2.3-rc.1+build", a leading v and
// surrounding white space being allowed as npm does.
func ParseVersion(s string) (Version, error) { return parseVersion(s, false) }

// ParseLoose reads a version with npm's loose grammar, which the registry's
// oldest packages need: "=v1.2.3", "1.2.3beta", "01.2.3".
func ParseLoose(s string) (Version, error) { return parseVersion(s, true) }

func parseVersion(s string, loose bool) (Version, error) {
	if tooLong(s) {
		return Version{}, errVersion("malformed version: it is longer than 256 characters")
	}
	s = trimSpace(s)
	if loose {
		s = trimMarks(s)
	} else {
		s = strings.TrimPrefix(s, "v")
	}
	p, ok := splitParts(s, grammar{loose: loose})
	if !ok {
		return Version{}, errVersion("malformed version")
	}
	v, ok := p.version(s)
	if !ok {
		return Version{}, errVersion("malformed version: a number is too large")
	}
	return v, nil
}

func errVersion(text string) error { return &Error{Kind: ErrInvalid, Text: text} }

// version turns parts, which were cut from s, into a Version. It costs no
// memory when s is already normalised. False means that a number is too large.
func (p parts) version(s string) (Version, bool) {
	var v Version
	var ok [3]bool
	v.major, ok[0] = parseNumber(p.num[0])
	v.minor, ok[1] = parseNumber(p.num[1])
	v.patch, ok[2] = parseNumber(p.num[2])
	if !ok[0] || !ok[1] || !ok[2] {
		return Version{}, false
	}
	core := len(p.num[0]) + len(p.num[1]) + len(p.num[2]) + 2
	if text, ok := p.canonical(s, core); ok {
		v.text = text
		if p.pre != "" {
			v.pre = text[core+1:]
		}
		return v, true
	}
	v.text = strconv.FormatUint(v.major, 10) + "." + strconv.FormatUint(v.minor, 10) + "." + strconv.FormatUint(v.patch, 10)
	if p.pre != "" {
		v.pre = normalPre(p.pre)
		v.text += "-" + v.pre
	}
	return v, true
}

// canonical returns the beginning of s that is the normalised text, if s has it.
func (p parts) canonical(s string, core int) (string, bool) {
	for _, n := range p.num {
		if n[0] == '0' && len(n) > 1 {
			return "", false
		}
	}
	if p.pre == "" {
		return s[:core], true
	}
	if s[core] != '-' || !strings.HasPrefix(s[core+1:], p.pre) || !validIdents(p.pre, false) {
		return "", false
	}
	return s[:core+1+len(p.pre)], true
}

// normalPre writes numeric identifiers without leading zeros. npm leaves those
// that are too large for a number as they are.
func normalPre(pre string) string {
	ids := strings.Split(pre, ".")
	for i, id := range ids {
		if !isDigits(id) {
			continue
		}
		if n, ok := parseNumber(id); ok && n < maxInteger {
			ids[i] = strconv.FormatUint(n, 10)
		}
	}
	return strings.Join(ids, ".")
}

// String returns the normalised text, without build metadata.
func (v Version) String() string { return v.text }

// IsZero tells whether v is no version at all.
func (v Version) IsZero() bool { return v.text == "" }

// Major returns the first number.
func (v Version) Major() uint64 { return v.major }

// Minor returns the second number.
func (v Version) Minor() uint64 { return v.minor }

// Patch returns the third number.
func (v Version) Patch() uint64 { return v.patch }

// Prerelease tells whether v comes before its release, as 1.0.0-rc.1 does.
func (v Version) Prerelease() bool { return v.pre != "" }

// Compare orders versions by precedence: -1 when v is older than o, 0 when
// they are equal but for build metadata, +1 when v is newer.
func (v Version) Compare(o Version) int {
	if v.text == o.text {
		return 0
	}
	if c := cmp.Or(cmp.Compare(v.major, o.major), cmp.Compare(v.minor, o.minor), cmp.Compare(v.patch, o.patch)); c != 0 {
		return c
	}
	switch {
	case v.pre == o.pre:
		return 0
	case v.pre == "":
		return 1
	case o.pre == "":
		return -1
	}
	return comparePre(v.pre, o.pre)
}

func comparePre(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(a, ".")
		y, b, _ = strings.Cut(b, ".")
		if x != y {
			return compareIdent(x, y)
		}
	}
	return cmp.Compare(len(a), len(b))
}

// compareIdent orders two different identifiers: numbers before words, numbers
// by value. Numbers are compared as JavaScript has them, so that two huge ones
// which differ beyond its precision are equal to us as well.
func compareIdent(a, b string) int {
	aNum, bNum := isDigits(a), isDigits(b)
	switch {
	case aNum && bNum:
		x, _ := strconv.ParseFloat(a, 64)
		y, _ := strconv.ParseFloat(b, 64)
		return cmp.Compare(x, y)
	case aNum:
		return -1
	case bNum:
		return 1
	}
	return strings.Compare(a, b)
}
