package catalog

import (
	"bytes"
	"strings"
)

// parseTerms splits a search into the terms that a name must contain, in lower
// case. Between quotes that stand at the ends of words blanks belong to the term,
// a run of them counting as one; any other quote is a character like others
// (GitLab's fuzzy search).
func parseTerms(search string) []string {
	var terms []string
	text := strings.ToLower(strings.Join(strings.Fields(search), " "))
	for text != "" {
		term, rest := cutTerm(text)
		if term != "" {
			terms = append(terms, term)
		}
		text = rest
	}
	return terms
}

// cutTerm takes the first term off a text of words with one blank between them.
func cutTerm(text string) (term, rest string) {
	if quoted, ok := strings.CutPrefix(text, `"`); ok {
		term, rest, ok = strings.Cut(quoted, `"`)
		if ok && term != "" && (rest == "" || rest[0] == ' ') {
			return term, strings.TrimPrefix(rest, " ")
		}
	}
	term, rest, _ = strings.Cut(text, " ")
	return term, rest
}

// containsAll tells whether a text in lower case contains every term.
func containsAll(text []byte, terms [][]byte) bool {
	for _, term := range terms {
		if !bytes.Contains(text, term) {
			return false
		}
	}
	return true
}
