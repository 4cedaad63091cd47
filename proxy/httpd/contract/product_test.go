package contract_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// secret stands in every document of the product.
const secret = "top-secret-of-the-team"

// cell is one caller at one place with a name of its own in one project.
type cell struct {
	w       *world
	caller  who
	place   string
	project string
	seen    record.Visibility
	prefix  string
	// name is of the package, which has the versions 1.0.0 and 1.1.0 and the
	// tags latest and beta.
	name string
}

// command is what a caller does in a cell. The order is that in which the
// package can take it.
type command struct {
	name string
	need need
	done int
	ask  func(t *testing.T, c *cell) ask
	// shows tells that the answer to somebody who may holds the secret.
	shows bool
	// check looks at the answer to somebody who may.
	check func(t *testing.T, c *cell, r reply)
}

func (c *cell) base() string { return strings.TrimPrefix(c.name, "@acme/") }

func (c *cell) file(v string) string { return "/" + c.name + "/-/" + c.base() + "-" + v + ".tgz" }

// document reads the package as an administrator, whose rights are not in
// question here.
func (c *cell) document(t *testing.T) packument {
	t.Helper()
	return c.w.packument(t, get(c.w.in(c.project)+"/"+c.name).as("admin"))
}

// reads are the commands that change nothing.
func reads() []command {
	path := func(suffix string, lines ...string) func(*testing.T, *cell) ask {
		return func(_ *testing.T, c *cell) ask {
			return get(c.prefix + strings.ReplaceAll(suffix, "NAME", escaped(c.name))).with(lines...)
		}
	}
	return []command{
		{name: "ping", done: http.StatusOK, ask: path("/-/ping")},
		{name: "whoami", need: needCredential, done: http.StatusOK, ask: path("/-/whoami")},
		{name: "tokens", need: needPerson, done: http.StatusOK, ask: path("/-/npm/v1/tokens")},
		{name: "profile", need: needPerson, done: http.StatusOK, ask: path("/-/npm/v1/user")},
		{name: "packument", need: needRead, done: http.StatusOK, ask: path("/NAME"), shows: true},
		{name: "packument abbreviated", need: needRead, done: http.StatusOK, ask: path("/NAME", "Accept: application/vnd.npm.install-v1+json")},
		{name: "packument to write", need: needRead, done: http.StatusOK, ask: path("/NAME?write=true"), shows: true},
		{name: "manifest", need: needRead, done: http.StatusOK, ask: path("/NAME/1.0.0"), shows: true},
		{name: "manifest of a tag", need: needRead, done: http.StatusOK, ask: path("/NAME/beta"), shows: true},
		{name: "tarball", need: needRead, done: http.StatusOK, ask: func(_ *testing.T, c *cell) ask { return get(c.prefix + c.file("1.0.0")) }},
		{name: "part of a tarball", need: needRead, done: http.StatusPartialContent, ask: func(_ *testing.T, c *cell) ask {
			return get(c.prefix + c.file("1.0.0")).with("Range: bytes=10-99")
		}},
		{name: "dist-tags", need: needRead, done: http.StatusOK, ask: path("/-/package/NAME/dist-tags")},
		{name: "visibility", need: needRead, done: http.StatusOK, ask: path("/-/package/NAME/visibility"), check: checkVisibility},
		{name: "collaborators", need: needPeople, done: http.StatusOK, ask: path("/-/package/NAME/collaborators")},
		{name: "search", need: needPlace, done: http.StatusOK, ask: func(_ *testing.T, c *cell) ask {
			return get(c.prefix + "/-/v1/search?text=" + c.base())
		}, check: checkSearch},
		{name: "audit bulk", need: needAudit, done: http.StatusOK, ask: func(_ *testing.T, c *cell) ask { return post(c.prefix+bulk, installed) }},
		{name: "audit quick", need: needAudit, done: http.StatusOK, ask: func(_ *testing.T, c *cell) ask { return post(c.prefix+quick, tree) }},
	}
}

func checkVisibility(t *testing.T, c *cell, r reply) {
	t.Helper()
	if want := c.seen == record.PublicVisibility; bytes.Contains(r.body, []byte("true")) != want {
		t.Errorf("visibility is %s, want public: %v", r.body, want)
	}
}

