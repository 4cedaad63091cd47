package web

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// slowest is how long any README may take on a busy machine. Without bounds,
// most of the texts below take minutes.
const slowest = 10 * time.Second

func TestReadmeIsBounded(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes seconds")
	}
	p := newPages(t)
	fill := func(s string) string { return strings.Repeat(s, maxReadme/len(s)) }
	half := func(a, b string) string {
		return strings.Repeat(a, maxReadme/2/len(a)) + strings.Repeat(b, maxReadme/2/len(b))
	}
	tests := map[string]string{
		"brackets": fill("["), "open links": fill("[a]("), "titles": fill("[a](<b"), "nested links": half("[", "](a)"),
		"nested images": half("![", "](a)"), "quotes": fill("> "), "tight quotes": fill(">"), "lists": fill("- ") + "a",
		"numbers": fill("1. ") + "a", "lists in quotes": fill("- > ") + "a", "crossed marks": fill("*a_ "), "strong": half("**", "a**"),
		"many strong": fill(strings.Repeat("*a_ ", 1500) + "\n\n"), "shallow quotes": fill(strings.Repeat(">", maxNesting) + "a\n\n"),
		"definitions": fill("[a]: b\n"), "apart definitions": fill("[a]: b\n\n"), "long reference": "[a]: /" + half("x", "[a]\n\n"),
		"wide table": strings.Repeat("|a", 20000) + "\n" + strings.Repeat("|-", 20000) + "\n" + strings.Repeat("|\n", 100000),
		"tables":     fill("|a|b|c|d\n|-|-|-|-\n|\n|\n|\n|\n\n"), "comments": fill("<!--"), "open tags": fill("<div>"), "closing tags": half("<div>", "</b>"),
		"formatting": "<b><i><u><s><small><tt><code>" + fill("<p>"), "anchors": fill("<a href=b>"), "headings": fill("# a\n"),
		"lines": fill("a\n"), "stairs": stairs(maxReadme), "backticks": fill("`a``b```c "), "entities": fill("&#0;"), "NUL": fill("\x00"),
		"not UTF-8": fill("\xff"), "autolinks": fill("www.a.b) "), "attributes": "<p " + fill("a=b ") + ">", "tabs": fill("\t"),
		"dashes": fill("- "), "breaks": fill("***\n"), "mail": fill("a@b.c"), "setext": fill("a\n=\n"), "raw": fill("<script>"),
	}
	for name, markdown := range tests {
		t.Run(name, func(t *testing.T) {
			started := time.Now()
			got := p.Readme([]byte(markdown))
			if took := time.Since(started); took > slowest {
				t.Errorf("took %s, want at most %s", took, slowest)
			} else {
				t.Logf("%s for %d bytes", took, len(got))
			}
			if len(got) > 2*maxRendered {
				t.Errorf("%d bytes came of %d", len(got), len(markdown))
			}
		})
	}
}

// stairs returns a list whose items go deeper and deeper.
func stairs(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		fmt.Fprintf(&b, "%s- a\n", strings.Repeat(" ", 2*i))
	}
	return b.String()
}

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
