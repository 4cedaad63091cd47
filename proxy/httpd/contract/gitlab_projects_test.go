package contract_test

import (
	"net/http"
	"slices"
	"testing"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

func projectPath(p *gitlab.Project) string { return p.PathWithNamespace }

func TestGitLabProject(t *testing.T) {
	t.Parallel()
	w := newPlaces(t)
	admin, owner, guest, nobody := w.gitlab(t, "admin"), w.gitlab(t, "owner"), w.gitlab(t, "guest"), w.gitlab(t, "")
	acme, tools := w.groups["acme"], w.groups["acme/tools"]

	made := of(owner.Projects.CreateProject(&gitlab.CreateProjectOptions{Name: gitlab.Ptr("Web shop"), NamespaceID: &acme,
		Description: gitlab.Ptr("sells"), Visibility: gitlab.Ptr(gitlab.PublicVisibility)})).is(t, http.StatusCreated)
	w.recent(t, "created_at", made.CreatedAt)
	w.recent(t, "updated_at", made.UpdatedAt)
	self := w.url + "/api/v4/projects/" + text(made.ID)
	want := gitlab.Project{ID: made.ID, Name: "Web shop", NameWithNamespace: "acme / Web shop", Path: "web-shop", PathWithNamespace: "acme/web-shop",
		Description: "sells", Visibility: gitlab.PublicVisibility, WebURL: w.url + "/-/projects/acme/web-shop", Topics: []string{},
		Namespace: &gitlab.ProjectNamespace{ID: acme, Name: "acme", Path: "acme", Kind: "group", FullPath: "acme", WebURL: w.url + "/-/groups/acme"},
		CreatedAt: made.CreatedAt, UpdatedAt: made.UpdatedAt, LastActivityAt: made.UpdatedAt}
	simple := want
	want.PackagesEnabled, want.EmptyRepo, want.CreatorID = true, true, w.users["owner"]
	want.Links = &gitlab.Links{Self: self, Members: self + "/members"}
	want.Permissions = &gitlab.Permissions{GroupAccess: &gitlab.GroupAccess{AccessLevel: gitlab.OwnerPermissions, NotificationLevel: gitlab.GlobalNotificationLevel}}
	same(t, *made, want)

	for name, id := range map[string]any{"number": made.ID, "path": "acme/web-shop", "path in capitals": "Acme/Web-Shop"} {
		t.Log(name)
		same(t, *of(owner.Projects.GetProject(id, nil)).is(t, http.StatusOK), want)
		same(t, *of(nobody.Projects.GetProject(id, nil)).is(t, http.StatusOK), simple)
	}
	seen := of(guest.Projects.GetProject(made.ID, nil)).is(t, http.StatusOK)
	if seen.Permissions == nil || seen.Permissions.GroupAccess == nil || seen.Permissions.GroupAccess.AccessLevel != gitlab.GuestPermissions {
		t.Errorf("a guest's permissions are %v", seen.Permissions)
	}

	changed := of(owner.Projects.EditProject(made.ID, &gitlab.EditProjectOptions{Name: gitlab.Ptr("Shop"), Path: gitlab.Ptr("shop.js"),
		Description: gitlab.Ptr(""), Visibility: gitlab.Ptr(gitlab.PrivateVisibility), PackagesEnabled: gitlab.Ptr(false)})).is(t, http.StatusOK)
	want.Name, want.NameWithNamespace, want.Path, want.PathWithNamespace = "Shop", "acme / Shop", "shop.js", "acme/shop.js"
	want.WebURL, want.Description, want.Visibility, want.PackagesEnabled = w.url+"/-/projects/acme/shop.js", "", gitlab.PrivateVisibility, false
	want.UpdatedAt, want.LastActivityAt = changed.UpdatedAt, changed.LastActivityAt
	same(t, *changed, want)
	same(t, *of(owner.Projects.GetProject("acme/shop.js", nil)).is(t, http.StatusOK), want)
	if !changed.UpdatedAt.After(*made.UpdatedAt) {
		t.Errorf("updated at %v, made at %v", changed.UpdatedAt, made.UpdatedAt)
	}
	if got := of(owner.Projects.GetProject("acme/web-shop", nil)).is(t, http.StatusOK); got.ID != made.ID {
		t.Errorf("its earlier path leads to %d, want %d", got.ID, made.ID)
	}

	for _, to := range []any{tools, "acme", "acme/tools"} {
		moved := of(owner.Projects.TransferProject(made.ID, &gitlab.TransferProjectOptions{Namespace: to})).is(t, http.StatusOK)
		if moved.Namespace.ID != to && moved.Namespace.FullPath != to || moved.PathWithNamespace != moved.Namespace.FullPath+"/shop.js" {
			t.Errorf("moved to %s, want it in %v", moved.PathWithNamespace, to)
		}
	}

	done(owner.Projects.DeleteProject("acme/tools/shop.js", &gitlab.DeleteProjectOptions{})).is(t, http.StatusAccepted)
	checkRefused(t, of(admin.Projects.GetProject(made.ID, nil)).err, http.StatusNotFound, "")
}

func TestGitLabProjectList(t *testing.T) {
	t.Parallel()
	w := newPlaces(t)
	all := []string{"local/npm", "acme/pub", "acme/int", "acme/prv", "acme/tools/cli", "hidden/x"}
	walk(t, w, projectPath, []listing[*gitlab.Project]{
		{name: "all of an administrator", who: "admin", list: projectsBy(gitlab.ListProjectsOptions{Sort: gitlab.Ptr("asc")}), want: all},
		{name: "the newest first", who: "guest", list: projectsBy(gitlab.ListProjectsOptions{}),
			want: []string{"acme/tools/cli", "acme/prv", "acme/int", "acme/pub", "local/npm"}},
		{name: "of a stranger", who: "stranger", list: projectsBy(gitlab.ListProjectsOptions{OrderBy: gitlab.Ptr("path")}),
			want: []string{"acme/pub", "local/npm", "acme/int", "acme/tools/cli"}},
		{name: "without a credential", list: projectsBy(gitlab.ListProjectsOptions{}), want: []string{"acme/tools/cli", "acme/pub"}},
		{name: "of members", who: "guest", list: projectsBy(gitlab.ListProjectsOptions{Membership: gitlab.Ptr(true), OrderBy: gitlab.Ptr("name"), Sort: gitlab.Ptr("asc")}),
			want: []string{"acme/tools/cli", "acme/int", "acme/prv", "acme/pub"}},
		{name: "owned", who: "maintainer", list: projectsBy(gitlab.ListProjectsOptions{Owned: gitlab.Ptr(true)}), want: []string{}},
		{name: "as maintainer", who: "maintainer", list: projectsBy(gitlab.ListProjectsOptions{MinAccessLevel: gitlab.Ptr(gitlab.MaintainerPermissions), Visibility: gitlab.Ptr(gitlab.PrivateVisibility)}),
			want: []string{"acme/prv"}},
		{name: "search", who: "admin", list: projectsBy(gitlab.ListProjectsOptions{Search: gitlab.Ptr("Tools CLI"), SearchNamespaces: gitlab.Ptr(true)}),
			want: []string{"acme/tools/cli"}},
		{name: "archived", who: "admin", list: projectsBy(gitlab.ListProjectsOptions{Archived: gitlab.Ptr(true)}), want: []string{}},
		{name: "keyset", who: "admin", list: projectsBy(gitlab.ListProjectsOptions{ListOptions: gitlab.ListOptions{Pagination: "keyset", OrderBy: "id", Sort: "asc"}}), want: all},
		{name: "keyset downwards", who: "stranger", list: projectsBy(gitlab.ListProjectsOptions{ListOptions: gitlab.ListOptions{Pagination: "keyset", OrderBy: "id"}}),
			want: []string{"acme/tools/cli", "acme/int", "acme/pub", "local/npm"}},
		{name: "between numbers", who: "admin", list: projectsBy(gitlab.ListProjectsOptions{IDAfter: gitlab.Ptr(w.projects["acme/pub"]), IDBefore: gitlab.Ptr(w.projects["hidden/x"])}),
			want: []string{"acme/tools/cli", "acme/prv", "acme/int"}},
		{name: "of a group", who: "guest", list: func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.Project, *gitlab.Response, error) {
			return c.Groups.ListGroupProjects("acme", &gitlab.ListGroupProjectsOptions{ListOptions: gitlab.ListOptions{PerPage: 2}}, p)
		}, want: []string{"acme/prv", "acme/int", "acme/pub"}},
		{name: "of a group and below", who: "guest", list: func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.Project, *gitlab.Response, error) {
			return c.Groups.ListGroupProjects(w.groups["acme"], &gitlab.ListGroupProjectsOptions{IncludeSubGroups: gitlab.Ptr(true), OrderBy: gitlab.Ptr("id"), Sort: gitlab.Ptr("asc")}, p)
		}, want: []string{"acme/pub", "acme/int", "acme/prv", "acme/tools/cli"}},
		{name: "of a user", who: "admin", list: func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.Project, *gitlab.Response, error) {
			return c.Projects.ListUserProjects("owner", nil, p)
		}, want: []string{}},
	})
}

