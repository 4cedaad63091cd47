package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestPagesHoldTogether(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	for word, text := range map[string]string{"nothing": "", "hostile": hostile, "plain": "plain", "script": "javascript:alert(1)"} {
		for page, write := range views(p, text) {
			t.Run(page+" of "+word, func(t *testing.T) {
				t.Parallel()
				var out bytes.Buffer
				if err := write(&out); err != nil {
					t.Fatal(err)
				}
				checkPage(t, out.String())
			})
		}
	}
}

func TestPagesOfZeroViews(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	tests := map[string]func(*bytes.Buffer) error{
		"package": func(b *bytes.Buffer) error { return p.Package(b, PackageView{}) },
		"project": func(b *bytes.Buffer) error { return p.Project(b, ProjectView{}) },
		"group":   func(b *bytes.Buffer) error { return p.Group(b, GroupView{}) },
		"home":    func(b *bytes.Buffer) error { return p.Home(b, HomeView{}) },
		"login":   func(b *bytes.Buffer) error { return p.Login(b, LoginView{}) },
		"error":   func(b *bytes.Buffer) error { return p.Error(b, ErrorView{}) },
	}
	for name, write := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			if err := write(&out); err != nil {
				t.Fatal(err)
			}
			checkPage(t, out.String())
		})
	}
}

// checkPage checks what is true of every page whatever it shows.
func checkPage(t *testing.T, page string) {
	t.Helper()
	doc := tree(t, page)
	for _, n := range find(doc, "*") {
		if slices.Contains([]string{"script", "img", "iframe", "object", "embed", "link", "base", "svg"}, n.Data) {
			t.Errorf("a page has <%s>", n.Data)
		}
		for _, a := range n.Attr {
			address := a.Key == "href" || a.Key == "action"
			if strings.HasPrefix(a.Key, "on") || a.Key == "style" || address && strings.HasPrefix(strings.ToLower(a.Val), "javascript:") {
				t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
			}
		}
	}
	for _, name := range []string{"title", "style", "h1", "main"} {
		if n := len(find(doc, name)); n != 1 {
			t.Errorf("%d <%s>, want 1", n, name)
		}
	}
	if lang := attr(find(doc, "html")[0], "lang"); lang != "en" {
		t.Errorf("lang %q, want en", lang)
	}
	checkLabels(t, doc)
	checkHeadings(t, doc)
	checkAnchors(t, doc)
}

// checkLabels checks that whoever cannot see the page learns what each field is.
func checkLabels(t *testing.T, doc *html.Node) {
	t.Helper()
	labels := map[string]bool{}
	for _, n := range find(doc, "label") {
		labels[attr(n, "for")] = true
	}
	for _, n := range find(doc, "input") {
		if attr(n, "type") != "hidden" && !labels[attr(n, "id")] {
			t.Errorf("input %q has no label", attr(n, "name"))
		}
	}
}

// checkHeadings checks that no level is left out above those of a README.
func checkHeadings(t *testing.T, doc *html.Node) {
	t.Helper()
	level := 0
	for _, n := range find(doc, "*") {
		if len(n.Data) != 2 || n.Data[0] != 'h' || n.Data[1] < '1' || n.Data[1] > '3' {
			continue
		}
		if next := int(n.Data[1] - '0'); next > level+1 {
			t.Errorf("heading %q of level %d after level %d", said(n), next, level)
		} else {
			level = next
		}
	}
}

// checkAnchors checks that ids are unique and that links within the page lead
// somewhere. "#ZgotmplZ" is what html/template makes of an unsafe address.
func checkAnchors(t *testing.T, doc *html.Node) {
	t.Helper()
	ids := map[string]bool{}
	for _, n := range find(doc, "*") {
		id := attr(n, "id")
		if id != "" && ids[id] {
			t.Errorf("id %q is given twice", id)
		}
		ids[id] = true
	}
	for _, n := range find(doc, "a") {
		id, ok := strings.CutPrefix(attr(n, "href"), "#")
		if ok && id != "ZgotmplZ" && !strings.HasPrefix(id, anchorPrefix) && !ids[id] {
			t.Errorf("link to #%s leads nowhere", id)
		}
	}
}

func TestPolicyAllowsTheSheet(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	var out bytes.Buffer
	if err := p.Home(&out, HomeView{}); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(out.String(), "<style>")
	written, _, _ := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(written))
	want := "style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	if got := p.Policy(); !strings.Contains(got, want) || !strings.HasPrefix(got, "default-src 'none'; ") {
		t.Errorf("policy %q, want %q in it", got, want)
	}
}

func TestPackagePage(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	var out bytes.Buffer
	if err := p.Package(&out, widget()); err != nil {
		t.Fatal(err)
	}
	checkPage(t, out.String())
	doc := tree(t, out.String())
	if got, want := said(find(doc, "title")[0]), "@acme/widget 2.4.1 - larder"; got != want {
		t.Errorf("title %q, want %q", got, want)
	}
	text := said(find(doc, "body")[0])
	for _, want := range []string{
		"acme web @acme/widget 2.4.1 latest npm", "npm install @acme/widget", "pnpm add @acme/widget",
		"yarn add @acme/widget", "bun add @acme/widget", "@acme:registry=https://registry.example.com/",
		"//registry.example.com/:_authToken=${NPM_TOKEN}", "next 3.0.0-rc.1", "Versions 3,000", "1–50 of 3,000",
		"Size 47.1 KiB", "Licence MIT", "left-pad ^1.3.0", "Peer dependencies 1", "2 Nov 2026", "Read this .",
		"sha512 " + strings.Repeat("0123abcd", 16), "ada Sign out", "larder 1.2.3", "git.example.com/acme/widget",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	links := map[string]string{}
	for _, n := range find(doc, "a") {
		links[said(n)] = attr(n, "href")
	}
	for text, want := range map[string]string{"@acme/widget-2.4.1.tgz": "/@acme/widget/-/widget-2.4.1.tgz", "Next": "?versions=2",
		"3.0.0-rc.1": "/acme/web/-/packages/50", "git.example.com/acme/widget": "https://git.example.com/acme/widget"} {
		if links[text] != want {
			t.Errorf("%q leads to %q, want %q", text, links[text], want)
		}
	}
}

func TestNotices(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	tests := []struct {
		name   string
		change func(*PackageView)
		want   string
	}{
		{"deprecated", func(v *PackageView) { v.Status, v.Deprecated = "deprecated", "Use other." }, "Deprecated. Use other."},
		{"deleted", func(v *PackageView) { v.Status = "pending_destruction" }, "This version was deleted"},
		{"broken", func(v *PackageView) { v.Status = "error" }, "could not be processed"},
		{"early", func(v *PackageView) { v.Status = "processing" }, "still being processed"},
		{"older version", func(v *PackageView) { v.Version = "1.0.0" }, "npm install @acme/widget@1.0.0"},
		{"long dependencies", func(v *PackageView) { v.Dependencies[0].Rows = make([]Dependency, 3000) }, "Dependencies 3,001"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := widget()
			tt.change(&v)
			var out bytes.Buffer
			if err := p.Package(&out, v); err != nil {
				t.Fatal(err)
			}
			if text := said(tree(t, out.String())); !strings.Contains(text, tt.want) {
				t.Errorf("the page does not say %q", tt.want)
			}
		})
	}
}

// brokenWriter fails as a connection does.
type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestRenderReportsWriteErrors(t *testing.T) {
	t.Parallel()
	if err := newPages(t).Home(brokenWriter{}, HomeView{}); !errors.Is(err, errBroken) {
		t.Errorf("error %v, want %v", err, errBroken)
	}
}
