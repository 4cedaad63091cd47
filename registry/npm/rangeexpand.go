package npm

import (
	"strconv"
	"strings"
)

// expand turns shorthand (^, ~, x, *) into comparators, separated by spaces.
func (r rangeReader) expand(word string) string {
	if rest, ok := strings.CutPrefix(word, "^"); ok {
		if p, ok := r.partial(rest); ok {
			return r.caret(p)
		}
	}
	if rest, ok := cutTilde(word); ok {
		if p, ok := r.partial(rest); ok {
			return r.tilde(p)
		}
	}
	return dropStar(r.wildcard(word))
}

func cutTilde(word string) (string, bool) {
	rest, ok := strings.CutPrefix(word, "~")
	return strings.TrimPrefix(rest, ">"), ok
}

// floor is the suffix of a lower bound that shorthand implies: the very first
// prerelease, where prereleases are wanted.
func (r rangeReader) floor() string {
	if r.pre {
		return "-0"
	}
	return ""
}

// caret expands ^p: changes right of the first number that is not zero.
func (r rangeReader) caret(p parts) string {
	major, minor, patch := p.num[0], p.num[1], p.num[2]
	switch {
	case isWild(major):
		return ""
	case isWild(minor):
		return between(major, "0", "0"+r.floor(), nextMajor(major))
	case major != "0" && isWild(patch):
		return between(major, minor, "0"+r.floor(), nextMajor(major))
	case isWild(patch):
		return between(major, minor, "0"+r.floor(), nextMinor(major, minor))
	case major != "0":
		return between(major, minor, p.exactPatch(), nextMajor(major))
	case minor != "0":
		return between(major, minor, p.exactPatch(), nextMinor(major, minor))
	}
	return between(major, minor, p.exactPatch(), "<"+major+"."+minor+"."+increment(patch)+"-0")
}

// tilde expands ~p: changes of the patch, or of the minor when it is not given.
func (r rangeReader) tilde(p parts) string {
	major, minor, patch := p.num[0], p.num[1], p.num[2]
	switch {
	case isWild(major):
		return ""
	case isWild(minor):
		return between(major, "0", "0"+r.floor(), nextMajor(major))
	case isWild(patch):
		return between(major, minor, "0"+r.floor(), nextMinor(major, minor))
	}
	return between(major, minor, p.exactPatch(), nextMinor(major, minor))
}

// exactPatch returns the patch with the prerelease.
func (p parts) exactPatch() string {
	if p.pre == "" {
		return p.num[2]
	}
	return p.num[2] + "-" + p.pre
}

func between(major, minor, patch, below string) string {
	return ">=" + major + "." + minor + "." + patch + " " + below
}

func nextMajor(major string) string { return "<" + increment(major) + ".0.0-0" }

func nextMinor(major, minor string) string { return "<" + major + "." + increment(minor) + ".0-0" }

// wildcard expands 1.x, >1, <=1.2.x and the like; other words stay.
func (r rangeReader) wildcard(word string) string {
	op, rest := cutOperator(word)
	p, ok := r.partial(rest)
	if !ok {
		return word
	}
	major, minor, patch := p.num[0], p.num[1], p.num[2]
	switch {
	case isWild(major) && !isWild(minor), isWild(minor) && !isWild(patch):
		return word
	case isWild(major) && (op == "<" || op == ">"):
		return "<0.0.0-0"
	case isWild(major):
		return "*"
	case !isWild(patch):
		return word
	case op != "" && op != "=":
		return r.bound(op, p)
	case isWild(minor):
		return between(major, "0", "0"+r.floor(), nextMajor(major))
	}
	return between(major, minor, "0"+r.floor(), nextMinor(major, minor))
}

// bound moves a comparison with a partial version to the edge of what the
// partial version stands for: >1.2 is >=1.3.0, <=1.2 is <1.3.0-0.
func (r rangeReader) bound(op string, p parts) string {
	major, minor := p.num[0], p.num[1]
	past := op == ">" || op == "<="
	switch {
	case isWild(minor) && past:
		major, minor = increment(major), "0"
	case isWild(minor):
		minor = "0"
	case past:
		minor = increment(minor)
	}
	edge := major + "." + minor + ".0"
	if op[0] == '<' {
		return "<" + edge + "-0"
	}
	return ">=" + edge + r.floor()
}

// hyphen expands "from - to", whose ends include what they stand for.
func (r rangeReader) hyphen(from, to string) string {
	return strings.Trim(r.hyphenFrom(from)+" "+r.hyphenTo(to), " ")
}

func (r rangeReader) hyphenFrom(from string) string {
	p, _ := r.partial(from)
	switch {
	case isWild(p.num[0]):
		return ""
	case isWild(p.num[1]):
		return ">=" + p.num[0] + ".0.0" + r.floor()
	case isWild(p.num[2]):
		return ">=" + p.num[0] + "." + p.num[1] + ".0" + r.floor()
	case p.pre != "":
		return ">=" + from
	}
	return ">=" + from + r.floor()
}

func (r rangeReader) hyphenTo(to string) string {
	p, _ := r.partial(to)
	switch {
	case isWild(p.num[0]):
		return ""
	case isWild(p.num[1]):
		return nextMajor(p.num[0])
	case isWild(p.num[2]):
		return nextMinor(p.num[0], p.num[1])
	case p.pre != "":
		return "<=" + p.num[0] + "." + p.num[1] + "." + p.exactPatch()
	case r.pre:
		return "<" + p.num[0] + "." + p.num[1] + "." + increment(p.num[2]) + "-0"
	}
	return "<=" + to
}

// increment adds one to a decimal number. What is too large to be part of a
// version stays too large.
func increment(num string) string {
	n, ok := parseNumber(num)
	if !ok {
		return num
	}
	return strconv.FormatUint(n+1, 10)
}

// dropStar removes the first star with its operator.
func dropStar(word string) string {
	end := strings.IndexByte(word, '*')
	if end < 0 {
		return word
	}
	start := end
	if start > 0 && word[start-1] == '=' {
		start--
	}
	if start > 0 && (word[start-1] == '<' || word[start-1] == '>') {
		start--
	}
	return word[:start] + word[end+1:]
}

// stripBuilds removes all build metadata.
func stripBuilds(s string) string {
	if !strings.Contains(s, "+") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		n := 0
		if s[i] == '+' {
			n = identsLen(s[i+1:])
		}
		if n == 0 {
			b.WriteByte(s[i])
		}
		i += n
	}
	return b.String()
}

// identsLen returns the length of the dot-separated identifiers at the
// beginning of s.
func identsLen(s string) int {
	n, end := 0, 0
	for n < len(s) {
		start := n
		for n < len(s) && isIdentByte(s[n]) {
			n++
		}
		if n == start {
			break
		}
		end = n
		if n < len(s) && s[n] == '.' {
			n++
		}
	}
	return end
}
