package contract_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// missing is a number that no record has.
const missing = "999999"

// probe is a request about something that the caller may not know of, and the
// same about something that is not there.
type probe struct {
	method, there, gone string
}

// outsiders are callers who may not know of anything in the group vault.
var outsiders = []string{"", "wrong", "stranger", "guest", "reporter", "developer", "maintainer", "owner", "reader",
	"deploy-read", "deploy-write", "job", "job-stranger"}

// newVault is a team, and beside it a private group of which its members know
// nothing, with a record of every kind.
func newVault(t *testing.T) *world {
	t.Helper()
	w := newTeam(t, setup{})
	w.group("vault", record.PrivateVisibility)
	w.group("vault/sub", record.PrivateVisibility)
	w.project("vault/p", record.PrivateVisibility)
	w.user("holder")
	w.member("vault", "holder", record.Owner)
	w.tokens["wrong"] = "not-a-token-of-anybody"
	w.token("reader", "owner", accounts.NewToken{Scopes: []string{accounts.ScopeReadAPI}})
	w.deploy("deploy-read", "acme/pub", accounts.ScopeReadRegistry)
	w.deploy("deploy-write", "acme/pub", accounts.ScopeWriteRegistry)
	w.user("builder")
	w.project("acme/lines", record.PublicVisibility)
	w.must(w.accounts.SetMember(t.Context(), console, record.Member{Level: record.Maintainer, UserID: w.users["builder"],
		Source: record.Source{Kind: record.ProjectSource, ID: w.projects["acme/lines"]}}))
	w.job("job", "owner", "acme/pub")
	w.job("job-stranger", "builder", "acme/lines")
	w.known["pipeline_id"] = w.job("vault's", "holder", "vault/p")
	ids := w.seed("vault/p", record.Package{Name: "gold", Version: "1"},
		record.Package{Name: "gold", Version: "0", Status: record.StatusPendingDestruction, DeletedAt: w.clock.Now()})
	w.known["package_id"], w.known["gone"] = ids[0], ids[1]
	w.known["package_file_id"] = w.attach(ids[0], record.File{Name: "gold.txt"})[0]
	w.protect("vault/p", "gold*", record.Owner)
	w.learn(t)
	w.known["own package"] = w.seed("acme/pub", record.Package{Name: "tin", Version: "1"})[0]
	return w
}

// learn finds the numbers of the vault's tokens and rules.
func (w *world) learn(t *testing.T) {
	t.Helper()
	for _, g := range []struct{ source, kind string }{{"projects/vault%2Fp", "project token"}, {"groups/vault", "group token"}} {
		var made struct {
			ID int64 `json:"id"`
		}
		r := w.status(t, http.StatusCreated, post(api+"/"+g.source+"/deploy_tokens", `{"name":"d","scopes":["read_package_registry"]}`).
			as("holder").with("Content-Type: application/json"))
		w.decode(t, r, &made)
		w.known[g.kind] = made.ID
	}
	var rules, tokens []struct {
		ID int64 `json:"id"`
	}
	w.object(t, get(api+"/projects/vault%2Fp/packages/protection/rules").as("holder"), &rules)
	w.object(t, get(api+"/personal_access_tokens").as("holder"), &tokens)
	w.known["package_protection_rule_id"], w.known["personal"] = rules[0].ID, tokens[0].ID
}

// probes makes the requests of a route.
func (w *world) probes(method, pattern string) []probe {
	const project, group = "/projects/:id", "/groups/:id"
	rest, ofProject := strings.CutPrefix(pattern, project)
	if ofProject {
		return append(w.outer(method, project, rest, "vault/p", w.projects["vault/p"]), w.inner(method, pattern, "project token")...)
	}
	if rest, ok := strings.CutPrefix(pattern, group); ok {
		return append(w.outer(method, group, rest, "vault", w.groups["vault"]), w.inner(method, pattern, "group token")...)
	}
	for prefix, id := range map[string]int64{"/namespaces/:id": w.groups["vault"], "/personal_access_tokens/:id": w.known["personal"],
		"/larder/packages/:id": w.known["gone"]} {
		if rest, ok := strings.CutPrefix(pattern, prefix); ok {
			return w.outer(method, prefix, rest, "", id)
		}
	}
	if rest, ok := strings.CutPrefix(pattern, "/larder/names/:name"); ok {
		return []probe{{method: method, there: "/larder/names/gold" + rest, gone: "/larder/names/gilt" + rest}}
	}
	return nil
}

