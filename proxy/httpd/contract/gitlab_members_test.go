package contract_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go"

	"github.com/larderhq/larder/registry/record"
)

func projectMember(m *gitlab.ProjectMember) string {
	return fmt.Sprintf("%s %d", m.Username, m.AccessLevel)
}

func groupMember(m *gitlab.GroupMember) string {
	return fmt.Sprintf("%s %d", m.Username, m.AccessLevel)
}

// later is a day in the future as options and as answers have it.
func (w *world) later(t testing.TB) (string, *gitlab.ISOTime) {
	t.Helper()
	day := w.clock.Now().Add(30 * 24 * time.Hour).Format(time.DateOnly)
	parsed, err := gitlab.ParseISOTime(day)
	if err != nil {
		t.Fatal(err)
	}
	return day, &parsed
}

func TestGitLabProjectMember(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	w.user("kim")
	c, kim := w.gitlab(t, "maintainer"), w.users["kim"]
	day, until := w.later(t)

	made := of(c.ProjectMembers.AddProjectMember("acme/prv", &gitlab.AddProjectMemberOptions{UserID: kim,
		AccessLevel: gitlab.Ptr(gitlab.DeveloperPermissions), ExpiresAt: &day})).is(t, http.StatusCreated)
	w.recent(t, "created_at", made.CreatedAt)
	want := gitlab.ProjectMember{ID: kim, Username: "kim", Name: made.Name, State: "active", CreatedAt: made.CreatedAt,
		CreatedBy: made.CreatedBy, ExpiresAt: until, AccessLevel: gitlab.DeveloperPermissions}
	same(t, *made, want)
	same(t, *of(c.ProjectMembers.GetProjectMember(w.projects["acme/prv"], kim)).is(t, http.StatusOK), want)
	same(t, *of(c.ProjectMembers.GetInheritedProjectMember("acme/prv", kim)).is(t, http.StatusOK), want)
	of(w.gitlab(t, "kim").Projects.GetProject("acme/prv", nil)).is(t, http.StatusOK)

	want.AccessLevel = gitlab.ReporterPermissions
	same(t, *of(c.ProjectMembers.EditProjectMember("acme/prv", kim, &gitlab.EditProjectMemberOptions{
		AccessLevel: gitlab.Ptr(gitlab.ReporterPermissions)})).is(t, http.StatusOK), want)
	want.ExpiresAt = nil
	same(t, *of(c.ProjectMembers.EditProjectMember("acme/prv", kim, &gitlab.EditProjectMemberOptions{
		AccessLevel: gitlab.Ptr(gitlab.ReporterPermissions), ExpiresAt: gitlab.Ptr("")})).is(t, http.StatusOK), want)

	inherited := of(c.ProjectMembers.GetInheritedProjectMember("acme/prv", w.users["guest"])).is(t, http.StatusOK)
	if inherited.AccessLevel != gitlab.GuestPermissions {
		t.Errorf("the guest of the group has the role %d", inherited.AccessLevel)
	}
	checkRefused(t, of(c.ProjectMembers.GetProjectMember("acme/prv", w.users["guest"])).err, http.StatusNotFound, "")

	byName := of(c.ProjectMembers.AddProjectMember("acme/prv", &gitlab.AddProjectMemberOptions{Username: gitlab.Ptr("stranger"),
		AccessLevel: gitlab.Ptr(gitlab.GuestPermissions)})).is(t, http.StatusCreated)
	if byName.ID != w.users["stranger"] {
		t.Errorf("added %v, want stranger", byName)
	}
	t.Run("lists", func(t *testing.T) {
		list := func(o gitlab.ListProjectMembersOptions) pager[*gitlab.ProjectMember] {
			o.PerPage = 2
			return func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.ProjectMember, *gitlab.Response, error) {
				return c.ProjectMembers.ListProjectMembers("acme/prv", &o, p)
			}
		}
		all := func(o gitlab.ListProjectMembersOptions) pager[*gitlab.ProjectMember] {
			o.PerPage = 2
			return func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.ProjectMember, *gitlab.Response, error) {
				return c.ProjectMembers.ListAllProjectMembers("acme/prv", &o, p)
			}
		}
		some := []int64{w.users["owner"], kim}
		walk(t, w, projectMember, []listing[*gitlab.ProjectMember]{
			{name: "direct", who: "guest", list: list(gitlab.ListProjectMembersOptions{}), want: []string{"stranger 10", "kim 20"}},
			{name: "by name", who: "guest", list: all(gitlab.ListProjectMembersOptions{Query: gitlab.Ptr("MAIN")}), want: []string{"maintainer 40"}},
			{name: "by number", who: "admin", list: all(gitlab.ListProjectMembersOptions{UserIDs: &some}), want: []string{"owner 50", "kim 20"}},
		})
		if all, err := gitlab.ScanAndCollect(func(p gitlab.PaginationOptionFunc) ([]*gitlab.ProjectMember, *gitlab.Response, error) {
			return c.ProjectMembers.ListAllProjectMembers("acme/prv", nil, p)
		}); err != nil || len(all) != len(roles)+2 {
			t.Errorf("listed %d members with those of the group (%v), want %d", len(all), err, len(roles)+2)
		}
	})
	done(c.ProjectMembers.DeleteProjectMember("acme/prv", kim)).is(t, http.StatusNoContent)
	checkRefused(t, of(c.ProjectMembers.GetProjectMember("acme/prv", kim)).err, http.StatusNotFound, "")
}

