package contract_test

import (
	"net/http"
	"slices"
	"testing"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/larderhq/larder/registry/record"
)

// The least roles of rules as the client sends them.
var maintainers, owners, admins = gitlab.Ptr(int64(40)), gitlab.Ptr(int64(50)), gitlab.Ptr(int64(60))

func TestGitLabRule(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	c := w.gitlab(t, "maintainer")
	id := w.projects["acme/pub"]
	made := of(c.ProtectedPackages.CreatePackageProtectionRules("acme/pub", &gitlab.CreatePackageProtectionRulesOptions{
		PackageNamePattern: gitlab.Ptr("@acme/app-*"), PackageType: gitlab.Ptr("npm"), MinimumAccessLevelForPush: owners,
		MinimumAccessLevelForDelete: admins})).is(t, http.StatusCreated)
	want := gitlab.PackageProtectionRule{ID: made.ID, ProjectID: id, PackageNamePattern: "@acme/app-*", PackageType: "npm",
		MinimumAccessLevelForPush: "owner", MinimumAccessLevelForDelete: "admin"}
	same(t, *made, want)
	if made.ID == 0 {
		t.Error("the rule has no number")
	}
	w.refuses(t, http.StatusForbidden, "Package protected.", "", publish(w.in("acme/pub"), version("@acme/app-web", "1.0.0")).as("maintainer"))

	second := of(c.ProtectedPackages.CreatePackageProtectionRules(id, &gitlab.CreatePackageProtectionRulesOptions{
		PackageNamePattern: gitlab.Ptr("@acme/*"), PackageType: gitlab.Ptr("maven"), MinimumAccessLevelForDelete: maintainers})).is(t, http.StatusCreated)
	if second.MinimumAccessLevelForPush != "" || second.MinimumAccessLevelForDelete != "maintainer" {
		t.Errorf("the levels of %v are not those that were sent", second)
	}
	// The client sends null for what is not set: the levels are taken away.
	want.MinimumAccessLevelForPush, want.MinimumAccessLevelForDelete = "", "owner"
	same(t, *of(c.ProtectedPackages.UpdatePackageProtectionRules(id, made.ID,
		&gitlab.UpdatePackageProtectionRulesOptions{MinimumAccessLevelForDelete: owners})).is(t, http.StatusOK), want)
	w.publishes(t, w.in("acme/pub"), "maintainer", version("@acme/app-web", "1.0.0"))
	want.PackageNamePattern, want.PackageType = "@acme/tool", "generic"
	same(t, *of(c.ProtectedPackages.UpdatePackageProtectionRules(id, made.ID, &gitlab.UpdatePackageProtectionRulesOptions{
		PackageNamePattern: gitlab.Ptr("@acme/tool"), PackageType: gitlab.Ptr("generic"), MinimumAccessLevelForDelete: owners})).is(t, http.StatusOK), want)

	list := of(c.ProtectedPackages.ListPackageProtectionRules("acme/pub", &gitlab.ListPackageProtectionRulesOptions{})).is(t, http.StatusOK)
	if got := texts(list, func(r *gitlab.PackageProtectionRule) string { return r.PackageNamePattern }); !slices.Equal(got, []string{"@acme/tool", "@acme/*"}) {
		t.Errorf("listed %v", got)
	}
	same(t, *list[0], want)
	for _, r := range list {
		done(c.ProtectedPackages.DeletePackageProtectionRules("acme/pub", r.ID)).is(t, http.StatusNoContent)
	}
	if list := of(c.ProtectedPackages.ListPackageProtectionRules(id, nil)).is(t, http.StatusOK); len(list) != 0 {
		t.Errorf("listed %v after all were deleted", list)
	}
}

