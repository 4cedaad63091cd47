package contract_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

const browserAccept = "Accept: text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"

// submit is a form as a browser sends it.
func submit(path string, values url.Values) ask {
	return post(path, values.Encode()).with("Content-Type: application/x-www-form-urlencoded")
}

// newPages is a team with a page for every visibility.
func newPages(t *testing.T) (w *world, pages map[string]string) {
	t.Helper()
	w = newTeam(t, setup{})
	pages = map[string]string{}
	for _, project := range []string{"acme/pub", "acme/int", "acme/prv"} {
		name := "@acme/" + project[len("acme/"):]
		w.stock(t, project, version(name, "1.0.0"))
		pages[project] = fmt.Sprintf("/%s/-/packages/%d", project, w.number(t, project, name, "1.0.0"))
	}
	return w, pages
}

// asBrowser signs somebody in by the form and returns the cookie that the
// browser keeps.
func (w *world) asBrowser(t *testing.T, username, secret string) string {
	t.Helper()
	r := w.status(t, http.StatusSeeOther, submit("/-/login", url.Values{"username": {username}, "password": {secret}, "next": {"/-/projects"}}))
	if at := r.Header.Get("Location"); at != "/-/projects" {
		t.Errorf("after signing in the browser goes to %q", at)
	}
	set := r.Header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "path=/", "max-age="} {
		if !strings.Contains(strings.ToLower(set), strings.ToLower(want)) {
			t.Errorf("the cookie %q lacks %s", set, want)
		}
	}
	pair, _, _ := strings.Cut(set, ";")
	return "Cookie: " + pair
}

func TestPagesAreShownToWhoMayRead(t *testing.T) {
	t.Parallel()
	w, pages := newPages(t)
	cookies := map[string]string{"": "Accept: */*"}
	for _, who := range []string{"stranger", "guest"} {
		cookies[who] = w.asBrowser(t, who, w.tokens[who])
	}
	for _, c := range []struct {
		who, project string
		status       int
	}{
		{"", "acme/pub", 200}, {"", "acme/int", 303}, {"", "acme/prv", 303},
		{"stranger", "acme/pub", 200}, {"stranger", "acme/int", 200}, {"stranger", "acme/prv", 404},
		{"guest", "acme/pub", 200}, {"guest", "acme/int", 200}, {"guest", "acme/prv", 200},
	} {
		for _, path := range []string{pages[c.project], "/-/projects/" + c.project} {
			r := w.status(t, c.status, get(path).with(cookies[c.who]))
			if want := "/-/login?next=" + url.QueryEscape(path); c.status == 303 && r.Header.Get("Location") != want {
				t.Errorf("%s as %q leads to %q, want %q", path, c.who, r.Header.Get("Location"), want)
			}
			shown := strings.Contains(string(r.body), "@acme/"+c.project[len("acme/"):])
			if shown != (c.status == 200) {
				t.Errorf("%s as %q names the package: %v", path, c.who, shown)
			}
			if policy := r.Header.Get("Content-Security-Policy"); c.status != 303 && !strings.HasPrefix(policy, "default-src 'none';") {
				t.Errorf("%s: policy %q", path, policy)
			}
		}
	}
}

// TestPagesHideWhatIsMissing: to the anonymous and to strangers a page that is
// not theirs is like one that does not exist.
func TestPagesHideWhatIsMissing(t *testing.T) {
	t.Parallel()
	w, pages := newPages(t)
	w.group("unheard-of", record.PrivateVisibility)
	w.group("acme/unheard-of", record.PrivateVisibility)
	w.project("unheard-of/lib", record.PrivateVisibility)
	stranger := w.asBrowser(t, "stranger", w.tokens["stranger"])
	missing := []string{"/acme/prv/-/packages/999999", "/acme/none/-/packages/1", "/-/projects/acme/none", "/-/groups/none",
		"/-/groups/unheard-of", "/-/groups/acme/unheard-of", "/-/projects/unheard-of/lib",
		strings.Replace(pages["acme/prv"], "prv", "pub", 1)} // a number of another project
	for _, path := range append(missing, pages["acme/prv"]) {
		w.status(t, http.StatusSeeOther, get(path))
		r := w.status(t, http.StatusNotFound, get(path).with(stranger))
		if strings.Contains(string(r.body), "acme/prv") && !strings.Contains(path, "acme/prv") {
			t.Errorf("%s names a private project: %s", path, r.body)
		}
	}
	for _, path := range []string{"/", "/-/projects", "/-/groups", "/-/groups/acme", "/-/groups/acme?search=prv", "/?search=prv"} {
		for _, cookie := range []string{"Accept: text/html", stranger} {
			r := w.status(t, http.StatusOK, get(path).with(browserAccept, cookie))
			for _, hidden := range []string{"acme/prv", "unheard-of"} {
				if strings.Contains(string(r.body), hidden) {
					t.Errorf("%s tells of %s, which is private", path, hidden)
				}
			}
		}
	}
}

func TestHomeIsAPageForBrowsersAlone(t *testing.T) {
	t.Parallel()
	w, _ := newPages(t)
	r := w.status(t, 200, get("/").with(browserAccept))
	if !strings.Contains(string(r.body), "npm config set registry "+w.url+"/") || !strings.Contains(r.Header.Get("Vary"), "Accept") {
		t.Errorf("no line to paste, or none that varies: %q %.300s", r.Header.Get("Vary"), r.body)
	}
	for _, accept := range []string{"*/*", "application/json", ""} {
		if r := w.status(t, 200, get("/").with("Accept: "+accept)); string(r.body) != "{}" {
			t.Errorf("a client that accepts %q gets %.100s", accept, r.body)
		}
	}
	if r := w.status(t, 200, get(instance).with(browserAccept)); string(r.body) != "{}" {
		t.Errorf("below a prefix there is a page: %.100s", r.body)
	}
}