// projectsBy lists projects, two on a page.
func projectsBy(o gitlab.ListProjectsOptions) pager[*gitlab.Project] {
	o.PerPage = 2
	return func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.Project, *gitlab.Response, error) {
		return c.Projects.ListProjects(&o, p)
	}
}

// TestGitLabProjectPages checks what the client tells of pages by their number.
func TestGitLabProjectPages(t *testing.T) {
	t.Parallel()
	w := newPlaces(t)
	c := w.gitlab(t, "admin")
	var got []string
	o := gitlab.ListProjectsOptions{ListOptions: gitlab.ListOptions{PerPage: 4, Page: 1}, Sort: gitlab.Ptr("asc")}
	for o.Page != 0 {
		list, resp, err := c.Projects.ListProjects(&o)
		if err != nil {
			t.Fatal(err)
		}
		if resp.TotalItems != 6 || resp.TotalPages != 2 || resp.ItemsPerPage != 4 || resp.CurrentPage != o.Page || resp.PreviousPage != o.Page-1 {
			t.Errorf("page %d: %d items on %d pages of %d, page %d after %d", o.Page, resp.TotalItems, resp.TotalPages, resp.ItemsPerPage, resp.CurrentPage, resp.PreviousPage)
		}
		if resp.FirstLink == "" || resp.LastLink == "" || resp.NextLink == "" != (resp.NextPage == 0) {
			t.Errorf("page %d: links %q, %q and %q", o.Page, resp.FirstLink, resp.LastLink, resp.NextLink)
		}
		got = append(got, texts(list, projectPath)...)
		o.Page = resp.NextPage
	}
	if want := []string{"local/npm", "acme/pub", "acme/int", "acme/prv", "acme/tools/cli", "hidden/x"}; !slices.Equal(got, want) {
		t.Errorf("listed %v, want %v", got, want)
	}
	o.Page = 7
	if list := of(c.Projects.ListProjects(&o)).is(t, http.StatusOK); len(list) != 0 {
		t.Errorf("page 7 has %d projects", len(list))
	}
}

