package contract_test

import (
	"fmt"
	"net/http"
	"testing"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

func TestGitLabSettings(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	c := w.gitlab(t, "admin")
	want := gitlab.Settings{ID: 1, NPMPackageRequestsForwarding: true, RequirePersonalAccessTokenExpiry: true, MaxPersonalAccessTokenLifetime: 365,
		MinimumPasswordLength: 8, PackageRegistryAllowAnyoneToPullOption: true, DefaultGroupVisibility: gitlab.PrivateVisibility, DefaultProjectVisibility: gitlab.PrivateVisibility}
	for _, tt := range []struct {
		name       string
		change     *gitlab.UpdateSettingsOptions
		forwarding bool
	}{
		{"as they were", nil, true},
		{"off", &gitlab.UpdateSettingsOptions{NPMPackageRequestsForwarding: gitlab.Ptr(false)}, false},
		{"another that changes nothing", &gitlab.UpdateSettingsOptions{SignupEnabled: gitlab.Ptr(true), MinimumPasswordLength: gitlab.Ptr(int64(1))}, false},
		{"on", &gitlab.UpdateSettingsOptions{NPMPackageRequestsForwarding: gitlab.Ptr(true)}, true},
	} {
		want.NPMPackageRequestsForwarding = tt.forwarding
		if tt.change != nil {
			t.Log(tt.name)
			same(t, *of(c.Settings.UpdateSettings(tt.change)).is(t, http.StatusOK), want)
		}
		same(t, *of(c.Settings.GetSettings()).is(t, http.StatusOK), want)
	}
	show := func(c *gitlab.Client) error { return of(c.Settings.GetSettings()).err }
	update := func(c *gitlab.Client) error {
		return of(c.Settings.UpdateSettings(&gitlab.UpdateSettingsOptions{NPMPackageRequestsForwarding: gitlab.Ptr(false)})).err
	}
	w.refuse(t, []refusal{
		{name: "update nothing", who: "admin", status: 400, call: func(c *gitlab.Client) error {
			return of(c.Settings.UpdateSettings(&gitlab.UpdateSettingsOptions{})).err
		}, text: "{error: npm_package_requests_forwarding, lock_npm_package_requests_forwarding are missing, at least one parameter must be provided}"},
		{name: "update to what is no truth", who: "admin", status: 400, text: "{error: npm_package_requests_forwarding is invalid}", call: func(c *gitlab.Client) error {
			return done(send(c, http.MethodPut, "application/settings", map[string]string{"npm_package_requests_forwarding": "maybe"}, nil)).err
		}},
		{name: "show as owner", who: "owner", status: 403, text: forbidden, call: show},
		{name: "show without a credential", status: 401, text: unauthorized, call: show},
		{name: "update as owner", who: "owner", status: 403, text: forbidden, call: update},
		{name: "update without a credential", status: 401, text: unauthorized, call: update},
	})
}

// send uses the client for what it has no method for.
func send(c *gitlab.Client, method, path string, body, into any) (*gitlab.Response, error) {
	r, err := c.NewRequest(method, path, body, nil)
	if err != nil {
		return nil, err
	}
	return c.Do(r, into)
}

func TestGitLabVersion(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	c := w.gitlab(t, "guest")
	v, m := of(c.Version.GetVersion()).is(t, http.StatusOK), of(c.Metadata.GetMetadata()).is(t, http.StatusOK)
	if v.Version != "1.2.3" || v.Version != m.Version || v.Revision != m.Revision || m.Enterprise || m.KAS.Enabled {
		t.Errorf("version %v, metadata %v", v, m)
	}
	w.refuse(t, []refusal{
		{name: "version without a credential", status: 401, text: unauthorized, call: func(c *gitlab.Client) error { return of(c.Version.GetVersion()).err }},
		{name: "metadata without a credential", status: 401, text: unauthorized, call: func(c *gitlab.Client) error { return of(c.Metadata.GetMetadata()).err }},
	})
}

func TestGitLabNamespace(t *testing.T) {
	t.Parallel()
	w := newPlaces(t)
	id, tools := w.groups["acme"], w.groups["acme/tools"]
	want := gitlab.Namespace{ID: tools, Name: "tools", Path: "tools", Kind: "group", FullPath: "acme/tools", ParentID: id, WebURL: w.url + "/-/groups/acme/tools"}
	c := w.gitlab(t, "guest")
	same(t, *of(c.Namespaces.GetNamespace(tools)).is(t, http.StatusOK), want)
	same(t, *of(c.Namespaces.GetNamespace("acme/tools")).is(t, http.StatusOK), want)

	by := func(o gitlab.ListNamespacesOptions) pager[*gitlab.Namespace] {
		o.PerPage = 2
		return func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.Namespace, *gitlab.Response, error) {
			return c.Namespaces.ListNamespaces(&o, p)
		}
	}
	yes := gitlab.Ptr(true)
	walk(t, w, func(n *gitlab.Namespace) string { return n.FullPath }, []listing[*gitlab.Namespace]{
		{name: "all of an administrator", who: "admin", list: by(gitlab.ListNamespacesOptions{}), want: []string{"local", "acme", "acme/tools", "acme/tools/deep", "hidden"}},
		{name: "of a member", who: "guest", list: by(gitlab.ListNamespacesOptions{}), want: []string{"acme", "acme/tools", "acme/tools/deep"}},
		{name: "of a stranger", who: "stranger", list: by(gitlab.ListNamespacesOptions{}), want: []string{}},
		{name: "owned", who: "guest", list: by(gitlab.ListNamespacesOptions{OwnedOnly: yes}), want: []string{}},
		{name: "at the top", who: "guest", list: by(gitlab.ListNamespacesOptions{TopLevelOnly: yes}), want: []string{"acme"}},
		{name: "search", who: "admin", list: by(gitlab.ListNamespacesOptions{Search: gitlab.Ptr("HID")}), want: []string{"hidden"}},
		{name: "the client's search", who: "guest", list: func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.Namespace, *gitlab.Response, error) {
			return c.Namespaces.SearchNamespace("deep", p)
		}, want: []string{"acme/tools/deep"}},
	})
	show := func(id any) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Namespaces.GetNamespace(id)).err }
	}
	w.refuse(t, []refusal{
		{name: "show none", who: "admin", status: 404, call: show(9999)},
		{name: "show a hidden one", who: "guest", status: 404, call: show("hidden")},
		{name: "show without a credential", status: 401, text: unauthorized, call: show(id)},
		{name: "list without a credential", status: 401, text: unauthorized, call: func(c *gitlab.Client) error { return of(c.Namespaces.ListNamespaces(nil)).err }},
		{name: "list a page that is none", who: "guest", status: 400, text: "{error: page does not have a valid value}", call: func(c *gitlab.Client) error {
			return of(c.Namespaces.ListNamespaces(&gitlab.ListNamespacesOptions{ListOptions: gitlab.ListOptions{Page: -1}})).err
		}},
	})
}