func TestSessionsOfBrowsers(t *testing.T) {
	t.Parallel()
	w, pages := newPages(t)
	guest := w.asBrowser(t, "guest", w.tokens["guest"])
	w.status(t, 200, get(pages["acme/prv"]).with(guest))
	// The cookie is good for pages alone: no other site can make a browser write
	// or read the API with it.
	w.status(t, 404, get(w.packagesOf("acme/prv")).with(guest))
	w.status(t, 401, get("/-/whoami").with(guest))
	w.status(t, 303, get(pages["acme/prv"]).with("Cookie: larder_session=nonsense"))

	form := url.Values{"username": {"guest"}, "password": {"wrong"}, "next": {"/-/projects"}}
	r := w.status(t, 401, submit("/-/login", form))
	if r.Header.Get("Set-Cookie") != "" || r.Header.Get("WWW-Authenticate") != "" || !strings.Contains(string(r.body), `value="guest"`) {
		t.Errorf("a wrong password gets %v %.200s", r.Header, r.body)
	}
	form.Set("password", w.tokens["guest"])
	w.status(t, 403, submit("/-/login", form).with("Sec-Fetch-Site: cross-site"))
	w.status(t, 403, submit("/-/logout", nil).with(guest, "Sec-Fetch-Site: cross-site"))
	for _, next := range []string{"https://evil.example.com/", "//evil.example.com", `/\evil.example.com`, "/\tx", ""} {
		form.Set("next", next)
		if at := w.status(t, 303, submit("/-/login", form)).Header.Get("Location"); at != "/" {
			t.Errorf("next=%q leads to %q", next, at)
		}
	}
	w.deploy("reader", "acme/prv", accounts.ScopeReadRegistry)
	w.status(t, 401, submit("/-/login", url.Values{"username": {"x"}, "password": {w.tokens["reader"]}}))

	r = w.status(t, 303, submit("/-/logout", nil).with(guest))
	if !strings.Contains(r.Header.Get("Set-Cookie"), "larder_session=;") {
		t.Errorf("signing out sets %q", r.Header.Get("Set-Cookie"))
	}
}

// TestPageOfManyVersions shows a window of them and leads to all.
func TestPageOfManyVersions(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	const versions = 3000
	var list []record.Package
	for i := range versions {
		list = append(list, record.Package{Type: record.NPM, Name: "@acme/many", Version: fmt.Sprintf("1.%d.0", i)})
	}
	var ids []int64
	for some := range slices.Chunk(list, 200) { // a transaction has its limits
		ids = append(ids, w.seed("acme/pub", some...)...)
	}
	at := fmt.Sprintf("/acme/pub/-/packages/%d", ids[versions-1])
	seen := 0
	for page := at; page != ""; {
		r := w.status(t, 200, get(page))
		if len(r.body) > 128<<10 {
			t.Fatalf("%s has %d bytes", page, len(r.body))
		}
		body := string(r.body)
		if !strings.Contains(body, "3,000") {
			t.Fatalf("%s does not tell how many versions there are", page)
		}
		seen += strings.Count(body[strings.Index(body, `id="versions"`):], `href="/acme/pub/-/packages/`)
		_, rest, more := strings.Cut(body, `rel="next" href="`)
		if !more {
			break
		}
		next, _, _ := strings.Cut(rest, `"`)
		page = strings.ReplaceAll(next, "&amp;", "&")
	}
	if seen < versions {
		t.Errorf("the pages show %d versions of %d", seen, versions)
	}
}

func TestFilesAreDownloadedFromPages(t *testing.T) {
	t.Parallel()
	w, pages := newPages(t)
	guest := w.asBrowser(t, "guest", w.tokens["guest"])
	r := w.status(t, 200, get(pages["acme/prv"]).with(guest))
	_, rest, ok := strings.Cut(string(r.body), `href="`+pages["acme/prv"]+`/files/`)
	if !ok {
		t.Fatalf("the page leads to no file: %.2000s", r.body)
	}
	id, _, _ := strings.Cut(rest, `"`)
	file := pages["acme/prv"] + "/files/" + id
	r = w.status(t, 200, get(file).with(guest))
	if r.Header.Get("Content-Type") != "application/octet-stream" || !strings.Contains(r.Header.Get("Content-Disposition"), "attachment") {
		t.Errorf("the file comes as %v", r.Header)
	}
	w.status(t, 206, get(file).with(guest, "Range: bytes=0-9"))
	w.status(t, 304, get(file).with(guest, "If-None-Match: "+r.Header.Get("ETag")))
	w.status(t, 303, get(file))
	w.status(t, 404, get(file).with(w.asBrowser(t, "stranger", w.tokens["stranger"])))
	w.status(t, 404, get(pages["acme/pub"]+"/files/"+id).with(guest))
	if r := w.status(t, 200, get(pages["acme/prv"]).with(guest)); !strings.Contains(string(r.body), "<dt>Downloads</dt><dd>2</dd>") {
		t.Errorf("the page does not count two downloads: %.2000s", r.body)
	}
}
