package policy

import "strings"

// maxExpression bounds a licence expression, in bytes, and with it how deep it
// can be nested.
const maxExpression = 1024

// maxNesting bounds the parentheses of a licence expression.
const maxNesting = 32

// leaf is one licence of an expression.
type leaf struct {
	// id is in lower case, without what says "or later".
	id string
	// exception is what follows WITH, in lower case; may be empty.
	exception string
	// only and later tell which versions are meant. A deprecated identifier
	// ("GPL-3.0") says neither and means that one alone.
	only, later bool
}

// expression evaluates an SPDX licence expression while it reads it, so that
// what an attacker writes costs no more than reading it: the usual way, which
// expands it into alternatives, may take more memory than there is.
type expression struct {
	tokens []string
	ok     func(leaf) bool
	failed bool
}

// evaluate tells whether a choice of licences that the expression leaves is
// acceptable. Readable is false where it is no expression.
func evaluate(text string, ok func(leaf) bool) (accepted, readable bool) {
	if len(text) > maxExpression {
		return false, false
	}
	e := &expression{tokens: tokens(text), ok: ok}
	accepted = e.or(0)
	readable = !e.failed && len(e.tokens) == 0
	return accepted && readable, readable
}

// tokens splits at white space and parentheses.
func tokens(text string) []string {
	text = strings.NewReplacer("(", " ( ", ")", " ) ").Replace(text)
	return strings.Fields(text)
}

// next takes a token if it is the wanted one. Operators are upper case in SPDX;
// older manifests have them in lower case as well.
func (e *expression) next(want string) bool {
	if len(e.tokens) > 0 && strings.EqualFold(e.tokens[0], want) {
		e.tokens = e.tokens[1:]
		return true
	}
	return false
}

func (e *expression) or(depth int) bool {
	accepted := e.and(depth)
	for e.next("OR") {
		accepted = e.and(depth) || accepted
	}
	return accepted
}

func (e *expression) and(depth int) bool {
	accepted := e.one(depth)
	for e.next("AND") {
		accepted = e.one(depth) && accepted
	}
	return accepted
}

func (e *expression) one(depth int) bool {
	if e.next("(") {
		if depth == maxNesting {
			e.failed = true
			return false
		}
		accepted := e.or(depth + 1)
		e.failed = e.failed || !e.next(")")
		return accepted
	}
	l, ok := e.leaf()
	if !ok {
		e.failed = true
		e.tokens = nil
		return false
	}
	return e.ok(l)
}

func (e *expression) leaf() (leaf, bool) {
	if len(e.tokens) == 0 || !isLicenseID(e.tokens[0]) {
		return leaf{}, false
	}
	l := leafOf(e.tokens[0])
	e.tokens = e.tokens[1:]
	if !e.next("WITH") {
		return l, true
	}
	if len(e.tokens) == 0 || !isLicenseID(e.tokens[0]) {
		return leaf{}, false
	}
	l.exception = strings.ToLower(e.tokens[0])
	e.tokens = e.tokens[1:]
	return l, true
}

// leafOf takes a version's "+", "-or-later" and "-only" off.
func leafOf(id string) leaf {
	l := leaf{id: strings.ToLower(id)}
	var later, plus bool
	if l.id, plus = strings.CutSuffix(l.id, "+"); !plus {
		l.id, later = strings.CutSuffix(l.id, "-or-later")
	}
	l.later = plus || later
	if !l.later {
		l.id, l.only = strings.CutSuffix(l.id, "-only")
	}
	return l
}

// isLicenseID tells whether s is an identifier, and none of the operators.
func isLicenseID(s string) bool {
	switch strings.ToUpper(s) {
	case "AND", "OR", "WITH", "+":
		return false
	}
	for i := range len(s) {
		last := i == len(s)-1
		if !plainByte(s[i]) || s[i] == '/' || s[i] == '_' || s[i] == '=' || s[i] == '+' && !last {
			return false
		}
	}
	return s != ""
}
