package rest

import (
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// makeGroup makes a group as an operator does.
func (h *house) makeGroup(path string, v record.Visibility) record.Group {
	h.tb.Helper()
	g, err := h.accounts.CreateGroup(h.tb.Context(), console, accounts.NewGroup{Path: path, Visibility: v})
	h.must(err)
	return g
}

func (h *house) makeProject(path string, v record.Visibility) record.Project {
	h.tb.Helper()
	p, err := h.accounts.CreateProject(h.tb.Context(), console, accounts.NewProject{Path: path, Visibility: v})
	h.must(err)
	return p
}

// listing is a list and what it must hold.
type listing struct{ name, who, path, column, want string }

func (h *house) lists(t *testing.T, cases []listing) {
	t.Helper()
	for _, tt := range cases {
		got := h.call(tt.who, "GET", tt.path, "")
		if got.status != 200 {
			t.Errorf("%s: GET %s by %q = %d %s", tt.name, tt.path, tt.who, got.status, got.body)
			continue
		}
		if column := got.column(tt.column); column != tt.want {
			t.Errorf("%s: GET %s by %q: %q, want %q", tt.name, tt.path, tt.who, column, tt.want)
		}
	}
}

func TestListGroups(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.makeGroup("zoo", record.PublicVisibility)
	h.makeGroup("zoo/apes", record.PublicVisibility)
	h.makeGroup("acme/inner", record.PrivateVisibility)
	h.makeGroup("acme/inner/core", record.PrivateVisibility)
	h.lists(t, []listing{
		{"nobody sees what is public", nobody, "/groups", "full_path", "zoo/apes zoo"},
		{"a stranger has to do with none", stranger, "/groups", "full_path", ""},
		{"a stranger sees what is internal", stranger, "/groups?all_available=true", "full_path", "zoo/apes local zoo"},
		{"a member has to do with its own", guest, "/groups", "full_path", "acme acme/inner/core acme/inner"},
		{"an administrator sees all", admin, "/groups", "full_path", "acme zoo/apes acme/inner/core acme/inner local zoo"},
		{"an administrator's own", admin, "/groups?all_available=false", "full_path", ""},
		{"owned", owner, "/groups?owned=true", "full_path", "acme acme/inner/core acme/inner"},
		{"not owned", maintainer, "/groups?owned=true&all_available=true", "full_path", ""},
		{"a role", developer, "/groups?min_access_level=30", "full_path", "acme acme/inner/core acme/inner"},
		{"a higher role", developer, "/groups?min_access_level=40", "full_path", ""},
		{"the top", admin, "/groups?top_level_only=true", "full_path", "acme local zoo"},
		{"a visibility", admin, "/groups?visibility=public", "full_path", "zoo/apes zoo"},
		{"a search", admin, "/groups?search=ACME+core", "full_path", "acme/inner/core"},
		{"without some", admin, "/groups?skip_groups[]=2&skip_groups[]=3", "full_path", "zoo/apes acme/inner/core acme/inner local"},
		{"without some, with commas", admin, "/groups?skip_groups=2,3", "full_path", "zoo/apes acme/inner/core acme/inner local"},
		{"by number", admin, "/groups?order_by=id&sort=desc", "id", "6 5 4 3 2 1"},
		{"by path", admin, "/groups?order_by=path&per_page=2&page=2", "full_path", "acme/inner/core acme/inner"},
		{"past the end", admin, "/groups?page=9", "id", ""},
		{"in a group", guest, "/groups/acme/subgroups", "full_path", "acme/inner"},
		{"all below a group", guest, "/groups/2/descendant_groups", "full_path", "acme/inner/core acme/inner"},
		{"in a public group", stranger, "/groups/zoo/subgroups?all_available=true", "full_path", "zoo/apes"},
		{"in a public group by nobody", nobody, "/groups/zoo/subgroups", "full_path", "zoo/apes"},
	})
	got := h.call(admin, "GET", "/groups?per_page=2&page=2&private_token=x", "")
	if got.header["X-Total"] != "6" || got.header["X-Next-Page"] != "3" || strings.Contains(got.header["Link"], "token") {
		t.Errorf("page headers %v", got.header)
	}
	h.refuses(t, []refusalCase{
		{"order", admin, "GET", "/groups?order_by=size", "", 400, `{"error":"order_by does not have a valid value"}`},
		{"sort", admin, "GET", "/groups?sort=up", "", 400, `{"error":"sort does not have a valid value"}`},
		{"visibility", admin, "GET", "/groups?visibility=secret", "", 400, `{"error":"visibility does not have a valid value"}`},
		{"role", admin, "GET", "/groups?min_access_level=33", "", 400, `{"error":"min_access_level does not have a valid value"}`},
		{"number", admin, "GET", "/groups?min_access_level=x", "", 400, `{"error":"min_access_level is invalid"}`},
		{"truth", admin, "GET", "/groups?owned=perhaps", "", 400, `{"error":"owned is invalid"}`},
		{"numbers", admin, "GET", "/groups?skip_groups=1,x", "", 400, `{"error":"skip_groups is invalid"}`},
		{"page", admin, "GET", "/groups?page=0", "", 400, `{"error":"page does not have a valid value"}`},
		{"not seen", stranger, "GET", "/groups/acme/subgroups", "", 404, `{"message":"404 Group Not Found"}`},
	})
}

func TestShowGroup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.makeGroup("acme/inner", record.PrivateVisibility)
	h.makeProject("acme/inner/deep", record.PrivateVisibility)
	got := h.call(guest, "GET", "/groups/acme%2Finner?with_projects=false", "").object()
	for member, want := range map[string]string{"id": "3", "name": "inner", "path": "inner", "full_name": "acme / inner",
		"full_path": "acme/inner", "parent_id": "2", "visibility": "private", "description": "",
		"web_url": "https://npm.example.com/-/groups/acme/inner", "created_at": "2026-11-24T12:00:00.000Z",
		"npm_package_requests_forwarding": "null", "lock_npm_package_requests_forwarding": "false", "projects": "null"} {
		if textOf(got[member]) != want {
			t.Errorf("%s = %s, want %s", member, textOf(got[member]), want)
		}
	}
	whole := h.call(guest, "GET", "/groups/2", "").object()
	if list, _ := whole["projects"].([]any); len(list) != 1 || textOf(whole["parent_id"]) != "null" {
		t.Errorf("a group with its projects: %v", whole)
	}
	h.refuses(t, []refusalCase{
		{"missing", admin, "GET", "/groups/99", "", 404, `{"message":"404 Group Not Found"}`},
		{"missing path", admin, "GET", "/groups/nothing", "", 404, `{"message":"404 Group Not Found"}`},
		{"not seen", stranger, "GET", "/groups/acme", "", 404, `{"message":"404 Group Not Found"}`},
		{"nobody", nobody, "GET", "/groups/acme", "", 404, `{"message":"404 Group Not Found"}`},
	})
}

