package contract_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

func TestGitLabDeployToken(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	c, owner, admin := w.gitlab(t, "maintainer"), w.gitlab(t, "owner"), w.gitlab(t, "admin")
	until := w.clock.Now().Add(30 * 24 * time.Hour).Truncate(time.Second)
	read, write := []string{"read_package_registry"}, []string{"read_package_registry", "write_package_registry"}

	made := of(c.DeployTokens.CreateProjectDeployToken("acme/prv", &gitlab.CreateProjectDeployTokenOptions{Name: gitlab.Ptr("ci"),
		ExpiresAt: &until, Scopes: &read})).is(t, http.StatusCreated)
	want := gitlab.DeployToken{ID: made.ID, Name: "ci", Username: fmt.Sprintf("gitlab+deploy-token-%d", made.ID), ExpiresAt: &until, Scopes: read, Token: made.Token}
	same(t, *made, want)
	if made.Token == "" || made.ID == 0 {
		t.Fatalf("a new token is %v", made)
	}
	w.tokens["ci"] = made.Token
	w.status(t, http.StatusNotFound, get(w.in("acme/prv")+"/@acme%2fnone").as("ci"))
	want.Token = ""
	same(t, *of(c.DeployTokens.GetProjectDeployToken(w.projects["acme/prv"], made.ID)).is(t, http.StatusOK), want)

	group := of(owner.DeployTokens.CreateGroupDeployToken("acme", &gitlab.CreateGroupDeployTokenOptions{Name: gitlab.Ptr("robots"), Username: gitlab.Ptr("robot"),
		Scopes: &write})).is(t, http.StatusCreated)
	wantGroup := gitlab.DeployToken{ID: group.ID, Name: "robots", Username: "robot", Scopes: write, Token: group.Token}
	same(t, *group, wantGroup)
	wantGroup.Token = ""
	same(t, *of(c.DeployTokens.GetGroupDeployToken(w.groups["acme"], group.ID)).is(t, http.StatusOK), wantGroup)

	second := of(c.DeployTokens.CreateProjectDeployToken("acme/prv", &gitlab.CreateProjectDeployTokenOptions{Name: gitlab.Ptr("old"), Scopes: &write})).is(t, http.StatusCreated)
	t.Run("lists", func(t *testing.T) {
		word := func(d *gitlab.DeployToken) string { return d.Name + d.Token }
		walk(t, w, word, []listing[*gitlab.DeployToken]{
			{name: "of a project", who: "maintainer", want: []string{"ci", "old"}, list: func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.DeployToken, *gitlab.Response, error) {
				return c.DeployTokens.ListProjectDeployTokens("acme/prv", &gitlab.ListProjectDeployTokensOptions{ListOptions: gitlab.ListOptions{PerPage: 1}}, p)
			}},
			{name: "of another", who: "maintainer", want: []string{}, list: func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.DeployToken, *gitlab.Response, error) {
				return c.DeployTokens.ListProjectDeployTokens("acme/pub", nil, p)
			}},
			{name: "of a group", who: "maintainer", want: []string{"robots"}, list: func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.DeployToken, *gitlab.Response, error) {
				return c.DeployTokens.ListGroupDeployTokens("acme", nil, p)
			}},
			{name: "of all", who: "admin", want: []string{"ci", "robots", "old"}, list: func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.DeployToken, *gitlab.Response, error) {
				return c.DeployTokens.ListAllDeployTokens(p)
			}},
		})
	})

	done(c.DeployTokens.DeleteProjectDeployToken("acme/prv", made.ID)).is(t, http.StatusNoContent)
	done(c.DeployTokens.DeleteProjectDeployToken("acme/prv", second.ID)).is(t, http.StatusNoContent)
	done(owner.DeployTokens.DeleteGroupDeployToken("acme", group.ID)).is(t, http.StatusNoContent)
	checkRefused(t, of(c.DeployTokens.GetProjectDeployToken("acme/prv", made.ID)).err, http.StatusNotFound, "")
	if left := of(admin.DeployTokens.ListAllDeployTokens()).is(t, http.StatusOK); len(left) != 0 {
		t.Errorf("tokens are left: %v", left)
	}
	w.status(t, http.StatusUnauthorized, get(w.in("acme/prv")+"/@acme%2fnone").as("ci"))
}

