package npm

import "strings"

// trimComparators removes the space between an operator and its version, so
// that "> 1.2.3" is one word.
func trimComparators(s string) string {
	if !strings.ContainsAny(s, "<>=") {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		m, ok := matchComparator(s[i:])
		if !ok {
			// No comparator begins inside what was tried, either.
			n := max(m.end, 1)
			b.WriteString(s[i : i+n])
			i += n
			continue
		}
		b.WriteString(s[i : i+m.op])
		b.WriteString(s[i+m.version : i+m.end])
		i += m.end
	}
	return b.String()
}

// comparatorMatch says where, in a text that begins with a comparator, the
// operator ends, and where the version begins and ends.
type comparatorMatch struct{ op, version, end int }

// matchComparator matches an optional space, an optional operator, an optional
// space and the beginning of a version. Without a match, end tells how much was
// tried.
func matchComparator(s string) (comparatorMatch, bool) {
	var m comparatorMatch
	if s[0] == ' ' {
		m.op = 1
	}
	op, _ := cutOperator(s[m.op:])
	m.op += len(op)
	m.version = m.op
	if strings.HasPrefix(s[m.op:], " ") {
		m.version++
	}
	m.end = m.version
	for m.end < len(s) && strings.IndexByte("v= ", s[m.end]) >= 0 {
		m.end++
	}
	if m.end == len(s) || !isDigit(s[m.end]) && !isWild(s[m.end:m.end+1]) {
		return m, false
	}
	for m.end < len(s) && (isIdentByte(s[m.end]) || s[m.end] == '.' || s[m.end] == '*') {
		m.end++
	}
	return m, true
}

// trimAfterMark removes the space after ~, ~> and ^; ~> becomes ~, which means
// the same.
func trimAfterMark(s string) string {
	if !strings.ContainsAny(s, "~^") {
		return s
	}
	s = strings.ReplaceAll(s, "~> ", "~")
	s = strings.ReplaceAll(s, "~ ", "~")
	return strings.ReplaceAll(s, "^ ", "^")
}
