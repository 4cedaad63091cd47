package names

import (
	"net/url"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/npm"
)

// MentionsPrivate tells whether a text that is about to be sent upstream, such
// as what somebody searches for, names something private: a declared name or
// the beginning of one, or a declared scope, in any case and also as
// "scope:acme", "acme" or inside a longer word of a search syntax. When in
// doubt it says yes.
func (l *Ledger) MentionsPrivate(text string) bool {
	if len(l.opt.Private) == 0 {
		return false
	}
	if l.mentions(strings.ToLower(text)) {
		return true
	}
	for range maxDecodings {
		decoded := decodeOnce(text)
		if decoded == text {
			return false
		}
		if text = decoded; l.mentions(strings.ToLower(text)) {
			return true
		}
	}
	return true // nobody searches for a text that is escaped so often
}

// maxDecodings is how often a text is unescaped to see what it says.
const maxDecodings = 4

func decodeOnce(text string) string {
	decoded, err := url.QueryUnescape(text)
	if err != nil {
		// A stray percent sign; what can be decoded is not known then.
		return strings.NewReplacer("%40", "@", "%2f", "/", "%2F", "/", "%25", "%").Replace(text)
	}
	return decoded
}

func (l *Ledger) mentions(text string) bool {
	for _, part := range candidates(text) {
		for _, p := range l.opt.Private {
			if names(part, p) {
				return true
			}
		}
	}
	return wantsScope(text) && l.anyScope()
}

// candidates returns all that could be a name or a scope in a text in lower
// case.
func candidates(text string) []string {
	var out []string
	for _, word := range append(strings.FieldsFunc(text, notNameText), strings.Fields(text)...) {
		out = append(out, parts(word)...)
	}
	return out
}

// notNameText splits at whatever is not part of ordinary names.
func notNameText(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', '0' <= r && r <= '9':
		return false
	}
	return !strings.ContainsRune("@/._~-", r)
}

// parts returns all that could be a name or a scope in a word: what begins at
// each "@" and, elsewhere, each step of a path, alone and as a scope of the
// next step.
func parts(word string) []string {
	segments := strings.Split(word, "@")
	out := steps(nil, segments[0])
	for _, segment := range segments[1:] {
		scope, rest, _ := strings.Cut(segment, "/")
		base, rest, _ := strings.Cut(rest, "/")
		scoped := "@" + scope
		if base != "" {
			scoped += "/" + base
		}
		out = append(out, scoped, strings.TrimRight(scoped, "._~-"))
		out = steps(out, rest)
	}
	return out
}

func steps(out []string, path string) []string {
	list := strings.Split(path, "/")
	for i, step := range list {
		out = append(out, step, strings.Trim(step, "._~-"))
		if i+1 < len(list) && list[i+1] != "" {
			out = append(out, "@"+step+"/"+list[i+1])
		}
	}
	return out
}

// names tells whether part names what p covers, or p's scope.
func names(part string, p npm.Pattern) bool {
	if n, err := npm.ParseName(part); err == nil && p.Match(n) {
		return true
	}
	stem, exact := p.Stem()
	scope := p.Scope()
	switch {
	case part == "" || stem == "":
		// Of a bare scope only the patterns for every scope can tell.
		return len(part) > 1 && part[0] == '@' && everyScope(p)
	case scope == "":
		return !exact && part == stem
	case part == scope || part == scope[1:]:
		return true
	}
	// Searching finds names by their beginning, so the beginning of a private
	// name tells as much as the whole.
	return strings.HasPrefix(part, scope+"/") && strings.HasPrefix(stem, part)
}

// wantsScope tells whether a text has the search qualifier for a scope.
func wantsScope(text string) bool {
	_, value, ok := strings.Cut(text, "scope:")
	return ok && strings.TrimSpace(value) != ""
}

// anyScope tells whether every scope is private.
func (l *Ledger) anyScope() bool { return slices.ContainsFunc(l.opt.Private, everyScope) }

// everyScope tells whether p covers the names of all scopes.
func everyScope(p npm.Pattern) bool { return p.String() == "@*/*" || p.String() == "**" }
