package web

import (
	"strings"
	"testing"
)

func TestTooIntricate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, markdown string
		want           bool
	}{
		{"nothing", "", false},
		{"prose", strings.Repeat("some *words* and [links](https://a.example.com)\n\n", 5000), false},
		{"long list", strings.Repeat("- [a](https://a.example.com) by _b_\n", 2000), false},
		{"long table", "|a|b|c|\n|-|-|-|\n" + strings.Repeat("|1|2|3|\n", 5000), false},
		{"lines across", strings.Repeat("- ", 40) + "\n\n" + strings.Repeat("*", 200), false},
		{"deep but sane", strings.Repeat("> ", 10) + "- 1. a", false},
		{"deep quotes", strings.Repeat(">", maxNesting+1) + "a", true},
		{"deep lists", strings.Repeat("1) ", maxNesting+1) + "a", true},
		{"far list", strings.Repeat(" ", maxIndent+1) + "- a", true},
		{"far list by tabs", strings.Repeat("\t", maxIndent/4+1) + "- a", true},
		{"far text", strings.Repeat(" ", maxIndent+1) + "a", false},
		{"numbers alone", strings.Repeat("1. ", 3) + "12345", false},
		{"dense", strings.Repeat("*a_ ", 5000), true},
		{"dense apart", strings.Repeat("*a_ \n\n", 50000), false},
		{"huge table", strings.Repeat("|-", 1000) + "\n" + strings.Repeat("|\n", 101), true},
		{"long list with notes", strings.Repeat("- [a](https://a.example.com/b \"c\") by _b_\n", 2500), false},
		{"links with notes", strings.Repeat("[a](https://a.example.com/b \"c\") and\n", 1000), false},
		{"table of links", "|a|b|\n|-|-|\n" + strings.Repeat("|[a](https://a.example.com)|[a](b)|\n", 3000), false},
		{"open links in a long line", strings.Repeat("[a](", 2000) + strings.Repeat("b", 100_000), true},
		{"open addresses in a long line", strings.Repeat("[a](<", 2000) + strings.Repeat("b ", 100_000), true},
		{"open titles before long text", strings.Repeat("[a](b \"", 2000) + strings.Repeat("c\n", 100_000), true},
		{"open titles in lines", strings.Repeat("[a](b\n'", 2000) + strings.Repeat("c\n", 100_000), true},
		{"titles in lines of their own", strings.Repeat("[a](\nb\n(", 2000) + strings.Repeat("c\n", 100_000), true},
		{"closed by what is escaped", strings.Repeat(`[a](b\) "`, 2000) + strings.Repeat("c\n", 100_000), true},
		{"closed by what is opened", strings.Repeat(`[a](b(c) "`, 2000) + strings.Repeat("c\n", 100_000), true},
		{"no list far to the right", strings.Repeat("[a](b \"", 2000) + "\n" + strings.Repeat("    - c\n", 30_000), true},
		{"no list without text", strings.Repeat("[a](b \"", 2000) + "\n" + strings.Repeat("-\n+ \n", 60_000), true},
		{"huge table in a quote", "> " + strings.Repeat("|-", 1000) + "\n" + strings.Repeat("> |\n", 101), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := tooIntricate([]byte(tt.markdown)); got != tt.want {
				t.Errorf("tooIntricate: %v, want %v", got, tt.want)
			}
		})
	}
}

func TestIntricateReadmeIsShownAsText(t *testing.T) {
	t.Parallel()
	got := string(newPages(t).Readme([]byte(strings.Repeat(">", 100) + "<script>")))
	want := "<pre>" + strings.Repeat("&gt;", 100) + "&lt;script&gt;</pre>"
	if !strings.HasSuffix(got, want) || !strings.HasPrefix(got, note("This README is too intricate to be formatted. This is its text.")) {
		t.Errorf("rendered %s", got)
	}
}