func TestGitLabGroupMember(t *testing.T) {
	t.Parallel()
	w := newPlaces(t)
	w.user("kim")
	c, kim := w.gitlab(t, "owner"), w.users["kim"]
	day, until := w.later(t)
	deep := w.groups["acme/tools/deep"]

	made := of(c.GroupMembers.AddGroupMember("acme/tools", &gitlab.AddGroupMemberOptions{UserID: &kim, AccessLevel: gitlab.Ptr(gitlab.ReporterPermissions),
		ExpiresAt: &day})).is(t, http.StatusCreated)
	w.recent(t, "created_at", made.CreatedAt)
	want := gitlab.GroupMember{ID: kim, Username: "kim", Name: made.Name, State: "active", CreatedAt: made.CreatedAt, CreatedBy: made.CreatedBy,
		ExpiresAt: until, AccessLevel: gitlab.ReporterPermissions}
	same(t, *made, want)
	same(t, *of(c.GroupMembers.GetGroupMember(w.groups["acme/tools"], kim)).is(t, http.StatusOK), want)
	same(t, *of(c.GroupMembers.GetInheritedGroupMember(deep, kim)).is(t, http.StatusOK), want)
	checkRefused(t, of(c.GroupMembers.GetGroupMember(deep, kim)).err, http.StatusNotFound, "")

	want.AccessLevel, want.ExpiresAt = gitlab.MaintainerPermissions, nil
	same(t, *of(c.GroupMembers.EditGroupMember("acme/tools", kim, &gitlab.EditGroupMemberOptions{
		AccessLevel: gitlab.Ptr(gitlab.MaintainerPermissions), ExpiresAt: gitlab.Ptr("")})).is(t, http.StatusOK), want)
	of(c.GroupMembers.AddGroupMember(deep, &gitlab.AddGroupMemberOptions{Username: gitlab.Ptr("kim"), AccessLevel: gitlab.Ptr(gitlab.OwnerPermissions)})).is(t, http.StatusCreated)

	t.Run("lists", func(t *testing.T) {
		direct := func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.GroupMember, *gitlab.Response, error) {
			return c.Groups.ListGroupMembers("acme/tools", nil, p)
		}
		all := func(o gitlab.ListGroupMembersOptions) pager[*gitlab.GroupMember] {
			o.PerPage = 1
			return func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.GroupMember, *gitlab.Response, error) {
				return c.Groups.ListAllGroupMembers(deep, &o, p)
			}
		}
		some := []int64{w.users["guest"], kim}
		walk(t, w, groupMember, []listing[*gitlab.GroupMember]{
			{name: "direct", who: "stranger", list: direct, want: []string{"kim 40"}},
			{name: "with the highest role", who: "guest", list: all(gitlab.ListGroupMembersOptions{UserIDs: &some}), want: []string{"guest 10", "kim 50"}},
			{name: "by name", who: "guest", list: all(gitlab.ListGroupMembersOptions{Query: gitlab.Ptr("dev")}), want: []string{"developer 30"}},
		})
	})
	done(c.GroupMembers.RemoveGroupMember("acme/tools", kim, &gitlab.RemoveGroupMemberOptions{SkipSubresources: gitlab.Ptr(true)})).is(t, http.StatusNoContent)
	of(c.GroupMembers.GetGroupMember(deep, kim)).is(t, http.StatusOK)
	of(c.GroupMembers.AddGroupMember("acme/tools", &gitlab.AddGroupMemberOptions{UserID: &kim, AccessLevel: gitlab.Ptr(gitlab.GuestPermissions)})).is(t, http.StatusCreated)
	done(c.GroupMembers.RemoveGroupMember("acme/tools", kim, nil)).is(t, http.StatusNoContent)
	checkRefused(t, of(c.GroupMembers.GetInheritedGroupMember(deep, kim)).err, http.StatusNotFound, "")
}

