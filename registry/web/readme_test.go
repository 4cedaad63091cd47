package web

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestReadme(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	const away = ` rel="nofollow noopener noreferrer"`
	tests := []struct{ name, markdown, want string }{
		{"nothing", "", ""},
		{"heading", "# A `b` & [c](https://c.example.com)", `<h3 id="readme-a-b--c">A <code>b</code> &amp; <a href="https://c.example.com"` + away + `>c</a></h3>`},
		{"same headings", "## A\n## A", "<h4 id=\"readme-a\">A</h4>\n<h4 id=\"readme-a-1\">A</h4>"},
		{"heading of signs", "# !!!", `<h3 id="readme-section">!!!</h3>`},
		{"heading of letters", "# Über 漢字", `<h3 id="readme-über-漢字">Über 漢字</h3>`},
		{"contents", "[a](#a)", `<p><a href="#readme-a">a</a></p>`},
		{"raw anchor", `<a name="x"></a>text`, `<p><a id="readme-x"></a>text</p>`},
		{"web link", "[a](https://a.example.com/?b&c)", `<p><a href="https://a.example.com/?b&amp;c"` + away + `>a</a></p>`},
		{"bare link", "see https://a.example.com.", `<p>see <a href="https://a.example.com"` + away + `>https://a.example.com</a>.</p>`},
		{"mail", "<a@b.example.com>", `<p><a href="mailto:a@b.example.com"` + away + `>a@b.example.com</a></p>`},
		{"relative link", "[a](docs/a.md) [b](/b) [c](//c.example.com)", `<p>a b c</p>`},
		{"script link", "[a](javascript:alert(1)) [b](JaVaScript:1) [c](data:text/html,x) [d](vbscript:x)", `<p>a b c d</p>`},
		{"raw script link", `<a href=" java&#x0A;script:alert(1)">a</a>`, `<p>a</p>`},
		{"image", "![alt](https://a.example.com/b.png)", `<p><a href="https://a.example.com/b.png"` + away + `>alt</a></p>`},
		{"image without words", "![](https://a.example.com/b.png)", `<p><a href="https://a.example.com/b.png"` + away + `>b.png</a></p>`},
		{"relative image", "![a logo](logo.png)", `<p>a logo</p>`},
		{"data image", "![](data:image/png;base64,AAAA)", `<p>image</p>`},
		{"badge", "[![alt](https://a.example.com/b.svg)](https://c.example.com)", `<p><a href="https://c.example.com"` + away + `>alt</a></p>`},
		{"table", "|a|b|\n|-|:-:|\n|1|2|", `<table> <thead> <tr> <th>a</th> <th align="center">b</th> </tr> </thead> <tbody> <tr> <td>1</td> <td align="center">2</td> </tr> </tbody> </table>`},
		{"tasks", "- [x] a\n- [ ] b", `<ul> <li>☑ a</li> <li>☐ b</li> </ul>`},
		{"strike", "~~a~~", `<p><del>a</del></p>`},
		{"code", "```js\n<b>\n```", `<pre><code>&lt;b&gt; </code></pre>`},
		{"details", "<details open><summary>a</summary>\n\n*b*\n\n</details>", `<details open=""><summary>a</summary> <p><em>b</em></p> </details>`},
		{"script", "a<script>alert(1)</script>b", `<p>ab</p>`},
		{"script block", "<script>\nalert(1)\n</script>\n\nb", `<p>b</p>`},
		{"style", "<style>body{display:none}</style>\n\nb", `<p>b</p>`},
		{"frame", `a <iframe src="https://a.example.com">x</iframe> b`, `<p>a b</p>`},
		{"form", `<form action="https://a.example.com"><input name=password><button>go</button></form>`, `go`},
		{"events", `<p onclick="a()" style="color:red" class="card" id="content">b</p>`, `<p id="readme-content">b</p>`},
		{"drawing", `<svg><a xlink:href="javascript:1"><text>x</text></a></svg>`, `<p>x</p>`},
		{"way out", "</div></section></main>\n\na", `<p>a</p>`},
		{"open ends", "<div><b>a\n\nb", `<div><b>a <p>b</p> </b></div>`},
		{"nested links", `<a href="https://a.example.com">a<a href="https://b.example.com">b</a>`, `<p><a href="https://a.example.com"` + away + `>a</a><a href="https://b.example.com"` + away + `>b</a></p>`},
		{"mark at the start", "\ufeff# a", `<h3 id="readme-a">a</h3>`},
		{"old line ends", "a\r\rb\r\n\r\nc", `<p>a</p> <p>b</p> <p>c</p>`},
		{"not UTF-8", "a\xffb", "<p>a\ufffdb</p>"},
		{"our own note", "<p><em>x</em></p>", "<p><em>x</em></p>"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, want := flat(string(p.Readme([]byte(tt.markdown)))), flat(tt.want)
			if got != want {
				t.Errorf("rendered %s\nwant     %s", got, want)
			}
		})
	}
}

