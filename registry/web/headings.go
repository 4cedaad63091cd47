package web

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark/ast"
)

// maxExpanded is how many bytes all addresses and titles of links may have
// together. A reference can repeat a long one with few bytes.
const maxExpanded = 1 << 20

// maxAnchor is how long an anchor may be, in letters.
const maxAnchor = 120

// nameHeadings gives each heading an anchor, as tables of contents expect it.
// It reports false for a document that would become too large.
func nameHeadings(doc ast.Node, source []byte) bool {
	seen, expanded := make(map[string]int), 0
	visit := func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Heading:
			n.SetAttributeString("id", []byte(anchor(headingText(n, source), seen)))
		case *ast.Link:
			expanded += len(n.Destination) + len(n.Title)
		case *ast.Image:
			expanded += len(n.Destination) + len(n.Title)
		}
		if expanded > maxExpanded {
			return ast.WalkStop, nil
		}
		return ast.WalkContinue, nil
	}
	err := ast.Walk(doc, visit)
	return err == nil && expanded <= maxExpanded
}

// headingText returns what a heading says, without its markup.
func headingText(heading ast.Node, source []byte) string {
	var b strings.Builder
	visit := func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Segment.Value(source))
			if n.SoftLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		}
		return ast.WalkContinue, nil
	}
	if err := ast.Walk(heading, visit); err != nil {
		return ""
	}
	return b.String()
}

// anchor makes an anchor of a heading in the way that code hosts do: small
// letters, dashes for spaces, no punctuation, and a number after the second and
// further ones.
func anchor(heading string, seen map[string]int) string {
	letters := make([]rune, 0, min(len(heading), maxAnchor))
	for _, r := range strings.TrimSpace(heading) {
		if len(letters) == maxAnchor {
			break
		}
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', r == '-':
			letters = append(letters, unicode.ToLower(r))
		case r == ' ':
			letters = append(letters, '-')
		}
	}
	slug := string(letters)
	if slug == "" {
		slug = "section"
	}
	n := seen[slug]
	seen[slug] = n + 1
	if n > 0 {
		slug += "-" + strconv.Itoa(n)
	}
	return slug
}
