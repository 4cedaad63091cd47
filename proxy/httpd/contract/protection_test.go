package contract_test

import (
	"bytes"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/proxy/httpd"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// guarded is a package whose rule lets only administrators push and delete. It
// has the versions 1.0.0 and 2.0.0 and the tag beta.
const guarded = "@acme/guarded"

// attempt is a write of the guarded package.
type attempt struct {
	name string
	// deletes tells which half of the rule must answer.
	deletes bool
	// rest tells that it is of the REST API, where packages have numbers and
	// deploy tokens may nothing.
	rest bool
	ask  func(prefix, rev string) ask
}

// numbers fills in the numbers of the guarded package and of its places.
func (w *world) numbers() *strings.Replacer {
	return strings.NewReplacer("PROJECT", text(w.projects["acme/pub"]), "PACKAGE", text(w.known["guarded"]),
		"FILE", text(w.known["guarded file"]), "GONE", text(w.known["guarded gone"]))
}

// attempts are all writes of a package, by method and path of their route. A
// route that writes packages and is absent here fails TestProtection: what is
// not tried is not known to be protected.
func attempts() map[string][]attempt {
	all := registryAttempts()
	byNumber := func(name string, a ask) []attempt {
		return []attempt{{name: name, deletes: true, rest: true, ask: func(string, string) ask { return a }}}
	}
	const one = "/api/v4/projects/PROJECT/packages/PACKAGE"
	all["DELETE /projects/:id/packages/:package_id"] = byNumber("delete by number", remove(one))
	all["DELETE /projects/:id/packages/:package_id/package_files/:package_file_id"] = byNumber("delete a file",
		remove(one+"/package_files/FILE"))
	all["POST /larder/packages/:id/restore"] = byNumber("restore", post("/api/v4/larder/packages/GONE/restore", ""))
	return all
}

// registryAttempts are those of the npm protocol.
func registryAttempts() map[string][]attempt {
	const name = "@acme%2fguarded"
	at := func(suffix, body string, lines ...string) func(string, string) ask {
		return func(prefix, rev string) ask {
			text := bytes.ReplaceAll([]byte(body), []byte("REV"), []byte(rev))
			return put(prefix+suffix, string(text)).with(lines...)
		}
	}
	const lessOne = `{"_id":"@acme/guarded","_rev":"REV","name":"@acme/guarded","versions":{"1.0.0":{"name":"@acme/guarded","version":"1.0.0"}}}`
	return map[string][]attempt{
		"PUT /:package": {
			{name: "publish", ask: func(prefix, _ string) ask { return publish(prefix, version(guarded, "3.0.0")) }},
			{name: "publish again", ask: func(prefix, _ string) ask { return publish(prefix, version(guarded, "1.0.0")) }},
			{name: "deprecate", ask: func(prefix, _ string) ask { return deprecate(prefix, guarded, "bad", "1.0.0") }},
			{name: "deprecate without a header", ask: at("/"+name,
				`{"_rev":"REV","name":"@acme/guarded","versions":{"1.0.0":{"name":"@acme/guarded","version":"1.0.0","deprecated":"bad"}}}`)},
			{name: "star", ask: at("/"+name, `{"_rev":"REV","users":{"maintainer":true}}`, "npm-command: star")},
			{name: "owner", ask: at("/"+name, `{"_rev":"REV","maintainers":[{"name":"stranger"}]}`)},
		},
		"PUT /:package/-rev/:rev": {
			{name: "owner with a revision", ask: func(prefix, rev string) ask {
				return put(prefix+"/"+name+"/-rev/"+rev, `{"maintainers":[{"name":"stranger"}]}`)
			}},
			{name: "unpublish one", ask: func(prefix, rev string) ask {
				return put(prefix+"/"+name+"/-rev/"+rev, lessOne)
			}},
		},
		"DELETE /:package/-rev/:rev": {{name: "unpublish all", deletes: true, ask: func(prefix, rev string) ask {
			return remove(prefix + "/" + name + "/-rev/" + rev)
		}}},
		"DELETE /:package/-/:file/-rev/:rev": {{name: "unpublish a file", deletes: true, ask: func(prefix, rev string) ask {
			return remove(prefix + "/" + name + "/-/guarded-2.0.0.tgz/-rev/" + rev)
		}}},
		"PUT /-/package/:package/dist-tags/:tag": {{name: "set a tag", ask: func(prefix, _ string) ask {
			return put(tagPath(prefix, guarded, "stable"), `"1.0.0"`)
		}}, {name: "move a tag", ask: func(prefix, _ string) ask {
			return put(tagPath(prefix, guarded, "beta"), `"2.0.0"`)
		}}},
		"DELETE /-/package/:package/dist-tags/:tag": {{name: "remove a tag", ask: func(prefix, _ string) ask {
			return remove(tagPath(prefix, guarded, "beta"))
		}}},
		"POST /-/package/:package/access": {{name: "set access", ask: func(prefix, _ string) ask {
			return post(prefix+"/-/package/"+name+"/access", `{"access":"public"}`)
		}}},
		"PUT /-/package/:package/owners": {{name: "add an owner", ask: at("/-/package/"+name+"/owners", `{"user":"stranger"}`)}},
		"DELETE /-/package/:package/owners/:user": {{name: "remove an owner", ask: func(prefix, _ string) ask {
			return remove(prefix + "/-/package/" + name + "/owners/admin")
		}}},
		"PUT /-/user/package/:package/star":    {{name: "star by route", ask: at("/-/user/package/"+name+"/star", "")}},
		"DELETE /-/user/package/:package/star": {{name: "unstar", ask: func(prefix, _ string) ask { return remove(prefix + "/-/user/package/" + name + "/star") }}},
		"PUT /-/user/v1/star":                  {{name: "star by name", ask: at("/-/user/v1/star", `{"name":"@acme/guarded"}`)}},
	}
}

// unguarded are the routes that write something else than packages, each with
// what it writes.
func unguarded() map[string]string {
	const login, token = "signs somebody in", "tokens of the caller"
	return map[string]string{
		"PUT /-/user/org.couchdb.user::user":           login,
		"PUT /-/user/org.couchdb.user::user/-rev/:rev": login,
		"POST /-/v1/login":                             login,
		"POST /-/login":                                login,
		"POST /-/logout":                               login,
		"DELETE /-/user/token/:token":                  token,
		"POST /-/npm/v1/tokens":                        token,
		"DELETE /-/npm/v1/tokens/token/:key":           token,
		"POST /-/npm/v1/user":                          "the profile of the caller",
	}
}

// ofPackages tells whether a route of the REST API may write packages: those
// below "/packages" but for the rules themselves. Projects that hold packages
// cannot be removed.
func ofPackages(r httpd.Route) bool {
	return strings.Contains(r.Path, "/packages") && !strings.Contains(r.Path, "/packages/protection/rules")
}

func routeKey(r httpd.Route) string { return r.Method + " " + r.Path }

// TestProtection walks the table of routes and tries to write a protected
// package through every one of them that writes, at every place.
func TestProtection(t *testing.T) {
	t.Parallel()
	w := newGuarded(t)
	tried := map[string]bool{}
	for _, r := range w.server.Routes() {
		key := routeKey(r)
		list := attempts()[key]
		switch {
		case !r.Mutates || unguarded()[key] != "" || r.REST && !ofPackages(r):
			continue
		case list == nil:
			t.Errorf("%s: new route: add it here, with a write of the protected package or the reason why it writes none", key)
			continue
		}
		tried[key] = true
		places := []string{"", instance, w.below("acme"), w.in("acme/pub")}
		if r.RootOnly || r.REST {
			places = places[:1]
		}
		for _, prefix := range places {
			for _, a := range list {
				for _, who := range []string{"maintainer", "owner", "writer", "job"} {
					t.Run(a.name+prefix+" by "+who, func(t *testing.T) { w.keepsOut(t, a, prefix, who) })
				}
			}
		}
	}
	for key := range attempts() {
		if !tried[key] {
			t.Errorf("%s: no such route any more", key)
		}
	}
}

// keepsOut tries one write, which must be refused by the rule and leave
// everything as it was.
func (w *world) keepsOut(t *testing.T, a attempt, prefix, who string) {
	t.Helper()
	read := get(w.in("acme/pub") + "/" + guarded + "?write=true").as("admin")
	before, rev, seq := w.status(t, http.StatusOK, read).body, w.packument(t, read).Rev, w.sequence(t)
	want := "Package protected."
	if a.deletes {
		want = "Package is deletion protected."
	}
	message := ""
	if prefix != "" {
		message = "403 Forbidden - " + want
	}
	if who == "writer" && bytes.Contains([]byte(a.name), []byte("star")) {
		want, message = "only people can star packages", "" // refused before the rule is asked
	}
	status := http.StatusForbidden
	if a.rest {
		want, message = "", "403 Forbidden - "+want
		if who == "writer" {
			status, message = http.StatusUnauthorized, "401 Unauthorized"
		}
	}
	w.refuses(t, status, want, message, w.attempt(a, prefix, rev).as(who))
	if after := w.status(t, http.StatusOK, read).body; !bytes.Equal(before, after) {
		t.Errorf("the document has changed from\n%s to\n%s", before, after)
	}
	if now := w.sequence(t); now != seq {
		t.Errorf("%d changes were written", now-seq)
	}
}

// attempt is what a sends.
func (w *world) attempt(a attempt, prefix, rev string) ask {
	made := a.ask(prefix, rev)
	made.path = w.numbers().Replace(made.path)
	return made
}

// sequence is the number of the last change of the store.
func (w *world) sequence(t *testing.T) uint64 {
	t.Helper()
	n, err := w.store.Sequence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// newGuarded is a team with the guarded package in acme/pub.
func newGuarded(t *testing.T) *world {
	t.Helper()
	w := newTeam(t, setup{})
	w.deploy("writer", "acme/pub", accounts.ScopeWriteRegistry)
	w.job("job", "owner", "acme/pub")
	w.stock(t, "acme/pub", version(guarded, "1.0.0"))
	w.stock(t, "acme/pub", version(guarded, "2.0.0"))
	name, err := npm.ParseName(guarded)
	w.must(err)
	place := registry.Place{Kind: registry.ProjectPlace, Ref: "acme/pub"}
	w.must(w.registry.SetTag(t.Context(), w.caller("admin"), place, registry.TagWrite{Name: name, Tag: "beta", Version: "1.0.0"}))
	w.known["guarded"] = w.number(t, "acme/pub", guarded, "2.0.0")
	w.known["guarded file"] = w.fileNumbers(t, w.known["guarded"])[0]
	w.stock(t, "acme/pub", version(guarded, "0.9.0"))
	w.known["guarded gone"] = w.number(t, "acme/pub", guarded, "0.9.0")
	w.status(t, http.StatusNoContent, remove(w.packagePath("acme/pub", w.known["guarded gone"])).as("admin"))
	w.protect("acme/pub", "@acme/guard*", record.Admin)
	return w
}

// protect makes a rule that only a level passes, for both halves.
func (w *world) protect(project, pattern string, level record.AccessLevel) {
	w.t.Helper()
	_, err := w.registry.CreateRule(w.t.Context(), w.caller("admin"), project,
		registry.RuleInput{Pattern: &pattern, Push: &level, Delete: &level})
	w.must(err)
}

// TestProtectionLetsThrough shows that the writes fail because of the rule: an
// administrator passes it with each of them.
func TestProtectionLetsThrough(t *testing.T) {
	t.Parallel()
	var keys []string
	for key := range attempts() {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	w := newGuarded(t)
	read := get(w.in("acme/pub") + "/" + guarded).as("admin")
	for _, key := range keys {
		for _, a := range attempts()[key] {
			if a.deletes || a.name == "unpublish one" || a.name == "publish again" {
				continue // the others need what these take
			}
			rev := w.packument(t, read).Rev
			if r := w.do(t, w.attempt(a, w.in("acme/pub"), rev).as("admin")); r.StatusCode >= http.StatusBadRequest {
				t.Errorf("%s by an administrator: status %d (%s)", a.name, r.StatusCode, r.body)
			}
		}
	}
	rev := w.packument(t, read).Rev
	w.status(t, http.StatusOK, remove(w.in("acme/pub")+"/@acme%2fguarded/-rev/"+rev).as("admin"))
}
