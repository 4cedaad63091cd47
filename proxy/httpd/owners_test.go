package httpd

import (
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/registrytest"
)

// TestWhatPnpmAsks runs the routes that pnpm alone has: for owners, for its
// stars and for the access of a package.
func TestWhatPnpmAsks(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{})
	const place = "/api/v4/projects/acme%2Flib/packages/npm"
	body := string(registrytest.Document{Name: "@acme/lib", Version: "1.0.0"}.Body())
	tm.sendAs("dev", "PUT", place+"/@acme%2flib", body).want(t, 200)
	owners := func() string {
		var doc struct {
			Maintainers []struct{ Name string }
		}
		tm.do("GET", place+"/@acme%2flib", tm.as("dev")).json(t, &doc)
		var names []string
		for _, m := range doc.Maintainers {
			names = append(names, m.Name)
		}
		return strings.Join(names, " ")
	}
	const star, named = "/-/user/v1/star", `{"name":"@acme/lib","package":"@acme/lib"}`
	for _, c := range []struct {
		name, who, method, path, body string
		status                        int
		answer                        string
		owners                        string
	}{
		{"add as developer", "dev", "PUT", "/-/package/@acme%2flib/owners", `{"user":"may"}`, 403, "", "dev"},
		{"add", "may", "PUT", "/-/package/@acme%2flib/owners", `{"user":"may"}`, 200, "", "dev may"},
		{"add again", "may", "PUT", "/-/package/@acme%2flib/owners", `{"user":"may"}`, 200, "", "dev may"},
		{"add nobody", "may", "PUT", "/-/package/@acme%2flib/owners", `{}`, 400, "", "dev may"},
		{"add a stranger", "may", "PUT", "/-/package/@acme%2flib/owners", `{"user":"eve"}`, 404, "", "dev may"},
		{"remove as developer", "dev", "DELETE", "/-/package/@acme%2flib/owners/may", "", 403, "", "dev may"},
		{"remove", "may", "DELETE", "/-/package/%40acme%2Flib/owners/dev", "", 200, "", "may"},
		{"remove the last", "may", "DELETE", "/-/package/@acme%2flib/owners/may", "", 400, "", "may"},
		{"star", "gus", "PUT", star, named, 200, "", ""},
		{"stars", "gus", "GET", star, "", 200, `["@acme/lib"]`, ""},
		{"unstar", "gus", "DELETE", "/-/user/package/@acme%2flib/star", "", 200, "", ""},
		{"no stars", "gus", "GET", star, "", 200, `[]`, ""},
		{"access", "gus", "GET", "/-/package/@acme%2flib/access", "", 200, `{"access":"restricted","public":false}`, ""},
		{"access of what is hidden", "sam", "GET", "/-/package/@acme%2flib/access", "", 404, "", ""},
	} {
		r := tm.sendAs(c.who, c.method, place+c.path, c.body)
		r.want(t, c.status)
		if c.answer != "" && string(r.body) != c.answer {
			t.Errorf("%s: %s, want %s", c.name, r.body, c.answer)
		}
		if got := owners(); c.owners != "" && got != c.owners {
			t.Errorf("%s: owned by %s, want %s", c.name, got, c.owners)
		}
	}
}