func TestGitLabRuleRefused(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	w.protect("acme/pub", "@acme/kept", record.Owner)
	w.protect("acme/pub", "@acme/other", record.Owner)
	rules := of(w.gitlab(t, "owner").ProtectedPackages.ListPackageProtectionRules("acme/pub", nil)).is(t, http.StatusOK)
	id := rules[1].ID
	create := func(project any, pattern, kind string, push *int64) func(*gitlab.Client) error {
		o := gitlab.CreatePackageProtectionRulesOptions{MinimumAccessLevelForPush: push}
		if pattern != "none" {
			o.PackageNamePattern = &pattern
		}
		if kind != "none" {
			o.PackageType = &kind
		}
		return func(c *gitlab.Client) error {
			return of(c.ProtectedPackages.CreatePackageProtectionRules(project, &o)).err
		}
	}
	update := func(project any, id int64, o gitlab.UpdatePackageProtectionRulesOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.ProtectedPackages.UpdatePackageProtectionRules(project, id, &o)).err
		}
	}
	remove := func(project any, id int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return done(c.ProtectedPackages.DeletePackageProtectionRules(project, id)).err
		}
	}
	list := func(project any) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.ProtectedPackages.ListPackageProtectionRules(project, nil)).err
		}
	}
	stricter := gitlab.UpdatePackageProtectionRulesOptions{MinimumAccessLevelForPush: admins}
	const taken, none = "{message: {error: [Package name pattern has already been taken]}}",
		"{message: {error: [A rule must have at least a minimum access role for push or delete.]}}"
	w.refuse(t, []refusal{
		{name: "create nothing", who: "maintainer", status: 400, text: "{error: package_name_pattern is empty}",
			call: create("acme/pub", "none", "none", owners)},
		{name: "create for no name", who: "maintainer", status: 400, text: "{error: package_name_pattern is empty}", call: create("acme/pub", "", "npm", owners)},
		{name: "create for no such type", who: "maintainer", status: 400, text: "{error: package_type does not have a valid value}", call: create("acme/pub", "@acme/x", "floppy", owners)},
		{name: "create with no such role", who: "maintainer", status: 400, text: "{error: minimum_access_level_for_push does not have a valid value}",
			call: create("acme/pub", "@acme/x", "npm", gitlab.Ptr(int64(30)))},
		{name: "create again", who: "maintainer", status: 422, text: taken, call: create("acme/pub", "@acme/kept", "npm", owners)},
		{name: "create without a role", who: "maintainer", status: 422, text: none, call: create("acme/pub", "@acme/x", "npm", nil)},
		{name: "create as developer", who: "developer", status: 403, text: forbidden, call: create("acme/pub", "@acme/x", "npm", owners)},
		{name: "create in a private project", who: "stranger", status: 404, call: create("acme/prv", "@acme/x", "npm", owners)},
		{name: "create without a credential", status: 401, text: unauthorized, call: create("acme/pub", "@acme/x", "npm", owners)},
		{name: "list as developer", who: "developer", status: 403, text: forbidden, call: list("acme/pub")},
		{name: "list of a private project", who: "stranger", status: 404, call: list("acme/prv")},
		{name: "list without a credential", status: 401, text: unauthorized, call: list("acme/pub")},
		{name: "update to another's pattern", who: "maintainer", status: 422, text: taken,
			call: update("acme/pub", id, gitlab.UpdatePackageProtectionRulesOptions{PackageNamePattern: gitlab.Ptr("@acme/kept"), MinimumAccessLevelForPush: owners})},
		{name: "update to no role", who: "maintainer", status: 422, text: none, call: update("acme/pub", id, gitlab.UpdatePackageProtectionRulesOptions{})},
		{name: "update to no such role", who: "maintainer", status: 400, text: "{error: minimum_access_level_for_delete does not have a valid value}",
			call: update("acme/pub", id, gitlab.UpdatePackageProtectionRulesOptions{MinimumAccessLevelForDelete: gitlab.Ptr(int64(-1))})},
		{name: "update as developer", who: "developer", status: 403, text: forbidden, call: update("acme/pub", id, stricter)},
		{name: "update no rule", who: "maintainer", status: 404, call: update("acme/pub", 9999, stricter)},
		{name: "update one of another project", who: "maintainer", status: 404, call: update("acme/int", id, stricter)},
		{name: "update without a credential", status: 401, text: unauthorized, call: update("acme/pub", id, stricter)},
		{name: "delete as developer", who: "developer", status: 403, text: forbidden, call: remove("acme/pub", id)},
		{name: "delete no rule", who: "maintainer", status: 404, call: remove("acme/pub", 9999)},
		{name: "delete one of another project", who: "maintainer", status: 404, call: remove("acme/int", id)},
		{name: "delete without a credential", status: 401, text: unauthorized, call: remove("acme/pub", id)},
	})
}
