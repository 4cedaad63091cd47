//go:build !race

package web

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// slowest is how long any README may take on a very busy machine, without the race
// detector. Without bounds, many of the texts below take minutes.
const slowest = time.Minute

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
		"open links before text": strings.Repeat("[a](", 8000) + strings.Repeat("b", 480_000), "open titles before text": strings.Repeat("[a](b '", 8000) + strings.Repeat("c\n", 220_000),
		"some open links": strings.Repeat("[a](", 130) + strings.Repeat("b", 500_000), "some open titles": strings.Repeat("[a](b '", 130) + strings.Repeat("c\n", 250_000),
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
