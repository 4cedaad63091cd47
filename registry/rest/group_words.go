package rest

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/record"
)

// terms are words that a text must hold, in lower case.
type terms []string

// terms reads a search.
func (p Params) terms(name string) (terms, error) {
	text, err := p.Word(name, "")
	return wordsOf(text), err
}

// wordsOf returns the words of a text in lower case, each once: a search may
// repeat one thousands of times.
func wordsOf(text string) terms {
	words := strings.Fields(strings.ToLower(text))
	slices.Sort(words)
	return slices.Compact(words)
}

// match tells whether each word is in one of some texts.
func (t terms) match(texts ...string) bool {
	if len(t) == 0 {
		return true
	}
	for i := range texts {
		texts[i] = strings.ToLower(texts[i])
	}
	for _, word := range t {
		if !slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, word) }) {
			return false
		}
	}
	return true
}

// visibility reads the visibility of groups and projects.
func (p Params) visibility(def string) (string, error) {
	return p.OneOf("visibility", def, string(record.PrivateVisibility), string(record.InternalVisibility),
		string(record.PublicVisibility))
}

// descending reads sort.
func (p Params) descending(def string) (bool, error) {
	word, err := p.OneOf("sort", def, "asc", "desc")
	return word == "desc", err
}

// numbers reads a list of numbers.
func (p Params) numbers(name string) ([]string, error) {
	list, err := p.List(name)
	if err != nil {
		return nil, err
	}
	for i, text := range list {
		n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
		if err != nil {
			return nil, errWrong(name + " is invalid")
		}
		list[i] = strconv.FormatInt(n, 10)
	}
	return list, nil
}

// leastRole reads the role that the caller must have in what is listed.
func (p Params) leastRole() (record.AccessLevel, error) {
	level, err := p.Int("min_access_level")
	if err != nil {
		return 0, err
	}
	owned, err := p.Truth("owned")
	least := record.NoAccess
	if level != nil {
		// GitLab knows further roles between these (GitLab documentation, "Roles").
		if !slices.Contains([]int64{5, 10, 15, 20, 25, 30, 40, 50}, *level) {
			return 0, errValue("min_access_level")
		}
		least = record.AccessLevel(*level)
	}
	if owned {
		least = record.Owner
	}
	return least, err
}

// sortBy sorts a list by a key and then by number, both in one direction.
func sortBy[T any, K cmp.Ordered](list []T, desc bool, key func(T) K, id func(T) int64) {
	type row struct {
		key   K
		id    int64
		value T
	}
	rows := make([]row, len(list))
	for i, v := range list {
		rows[i] = row{key(v), id(v), v}
	}
	slices.SortFunc(rows, func(a, b row) int {
		order := cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id))
		if desc {
			return -order
		}
		return order
	})
	for i := range rows {
		list[i] = rows[i].value
	}
}
