package rest

import (
	"slices"
	"strings"
	"testing"
)

func TestWordsOfSearches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", " \t", nil},
		{"two", "ACME  lib", []string{"acme", "lib"}},
		{"again and again", strings.Repeat("a B ", 8000), []string{"a", "b"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := wordsOf(tt.text); !slices.Equal(got, tt.want) {
				t.Errorf("wordsOf = %q, want %q", got, tt.want)
			}
		})
	}
}
