package rest

import (
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

func TestListProjects(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.makeGroup("zoo", record.PublicVisibility)
	h.makeGroup("zoo/apes", record.PublicVisibility)
	h.clock.Move(time.Minute)
	h.makeProject("zoo/Bonobo", record.PublicVisibility)
	h.makeProject("zoo/apes/gibbon", record.InternalVisibility)
	h.clock.Move(time.Minute)
	hidden := h.makeProject("zoo/apes/ape", record.PrivateVisibility)
	everyone := record.RegistryEveryone
	_, err := h.accounts.UpdateProject(t.Context(), console, hidden.ID, accounts.ProjectChange{Registry: &everyone})
	h.must(err)
	h.lists(t, []listing{
		{"nobody", nobody, "/projects", "path_with_namespace", "zoo/Bonobo"},
		{"stranger", stranger, "/projects", "path_with_namespace", "zoo/apes/gibbon zoo/Bonobo local/npm"},
		{"guest", guest, "/projects?sort=asc", "path_with_namespace", "local/npm acme/web zoo/Bonobo zoo/apes/gibbon"},
		{"administrator", admin, "/projects?order_by=id&sort=asc", "id", "1 2 3 4 5"},
		{"membership", guest, "/projects?membership=true", "path_with_namespace", "acme/web"},
		{"membership of an administrator", admin, "/projects?membership=true", "path_with_namespace", ""},
		{"owned", owner, "/projects?owned=true", "path_with_namespace", "acme/web"},
		{"not owned", maintainer, "/projects?owned=true", "path_with_namespace", ""},
		{"role", reporter, "/projects?min_access_level=20", "path_with_namespace", "acme/web"},
		{"higher role", reporter, "/projects?min_access_level=30", "path_with_namespace", ""},
		{"visibility", admin, "/projects?visibility=private", "path_with_namespace", "zoo/apes/ape acme/web"},
		{"search", admin, "/projects?search=BO", "path_with_namespace", "zoo/apes/gibbon zoo/Bonobo"},
		{"search does not see groups", admin, "/projects?search=apes", "path_with_namespace", ""},
		{"search that does", admin, "/projects?search=apes+gib&search_namespaces=true", "path_with_namespace", "zoo/apes/gibbon"},
		{"by name", admin, "/projects?order_by=name&sort=asc", "name", "ape Bonobo gibbon npm web"},
		{"by path", admin, "/projects?order_by=path", "path", "web npm gibbon Bonobo ape"},
		{"by change", admin, "/projects?order_by=updated_at&per_page=1", "path", "ape"},
		{"by creation", admin, "/projects?order_by=created_at", "id", "5 4 3 2 1"},
		{"numbers", admin, "/projects?id_after=1&id_before=4&order_by=id", "id", "3 2"},
		{"archived", admin, "/projects?archived=true", "id", ""},
		{"not archived", admin, "/projects?archived=false&order_by=id", "id", "5 4 3 2 1"},
		{"of a group", admin, "/groups/zoo/projects", "path", "Bonobo"},
		{"of a group and below", stranger, "/groups/zoo/projects?include_subgroups=true&order_by=name&sort=asc", "path", "Bonobo gibbon"},
		{"of a user", admin, "/users/root/projects", "path", "npm"},
		{"of a user by number", stranger, "/users/1/projects", "path", "npm"},
		{"of a user by nobody", nobody, "/users/1/projects", "path", ""},
	})
	h.refuses(t, []refusalCase{
		{"order", admin, "GET", "/projects?order_by=size", "", 400, `{"error":"order_by does not have a valid value"}`},
		{"number", admin, "GET", "/projects?id_after=x", "", 400, `{"error":"id_after is invalid"}`},
		{"truth", admin, "GET", "/projects?membership=perhaps", "", 400, `{"error":"membership is invalid"}`},
		{"page", admin, "GET", "/projects?per_page=0", "", 400, `{"error":"per_page has a value not allowed"}`},
		{"keyset of another order", admin, "GET", "/projects?pagination=keyset", "", 405,
			`{"message":"Keyset pagination is not yet available for this type of request"}`},
		{"group not seen", stranger, "GET", "/groups/acme/projects", "", 404, `{"message":"404 Group Not Found"}`},
		{"no such user", admin, "GET", "/users/99/projects", "", 404, `{"message":"404 User Not Found"}`},
		{"no such name", admin, "GET", "/users/no-one/projects", "", 404, `{"message":"404 User Not Found"}`},
	})
}

// TestWalkProjects follows the links of keyset pages to the end.
func TestWalkProjects(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, name := range []string{"a", "b", "c"} {
		h.makeProject("acme/"+name, record.PrivateVisibility)
	}
	for order, want := range map[string]string{"asc": "1 2 3 4 5", "desc": "5 4 3 2 1"} {
		var got []string
		path := "/projects?pagination=keyset&order_by=id&per_page=2&private_token=secret&sort=" + order
		for path != "" {
			page := h.call(admin, "GET", path, "")
			got = append(got, page.column("id"))
			link := page.header["Link"]
			if strings.Contains(link, "secret") || page.header["X-Total"] != "" {
				t.Errorf("headers %v", page.header)
			}
			path, _, _ = strings.Cut(strings.TrimPrefix(link, "<https://npm.example.com/api/v4"), ">")
		}
		if strings.Join(got, " ") != want || len(got) != 3 {
			t.Errorf("%s: %q, want %s", order, got, want)
		}
	}
}

func TestShowProject(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	_, err := h.accounts.UpdateGroup(t.Context(), console, 2, accounts.GroupChange{Name: new("Acme Inc")})
	h.must(err)
	got := h.call(maintainer, "GET", "/projects/acme%2Fweb", "").object()
	for member, want := range map[string]string{"id": "2", "name": "web", "path": "web", "name_with_namespace": "Acme Inc / web",
		"path_with_namespace": "acme/web", "visibility": "private", "web_url": "https://npm.example.com/-/projects/acme/web",
		"created_at": "2026-11-24T12:00:00.000Z", "package_registry_access_level": "enabled", "packages_enabled": "true",
		"creator_id": "null", "npm_package_requests_forwarding": "null", "archived": "false", "topics": "[]",
		"namespace":   `{"avatar_url":null,"full_path":"acme","id":2,"kind":"group","name":"Acme Inc","parent_id":null,"path":"acme","web_url":"https://npm.example.com/-/groups/acme"}`,
		"permissions": `{"group_access":{"access_level":40,"notification_level":3},"project_access":null}`,
		"_links":      `{"members":"https://npm.example.com/api/v4/projects/2/members","self":"https://npm.example.com/api/v4/projects/2"}`,
	} {
		if textOf(got[member]) != want {
			t.Errorf("%s = %s, want %s", member, textOf(got[member]), want)
		}
	}
	open := h.makeGroup("open", record.PublicVisibility)
	shown := h.makeProject("open/p", record.PublicVisibility)
	short := h.call(nobody, "GET", ends("/projects", shown.ID), "")
	if _, there := short.object()["permissions"]; there || short.status != 200 || textOf(short.object()["namespace"].(map[string]any)["id"]) != textOf(open.ID) {
		t.Errorf("by nobody: %d %s", short.status, short.body)
	}
	everyone := record.RegistryEveryone
	_, err = h.accounts.UpdateProject(t.Context(), console, 2, accounts.ProjectChange{Registry: &everyone})
	h.must(err)
	h.refuses(t, []refusalCase{
		{"missing", admin, "GET", "/projects/99", "", 404, `{"message":"404 Project Not Found"}`},
		{"not seen though readable", stranger, "GET", "/projects/2", "", 404, `{"message":"404 Project Not Found"}`},
		{"nobody", nobody, "GET", "/projects/2", "", 404, `{"message":"404 Project Not Found"}`},
	})
}

func TestCreateProject(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, tt := range []struct {
		name, who, body string
		want            map[string]string
	}{
		{"name alone", maintainer, "name=My+new%2C+Project&namespace_id=2", map[string]string{"path": "my-new-project", "name": "My new, Project",
			"visibility": "private", "package_registry_access_level": "enabled", "creator_id": textOf(h.users[maintainer].ID)}},
		{"path alone", owner, `{"path":"tools","namespace_id":2,"package_registry_access_level":"private","npm_package_requests_forwarding":false}`,
			map[string]string{"path": "tools", "name": "tools", "package_registry_access_level": "private", "npm_package_requests_forwarding": "false"}},
		{"switched off", admin, `{"path":"off","name":"Off","namespace_id":2,"packages_enabled":false,"description":"d"}`,
			map[string]string{"packages_enabled": "false", "package_registry_access_level": "disabled", "description": "d"}},
	} {
		got := h.call(tt.who, "POST", "/projects", tt.body)
		if got.status != 201 {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
			continue
		}
		for member, want := range tt.want {
			if text := textOf(got.object()[member]); text != want {
				t.Errorf("%s: %s = %s, want %s", tt.name, member, text, want)
			}
		}
	}
	h.refuses(t, []refusalCase{
		{"nobody", nobody, "POST", "/projects", "name=a&namespace_id=2", 401, `{"message":"401 Unauthorized"}`},
		{"developer", developer, "POST", "/projects", "name=a&namespace_id=2", 403, `{"message":"403 Forbidden"}`},
		{"stranger", stranger, "POST", "/projects", "name=a&namespace_id=2", 400, `{"message":{"namespace":["is not valid"]}}`},
		{"no namespace", admin, "POST", "/projects", "name=a", 400, `{"message":{"namespace":["is not valid"]}}`},
		{"unknown namespace", admin, "POST", "/projects", "name=a&namespace_id=99", 400, `{"message":{"namespace":["is not valid"]}}`},
		{"namespace is no number", admin, "POST", "/projects", "name=a&namespace_id=acme", 400, `{"error":"namespace_id is invalid"}`},
		{"nothing", admin, "POST", "/projects", "namespace_id=2", 400, `{"error":"name, path are missing, at least one parameter must be provided"}`},
		{"taken", admin, "POST", "/projects", "path=web&namespace_id=2", 400, `{"message":{"path":["has already been taken"]}}`},
		{"reserved", admin, "POST", "/projects", "path=new&namespace_id=2", 400, `{"message":{"path":["new is a reserved name"]}}`},
		{"registry", admin, "POST", "/projects", "path=a&namespace_id=2&package_registry_access_level=open", 400,
			`{"error":"package_registry_access_level does not have a valid value"}`},
		{"more open", admin, "POST", "/projects", "path=a&namespace_id=2&visibility=public", 400,
			`{"message":{"visibility_level":["public is not allowed in a private group."]}}`},
	})
	if bad := h.call(admin, "POST", "/projects", "name=%21%21&namespace_id=2"); bad.status != 400 || !strings.HasPrefix(bad.body, `{"message":{"path":["can contain only`) {
		t.Errorf("a name that no path follows from: %d %s", bad.status, bad.body)
	}
}

func TestChangeProject(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	got := h.call(maintainer, "PUT", "/projects/acme%2Fweb", `{"name":"Web","path":"site","description":"x","packages_enabled":false,"npm_package_requests_forwarding":true}`)
	p := got.object()
	if got.status != 200 || textOf(p["path_with_namespace"]) != "acme/site" || textOf(p["packages_enabled"]) != "false" || textOf(p["npm_package_requests_forwarding"]) != "true" {
		t.Errorf("changed: %d %s", got.status, got.body)
	}
	got = h.call(maintainer, "PUT", "/projects/2", "packages_enabled=true")
	if textOf(got.object()["package_registry_access_level"]) != "enabled" || textOf(got.object()["description"]) != "x" {
		t.Errorf("switched on: %d %s", got.status, got.body)
	}
	if moved := h.call(maintainer, "GET", "/projects/acme%2Fweb", ""); moved.status != 301 {
		t.Errorf("the earlier path: %d %s", moved.status, moved.body)
	}
	h.refuses(t, []refusalCase{
		{"nobody", nobody, "PUT", "/projects/2", "name=a", 401, `{"message":"401 Unauthorized"}`},
		{"developer", developer, "PUT", "/projects/2", "name=a", 403, `{"message":"403 Forbidden"}`},
		{"stranger", stranger, "PUT", "/projects/2", "name=a", 404, `{"message":"404 Project Not Found"}`},
		{"missing", admin, "PUT", "/projects/99", "name=a", 404, `{"message":"404 Project Not Found"}`},
		{"earlier path", owner, "PUT", "/projects/acme%2Fweb", "name=a", 405, `{"message":"Non GET methods are not allowed for moved projects"}`},
		{"nothing", owner, "PUT", "/projects/2", "", 400, `{"error":"` + strings.Join(projectFields, ", ") + ` are missing, at least one parameter must be provided"}`},
		{"more open", owner, "PUT", "/projects/2", "visibility=internal", 400, `{"message":{"visibility_level":["internal is not allowed in a private group."]}}`},
		{"blank name", owner, "PUT", "/projects/2", "name=", 400, `{"message":{"name":["can't be blank"]}}`},
		{"a list as a name", owner, "PUT", "/projects/2", `{"name":["a"]}`, 400, `{"error":"name is invalid"}`},
	})
}

func TestMoveAndRemoveProject(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	tools := h.makeGroup("tools", record.PrivateVisibility)
	h.must(h.accounts.SetMember(t.Context(), console, record.Member{Source: record.Source{Kind: record.GroupSource, ID: tools.ID},
		UserID: h.users[owner].ID, Level: record.Maintainer}))
	h.refuses(t, []refusalCase{
		{"maintainer", maintainer, "PUT", "/projects/2/transfer", "namespace=tools", 403, `{"message":"403 Forbidden"}`},
		{"no namespace", owner, "PUT", "/projects/2/transfer", "", 400, `{"error":"namespace is missing"}`},
		{"unknown namespace", owner, "PUT", "/projects/2/transfer", "namespace=none", 404, `{"message":"404 Namespace Not Found"}`},
		{"no role there", owner, "PUT", "/projects/2/transfer", "namespace=local", 403, `{"message":"403 Forbidden"}`},
		{"taking by an owner", owner, "POST", "/groups/tools/projects/2", "", 403, `{"message":"403 Forbidden"}`},
		{"taking nothing", admin, "POST", "/groups/tools/projects/99", "", 404, `{"message":"404 Project Not Found"}`},
	})
	if got := h.call(owner, "PUT", "/projects/2/transfer", "namespace=tools"); got.status != 200 || textOf(got.object()["path_with_namespace"]) != "tools/web" {
		t.Errorf("moved: %d %s", got.status, got.body)
	}
	if got := h.call(admin, "POST", "/groups/acme/projects/2", ""); got.status != 201 || textOf(got.object()["full_path"]) != "acme" {
		t.Errorf("taken: %d %s", got.status, got.body)
	}
	h.must(h.store.Update(t.Context(), func(tx record.Tx) error {
		_, err := tx.Catalog().PutPackage(record.Package{ProjectID: 2, Type: "maven", Name: "a", Version: "1", Status: record.StatusDefault})
		return err
	}))
	h.refuses(t, []refusalCase{
		{"remove by nobody", nobody, "DELETE", "/projects/2", "", 401, `{"message":"401 Unauthorized"}`},
		{"remove by a maintainer", maintainer, "DELETE", "/projects/2", "", 403, `{"message":"403 Forbidden"}`},
		{"remove by a stranger", stranger, "DELETE", "/projects/2", "", 404, `{"message":"404 Project Not Found"}`},
		{"remove what holds packages", owner, "DELETE", "/projects/2", "", 409, `{"message":"409 Conflict: acme/web still holds packages: delete them first"}`},
	})
	h.must(h.store.Update(t.Context(), func(tx record.Tx) error { return tx.Catalog().RemovePackage(1) }))
	if got := h.call(owner, "DELETE", "/projects/acme%2Fweb", ""); got.status != 202 || got.body != `{"message":"202 Accepted"}` {
		t.Errorf("removed: %d %s", got.status, got.body)
	}
	if got := h.call(admin, "GET", "/projects/2", ""); got.status != 404 {
		t.Errorf("after it was removed: %d %s", got.status, got.body)
	}
}

func TestNamespaces(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.makeGroup("acme/inner", record.PrivateVisibility)
	h.makeGroup("zoo", record.PublicVisibility)
	h.lists(t, []listing{
		{"administrator", admin, "/namespaces", "full_path", "local acme acme/inner zoo"},
		{"member", guest, "/namespaces", "full_path", "acme acme/inner"},
		{"stranger", stranger, "/namespaces", "full_path", ""},
		{"owned", maintainer, "/namespaces?owned_only=true", "full_path", ""},
		{"owner", owner, "/namespaces?owned_only=true&top_level_only=true", "full_path", "acme"},
		{"search", admin, "/namespaces?search=acme", "full_path", "acme"},
		{"search of the full path", admin, "/namespaces?search=acme&full_path_search=true", "full_path", "acme acme/inner"},
		{"page", admin, "/namespaces?per_page=1&page=3", "full_path", "acme/inner"},
	})
	got := h.call(guest, "GET", "/namespaces/acme%2Finner", "")
	if got.body != `{"id":3,"name":"inner","path":"inner","kind":"group","full_path":"acme/inner","parent_id":2,"avatar_url":null,"web_url":"https://npm.example.com/-/groups/acme/inner"}` {
		t.Errorf("one: %d %s", got.status, got.body)
	}
	h.refuses(t, []refusalCase{
		{"nobody", nobody, "GET", "/namespaces", "", 401, `{"message":"401 Unauthorized"}`},
		{"one by nobody", nobody, "GET", "/namespaces/zoo", "", 401, `{"message":"401 Unauthorized"}`},
		{"not seen", stranger, "GET", "/namespaces/2", "", 404, `{"message":"404 Namespace Not Found"}`},
		{"missing", admin, "GET", "/namespaces/99", "", 404, `{"message":"404 Namespace Not Found"}`},
		{"truth", admin, "GET", "/namespaces?owned_only=perhaps", "", 400, `{"error":"owned_only is invalid"}`},
	})
}