// TestGitLabBehindMount checks that the client finds its way where the public
// URL has a path, by the links of answers too.
func TestGitLabBehindMount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{mount: "/tools/npm"})
	c := w.gitlab(t, "admin")
	group := of(c.Groups.CreateGroup(&gitlab.CreateGroupOptions{Name: gitlab.Ptr("acme"), Path: gitlab.Ptr("acme")})).is(t, http.StatusCreated)
	if want := w.url + "/tools/npm/-/groups/acme"; group.WebURL != want {
		t.Errorf("web_url is %s, want %s", group.WebURL, want)
	}
	for i := range 3 {
		of(c.Projects.CreateProject(&gitlab.CreateProjectOptions{Name: gitlab.Ptr(fmt.Sprint("p", i)), NamespaceID: &group.ID})).is(t, http.StatusCreated)
	}
	got := of(c.Projects.GetProject("acme/p1", nil)).is(t, http.StatusOK)
	if want := fmt.Sprintf("%s/tools/npm/api/v4/projects/%d", w.url, got.ID); got.Links.Self != want {
		t.Errorf("self is %s, want %s", got.Links.Self, want)
	}
	for _, keys := range []string{"", "keyset"} {
		list, err := gitlab.ScanAndCollect(func(p gitlab.PaginationOptionFunc) ([]*gitlab.Project, *gitlab.Response, error) {
			return c.Projects.ListProjects(&gitlab.ListProjectsOptions{ListOptions: gitlab.ListOptions{Pagination: keys, OrderBy: "id", PerPage: 1}}, p)
		})
		if err != nil || len(list) != 4 {
			t.Errorf("walked %d projects (%v), want 4", len(list), err)
		}
	}
	_, resp, err := c.Projects.ListProjects(&gitlab.ListProjectsOptions{ListOptions: gitlab.ListOptions{PerPage: 1}})
	if want := w.url + "/tools/npm/api/v4/projects?page=2&per_page=1"; err != nil || resp.NextLink != want {
		t.Errorf("the next page is at %s (%v), want %s", resp.NextLink, err, want)
	}
	// What was read by its earlier path is found by the Location of the answer.
	of(c.Groups.UpdateGroup("acme", &gitlab.UpdateGroupOptions{Path: gitlab.Ptr("apex")})).is(t, http.StatusOK)
	if moved := of(c.Projects.GetProject("acme/p1", nil)).is(t, http.StatusOK); moved.PathWithNamespace != "apex/p1" {
		t.Errorf("found %s, want apex/p1", moved.PathWithNamespace)
	}
	checkRefused(t, of(c.Projects.GetProject("apex/none", nil)).err, http.StatusNotFound, "")
}
