package contract_test

import (
	"net/http"
	"slices"
	"testing"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/larderhq/larder/registry/record"
)

// newPlaces is a team with more groups and projects:
//
//	acme/tools        public group with acme/tools/deep in it
//	acme/tools/cli    public project
//	hidden, hidden/x  private group and project that the team has no role in
func newPlaces(t testing.TB) *world {
	t.Helper()
	w := newTeam(t, setup{})
	w.group("acme/tools", record.PublicVisibility)
	w.group("acme/tools/deep", record.PrivateVisibility)
	w.project("acme/tools/cli", record.PublicVisibility)
	w.group("hidden", record.PrivateVisibility)
	w.project("hidden/x", record.PrivateVisibility)
	return w
}

func groupPath(g *gitlab.Group) string { return g.FullPath }

func TestGitLabGroup(t *testing.T) {
	t.Parallel()
	w := newPlaces(t)
	admin, owner := w.gitlab(t, "admin"), w.gitlab(t, "owner")
	acme := w.groups["acme"]

	made := of(owner.Groups.CreateGroup(&gitlab.CreateGroupOptions{Name: gitlab.Ptr("Web shop"), Path: gitlab.Ptr("shop"),
		ParentID: &acme, Description: gitlab.Ptr("what <sells> & how"), Visibility: gitlab.Ptr(gitlab.InternalVisibility)})).is(t, http.StatusCreated)
	w.recent(t, "created_at", made.CreatedAt)
	want := gitlab.Group{ID: made.ID, Name: "Web shop", Path: "shop", ParentID: acme, Description: "what <sells> & how",
		Visibility: gitlab.InternalVisibility, FullName: "acme / Web shop", FullPath: "acme/shop", WebURL: w.url + "/-/groups/acme/shop",
		ProjectCreationLevel: gitlab.MaintainerProjectCreation, SubGroupCreationLevel: gitlab.MaintainerSubGroupCreationLevelValue,
		CreatedAt: made.CreatedAt}
	same(t, *made, want)
	if made.ID == 0 {
		t.Error("the group has no number")
	}
	w.project("acme/shop/front", record.InternalVisibility)

	for name, id := range map[string]any{"number": made.ID, "path": "acme/shop", "path in capitals": "ACME/Shop"} {
		t.Log("by", name)
		same(t, *of(owner.Groups.GetGroup(id, nil)).is(t, http.StatusOK), want, "projects", "shared_projects")
	}
	var detail struct{ Projects []*gitlab.Project }
	done(send(owner, http.MethodGet, "groups/acme%2Fshop", nil, &detail)).is(t, http.StatusOK)
	if got := texts(detail.Projects, projectPath); !slices.Equal(got, []string{"acme/shop/front"}) {
		t.Errorf("the projects of the group are %v, want acme/shop/front", got)
	}

	want.Name, want.FullName, want.Description = "Shop", "acme / Shop", ""
	changed := of(owner.Groups.UpdateGroup(made.ID, &gitlab.UpdateGroupOptions{Name: gitlab.Ptr("Shop"), Description: gitlab.Ptr("")})).is(t, http.StatusOK)
	same(t, *changed, want)
	want.Path, want.FullPath, want.WebURL = "store", "acme/store", w.url+"/-/groups/acme/store"
	changed = of(owner.Groups.UpdateGroup("acme/shop", &gitlab.UpdateGroupOptions{Path: gitlab.Ptr("store")})).is(t, http.StatusOK)
	same(t, *changed, want)
	if got := of(owner.Groups.GetGroup("acme/shop", nil)).is(t, http.StatusOK); got.ID != made.ID {
		t.Errorf("its earlier path leads to %d, want %d", got.ID, made.ID)
	}

	tools := w.groups["acme/tools"]
	moved := of(owner.Groups.TransferSubGroup(made.ID, &gitlab.TransferSubGroupOptions{GroupID: &tools})).is(t, http.StatusCreated)
	if moved.FullPath != "acme/tools/store" || moved.ParentID != tools {
		t.Errorf("moved to %s below %d, want acme/tools/store below %d", moved.FullPath, moved.ParentID, tools)
	}
	moved = of(admin.Groups.TransferSubGroup(made.ID, nil)).is(t, http.StatusCreated)
	if moved.FullPath != "store" || moved.ParentID != 0 {
		t.Errorf("moved to %s below %d, want store at the top", moved.FullPath, moved.ParentID)
	}
	into := of(admin.Groups.TransferGroup("acme/tools", "store/front")).is(t, http.StatusCreated)
	if into.FullPath != "acme/tools" {
		t.Errorf("a project was moved into %s, want acme/tools", into.FullPath)
	}
	of(admin.Projects.GetProject("acme/tools/front", nil)).is(t, http.StatusOK)

	done(admin.Groups.DeleteGroup(made.ID, &gitlab.DeleteGroupOptions{PermanentlyRemove: gitlab.Ptr(true)})).is(t, http.StatusAccepted)
	checkRefused(t, of(admin.Groups.GetGroup(made.ID, nil)).err, http.StatusNotFound, "")
}