func TestCreateGroup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.call(admin, "POST", "/groups", `{"name":"Tools","path":"tools","visibility":"public","description":"For all","npm_package_requests_forwarding":false}`)
	made := got.object()
	if got.status != 201 || textOf(made["full_path"]) != "tools" || textOf(made["name"]) != "Tools" ||
		textOf(made["description"]) != "For all" || textOf(made["npm_package_requests_forwarding"]) != "false" {
		t.Errorf("at the top: %d %s", got.status, got.body)
	}
	sub := h.call(maintainer, "POST", "/groups", "name=Sub&path=sub&parent_id=2")
	if sub.status != 201 || textOf(sub.object()["full_path"]) != "acme/sub" || textOf(sub.object()["visibility"]) != "private" {
		t.Errorf("in a group: %d %s", sub.status, sub.body)
	}
	h.lists(t, []listing{{"whoever made it owns it", maintainer, "/groups?owned=true", "full_path", "acme/sub"}})
	h.token("reader", accounts.NewToken{UserID: h.users[admin].ID, Scopes: []string{accounts.ScopeReadAPI}})
	h.token("limited", accounts.NewToken{UserID: h.users[admin].ID, Packages: []string{"@acme/*"}})
	h.refuses(t, []refusalCase{
		{"nobody", nobody, "POST", "/groups", "name=a&path=a", 401, `{"message":"401 Unauthorized"}`},
		{"no administrator", owner, "POST", "/groups", "name=a&path=a", 403, `{"message":"403 Forbidden"}`},
		{"a token that reads", "reader", "POST", "/groups", "name=a&path=a", 403, `{"message":"403 Forbidden"}`},
		{"a limited token", "limited", "POST", "/groups", "name=a&path=a&parent_id=2", 403, `{"message":"403 Forbidden"}`},
		{"developer", developer, "POST", "/groups", "name=a&path=a&parent_id=2", 403, `{"message":"403 Forbidden"}`},
		{"stranger", stranger, "POST", "/groups", "name=a&path=a&parent_id=2", 404, `{"message":"404 Group Not Found"}`},
		{"no such parent", admin, "POST", "/groups", "name=a&path=a&parent_id=99", 404, `{"message":"404 Group Not Found"}`},
		{"nothing", admin, "POST", "/groups", "", 400, `{"error":"name is missing, path is missing"}`},
		{"no path", admin, "POST", "/groups", "name=a", 400, `{"error":"path is missing"}`},
		{"blank name", admin, "POST", "/groups", "name=&path=a", 400, `{"message":{"name":["can't be blank"]}}`},
		{"unseen name", admin, "POST", "/groups", "name=a%00&path=a", 400, `{"message":{"name":["holds characters that cannot be shown"]}}`},
		{"taken", admin, "POST", "/groups", "name=a&path=ACME", 400, `{"message":{"path":["has already been taken"]}}`},
		{"taken by a project", admin, "POST", "/groups", "name=a&path=web&parent_id=2", 400, `{"message":{"path":["has already been taken"]}}`},
		{"reserved", admin, "POST", "/groups", "name=a&path=api", 400, `{"message":{"path":["api is a reserved name"]}}`},
		{"visibility", admin, "POST", "/groups", "name=a&path=a&visibility=open", 400, `{"error":"visibility does not have a valid value"}`},
		{"more open", admin, "POST", "/groups", "name=a&path=a&parent_id=2&visibility=public", 400,
			`{"message":{"visibility_level":["public is not allowed since the parent group has a private visibility."]}}`},
		{"long description", admin, "POST", "/groups", "name=a&path=a&description=" + strings.Repeat("x", 5000), 400,
			`{"message":{"description":["is too long (maximum is 4096 bytes)"]}}`},
	})
	if bad := h.call(admin, "POST", "/groups", "name=a&path=a/b"); bad.status != 400 || !strings.HasPrefix(bad.body, `{"message":{"path":["can contain only`) {
		t.Errorf("a slash in a path: %d %s", bad.status, bad.body)
	}
}