// checkSearch checks that exactly those find a package who may read it.
func checkSearch(t *testing.T, c *cell, r reply) {
	t.Helper()
	found := bytes.Contains(r.body, []byte(c.base())) && bytes.Contains(r.body, []byte(secret))
	if found != c.caller.sees(c.seen) {
		t.Errorf("search found it: %v, and it may: %v (%s)", found, !found, r.body)
	}
}

// writes are the commands that change the package; the last ones end it.
func writes() []command {
	const created = http.StatusCreated
	return []command{
		{name: "dist-tag set", need: needPush, done: http.StatusNoContent, ask: func(_ *testing.T, c *cell) ask {
			return put(tagPath(c.prefix, c.name, "stable"), `"1.0.0"`)
		}},
		{name: "dist-tag remove", need: needDestroy, done: http.StatusNoContent, ask: func(_ *testing.T, c *cell) ask {
			return remove(tagPath(c.prefix, c.name, "beta"))
		}},
		{name: "publish", need: needPush, done: http.StatusOK, ask: func(_ *testing.T, c *cell) ask { return publish(c.prefix, version(c.name, "2.0.0")) }},
		{name: "publish again", need: needPublished, ask: func(_ *testing.T, c *cell) ask { return publish(c.prefix, other(c.name, "1.0.0")) }},
		{name: "deprecate", need: needDestroy, done: http.StatusOK, ask: func(_ *testing.T, c *cell) ask {
			return deprecate(c.prefix, c.name, "old", "1.0.0")
		}},
		{name: "deprecate with the whole document", need: needDestroy, done: http.StatusOK, ask: wholeDeprecation},
		{name: "owner", need: needDestroy, done: created, ask: func(t *testing.T, c *cell) ask {
			return put(c.prefix+"/"+escaped(c.name)+"/-rev/"+c.document(t).Rev,
				`{"_id":"`+c.name+`","maintainers":[{"name":"owner","email":""},{"name":"developer","email":""}]}`)
		}},
		{name: "owner add by route", need: needDestroy, done: http.StatusOK, ask: func(_ *testing.T, c *cell) ask {
			return put(c.prefix+"/-/package/"+escaped(c.name)+"/owners", `{"user":"reporter"}`)
		}},
		{name: "owner remove by route", need: needDestroy, done: http.StatusOK, ask: func(_ *testing.T, c *cell) ask {
			return remove(c.prefix + "/-/package/" + escaped(c.name) + "/owners/developer")
		}},
		{name: "star", need: needStar, done: http.StatusOK, ask: func(t *testing.T, c *cell) ask {
			return put(c.prefix+"/"+escaped(c.name), `{"_id":"`+c.name+`","_rev":"`+c.document(t).Rev+`","users":{"`+c.caller.name+`":true}}`).
				with("npm-command: star")
		}},
		{name: "star by route", need: needStar, done: http.StatusOK, ask: func(_ *testing.T, c *cell) ask {
			return put(c.prefix+"/-/user/package/"+escaped(c.name)+"/star", "")
		}},
		{name: "star by name", need: needStar, done: http.StatusOK, ask: func(_ *testing.T, c *cell) ask {
			return put(c.prefix+"/-/user/v1/star", `{"name":"`+c.name+`"}`)
		}},
		{name: "unstar", need: needStar, done: http.StatusOK, ask: func(_ *testing.T, c *cell) ask {
			return remove(c.prefix + "/-/user/package/" + escaped(c.name) + "/star")
		}},
		{name: "access as it is", need: needDestroy, done: http.StatusOK, ask: func(_ *testing.T, c *cell) ask { return c.access(true) }},
		{name: "access as it is not", need: needImpossible, ask: func(_ *testing.T, c *cell) ask { return c.access(false) }},
		{name: "unpublish one", need: needDestroy, done: created, ask: unpublishOne},
		{name: "unpublish one by its file", need: needDestroy, done: http.StatusOK, ask: func(t *testing.T, c *cell) ask {
			return remove(c.prefix + c.file("1.1.0") + "/-rev/" + c.document(t).Rev)
		}},
		{name: "unpublish all", need: needDestroy, done: http.StatusOK, ask: func(t *testing.T, c *cell) ask {
			return remove(c.prefix + "/" + escaped(c.name) + "/-rev/" + c.document(t).Rev)
		}},
	}
}