func TestGitLabMemberRefused(t *testing.T) {
	t.Parallel()
	w := newPlaces(t)
	w.user("kim")
	kim, guest, owner := w.users["kim"], w.users["guest"], w.users["owner"]
	w.must(w.accounts.SetMember(t.Context(), console, record.Member{Level: record.Developer, UserID: kim,
		Source: record.Source{Kind: record.ProjectSource, ID: w.projects["acme/pub"]}}))
	add := func(project any, user any, level gitlab.AccessLevelValue) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.ProjectMembers.AddProjectMember(project, &gitlab.AddProjectMemberOptions{UserID: user, AccessLevel: &level})).err
		}
	}
	until := func(day string) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.ProjectMembers.AddProjectMember("acme/int", &gitlab.AddProjectMemberOptions{UserID: kim,
				AccessLevel: gitlab.Ptr(gitlab.DeveloperPermissions), ExpiresAt: &day})).err
		}
	}
	edit := func(project any, user int64, level gitlab.AccessLevelValue) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.ProjectMembers.EditProjectMember(project, user, &gitlab.EditProjectMemberOptions{AccessLevel: &level})).err
		}
	}
	remove := func(project any, user int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return done(c.ProjectMembers.DeleteProjectMember(project, user)).err }
	}
	join := func(group any, user int64, level gitlab.AccessLevelValue) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.GroupMembers.AddGroupMember(group, &gitlab.AddGroupMemberOptions{UserID: &user, AccessLevel: &level})).err
		}
	}
	rise := func(group any, user int64, level gitlab.AccessLevelValue) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.GroupMembers.EditGroupMember(group, user, &gitlab.EditGroupMemberOptions{AccessLevel: &level})).err
		}
	}
	leave := func(group any, user int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return done(c.GroupMembers.RemoveGroupMember(group, user, nil)).err
		}
	}
	const reporter, developer, maintainer, owns = gitlab.ReporterPermissions, gitlab.DeveloperPermissions, gitlab.MaintainerPermissions, gitlab.OwnerPermissions
	w.refuse(t, []refusal{
		{name: "add nobody", who: "maintainer", status: 400, text: "{error: user_id, username are missing, at least one parameter must be provided}", call: add("acme/int", nil, developer)},
		{name: "add with no role", who: "maintainer", status: 400, text: "{error: access_level is missing}", call: func(c *gitlab.Client) error {
			return of(c.ProjectMembers.AddProjectMember("acme/int", &gitlab.AddProjectMemberOptions{UserID: kim})).err
		}},
		{name: "add with no such role", who: "maintainer", status: 400, text: "{error: access_level does not have a valid value}", call: add("acme/int", kim, 35)},
		{name: "add by number and name", who: "maintainer", status: 400, text: "{error: user_id, username are mutually exclusive}", call: func(c *gitlab.Client) error {
			return of(c.ProjectMembers.AddProjectMember("acme/int", &gitlab.AddProjectMemberOptions{UserID: kim, Username: gitlab.Ptr("kim"), AccessLevel: gitlab.Ptr(developer)})).err
		}},
		{name: "add until the past", who: "maintainer", status: 400, text: "{message: {expires_at: [cannot be a date in the past]}}", call: until("2020-01-01")},
		{name: "add until no day", who: "maintainer", status: 400, text: "{error: expires_at is invalid}", call: until("soon")},
		{name: "add below the role of the group", who: "owner", status: 400,
			text: "{message: {access_level: [should be greater than or equal to Developer inherited membership from group acme]}}", call: add("acme/int", w.users["developer"], reporter)},
		{name: "add again", who: "maintainer", status: 409, text: "{message: Member already exists}", call: add("acme/pub", kim, developer)},
		{name: "add no user", who: "maintainer", status: 404, call: add("acme/int", 9999, developer)},
		{name: "add as developer", who: "developer", status: 403, text: forbidden, call: add("acme/int", kim, developer)},
		{name: "add above one's own role", who: "maintainer", status: 403, text: forbidden, call: add("acme/int", kim, owns)},
		{name: "add to a private project", who: "stranger", status: 404, call: add("acme/prv", kim, developer)},
		{name: "add without a credential", status: 401, text: unauthorized, call: add("acme/pub", kim, developer)},
		{name: "show who is none", who: "guest", status: 404, call: func(c *gitlab.Client) error {
			return of(c.ProjectMembers.GetInheritedProjectMember("acme/pub", w.users["stranger"])).err
		}},
		{name: "list of a private project", who: "stranger", status: 404, call: func(c *gitlab.Client) error {
			return of(c.ProjectMembers.ListAllProjectMembers("acme/prv", nil)).err
		}},
		{name: "list without a credential", status: 401, text: unauthorized, call: func(c *gitlab.Client) error {
			return of(c.ProjectMembers.ListProjectMembers("acme/pub", nil)).err
		}},
		{name: "edit with no such role", who: "maintainer", status: 400, text: "{error: access_level does not have a valid value}", call: edit("acme/pub", kim, 60)},
		{name: "edit as developer", who: "kim", status: 403, text: forbidden, call: edit("acme/pub", kim, maintainer)},
		{name: "edit who is inherited", who: "maintainer", status: 404, call: edit("acme/pub", guest, developer)},
		{name: "edit without a credential", status: 401, text: unauthorized, call: edit("acme/pub", kim, maintainer)},
		{name: "remove as developer", who: "developer", status: 403, text: forbidden, call: remove("acme/pub", kim)},
		{name: "remove who is none", who: "maintainer", status: 404, call: remove("acme/pub", w.users["stranger"])},
		{name: "remove without a credential", status: 401, text: unauthorized, call: remove("acme/pub", kim)},
		{name: "join with no such role", who: "owner", status: 400, text: "{error: access_level does not have a valid value}", call: join("acme", kim, 7)},
		{name: "join again", who: "owner", status: 409, text: "{message: Member already exists}", call: join("acme", guest, developer)},
		{name: "join as maintainer", who: "maintainer", status: 403, text: forbidden, call: join("acme", kim, developer)},
		{name: "join a hidden group", who: "owner", status: 404, call: join("hidden", kim, developer)},
		{name: "join without a credential", status: 401, text: unauthorized, call: join("acme", kim, developer)},
		{name: "rise as maintainer", who: "maintainer", status: 403, text: forbidden, call: rise("acme", w.users["maintainer"], owns)},
		{name: "rise who is none", who: "owner", status: 404, call: rise("acme", kim, owns)},
		{name: "rise without a credential", status: 401, text: unauthorized, call: rise("acme", guest, owns)},
		{name: "the last owner steps down", who: "owner", status: 403, text: forbidden, call: rise("acme", owner, maintainer)},
		{name: "the last owner leaves", who: "admin", status: 403, text: forbidden, call: leave("acme", owner)},
		{name: "remove others as maintainer", who: "maintainer", status: 403, text: forbidden, call: leave("acme", guest)},
		{name: "remove who is no member", who: "owner", status: 404, call: leave("acme", kim)},
		{name: "remove from a group without a credential", status: 401, text: unauthorized, call: leave("acme", guest)},
	})
}
