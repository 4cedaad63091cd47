package web

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

// hostile is a text that tries whatever a page could be made to do.
const hostile = `"'><script>alert(1)</script><img src=x onerror=alert(1)>{{.}}</title></style>` + "\u202e`\n"

var published = time.Date(2026, 11, 2, 14, 3, 0, 0, time.UTC)

func newPages(t testing.TB) *Pages {
	t.Helper()
	p, err := New(Options{Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// tree parses a page or fragment as a browser would.
func tree(t testing.TB, text string) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(text))
	if err != nil {
		t.Fatalf("parse page: %v", err)
	}
	return doc
}

// find returns all elements of a name, and all of them for "*".
func find(doc *html.Node, name string) []*html.Node {
	var all []*html.Node
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode && (name == "*" || n.Data == name) {
			all = append(all, n)
		}
	}
	return all
}

// said returns the text below a node with single spaces.
func said(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode && d.Parent.Data != "style" {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// views are the pages with a text in all their fields.
func views(p *Pages, s string) map[string]func(*bytes.Buffer) error {
	frame := Frame{Home: s, Username: s, SignIn: s, SignOut: s}
	links := []Link{{Text: s, URL: s}, {Text: s}}
	pager := Pager{First: 1, Last: 2, Total: 3000, Previous: s, Next: s}
	list := Packages{Search: Search{URL: s, Text: s}, Pager: pager, Across: true, Rows: []Row{
		{Name: s, URL: s, Version: s, Type: s, Status: s, Tags: []string{s, s}, PublishedAt: published, Project: links[0]}, {}}}
	children := Children{Rows: []Child{{Path: s, URL: s, Description: s, Visibility: s}, {}}, Pager: pager}
	full := PackageView{Frame: frame, Crumbs: links, Name: s, Version: s, Type: "npm", Status: s, Deprecated: s,
		Description: s, Registry: s, Private: true, Tags: []Tag{{s, s, s}, {}},
		Facts: Facts{PublishedAt: published, Publisher: links[0], Pipeline: links[0], License: s, Homepage: s,
			Repository: s, Size: 1, Unpacked: 2, Downloads: 3, LastDownloadedAt: published},
		Dependencies: []Dependencies{{Kind: s, Rows: []Dependency{{s, s}}}, {}},
		Files:        []File{{Name: s, URL: s, Size: 1, SHA1: s, SHA256: s, SHA512: s, Integrity: s, CreatedAt: published}, {}},
		Versions:     Versions{Rows: []VersionRow{{Version: s, URL: s, Status: s, Tags: []string{s}, PublishedAt: published, Current: true}, {}}, Pager: pager},
		Readme:       []byte(s)}
	return map[string]func(*bytes.Buffer) error{
		"package": func(b *bytes.Buffer) error { return p.Package(b, full) },
		"project": func(b *bytes.Buffer) error {
			return p.Project(b, ProjectView{Frame: frame, Crumbs: links, Path: s, Name: s, Description: s,
				Visibility: s, Registry: s, Scope: s, Packages: list})
		},
		"group": func(b *bytes.Buffer) error {
			return p.Group(b, GroupView{Frame: frame, Crumbs: links, Path: s, Name: s, Description: s, Visibility: s,
				Subgroups: children, Projects: children, Packages: list})
		},
		"home": func(b *bytes.Buffer) error {
			return p.Home(b, HomeView{Frame: frame, Registry: s, LocalPackages: 1, Groups: children, Packages: list})
		},
		"login": func(b *bytes.Buffer) error {
			return p.Login(b, LoginView{Frame: frame, Action: s, Name: s, Error: s, Next: "/" + s})
		},
		"error": func(b *bytes.Buffer) error {
			return p.Error(b, ErrorView{Frame: frame, Status: 500, Text: s, RequestID: s})
		},
	}
}

// widget is a package as one would publish it.
func widget() PackageView {
	v := PackageView{
		Frame:  Frame{Home: "/", Username: "ada", SignOut: "/-/logout"},
		Crumbs: []Link{{"acme", "/-/groups/acme"}, {"web", "/-/projects/acme/web"}},
		Name:   "@acme/widget", Version: "2.4.1", Type: "npm", Status: "default", Description: "Widgets of all kinds for the web.",
		Registry: "https://registry.example.com/", Private: true,
		Tags: []Tag{{"latest", "2.4.1", "/acme/web/-/packages/41"}, {"next", "3.0.0-rc.1", "/acme/web/-/packages/50"}},
		Facts: Facts{PublishedAt: published, Publisher: Link{Text: "ada"}, Pipeline: Link{"#12 main 4f2a9c1d", "https://ci.example.com/12"},
			License: "MIT", Size: 48213, Unpacked: 190_233, LastDownloadedAt: published, Homepage: "https://widget.example.com",
			Repository: "git+https://git.example.com/acme/widget.git"},
		Dependencies: []Dependencies{{"Dependencies", []Dependency{{"left-pad", "^1.3.0"}, {"@acme/base", "~2.0.0 || ^3.0.0"}}},
			{"Peer dependencies", []Dependency{{"react", ">=18"}}}},
		Files: []File{{Name: "@acme/widget-2.4.1.tgz", URL: "/@acme/widget/-/widget-2.4.1.tgz", Size: 48213, SHA1: strings.Repeat("4f2a", 10),
			SHA256: strings.Repeat("0123abcd", 8), SHA512: strings.Repeat("0123abcd", 16), CreatedAt: published,
			Integrity: "sha512-" + strings.Repeat("Zm9v", 21) + "aaaa=="}},
		Versions: Versions{Pager: Pager{First: 1, Last: 50, Total: 3000, Next: "?versions=2"}},
		Readme:   []byte("# Widget\n\nRead *this*.\n"),
	}
	for i := range 50 {
		v.Versions.Rows = append(v.Versions.Rows, VersionRow{Version: fmt.Sprintf("2.4.%d", 50-i), URL: fmt.Sprintf("/acme/web/-/packages/%d", 90-i),
			PublishedAt: published.AddDate(0, 0, -i), Current: i == 49})
	}
	v.Versions.Rows[49].Tags = []string{"latest"}
	v.Versions.Rows[3].Status = "deprecated"
	return v
}