func TestChangeGroup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.makeGroup("tools", record.PublicVisibility)
	got := h.call(owner, "PUT", "/groups/acme", `{"name":"Acme Inc","path":"acme-inc","visibility":"internal","npm_package_requests_forwarding":true,"lock_npm_package_requests_forwarding":true}`)
	g := got.object()
	if got.status != 200 || textOf(g["full_path"]) != "acme-inc" || textOf(g["name"]) != "Acme Inc" || textOf(g["visibility"]) != "internal" ||
		textOf(g["npm_package_requests_forwarding"]) != "true" || textOf(g["lock_npm_package_requests_forwarding"]) != "true" {
		t.Errorf("changed: %d %s", got.status, got.body)
	}
	got = h.call(owner, "PUT", "/groups/2", `{"npm_package_requests_forwarding":null}`)
	if g := got.object(); textOf(g["npm_package_requests_forwarding"]) != "null" || textOf(g["lock_npm_package_requests_forwarding"]) != "true" || textOf(g["name"]) != "Acme Inc" {
		t.Errorf("inheriting again: %d %s", got.status, got.body)
	}
	if moved := h.call(owner, "GET", "/groups/acme", ""); moved.status != 301 {
		t.Errorf("the earlier path: %d %s", moved.status, moved.body)
	}
	h.refuses(t, []refusalCase{
		{"nobody", nobody, "PUT", "/groups/2", "name=a", 401, `{"message":"401 Unauthorized"}`},
		{"maintainer", maintainer, "PUT", "/groups/2", "name=a", 403, `{"message":"403 Forbidden"}`},
		{"missing", admin, "PUT", "/groups/99", "name=a", 404, `{"message":"404 Group Not Found"}`},
		{"earlier path", owner, "PUT", "/groups/acme", "name=a", 405, `{"message":"Non GET methods are not allowed for moved projects"}`},
		{"taken", owner, "PUT", "/groups/2", "path=tools", 400, `{"message":{"path":["has already been taken"]}}`},
		{"blank name", owner, "PUT", "/groups/2", "name=", 400, `{"message":{"name":["can't be blank"]}}`},
		{"visibility", owner, "PUT", "/groups/2", "visibility=", 400, `{"error":"visibility does not have a valid value"}`},
		{"truth", owner, "PUT", "/groups/2", "lock_npm_package_requests_forwarding=perhaps", 400, `{"error":"lock_npm_package_requests_forwarding is invalid"}`},
		{"locked above", owner, "PUT", "/projects/2", "npm_package_requests_forwarding=false", 400,
			`{"message":{"npm_package_requests_forwarding":["cannot be changed because it is locked by an ancestor"]}}`},
	})
}