// access is "npm access set status".
func (c *cell) access(same bool) ask {
	word := "restricted"
	if same == (c.seen == record.PublicVisibility) {
		word = "public"
	}
	return post(c.prefix+"/-/package/"+escaped(c.name)+"/access", `{"access":"`+word+`"}`)
}

// wholeDeprecation is how clients deprecate that do not say so in a header:
// they send back all of the document.
func wholeDeprecation(t *testing.T, c *cell) ask {
	r := c.w.do(t, get(c.w.in(c.project)+"/"+c.name+"?write=true").as("admin"))
	text := bytes.Replace(r.body, []byte(`"version":"1.1.0"`), []byte(`"version":"1.1.0","deprecated":"older"`), 1)
	return put(c.prefix+"/"+escaped(c.name), string(text))
}

// unpublishOne is the first step of npm's unpublish: the document without the
// version.
func unpublishOne(t *testing.T, c *cell) ask {
	p := c.document(t)
	delete(p.Versions, "1.1.0")
	return put(c.prefix+"/"+escaped(c.name)+"/-rev/"+p.Rev, string(encode(p)))
}

// newProduct is a team with the tokens of all callers.
func newProduct(t *testing.T) *world {
	w := newTeam(t, setup{})
	w.upstream.Add(upstreamtest.Simple("left-pad", "1.3.0"))
	w.project("acme/elsewhere", record.PublicVisibility)
	w.deploy("deploy-elsewhere", "acme/elsewhere", accounts.ScopeWriteRegistry)
	for _, project := range []string{"acme/pub", "acme/int", "acme/prv"} {
		w.deploy(project+" deploy-read", project, accounts.ScopeReadRegistry)
		w.deploy(project+" deploy-write", project, accounts.ScopeWriteRegistry)
	}
	w.job("job-developer", "developer", "acme/prv")
	w.job("job-maintainer", "maintainer", "acme/prv")
	w.user("builder")
	w.project("acme/lines", record.PublicVisibility)
	w.must(w.accounts.SetMember(t.Context(), console, record.Member{Level: record.Developer, UserID: w.users["builder"],
		Source: record.Source{Kind: record.ProjectSource, ID: w.projects["acme/lines"]}}))
	w.job("job-stranger", "builder", "acme/lines")
	w.finish("maintainer", "acme/prv", w.job("job-finished", "maintainer", "acme/prv"))
	w.token("read-api", "owner", accounts.NewToken{Scopes: []string{accounts.ScopeReadAPI}})
	w.tokens["wrong"] = "not-a-token-of-anybody"
	w.expired("expired", "owner")
	return w
}

// cells are all combinations of callers, places and projects.
func (w *world) cells() []*cell {
	places := []string{atRoot, atInstance, atGroup, atProject}
	var all []*cell
	for _, v := range []record.Visibility{record.PublicVisibility, record.InternalVisibility, record.PrivateVisibility} {
		project := map[record.Visibility]string{record.PublicVisibility: "acme/pub",
			record.InternalVisibility: "acme/int", record.PrivateVisibility: "acme/prv"}[v]
		for _, place := range places {
			prefix := map[string]string{atRoot: "", atInstance: instance, atGroup: w.below("acme"), atProject: w.in(project)}[place]
			for _, c := range callers() {
				all = append(all, &cell{w: w, caller: c, place: place, project: project, seen: v, prefix: prefix,
					name: "@acme/" + strings.Join([]string{string(v), place, c.name}, "-")})
			}
		}
	}
	return all
}

// token is the name of the token that the caller sends.
func (c *cell) token() string {
	switch {
	case c.caller.kind == nobody:
		return ""
	case c.caller.own:
		return c.project + " " + c.caller.name
	}
	return c.caller.name
}

