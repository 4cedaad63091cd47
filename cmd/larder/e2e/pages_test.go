package e2e

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// css names an element of a page.
type css = chromedp.CSS

// hostileReadme tries to run a script in every way that Markdown has.
const hostileReadme = `# The library
<script>window.pwned = "script"; document.title = "pwned"</script>
<img src="x" onerror="window.pwned = 'onerror'"><svg onload="window.pwned = 'svg'"></svg>
<iframe srcdoc="<script>parent.pwned = 'frame'</script>"></iframe>
[a link](javascript:window.pwned='link') <a href="javascript:window.pwned='anchor'" autofocus onfocus="window.pwned='focus'">x</a>
<style>body { display: none }</style><form action="/-/logout" method="post"><button>Free</button></form>

What it does **well**.
`

// TestPagesInABrowser publishes a package and looks at its page as a person
// does: who is not signed in is asked to, and then sees what is there.
func TestPagesInABrowser(t *testing.T) {
	t.Parallel()
	ctx := browser(t)
	tm := newTeam(t)
	d := tm.deskOf(t, npmOnPath(t), tm.prefixes()[projectPlace], tm.token)
	for _, version := range []string{"1.0.0", "1.1.0"} {
		d.source(t, scopedName, version)
		write(t, d.project(), map[string]string{"README.md": hostileReadme})
		d.run(t, "publish", scoped(version))
	}
	page := tm.pageOf(t, "1.1.0")

	visit(t, ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(page))
	if at := evaluate[string](t, ctx, "location.pathname"); at != "/-/login" {
		t.Errorf("the anonymous are at %s, want the page to sign in", at)
	}
	follow(t, ctx, chromedp.SendKeys(css("#username"), person), chromedp.SendKeys(css("#password"), password),
		chromedp.Submit(css("#password")))
	if at := evaluate[string](t, ctx, "location.href"); at != page {
		t.Fatalf("after signing in at %s, want %s", at, page)
	}
	tm.seesPackage(t, ctx)
	for _, width := range []int64{1280, 390} {
		visit(t, ctx, chromedp.EmulateViewport(width, 900))
		if w := evaluate[int64](t, ctx, "document.documentElement.scrollWidth"); w > width {
			t.Errorf("the page is %d wide in a window of %d", w, width)
		}
	}
	visit(t, ctx, chromedp.EmulateViewport(1280, 900))
	follow(t, ctx, chromedp.Click(`//a[normalize-space()="1.0.0"]`))
	if text := evaluate[string](t, ctx, "document.body.innerText"); !strings.Contains(text, "npm install "+scopedName+"@1.0.0") {
		t.Errorf("the page of the other version does not say how to install it:\n%s", text)
	}
	tm.searchesAndLeaves(t, ctx)
}

// pageOf returns the address of a version's page, as GitLab's API tells it.
func (tm *team) pageOf(t *testing.T, version string) string {
	t.Helper()
	status, body := tm.ask(t, http.MethodGet, tm.url+"/api/v4/projects/"+tm.project+"/packages?package_version="+version, tm.token)
	var list []struct {
		Links struct {
			WebPath string `json:"web_path"`
		} `json:"_links"`
	}
	if err := json.Unmarshal(body, &list); err != nil || status != http.StatusOK || len(list) != 1 {
		t.Fatalf("%d %v: %s", status, err, body)
	}
	return tm.url + list[0].Links.WebPath
}

// seesPackage looks at what the page shows and that nothing in its README ran.
func (tm *team) seesPackage(t *testing.T, ctx context.Context) {
	t.Helper()
	if got := evaluate[string](t, ctx, `document.querySelector("h1").innerText`); got != scopedName {
		t.Errorf("headline %q, want %q", got, scopedName)
	}
	text := evaluate[string](t, ctx, "document.body.innerText")
	for _, want := range []string{"npm install " + scopedName, "pnpm add", "yarn add", "bun add", "1.0.0", "1.1.0", "What it does well"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not show %q:\n%s", want, text)
		}
	}
	for what, expression := range map[string]string{
		"a script ran":           `String(window.pwned)`,
		"the title was changed":  `document.title === "pwned" ? "pwned" : "undefined"`,
		"a script is in it":      `document.querySelector("script, iframe, .readme form, .readme style") ? "found" : "undefined"`,
		"a link would run one":   `document.querySelector('a[href^="javascript:" i]') ? "found" : "undefined"`,
		"something was fetched":  `performance.getEntriesByType("resource").length ? "fetched" : "undefined"`,
		"a handler is in markup": `[...document.querySelectorAll("*")].some(e => e.getAttributeNames().some(n => n.startsWith("on"))) ? "found" : "undefined"`,
	} {
		if got := evaluate[string](t, ctx, expression); got != "undefined" {
			t.Errorf("%s: %s", what, got)
		}
	}
}

// searchesAndLeaves finds the package from its project and signs out.
func (tm *team) searchesAndLeaves(t *testing.T, ctx context.Context) {
	t.Helper()
	visit(t, ctx, chromedp.Navigate(tm.url+"/-/projects/"+teamProject))
	follow(t, ctx, chromedp.SendKeys(css(`input[name="search"]`), "nothing of the kind"), chromedp.Submit(css(`input[name="search"]`)))
	if strings.Contains(evaluate[string](t, ctx, "document.body.innerText"), "1.1.0") {
		t.Error("a search for nothing finds the package")
	}
	visit(t, ctx, chromedp.Navigate(tm.url+"/"))
	if text := evaluate[string](t, ctx, "document.body.innerText"); !strings.Contains(text, "npm config set registry "+tm.url+"/") {
		t.Errorf("the first page has no line to paste:\n%s", text)
	}
	follow(t, ctx, chromedp.Click(css(`form[action$="/-/logout"] button`)))
	visit(t, ctx, chromedp.Navigate(tm.url+"/-/projects/"+teamProject))
	if at := evaluate[string](t, ctx, "location.pathname"); at != "/-/login" {
		t.Errorf("after signing out at %s, want the page to sign in", at)
	}
}