// flat returns a text on one line.
func flat(s string) string { return strings.Join(strings.Fields(s), " ") }

func TestReadmeIsCut(t *testing.T) {
	t.Parallel()
	p := newPages(t)
	tests := []struct {
		name, markdown string
		cut            bool
	}{
		{"just fits", strings.Repeat("word word word\n\n", maxReadme/16), false},
		{"one more", strings.Repeat("word word word\n\n", maxReadme/16) + "last", true},
		{"one line", strings.Repeat("ä ", maxReadme), true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := string(p.Readme([]byte(tt.markdown)))
			if cut := strings.HasSuffix(got, note("This README is longer than 512 KiB. The rest is not shown.")); cut != tt.cut {
				t.Errorf("cut: %v, want %v", cut, tt.cut)
			}
			if strings.Contains(got, "last") {
				t.Error("the end is shown")
			}
		})
	}
}

func FuzzReadme(f *testing.F) {
	p := newPages(f)
	for _, seed := range []string{hostile, "# a\n\n[b](javascript:c)\n\n|d|\n|-|\n|e|", "<a href=\"&#106;avascript:1\" onclick=x>y</a>",
		"![a](data:x)\n- [ ] b\n> c", "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>", "<noscript><p title=\"</noscript><img src=x onerror=1>\">",
		"<svg><style><!--</style><img src=x onerror=1>-->", "<![CDATA[<script>]]>", "<textarea></div>", "[a]: b \"c\n\n[a]", "<p id=content><p name=main class=x>"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, markdown []byte) {
		got := string(p.Readme(markdown))
		checkTokens(t, got)
		doc, err := html.Parse(strings.NewReader("<main>" + got + "<footer></footer></main>"))
		if err != nil {
			t.Fatalf("parse %q: %v", got, err)
		}
		for _, n := range find(doc, "*") {
			checkHarmless(t, n.Data, n.Attr)
		}
		if footer := find(doc, "footer"); len(footer) != 1 || footer[0].Parent.Data != "main" {
			t.Fatalf("%q leaves its place", got)
		}
	})
}

// checkTokens checks that what is begun is ended, in order.
func checkTokens(t *testing.T, fragment string) {
	t.Helper()
	var open []string
	for z := html.NewTokenizer(strings.NewReader(fragment)); ; {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			if len(open) > 0 {
				t.Fatalf("%q leaves %v open", fragment, open)
			}
			return
		case html.StartTagToken:
			token := z.Token()
			checkHarmless(t, token.Data, token.Attr)
			if token.Data != "br" && token.Data != "hr" && token.Data != "wbr" {
				open = append(open, token.Data)
			}
		case html.EndTagToken:
			name := z.Token().Data
			if len(open) == 0 || open[len(open)-1] != name {
				t.Fatalf("%q ends %s within %v", fragment, name, open)
			}
			open = open[:len(open)-1]
		case html.TextToken:
		default:
			t.Fatalf("%q has a %s", fragment, kind)
		}
	}
}

// checkHarmless checks one element of a rendered README. What a parser adds
// around it passes.
func checkHarmless(t *testing.T, name string, attributes []html.Attribute) {
	t.Helper()
	if _, ok := elements[name]; !ok && !slices.Contains([]string{"html", "head", "body", "main", "footer", "tbody", "colgroup"}, name) {
		t.Fatalf("<%s> in a README", name)
	}
	for _, a := range attributes {
		switch a.Key {
		case "align", "rel", "title", "colspan", "rowspan", "start", "open":
		case "id":
			if !strings.HasPrefix(a.Val, anchorPrefix) {
				t.Fatalf("id %q", a.Val)
			}
		case "href":
			if !slices.ContainsFunc([]string{"#readme-", "http://", "https://", "mailto:"}, func(s string) bool {
				return strings.HasPrefix(strings.ToLower(a.Val), s)
			}) {
				t.Fatalf("link to %q", a.Val)
			}
		default:
			t.Fatalf("attribute %s=%q", a.Key, a.Val)
		}
	}
}
