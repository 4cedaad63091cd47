package registry_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
)

// TestNamesOfPeople lists names by scope, by maintainer and by star, for callers
// who may read different projects.
func TestNamesOfPeople(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx := t.Context()
	w.publish("developer", in("acme/pub"), "@acme/lib", "1.0.0")
	w.publish("developer", in("acme/prv"), "@acme/secret", "1.0.0")
	w.publish("maintainer", in("acme/pub"), "widget", "1.0.0")
	w.publish("root", in("local/npm"), "@other/tool", "1.0.0")
	w.must(w.registry.SetStar(ctx, w.people["guest"], in("acme/prv"), w.name("@acme/secret"), true))
	spell := func(found map[string]string, err error) (string, error) {
		var out []string
		for _, name := range slices.Sorted(maps.Keys(found)) {
			out = append(out, name+":"+found[name])
		}
		return strings.Join(out, " "), err
	}
	scope := func(word string) func(registry.Caller) (string, error) {
		return func(c registry.Caller) (string, error) { return spell(w.registry.ScopePackages(ctx, c, word)) }
	}
	user := func(word string) func(registry.Caller) (string, error) {
		return func(c registry.Caller) (string, error) { return spell(w.registry.UserPackages(ctx, c, word)) }
	}
	stars := func(c registry.Caller) (string, error) {
		list, err := w.registry.Starred(ctx, c, "guest")
		return strings.Join(list, " "), err
	}
	for name, test := range map[string]struct {
		who  string
		ask  func(registry.Caller) (string, error)
		want string
		err  error
	}{
		"scope and group to a developer": {"developer", scope("acme"), "@acme/lib:write @acme/secret:write widget:write", nil},
		"scope and group to a guest":     {"guest", scope("acme"), "@acme/lib:read @acme/secret:read widget:read", nil},
		"scope and group to a stranger":  {"stranger", scope("acme"), "@acme/lib:read widget:read", nil},
		"scope alone":                    {"stranger", scope("other"), "@other/tool:read", nil},
		"half a scope":                   {"developer", scope("acm"), "", npm.ErrNotFound},
		"scope to nobody":                {"anonymous", scope("acme"), "", npm.ErrUnauthenticated},
		"a maintainer's":                 {"developer", user("developer"), "@acme/lib:write @acme/secret:write", nil},
		"a maintainer's to a stranger":   {"stranger", user("developer"), "@acme/lib:read", nil},
		"nobody's":                       {"developer", user("ghost"), "", npm.ErrNotFound},
		"stars":                          {"reporter", stars, "@acme/secret", nil},
		"stars to a stranger":            {"stranger", stars, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := test.ask(w.people[test.who])
			if got != test.want || !errors.Is(err, test.err) {
				t.Errorf("got %q, %v, want %q, %v", got, err, test.want, test.err)
			}
		})
	}
}