func TestMoveAndRemoveGroup(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tools := h.makeGroup("tools", record.PrivateVisibility)
	sub := h.makeGroup("acme/sub", record.PrivateVisibility)
	inner := h.makeGroup("acme/sub/inner", record.PrivateVisibility)
	at := ends("/groups", sub.ID)
	h.refuses(t, []refusalCase{
		{"maintainer", maintainer, "POST", at + "/transfer", "", 403, `{"message":"403 Forbidden"}`},
		{"to the top by an owner", owner, "POST", at + "/transfer", "", 403, `{"message":"403 Forbidden"}`},
		{"to a group that is not seen", owner, "POST", at + "/transfer", "group_id=3", 404, `{"message":"404 Group Not Found"}`},
		{"into itself", admin, "POST", at + "/transfer", "group_id=" + textOf(inner.ID), 400, `{"message":{"parent_id":["is inside the group itself"]}}`},
	})
	if got := h.call(admin, "POST", at+"/transfer", "group_id="+textOf(tools.ID)); got.status != 201 || textOf(got.object()["full_path"]) != "tools/sub" {
		t.Errorf("moved: %d %s", got.status, got.body)
	}
	if got := h.call(admin, "POST", at+"/transfer", ""); got.status != 201 || textOf(got.object()["full_path"]) != "sub" {
		t.Errorf("to the top: %d %s", got.status, got.body)
	}
	h.refuses(t, []refusalCase{
		{"remove by nobody", nobody, "DELETE", at, "", 401, `{"message":"401 Unauthorized"}`},
		{"remove by a maintainer", maintainer, "DELETE", "/groups/acme", "", 403, `{"message":"403 Forbidden"}`},
		{"remove what is not seen", stranger, "DELETE", at, "", 404, `{"message":"404 Group Not Found"}`},
		{"remove what holds a group", admin, "DELETE", at, "", 409, `{"message":"409 Conflict: sub still holds groups or projects: remove them first"}`},
	})
	for _, path := range []string{ends("/groups", inner.ID), at} {
		if got := h.call(admin, "DELETE", path, ""); got.status != 202 || got.body != `{"message":"202 Accepted"}` {
			t.Errorf("removed: %d %s", got.status, got.body)
		}
		if got := h.call(admin, "GET", path, ""); got.status != 404 {
			t.Errorf("after it was removed: %d %s", got.status, got.body)
		}
	}
}
