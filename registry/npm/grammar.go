package npm

import (
	"strconv"
	"strings"
)

// grammar chooses between the four closely related shapes that npm's regular
// expressions describe.
type grammar struct {
	// loose allows leading zeros and a prerelease without its hyphen.
	loose bool
	// wild allows x, X and * for a number, and leaving out the last numbers.
	wild bool
}

// parts is the text of a version or partial version, cut up. num holds "" for
// numbers that were left out.
type parts struct {
	num [3]string
	pre string
}

// splitParts cuts s, which has no leading v or =, into its parts. Build
// metadata is checked and dropped.
func splitParts(s string, g grammar) (parts, bool) {
	var p parts
	at := 0
	for i := range p.num {
		if i > 0 {
			if at == len(s) && g.wild {
				return p, true
			}
			if at == len(s) || s[at] != '.' {
				return parts{}, false
			}
			at++
		}
		n := numberLen(s[at:], g)
		if n == 0 {
			return parts{}, false
		}
		p.num[i] = s[at : at+n]
		at += n
	}
	return p.withSuffix(s, at, g.loose)
}

// withSuffix adds the prerelease that begins at s[at].
func (p parts) withSuffix(s string, at int, loose bool) (parts, bool) {
	end := len(s)
	if plus := strings.IndexByte(s[at:], '+'); plus >= 0 {
		end = at + plus
		if !validIdents(s[end+1:], true) {
			return parts{}, false
		}
	}
	rest := s[at:end]
	if rest == "" {
		return p, true
	}
	if rest[0] == '-' && validIdents(rest[1:], loose) {
		p.pre = rest[1:]
		return p, true
	}
	if !loose {
		return parts{}, false
	}
	// Two accidents of npm's loose expression, kept because keys that exist
	// are read by them: a lone hyphen is itself an identifier, and
	// "1.2.34.5" gives its last digit up to the prerelease (1.2.3-4.5).
	if last := len(p.num[2]) - 1; rest[0] == '.' && last > 0 {
		p.num[2] = p.num[2][:last]
		rest = s[at-1 : end]
	}
	p.pre = rest
	return p, validIdents(rest, true)
}

// numberLen returns the length of the number or wildcard that s begins with.
func numberLen(s string, g grammar) int {
	if g.wild && s != "" && isWild(s[:1]) {
		return 1
	}
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	if n > 1 && s[0] == '0' && !g.loose {
		return 0
	}
	return n
}

// validIdents checks dot-separated identifiers. Strictly, numeric ones have no
// leading zeros.
func validIdents(s string, loose bool) bool {
	start := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			if !isIdentByte(s[i]) {
				return false
			}
			continue
		}
		id := s[start:i]
		if id == "" || !loose && len(id) > 1 && id[0] == '0' && isDigits(id) {
			return false
		}
		start = i + 1
	}
	return true
}

// parseNumber reads decimal digits; false when they exceed maxInteger.
func parseNumber(s string) (uint64, bool) {
	s = strings.TrimLeft(s, "0")
	if s == "" {
		return 0, true
	}
	if len(s) > 16 {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil && n <= maxInteger
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isDigits(s string) bool {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

func isIdentByte(c byte) bool {
	return isDigit(c) || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-'
}

// isWild tells whether a number may be anything.
func isWild(num string) bool {
	return num == "" || num == "x" || num == "X" || num == "*"
}

// isSpace is JavaScript's notion of white space, which differs from Go's.
func isSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000, 0xfeff:
		return true
	}
	return r >= 0x2000 && r <= 0x200a
}

func trimSpace(s string) string { return strings.TrimFunc(s, isSpace) }

// trimMarks drops what loose versions may begin with.
func trimMarks(s string) string {
	return strings.TrimLeftFunc(s, func(r rune) bool { return r == 'v' || r == '=' || isSpace(r) })
}

// tooLong counts as JavaScript does, in UTF-16 units.
func tooLong(s string) bool {
	if len(s) <= maxVersion {
		return false
	}
	n := 0
	for _, r := range s {
		n++
		if r > 0xffff {
			n++
		}
	}
	return n > maxVersion
}