// prepare publishes what the cell is about.
func (c *cell) prepare(t *testing.T) {
	t.Helper()
	for _, v := range []string{"1.0.0", "1.1.0"} {
		c.w.stock(t, c.project, registrytest.Document{Name: c.name, Version: v, Readme: "# " + secret,
			Manifest: map[string]any{"description": secret}})
	}
	name, err := npm.ParseName(c.name)
	if err != nil {
		t.Fatal(err)
	}
	err = c.w.registry.SetTag(t.Context(), c.w.caller("admin"), registry.Place{Kind: registry.ProjectPlace, Ref: c.project},
		registry.TagWrite{Name: name, Tag: "beta", Version: "1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
}

// TestProduct runs every command by every caller at every place on projects of
// every visibility, and compares the status with the rule.
func TestProduct(t *testing.T) {
	t.Parallel()
	w := newProduct(t)
	for _, c := range w.cells() {
		t.Run(strings.TrimPrefix(c.name, "@acme/"), func(t *testing.T) {
			t.Parallel()
			c.prepare(t)
			for _, k := range reads() {
				c.read(t, k)
			}
			for _, k := range writes() {
				c.run(t, k, k.ask(t, c).as(c.token()))
			}
		})
	}
}

// run sends a command and checks its answer.
func (c *cell) run(t *testing.T, k command, a ask) reply {
	t.Helper()
	done := k.done
	if done == http.StatusNoContent && c.place == atRoot {
		done = http.StatusOK // yarn 1 reads the answer there
	}
	want := expect(k.need, c.caller, c.place, c.seen, done)
	r := c.w.do(t, a)
	if r.StatusCode != want {
		t.Errorf("%s: %s %s answers %d, want %d (%.200s)", k.name, a.method, a.path, r.StatusCode, want, r.body)
		return r
	}
	c.checkReply(t, k, r)
	if k.check != nil && want == k.done {
		k.check(t, c, r)
	}
	return r
}

// checkReply checks what holds of all answers.
func (c *cell) checkReply(t *testing.T, k command, r reply) {
	t.Helper()
	shown := bytes.Contains(r.body, []byte(secret))
	switch {
	case shown && !c.caller.sees(c.seen):
		t.Errorf("%s: the answer tells what the caller may not know: %s", k.name, r.body)
	case !shown && k.shows && r.StatusCode == k.done && r.Request.Method == http.MethodGet:
		t.Errorf("%s: the answer lacks the description: %s", k.name, r.body)
	}
	if r.StatusCode < http.StatusBadRequest {
		return
	}
	if r.StatusCode == http.StatusUnauthorized && r.Header.Get("WWW-Authenticate") == "" {
		t.Errorf("%s: 401 without WWW-Authenticate", k.name)
	}
	if r.Request.Method != http.MethodHead && r.failure(t).Error == "" {
		t.Errorf("%s: status %d without an error: %s", k.name, r.StatusCode, r.body)
	}
	if got := r.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("%s: Cache-Control of a refusal is %q", k.name, got)
	}
}

// read runs a command that reads, asks for its head, and asks again with the tag
// that an administrator has of it.
func (c *cell) read(t *testing.T, k command) {
	t.Helper()
	a := k.ask(t, c)
	r := c.run(t, k, a.as(c.token()))
	if a.method != http.MethodGet {
		return
	}
	theirs := c.w.do(t, a.as("admin"))
	head := a.as(c.token())
	head.method = http.MethodHead
	if h := c.w.do(t, head); k.done != http.StatusPartialContent && h.StatusCode != r.StatusCode || len(h.body) > 0 {
		t.Errorf("%s: HEAD answers %d with %d bytes, GET %d", k.name, h.StatusCode, len(h.body), r.StatusCode)
	} else if r.StatusCode >= http.StatusBadRequest && (h.Header.Get("ETag") != "" || h.Header.Get("Last-Modified") != "") {
		t.Errorf("%s: a refused HEAD has the tag %s", k.name, h.Header.Get("ETag"))
	}
	tag := theirs.Header.Get("ETag")
	if tag == "" {
		return
	}
	want := http.StatusNotModified
	if r.StatusCode >= http.StatusBadRequest {
		want = r.StatusCode
	}
	if again := c.w.do(t, a.as(c.token()).with("If-None-Match: "+tag)); again.StatusCode != want {
		t.Errorf("%s: with the tag of an administrator %d, want %d", k.name, again.StatusCode, want)
	}
	since := theirs.Header.Get("Last-Modified")
	if since == "" || r.StatusCode < http.StatusBadRequest {
		return
	}
	if again := c.w.do(t, a.as(c.token()).with("If-Modified-Since: "+since)); again.StatusCode != want {
		t.Errorf("%s: with the date of an administrator %d, want %d", k.name, again.StatusCode, want)
	}
}
