package web

import (
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// attribute returns the value of the first attribute of a name, as browsers
// take it; "" where there is none.
func attribute(token html.Token, name string) string {
	for _, a := range token.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// attributes returns those of an element with its anchor and link rewritten.
// The others stay for the sanitiser to judge.
func attributes(token html.Token) []html.Attribute {
	var kept []html.Attribute
	anchored := attribute(token, "id")
	for _, a := range token.Attr {
		switch a.Key {
		case "id", "name", "href", "rel":
		default:
			kept = append(kept, a)
		}
	}
	if token.Data == "a" {
		if anchored == "" {
			anchored = attribute(token, "name")
		}
		if href, ok := target(attribute(token, "href")); ok {
			kept = append(kept, linkTo(href)...)
		}
	}
	if anchored != "" {
		kept = append(kept, html.Attribute{Key: "id", Val: anchorPrefix + anchored})
	}
	return kept
}

// linkTo returns the attributes of a link.
func linkTo(href string) []html.Attribute {
	link := []html.Attribute{{Key: "href", Val: href}}
	if !strings.HasPrefix(href, "#") {
		link = append(link, html.Attribute{Key: "rel", Val: relation})
	}
	return link
}

// target returns where a link of a README may lead: to a place within it or to
// an absolute address. What is relative to its repository leads nowhere here.
func target(href string) (string, bool) {
	href = strings.TrimSpace(href)
	if name, ok := strings.CutPrefix(href, "#"); ok {
		return "#" + anchorPrefix + name, name != ""
	}
	u, err := url.Parse(href)
	if err != nil {
		return "", false
	}
	switch u.Scheme {
	case "http", "https":
		return href, u.Host != ""
	case "mailto":
		return href, u.Opaque != ""
	}
	return "", false
}

// lowered returns the element that stands for another below the headings of the
// page, which go two levels deep.
func lowered(name string) string {
	if len(name) == 2 && name[0] == 'h' && '1' <= name[1] && name[1] <= '6' {
		return "h" + string(rune(min(name[1]+2, '6')))
	}
	return name
}
