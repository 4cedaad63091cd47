package web

import (
	"regexp"

	"github.com/microcosm-cc/bluemonday"
)

// anchorPrefix begins every anchor of a README, so that none can stand for a
// part of the page.
const anchorPrefix = "readme-"

// relation is what every link out of a README says: it is no recommendation,
// and its target learns nothing about the page.
const relation = "nofollow noopener noreferrer"

// elements are what a README may consist of; true marks those that end a
// paragraph when they begin.
var elements = map[string]bool{
	"p": true, "div": true, "h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true,
	"ul": true, "ol": true, "li": true, "dl": true, "dt": true, "dd": true, "blockquote": true, "pre": true,
	"table": true, "details": true, "summary": true, "hr": true,
	"caption": false, "thead": false, "tbody": false, "tfoot": false, "tr": false, "th": false, "td": false,
	"a": false, "b": false, "strong": false, "i": false, "em": false, "s": false, "del": false, "ins": false,
	"u": false, "code": false, "kbd": false, "samp": false, "var": false, "tt": false, "sub": false, "sup": false,
	"small": false, "mark": false, "q": false, "abbr": false, "cite": false, "dfn": false, "span": false,
	"br": false, "wbr": false,
}

// newSanitizer returns the policy that has the last word about a README: what
// it does not list is removed.
func newSanitizer() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	for name := range elements {
		p.AllowElements(name)
	}
	p.AllowNoAttrs().OnElements("span")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true) // anchors; tidy leaves no other
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnFullyQualifiedLinks(true)
	p.RequireNoReferrerOnFullyQualifiedLinks(true)
	p.AllowAttrs("href").OnElements("a")
	p.AllowAttrs("rel").Matching(regexp.MustCompile("^" + relation + "$")).OnElements("a")
	p.AllowAttrs("id").Matching(regexp.MustCompile(`^` + anchorPrefix + `[\p{L}\p{N}_.:-]{1,200}$`)).Globally()
	p.AllowAttrs("title").OnElements("a", "abbr", "dfn")
	p.AllowAttrs("align").Matching(regexp.MustCompile("^(left|center|right)$")).
		OnElements("p", "div", "th", "td", "h1", "h2", "h3", "h4", "h5", "h6")
	p.AllowAttrs("colspan", "rowspan", "start").Matching(regexp.MustCompile("^[0-9]{1,3}$")).OnElements("th", "td", "ol")
	p.AllowAttrs("open").Matching(regexp.MustCompile("^$")).OnElements("details")
	return p
}