func TestGitLabGroupList(t *testing.T) {
	t.Parallel()
	w := newPlaces(t)
	walk(t, w, groupPath, []listing[*gitlab.Group]{
		{name: "all of an administrator", who: "admin", list: groupsBy(gitlab.ListGroupsOptions{}),
			want: []string{"acme", "acme/tools/deep", "hidden", "local", "acme/tools"}},
		{name: "none of a stranger", who: "stranger", list: groupsBy(gitlab.ListGroupsOptions{}), want: []string{}},
		{name: "available to a stranger", who: "stranger", list: groupsBy(gitlab.ListGroupsOptions{AllAvailable: gitlab.Ptr(true)}),
			want: []string{"acme", "local", "acme/tools"}},
		{name: "public without a credential", list: groupsBy(gitlab.ListGroupsOptions{}), want: []string{"acme", "acme/tools"}},
		{name: "of a member", who: "guest", list: groupsBy(gitlab.ListGroupsOptions{}), want: []string{"acme", "acme/tools/deep", "acme/tools"}},
		{name: "owned", who: "owner", list: groupsBy(gitlab.ListGroupsOptions{Owned: gitlab.Ptr(true)}),
			want: []string{"acme", "acme/tools/deep", "acme/tools"}},
		{name: "owned by a guest", who: "guest", list: groupsBy(gitlab.ListGroupsOptions{Owned: gitlab.Ptr(true)}), want: []string{}},
		{name: "as developer", who: "developer", list: groupsBy(gitlab.ListGroupsOptions{MinAccessLevel: gitlab.Ptr(gitlab.DeveloperPermissions)}),
			want: []string{"acme", "acme/tools/deep", "acme/tools"}},
		{name: "at the top", who: "admin", list: groupsBy(gitlab.ListGroupsOptions{TopLevelOnly: gitlab.Ptr(true)}), want: []string{"acme", "hidden", "local"}},
		{name: "private", who: "admin", list: groupsBy(gitlab.ListGroupsOptions{Visibility: gitlab.Ptr(gitlab.PrivateVisibility)}),
			want: []string{"acme/tools/deep", "hidden"}},
		{name: "without some", who: "admin", list: groupsBy(gitlab.ListGroupsOptions{SkipGroups: &[]int64{w.groups["acme"], w.groups["hidden"]}}),
			want: []string{"acme/tools/deep", "local", "acme/tools"}},
		{name: "by path downwards", who: "admin", list: groupsBy(gitlab.ListGroupsOptions{OrderBy: gitlab.Ptr("path"), Sort: gitlab.Ptr("desc")}),
			want: []string{"acme/tools", "local", "hidden", "acme/tools/deep", "acme"}},
		{name: "search", who: "admin", list: groupsBy(gitlab.ListGroupsOptions{Search: gitlab.Ptr("TOOLS")}), want: []string{"acme/tools/deep", "acme/tools"}},
		{name: "subgroups", who: "guest", list: func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.Group, *gitlab.Response, error) {
			return c.Groups.ListSubGroups("acme", nil, p)
		}, want: []string{"acme/tools"}},
		{name: "all below", who: "guest", list: func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.Group, *gitlab.Response, error) {
			return c.Groups.ListDescendantGroups(w.groups["acme"], &gitlab.ListDescendantGroupsOptions{ListOptions: gitlab.ListOptions{PerPage: 1}}, p)
		}, want: []string{"acme/tools/deep", "acme/tools"}},
	})
}