// outer are requests of a place, by number and by path.
func (w *world) outer(method, pattern, rest, path string, id int64) []probe {
	rest = filled(rest, func(string) string { return "1" })
	at := func(ref string) string { return strings.Replace(pattern, ":id", ref, 1) + rest }
	list := []probe{{method: method, there: at(text(id)), gone: at(missing)}}
	if path == "" {
		return list
	}
	escaped := strings.ReplaceAll(path, "/", "%2F")
	return append(list, probe{method: method, there: at(escaped), gone: at(escaped + "0")},
		probe{method: method, there: at(escaped), gone: at(missing)})
}

// inner are requests of a record of the vault by its number in a place where it
// is not. Users are nobody's.
func (w *world) inner(method, pattern, token string) []probe {
	var list []probe
	for _, name := range []string{"package_id", "package_file_id", "package_protection_rule_id", "pipeline_id", "token_id", "project_id"} {
		if !strings.Contains(pattern, ":"+name) || name == "package_id" && strings.Contains(pattern, ":package_file_id") {
			continue
		}
		id := w.known[name]
		switch name {
		case "token_id":
			id = w.known[token]
		case "project_id":
			id = w.projects["vault/p"]
		}
		at := func(ref string) string {
			place := text(w.groups["acme"])
			if strings.HasPrefix(pattern, "/projects") {
				place = text(w.projects["acme/pub"])
			}
			return filled(strings.Replace(pattern, ":id", place, 1), func(part string) string {
				switch part {
				case name:
					return ref
				case "package_id":
					return text(w.known["own package"])
				}
				return "1"
			})
		}
		list = append(list, probe{method: method, there: at(text(id)), gone: at(missing)})
	}
	return list
}

// filled fills in the parts of a pattern that have names.
func filled(pattern string, value func(name string) string) string {
	parts := strings.Split(pattern, "/")
	for i, part := range parts {
		if name, ok := strings.CutPrefix(part, ":"); ok {
			parts[i] = value(name)
		}
	}
	return strings.Join(parts, "/")
}

// whole writes an answer but for what differs by time.
func (r reply) whole() string {
	var b strings.Builder
	fmt.Fprintln(&b, r.StatusCode)
	var names []string
	for name := range r.Header {
		if name != "Date" && name != "X-Request-Id" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintln(&b, name, r.Header[name])
	}
	b.Write(r.body)
	return b.String()
}

// anything is a body that has what the routes ask for.
const anything = `{"access_level":30,"status":"success","name":"x","path":"x","scopes":["read_package_registry"],"package_name_pattern":"x",
"package_type":"npm","minimum_access_level_for_push":"owner","ref":"main","sha":"abc","description":"x","group_id":1,"namespace":1,"user_id":1}`

func (p probe) ask(path, who string) ask {
	a := ask{method: p.method, path: api + path, who: who}
	switch p.method {
	case http.MethodPost, http.MethodPut, http.MethodPatch:
		a.body, a.header = []byte(anything), []string{"Content-Type: application/json"}
	}
	return a
}

// TestNumbersTellNothing asks every route with a number in its path for what the
// caller may not know of. The whole answer must be that for what does not exist.
func TestNumbersTellNothing(t *testing.T) {
	t.Parallel()
	w := newVault(t)
	before := w.sequence(t)
	asked, told := 0, 0
	for _, r := range w.server.Routes() {
		if !r.REST {
			continue
		}
		for _, p := range w.probes(r.Method, r.Path) {
			asked++
			for _, who := range outsiders {
				there, gone := w.do(t, p.ask(p.there, who)), w.do(t, p.ask(p.gone, who))
				if got, want := there.whole(), gone.whole(); got != want {
					t.Errorf("%s %s tells %q more than %s:\n%s\nwant\n%s", p.method, p.there, who, p.gone, got, want)
				}
				if there.StatusCode < http.StatusBadRequest {
					t.Errorf("%s %s as %q: status %d", p.method, p.there, who, there.StatusCode)
				}
			}
			if p.method == http.MethodGet {
				there, gone := w.do(t, p.ask(p.there, "holder")), w.do(t, p.ask(p.gone, "holder"))
				if there.whole() != gone.whole() {
					told++
				}
			}
		}
	}
	if asked < 90 || told < 20 {
		t.Errorf("%d requests, of which %d show something to the owner of it: too few to tell", asked, told)
	}
	if after := w.sequence(t); after != before {
		t.Errorf("%d changes were written", after-before)
	}
}
