package rest

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

const deployScopes = "scopes[]=read_package_registry&scopes[]=write_package_registry"

func TestDeployTokenLifecycle(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for path, who := range map[string]string{ends("/groups", h.group.ID) + "/deploy_tokens": owner,
		ends("/projects", h.project.ID) + "/deploy_tokens": maintainer} {
		got := h.call(who, "POST", path, `{"name":"ci","scopes":["read_package_registry"],"expires_at":"2027-01-31T10:00:00Z"}`)
		made := got.object()
		secret, _ := made["token"].(string)
		if got.status != 201 || keys(made) != "expired expires_at id name revoked scopes token username" || secret == "" ||
			made["username"] != "gitlab+deploy-token-"+textOf(made["id"]) || made["expires_at"] != "2027-01-31T10:00:00.000Z" ||
			textOf(made["scopes"]) != `["read_package_registry"]` || made["revoked"] != false || made["expired"] != false {
			t.Fatalf("%s: made %d %s", path, got.status, got.body)
		}
		credential := accounts.Credential{Form: accounts.Bearer, Secret: secret}
		from := netip.MustParseAddr("192.0.2.1")
		if p, err := h.accounts.Authenticate(t.Context(), credential, from); err != nil || p.Kind != accounts.Deploy {
			t.Errorf("%s: sign in: %v", path, err)
		}
		one := path + "/" + textOf(made["id"])
		for _, read := range []string{path, one} {
			if got := h.call(maintainer, "GET", read, ""); got.status != 200 || !strings.Contains(got.body, `"name":"ci"`) ||
				strings.Contains(got.body, "token\":") || strings.Contains(got.body, secret) {
				t.Errorf("%s = %d %s", read, got.status, got.body)
			}
		}
		if got := h.call(who, "DELETE", one, ""); got.status != 204 || got.body != "" {
			t.Errorf("%s: removed %d %s", one, got.status, got.body)
		}
		if _, err := h.accounts.Authenticate(t.Context(), credential, from); err == nil {
			t.Errorf("%s: a removed token signs in", path)
		}
		h.refuses(t, []refusalCase{
			{"gone", who, "GET", one, "", 404, `{"message":"404 Not found"}`},
			{"removed twice", who, "DELETE", one, "", 404, `{"message":"404 Not found"}`},
		})
		if got := h.call(who, "GET", path, ""); got.body != "[]" {
			t.Errorf("%s: listed after its end: %s", path, got.body)
		}
	}
}

func TestDeployTokensAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	group, project := ends("/groups", h.group.ID)+"/deploy_tokens", ends("/projects", h.project.ID)+"/deploy_tokens"
	h.token("limited", accounts.NewToken{UserID: h.users[owner].ID, CIDR: []string{"192.0.2.0/24"}})
	const whole, forbidden = "name=ci&" + deployScopes, `{"message":"403 Forbidden"}`
	of := h.call(maintainer, "POST", project, whole).object()
	theirs := group + "/" + textOf(of["id"])
	for _, path := range []string{group, project} {
		wrong := func(name, body, want string) refusalCase {
			return refusalCase{name, owner, "POST", path, body, 400, want}
		}
		h.refuses(t, []refusalCase{
			wrong("nothing", "", `{"error":"name is missing, scopes is missing"}`),
			wrong("no name", "name=&"+deployScopes, `{"message":"Name can't be blank"}`),
			wrong("no scopes", `{"name":"ci","scopes":[]}`, `{"message":"Scopes can't be blank"}`),
			wrong("unknown scope", "name=ci&scopes[]=root", `{"error":"scopes does not have a valid value"}`),
			wrong("foreign scope", "name=ci&scopes=read_package_registry,read_registry",
				`{"error":"scopes has read_registry, which is not served here: use read_package_registry and write_package_registry"}`),
			wrong("username", whole+"&username=a b", `{"message":"Username can contain only letters, digits, '_', '-', '+', and '.'"}`),
			wrong("no time", whole+"&expires_at=soon", `{"error":"expires_at is invalid"}`),
			wrong("past", whole+"&expires_at=2026-11-24", `{"message":"Expiration date must be in the future"}`),
			{"nobody", nobody, "GET", path, "", 401, `{"message":"401 Unauthorized"}`},
			{"stranger", stranger, "GET", path, "", 404, absent(path)},
			{"developer lists", developer, "GET", path, "", 403, forbidden},
			{"developer makes one", developer, "POST", path, whole, 403, forbidden},
			{"developer reads", developer, "GET", path + "/1", "", 403, forbidden},
			{"developer removes", developer, "DELETE", path + "/1", "", 403, forbidden},
			{"credential with limits", "limited", "POST", path, whole, 403, forbidden},
			{"no number", owner, "GET", path + "/x", "", 400, `{"error":"token_id is invalid"}`},
			{"unknown", owner, "DELETE", path + "/999", "", 404, `{"message":"404 Not found"}`},
			{"wrong filter", owner, "GET", path + "?active=maybe", "", 400, `{"error":"active is invalid"}`},
		})
	}
	h.refuses(t, []refusalCase{
		{"group's by a maintainer", maintainer, "POST", group, whole, 403, forbidden},
		{"group's removed by a maintainer", maintainer, "DELETE", group + "/1", "", 403, forbidden},
		{"another's read", owner, "GET", theirs, "", 404, `{"message":"404 Not found"}`},
		{"another's removed", owner, "DELETE", theirs, "", 404, `{"message":"404 Not found"}`},
		{"all by nobody", nobody, "GET", "/deploy_tokens", "", 401, `{"message":"401 Unauthorized"}`},
		{"all by an owner", owner, "GET", "/deploy_tokens", "", 403, forbidden},
	})
	personal := h.token("plain", accounts.NewToken{UserID: h.users[owner].ID})
	if got := h.call(owner, "DELETE", ends(project, personal.ID), ""); got.status != 404 {
		t.Errorf("a personal token as a deploy token: %d %s", got.status, got.body)
	}
	if got := h.call("plain", "GET", project, ""); got.status != 200 {
		t.Errorf("the personal token after that: %d", got.status)
	}
}

func TestListDeployTokens(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	group, project := ends("/groups", h.group.ID)+"/deploy_tokens", ends("/projects", h.project.ID)+"/deploy_tokens"
	for _, tt := range []struct{ path, name, more string }{{project, "a", ""}, {group, "b", ""}, {project, "c", "&expires_at=2026-11-30&username=robot"}} {
		if got := h.call(owner, "POST", tt.path, "name="+tt.name+"&"+deployScopes+tt.more); got.status != 201 {
			t.Fatalf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
	h.must(h.accounts.RevokeToken(t.Context(), console, h.deployToken(t, "revoked")))
	h.clock.Move(7 * 24 * time.Hour)
	for _, tt := range []struct{ name, who, path, column, want string }{
		{"project's", maintainer, project, "name", "a c"},
		{"usernames", maintainer, project, "expired", "false true"},
		{"active", maintainer, project + "?active=true", "name", "a"},
		{"group's", maintainer, group, "name", "b"},
		{"all", admin, "/deploy_tokens", "name", "a b c"},
		{"all active", admin, "/deploy_tokens?active=1", "name", "a b"},
		{"second page", admin, "/deploy_tokens?page=2&per_page=2", "name", "c"},
	} {
		if got := h.call(tt.who, "GET", tt.path, ""); got.status != 200 || got.column(tt.column) != tt.want {
			t.Errorf("%s = %d %s, want %s", tt.name, got.status, got.body, tt.want)
		}
	}
	if got := h.call(admin, "GET", "/deploy_tokens?per_page=2", "").header["X-Total"]; got != "3" {
		t.Errorf("X-Total %s", got)
	}
}

func (h *house) deployToken(t *testing.T, name string) int64 {
	t.Helper()
	made, _, err := h.accounts.CreateDeployToken(t.Context(), console, accounts.NewDeployToken{Name: name,
		Source: record.Source{Kind: record.ProjectSource, ID: h.project.ID}, Scopes: []string{accounts.ScopeReadRegistry}})
	h.must(err)
	return made.ID
}