// groupsBy lists groups, two on a page.
func groupsBy(o gitlab.ListGroupsOptions) pager[*gitlab.Group] {
	o.PerPage = 2
	return func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.Group, *gitlab.Response, error) {
		return c.Groups.ListGroups(&o, p)
	}
}

func TestGitLabGroupRefused(t *testing.T) {
	t.Parallel()
	w := newPlaces(t)
	acme, hidden := w.groups["acme"], w.groups["hidden"]
	create := func(o gitlab.CreateGroupOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Groups.CreateGroup(&o)).err }
	}
	update := func(id any, o gitlab.UpdateGroupOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Groups.UpdateGroup(id, &o)).err }
	}
	move := func(id any, to int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.Groups.TransferSubGroup(id, &gitlab.TransferSubGroupOptions{GroupID: &to})).err
		}
	}
	remove := func(id any) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return done(c.Groups.DeleteGroup(id, nil)).err }
	}
	get := func(id any) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Groups.GetGroup(id, nil)).err }
	}
	list := func(o gitlab.ListGroupsOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Groups.ListGroups(&o)).err }
	}
	some := gitlab.CreateGroupOptions{Name: gitlab.Ptr("Fresh"), Path: gitlab.Ptr("fresh")}
	in := func(parent int64, path string) gitlab.CreateGroupOptions {
		return gitlab.CreateGroupOptions{Name: gitlab.Ptr("Fresh"), Path: &path, ParentID: &parent}
	}
	w.refuse(t, []refusal{
		{name: "create nothing", who: "admin", status: 400, text: "{error: name is missing, path is missing}", call: create(gitlab.CreateGroupOptions{})},
		{name: "create without a name", who: "owner", status: 400, text: "{error: name is missing}", call: create(gitlab.CreateGroupOptions{Path: gitlab.Ptr("fresh"), ParentID: &acme})},
		{name: "create with an empty name", who: "owner", status: 400, text: "{message: {name: [can't be blank]}}",
			call: create(gitlab.CreateGroupOptions{Name: gitlab.Ptr(""), Path: gitlab.Ptr("fresh"), ParentID: &acme})},
		{name: "create where there is one", who: "owner", status: 400, text: "{message: {path: [has already been taken]}}", call: create(in(acme, "Tools"))},
		{name: "create where there is a project", who: "owner", status: 400, text: "{message: {path: [has already been taken]}}", call: create(in(acme, "pub"))},
		{name: "create with a reserved path", who: "admin", status: 400, text: "{message: {path: [api is a reserved name]}}",
			call: create(gitlab.CreateGroupOptions{Name: gitlab.Ptr("Fresh"), Path: gitlab.Ptr("api")})},
		{name: "create with a path of two parts", who: "owner", status: 400,
			text: "{message: {path: [can contain only letters, digits, '_', '-' and '.']}}", call: create(in(acme, "a/b"))},
		{name: "create with no such visibility", who: "owner", status: 400, text: "{error: visibility does not have a valid value}",
			call: create(gitlab.CreateGroupOptions{Name: gitlab.Ptr("Fresh"), Path: gitlab.Ptr("fresh"), ParentID: &acme, Visibility: gitlab.Ptr(gitlab.VisibilityValue("secret"))})},
		{name: "create more visible than its group", who: "admin", status: 400,
			text: "{message: {visibility_level: [public is not allowed since the parent group has a private visibility.]}}",
			call: create(gitlab.CreateGroupOptions{Name: gitlab.Ptr("Fresh"), Path: gitlab.Ptr("fresh"), ParentID: &hidden, Visibility: gitlab.Ptr(gitlab.PublicVisibility)})},
		{name: "create at the top as owner", who: "owner", status: 403, text: forbidden, call: create(some)},
		{name: "create as developer", who: "developer", status: 403, text: forbidden, call: create(in(acme, "fresh"))},
		{name: "create as stranger", who: "stranger", status: 403, text: forbidden, call: create(in(acme, "fresh"))},
		{name: "create in a hidden group", who: "owner", status: 404, call: create(in(hidden, "fresh"))},
		{name: "create in no group", who: "admin", status: 404, call: create(in(9999, "fresh"))},
		{name: "create without a credential", status: 401, text: unauthorized, call: create(some)},
		{name: "show no group", who: "admin", status: 404, call: get(9999)},
		{name: "show a hidden group", who: "owner", status: 404, call: get("hidden")},
		{name: "show a hidden group without a credential", status: 404, call: get(hidden)},
		{name: "update as maintainer", who: "maintainer", status: 403, text: forbidden, call: update(acme, gitlab.UpdateGroupOptions{Name: gitlab.Ptr("x")})},
		{name: "update to a taken path", who: "admin", status: 400, text: "{message: {path: [has already been taken]}}",
			call: update("acme", gitlab.UpdateGroupOptions{Path: gitlab.Ptr("hidden")})},
		{name: "update to more hidden than its projects", who: "owner", status: 400,
			text: "{message: {visibility_level: [private is not allowed since this group contains projects with higher visibility.]}}",
			call: update("acme/tools", gitlab.UpdateGroupOptions{Visibility: gitlab.Ptr(gitlab.PrivateVisibility)})},
		{name: "update a hidden group", who: "owner", status: 404, call: update(hidden, gitlab.UpdateGroupOptions{Name: gitlab.Ptr("x")})},
		{name: "update without a credential", status: 401, text: unauthorized, call: update(acme, gitlab.UpdateGroupOptions{Name: gitlab.Ptr("x")})},
		{name: "transfer into itself", who: "admin", status: 400, text: "{message: {parent_id: [is inside the group itself]}}", call: move(acme, acme)},
		{name: "transfer to the top as owner", who: "owner", status: 403, text: forbidden, call: func(c *gitlab.Client) error {
			return of(c.Groups.TransferSubGroup("acme/tools", nil)).err
		}},
		{name: "transfer as maintainer", who: "maintainer", status: 403, text: forbidden, call: move("acme/tools/deep", acme)},
		{name: "transfer into a hidden group", who: "owner", status: 404, call: move("acme/tools", hidden)},
		{name: "transfer without a credential", status: 401, text: unauthorized, call: move("acme/tools", acme)},
		{name: "move a project as owner", who: "owner", status: 403, text: forbidden, call: func(c *gitlab.Client) error {
			return of(c.Groups.TransferGroup("acme/tools", w.projects["acme/pub"])).err
		}},
		{name: "move no project", who: "admin", status: 404, call: func(c *gitlab.Client) error {
			return of(c.Groups.TransferGroup("acme/tools", 9999)).err
		}},
		{name: "delete what holds projects", who: "owner", status: 409, text: "{message: 409 Conflict: acme/tools still holds groups or projects: remove them first}", call: remove("acme/tools")},
		{name: "delete as maintainer", who: "maintainer", status: 403, text: forbidden, call: remove("acme/tools/deep")},
		{name: "delete no group", who: "admin", status: 404, call: remove(9999)},
		{name: "delete a hidden group", who: "owner", status: 404, call: remove("hidden")},
		{name: "delete without a credential", status: 401, text: unauthorized, call: remove(acme)},
		{name: "list by no such order", who: "admin", status: 400, text: "{error: order_by does not have a valid value}", call: list(gitlab.ListGroupsOptions{OrderBy: gitlab.Ptr("color")})},
		{name: "list a page that is none", who: "admin", status: 400, text: "{error: page does not have a valid value}",
			call: list(gitlab.ListGroupsOptions{ListOptions: gitlab.ListOptions{Page: -1}})},
		{name: "list with no such role", who: "admin", status: 400, text: "{error: min_access_level does not have a valid value}",
			call: list(gitlab.ListGroupsOptions{MinAccessLevel: gitlab.Ptr(gitlab.AccessLevelValue(7))})},
		{name: "subgroups of a hidden group", who: "owner", status: 404, call: func(c *gitlab.Client) error { return of(c.Groups.ListSubGroups(hidden, nil)).err }},
		{name: "projects of a hidden group", who: "owner", status: 404, call: func(c *gitlab.Client) error { return of(c.Groups.ListGroupProjects(hidden, nil)).err }},
	})
}
