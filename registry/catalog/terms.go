package catalog

import (
	"bytes"
	"cmp"
	"slices"
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

// needed returns the terms that decide, the longest first: one that is part of
// another one says nothing more. A search may be long and everybody may send one,
// so that each term has to be worth looking for it in every name.
func needed(terms []string) []string {
	sorted := slices.Clone(terms)
	slices.SortFunc(sorted, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), strings.Compare(a, b))
	})
	var kept []string
	var all strings.Builder // a line for each, since no term holds the end of one
	for _, term := range slices.Compact(sorted) {
		if strings.Contains(all.String(), term) {
			continue
		}
		kept = append(kept, term)
		all.WriteString(term + "\n")
	}
	return kept
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
