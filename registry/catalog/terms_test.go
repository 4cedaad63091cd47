package catalog

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestParseTerms(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, search string
		want         []string
	}{
		{"nothing", "", nil},
		{"blanks", " \t\n ", nil},
		{"one", "LI", []string{"li"}},
		{"one letter", "l", []string{"l"}},
		{"two", "  acme \t lib ", []string{"acme", "lib"}},
		{"quoted", `"acme lib"`, []string{"acme lib"}},
		{"blanks in quotes", `"acme   lib"`, []string{"acme lib"}},
		{"quoted among others", `x "a b" y`, []string{"x", "a b", "y"}},
		{"quoted twice", `"a b" "c d"`, []string{"a b", "c d"}},
		{"blank in quotes", `" "`, []string{" "}},
		{"empty quotes", `""`, []string{`""`}},
		{"open quote", `"a b`, []string{`"a`, "b"}},
		{"quote in a word", `a"b c"`, []string{`a"b`, `c"`}},
		{"quotes before a word", `"a b"c`, []string{`"a`, `b"c`}},
		{"patterns", `% _ \`, []string{"%", "_", `\`}},
		{"other scripts", "ÜNÏ", []string{"ünï"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := parseTerms(tt.search); !slices.Equal(got, tt.want) {
				t.Errorf("parseTerms(%q) = %q, want %q", tt.search, got, tt.want)
			}
		})
	}
}

func TestNeededTerms(t *testing.T) {
	t.Parallel()
	var all []string
	for range 8000 {
		all = append(all, "a", "k", "pack")
	}
	for _, tt := range []struct {
		name        string
		terms, want []string
	}{
		{"none", nil, nil},
		{"one", []string{"lib"}, []string{"lib"}},
		{"longest first", []string{"ab", "xyz", "cd"}, []string{"xyz", "ab", "cd"}},
		{"parts of others", []string{"li", "lib", "b"}, []string{"lib"}},
		{"what spans two", []string{"ab", "cd", "bc"}, []string{"ab", "bc", "cd"}},
		{"again and again", all, []string{"pack"}},
		{"a blank", []string{" ", "a b"}, []string{"a b"}},
		{"what no name holds", []string{"a\x00b", "a"}, []string{"a\x00b"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := needed(tt.terms); !slices.Equal(got, tt.want) {
				t.Errorf("needed = %q, want %q", got, tt.want)
			}
		})
	}
}

// TestSearchOfRepetitions makes a filter of a search that would take many seconds
// if each word were looked for in each name.
func TestSearchOfRepetitions(t *testing.T) {
	t.Parallel()
	f := newTable(few, chunkSize).newFilter(Query{Search: strings.Repeat("a k ", 8000)})
	if len(f.terms) != 2 {
		t.Errorf("%d terms to look for, want 2", len(f.terms))
	}
}

func FuzzParseTerms(f *testing.F) {
	for _, seed := range []string{"", "a b", `"a b"`, `"a "b" c"`, `""" "`, "\x00\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, search string) {
		terms := parseTerms(search)
		if blank := strings.TrimSpace(search) == ""; blank != (len(terms) == 0) {
			t.Errorf("%q has terms %q", search, terms)
		}
		rest := strings.ToLower(strings.Join(strings.Fields(search), " "))
		for _, term := range terms {
			_, after, ok := strings.Cut(rest, term)
			if term == "" || !ok {
				t.Fatalf("%q of %q is not in %q", term, search, rest)
			}
			rest = after
		}
	})
}

// FuzzSearch looks for a term in names and compares with looking at each.
func FuzzSearch(f *testing.F) {
	f.Add("lib\n@acme/lib\nLIB-x\nzz", "li b")
	f.Add("a\n\nb\na", "a")
	f.Add("aaa\naa\na", "aa")
	f.Add("0\n1", "\x00")
	f.Add("0\n1", "0\x001")
	f.Fuzz(func(t *testing.T, list, search string) {
		terms := parseTerms(search)
		if len(terms) == 0 || strings.Contains(list, "\x00") || !utf8.ValidString(list) {
			return // the store has no such names
		}
		n := names{texts: newTexts()}
		for name := range strings.SplitSeq(list, "\n") {
			n.add(name)
		}
		var needles [][]byte
		for _, term := range needed(terms) {
			needles = append(needles, []byte(term))
		}
		found := make([]uint8, len(n.list))
		n.search(needles, found)
		for i, name := range n.list {
			want := true
			for _, term := range terms {
				want = want && strings.Contains(strings.ToLower(name), term)
			}
			if got := found[i] == 1; got != want {
				t.Errorf("%q in %q: %v, want %v", terms, name, got, want)
			}
		}
	})
}