func TestGitLabDeployTokenRefused(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	w.deploy("ci", "acme/pub", "read_package_registry")
	id := of(w.gitlab(t, "owner").DeployTokens.ListProjectDeployTokens("acme/pub", nil)).is(t, http.StatusOK)[0].ID
	name, read, past := gitlab.Ptr("x"), &[]string{"read_package_registry"}, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	create := func(project any, o gitlab.CreateProjectDeployTokenOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.DeployTokens.CreateProjectDeployToken(project, &o)).err }
	}
	creates := func(group any) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.DeployTokens.CreateGroupDeployToken(group, &gitlab.CreateGroupDeployTokenOptions{Name: name, Scopes: read})).err
		}
	}
	get := func(project any, id int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.DeployTokens.GetProjectDeployToken(project, id)).err }
	}
	remove := func(project any, id int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return done(c.DeployTokens.DeleteProjectDeployToken(project, id)).err }
	}
	list := func(project any) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.DeployTokens.ListProjectDeployTokens(project, nil)).err }
	}
	all := func(c *gitlab.Client) error { return of(c.DeployTokens.ListAllDeployTokens()).err }
	good := gitlab.CreateProjectDeployTokenOptions{Name: name, Scopes: read}
	w.refuse(t, []refusal{
		{name: "create nothing", who: "maintainer", status: 400, text: "{error: name is missing, scopes is missing}", call: create("acme/pub", gitlab.CreateProjectDeployTokenOptions{})},
		{name: "create with an empty name", who: "maintainer", status: 400, text: "{message: Name can't be blank}",
			call: create("acme/pub", gitlab.CreateProjectDeployTokenOptions{Name: gitlab.Ptr(""), Scopes: read})},
		{name: "create without a scope", who: "maintainer", status: 400, text: "{message: Scopes can't be blank}",
			call: create("acme/pub", gitlab.CreateProjectDeployTokenOptions{Name: name, Scopes: &[]string{}})},
		{name: "create with a scope of GitLab's", who: "maintainer", status: 400,
			text: "{error: scopes has read_repository, which is not served here: use read_package_registry and write_package_registry}",
			call: create("acme/pub", gitlab.CreateProjectDeployTokenOptions{Name: name, Scopes: &[]string{"read_repository"}})},
		{name: "create with no such scope", who: "maintainer", status: 400, text: "{error: scopes does not have a valid value}",
			call: create("acme/pub", gitlab.CreateProjectDeployTokenOptions{Name: name, Scopes: &[]string{"fly"}})},
		{name: "create with a bad username", who: "maintainer", status: 400, text: "{message: Username can contain only letters, digits, '_', '-', '+', and '.'}",
			call: create("acme/pub", gitlab.CreateProjectDeployTokenOptions{Name: name, Scopes: read, Username: gitlab.Ptr("a b")})},
		{name: "create until the past", who: "maintainer", status: 400, text: "{message: Expiration date must be in the future}",
			call: create("acme/pub", gitlab.CreateProjectDeployTokenOptions{Name: name, Scopes: read, ExpiresAt: &past})},
		{name: "create as developer", who: "developer", status: 403, text: forbidden, call: create("acme/pub", good)},
		{name: "create in a private project", who: "stranger", status: 404, call: create("acme/prv", good)},
		{name: "create without a credential", status: 401, text: unauthorized, call: create("acme/pub", good)},
		{name: "create in a group as maintainer", who: "maintainer", status: 403, text: forbidden, call: creates("acme")},
		{name: "create in no group", who: "owner", status: 404, call: creates("nowhere")},
		{name: "show as developer", who: "developer", status: 403, text: forbidden, call: get("acme/pub", id)},
		{name: "show none", who: "maintainer", status: 404, call: get("acme/pub", 9999)},
		{name: "show another project's", who: "maintainer", status: 404, call: get("acme/int", id)},
		{name: "show without a credential", status: 401, text: unauthorized, call: get("acme/pub", id)},
		{name: "list as developer", who: "developer", status: 403, text: forbidden, call: list("acme/pub")},
		{name: "list of a private project", who: "stranger", status: 404, call: list("acme/prv")},
		{name: "list without a credential", status: 401, text: unauthorized, call: list("acme/pub")},
		{name: "list all as owner", who: "owner", status: 403, text: forbidden, call: all},
		{name: "list all without a credential", status: 401, text: unauthorized, call: all},
		{name: "delete as developer", who: "developer", status: 403, text: forbidden, call: remove("acme/pub", id)},
		{name: "delete none", who: "maintainer", status: 404, call: remove("acme/pub", 9999)},
		{name: "delete another project's", who: "maintainer", status: 404, call: remove("acme/int", id)},
		{name: "delete without a credential", status: 401, text: unauthorized, call: remove("acme/pub", id)},
		{name: "delete a group's as maintainer", who: "maintainer", status: 403, text: forbidden, call: func(c *gitlab.Client) error {
			return done(c.DeployTokens.DeleteGroupDeployToken("acme", id)).err
		}},
		{name: "delete a project's as a group's", who: "owner", status: 404, call: func(c *gitlab.Client) error {
			return done(c.DeployTokens.DeleteGroupDeployToken("acme", id)).err
		}},
	})
}