func TestGitLabProjectRefused(t *testing.T) {
	t.Parallel()
	w := newPlaces(t)
	acme, hidden := w.groups["acme"], w.groups["hidden"]
	w.stock(t, "acme/pub", registrytest.Document{Name: "@acme/kept", Version: "1.0.0"})
	create := func(o gitlab.CreateProjectOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Projects.CreateProject(&o)).err }
	}
	edit := func(id any, o gitlab.EditProjectOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Projects.EditProject(id, &o)).err }
	}
	move := func(id, to any) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.Projects.TransferProject(id, &gitlab.TransferProjectOptions{Namespace: to})).err
		}
	}
	remove := func(id any) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return done(c.Projects.DeleteProject(id, nil)).err }
	}
	get := func(id any) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Projects.GetProject(id, nil)).err }
	}
	list := func(o gitlab.ListProjectsOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Projects.ListProjects(&o)).err }
	}
	in := func(group int64, name string) gitlab.CreateProjectOptions {
		return gitlab.CreateProjectOptions{Name: &name, NamespaceID: &group}
	}
	renamed := gitlab.EditProjectOptions{Name: gitlab.Ptr("x")}
	w.refuse(t, []refusal{
		{name: "create nothing", who: "owner", status: 400, text: "{error: name, path are missing, at least one parameter must be provided}", call: create(gitlab.CreateProjectOptions{})},
		{name: "create of one's own", who: "owner", status: 400, text: "{message: {namespace: [is not valid]}}", call: create(gitlab.CreateProjectOptions{Name: gitlab.Ptr("mine")})},
		{name: "create in a hidden group", who: "owner", status: 400, text: "{message: {namespace: [is not valid]}}", call: create(in(hidden, "x"))},
		{name: "create where there is one", who: "owner", status: 400, text: "{message: {path: [has already been taken]}}", call: create(in(acme, "Pub"))},
		{name: "create where there is a group", who: "owner", status: 400, text: "{message: {path: [has already been taken]}}", call: create(in(acme, "tools"))},
		{name: "create more visible than its group", who: "admin", status: 400, text: "{message: {visibility_level: [public is not allowed in a private group.]}}",
			call: create(gitlab.CreateProjectOptions{Name: gitlab.Ptr("y"), NamespaceID: &hidden, Visibility: gitlab.Ptr(gitlab.PublicVisibility)})},
		{name: "create with no such visibility", who: "owner", status: 400, text: "{error: visibility does not have a valid value}",
			call: create(gitlab.CreateProjectOptions{Name: gitlab.Ptr("y"), NamespaceID: &acme, Visibility: gitlab.Ptr(gitlab.VisibilityValue(""))})},
		{name: "create as developer", who: "developer", status: 403, text: forbidden, call: create(in(acme, "y"))},
		{name: "create without a credential", status: 401, text: unauthorized, call: create(in(acme, "y"))},
		{name: "show no project", who: "admin", status: 404, call: get(9999)},
		{name: "show a hidden project", who: "owner", status: 404, call: get("hidden/x")},
		{name: "show a private project", who: "stranger", status: 404, call: get(w.projects["acme/prv"])},
		{name: "show an internal project without a credential", status: 404, call: get("acme/int")},
		{name: "edit nothing", who: "owner", status: 400, text: "{error: name, path, description, visibility, package_registry_access_level, packages_enabled, " +
			"npm_package_requests_forwarding are missing, at least one parameter must be provided}", call: edit("acme/pub", gitlab.EditProjectOptions{})},
		{name: "edit to a taken path", who: "owner", status: 400, text: "{message: {path: [has already been taken]}}", call: edit("acme/pub", gitlab.EditProjectOptions{Path: gitlab.Ptr("int")})},
		{name: "edit as developer", who: "developer", status: 403, text: forbidden, call: edit("acme/pub", renamed)},
		{name: "edit a hidden project", who: "owner", status: 404, call: edit("hidden/x", renamed)},
		{name: "edit without a credential", status: 401, text: unauthorized, call: edit("acme/pub", renamed)},
		{name: "move nowhere", who: "owner", status: 400, text: "{error: namespace is missing}", call: move("acme/int", nil)},
		{name: "move into a hidden group", who: "owner", status: 404, call: move("acme/int", "hidden")},
		{name: "move as maintainer", who: "maintainer", status: 403, text: forbidden, call: move("acme/int", "acme/tools")},
		{name: "move to where it would be too visible", who: "admin", status: 400, text: "{message: {visibility_level: [internal is not allowed in a private group.]}}", call: move("acme/int", "hidden")},
		{name: "move without a credential", status: 401, text: unauthorized, call: move("acme/int", "acme/tools")},
		{name: "delete what holds packages", who: "owner", status: 409, text: "{message: 409 Conflict: acme/pub still holds packages: delete them first}", call: remove("acme/pub")},
		{name: "delete as maintainer", who: "maintainer", status: 403, text: forbidden, call: remove("acme/int")},
		{name: "delete a private project", who: "stranger", status: 404, call: remove("acme/prv")},
		{name: "delete no project", who: "admin", status: 404, call: remove(9999)},
		{name: "delete without a credential", status: 401, text: unauthorized, call: remove("acme/int")},
		{name: "list by no such order", who: "admin", status: 400, text: "{error: order_by does not have a valid value}", call: list(gitlab.ListProjectsOptions{OrderBy: gitlab.Ptr("color")})},
		{name: "list by keys of another order", who: "admin", status: 405, text: "{message: Keyset pagination is not yet available for this type of request}",
			call: list(gitlab.ListProjectsOptions{ListOptions: gitlab.ListOptions{Pagination: "keyset", OrderBy: "name"}})},
		{name: "list of no user", who: "admin", status: 404, call: func(c *gitlab.Client) error { return of(c.Projects.ListUserProjects("nobody", nil)).err }},
	})
}

// TestGitLabProjectKeys checks that a walk by keys neither repeats nor leaves
// out what was there all the time.
func TestGitLabProjectKeys(t *testing.T) {
	t.Parallel()
	w := newPlaces(t)
	c := w.gitlab(t, "admin")
	var got []string
	o := &gitlab.ListProjectsOptions{ListOptions: gitlab.ListOptions{Pagination: "keyset", OrderBy: "id", PerPage: 1}}
	for p, err := range gitlab.Scan2(func(p gitlab.PaginationOptionFunc) ([]*gitlab.Project, *gitlab.Response, error) {
		return c.Projects.ListProjects(o, p)
	}) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, p.PathWithNamespace)
		w.project("acme/later"+text(int64(len(got))), record.PublicVisibility)
	}
	if want := []string{"hidden/x", "acme/tools/cli", "acme/prv", "acme/int", "acme/pub", "local/npm"}; !slices.Equal(got, want) {
		t.Errorf("walked %v, want %v", got, want)
	}
}
