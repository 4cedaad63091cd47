package web

import (
	"bytes"
	"net/url"
	"path"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// maxOpen is how many elements may be open at once; deeper ones are left out
// and their text stays.
const maxOpen = 100

// rawText are the elements whose content is no HTML (html.spec.whatwg.org,
// "Parsing HTML documents"). None is allowed, and what is in them is no prose.
var rawText = map[string]bool{"script": true, "style": true, "iframe": true, "noembed": true, "noframes": true,
	"noscript": true, "plaintext": true, "textarea": true, "title": true, "xmp": true}

// tidier makes a fragment of HTML one that ends what it begins and begins what
// it ends, so that it stays where a page puts it.
type tidier struct {
	out  strings.Builder
	open []element
	// counts are the open elements by name.
	counts map[string]int
	// shown are the open elements that were written.
	shown int
}

// element is one that is open; hidden ones were not written.
type element struct {
	name   string
	hidden bool
}

// tidy balances the elements of a fragment, lowers its headings below those of
// the page, keeps its anchors apart, and turns images and links into what loads
// nothing and leads to known places only. It is not what makes the fragment
// safe.
func tidy(fragment []byte) string {
	t := &tidier{counts: make(map[string]int)}
	t.out.Grow(len(fragment))
	mute := false
	for z := html.NewTokenizer(bytes.NewReader(fragment)); ; {
		kind := z.Next()
		if kind == html.ErrorToken { // the end: reading memory fails in no other way
			t.closeTo(0)
			return t.out.String()
		}
		token := z.Token()
		switch kind {
		case html.TextToken:
			if !mute {
				t.out.WriteString(token.String())
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t.start(token)
		case html.EndTagToken:
			t.end(lowered(token.Data))
		}
		mute = kind != html.TextToken && kind != html.EndTagToken && rawText[token.Data]
	}
}

func (t *tidier) start(token html.Token) {
	switch token.Data {
	case "img":
		t.image(token)
		return
	case "input":
		t.checkbox(token)
		return
	}
	block, allowed := elements[token.Data]
	if !allowed {
		return
	}
	if block {
		t.end("p")
	}
	if token.Data == "a" {
		t.end("a")
	}
	t.write(html.Token{Type: html.StartTagToken, Data: lowered(token.Data), Attr: attributes(token)})
}

// write writes a start tag and remembers to close it.
func (t *tidier) write(tag html.Token) {
	switch tag.Data {
	case "br", "hr", "wbr":
		t.out.WriteString(tag.String())
		return
	}
	hidden := t.shown >= maxOpen
	if !hidden {
		t.shown++
		t.out.WriteString(tag.String())
	}
	t.open = append(t.open, element{tag.Data, hidden})
	t.counts[tag.Data]++
}

// end closes the innermost element of a name with all that is in it; there may
// be none.
func (t *tidier) end(name string) {
	if t.counts[name] == 0 {
		return
	}
	for i, e := range slices.Backward(t.open) {
		if e.name == name {
			t.closeTo(i)
			return
		}
	}
}

// closeTo closes elements until n are open.
func (t *tidier) closeTo(n int) {
	for _, e := range slices.Backward(t.open[n:]) {
		t.counts[e.name]--
		if !e.hidden {
			t.shown--
			t.out.WriteString("</" + e.name + ">")
		}
	}
	t.open = t.open[:n]
}

// image writes what an image says, as a link to it where it has an address of
// its own. Loading it would tell its server who reads the page.
func (t *tidier) image(token html.Token) {
	src := attribute(token, "src")
	label := strings.TrimSpace(attribute(token, "alt"))
	if label == "" {
		label = imageName(src)
	}
	href, linked := target(src)
	if linked = linked && t.counts["a"] == 0; linked {
		t.write(html.Token{Type: html.StartTagToken, Data: "a", Attr: linkTo(href)})
	}
	t.out.WriteString(html.EscapeString(label))
	if linked {
		t.end("a")
	}
}

// imageName returns what to call an image that does not say.
func imageName(src string) string {
	if u, err := url.Parse(src); err == nil && u.Opaque == "" {
		if name := path.Base(u.Path); name != "." && name != "/" {
			return name
		}
	}
	return "image"
}

// checkbox writes the state of a task.
func (t *tidier) checkbox(token html.Token) {
	if !strings.EqualFold(attribute(token, "type"), "checkbox") {
		return
	}
	if slices.ContainsFunc(token.Attr, func(a html.Attribute) bool { return a.Key == "checked" }) {
		t.out.WriteString("☑")
		return
	}
	t.out.WriteString("☐")
}
