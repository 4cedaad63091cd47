package contract_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	gitlab "gitlab.com/gitlab-org/api/client-go"
)

func TestGitLabUser(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	c, guest := w.gitlab(t, "admin"), w.gitlab(t, "guest")

	made := of(c.Users.CreateUser(&gitlab.CreateUserOptions{Username: gitlab.Ptr("kim"), Name: gitlab.Ptr("Kim Lee"), Email: gitlab.Ptr("kim@example.com"),
		Password: gitlab.Ptr("correct horse battery"), WebsiteURL: gitlab.Ptr("https://kim.example.com"), SkipConfirmation: gitlab.Ptr(true)})).is(t, http.StatusCreated)
	w.recent(t, "created_at", made.CreatedAt)
	w.recent(t, "confirmed_at", made.ConfirmedAt)
	want := gitlab.User{ID: made.ID, Username: "kim", Name: "Kim Lee", Email: "kim@example.com", State: "active", WebsiteURL: "https://kim.example.com",
		CreatedAt: made.CreatedAt, ConfirmedAt: made.CreatedAt}
	same(t, *made, want)
	same(t, *of(c.Users.GetUser(made.ID, gitlab.GetUsersOptions{})).is(t, http.StatusOK), want)

	want.Username, want.Name, want.Email, want.IsAdmin, want.CanCreateGroup, want.CanCreateProject = "kimlee", "Kim", "lee@example.com", true, true, true
	same(t, *of(c.Users.ModifyUser(made.ID, &gitlab.ModifyUserOptions{Username: gitlab.Ptr("kimlee"), Name: gitlab.Ptr("Kim"), Email: gitlab.Ptr("lee@example.com"),
		Admin: gitlab.Ptr(true)})).is(t, http.StatusOK), want)

	// Others see less.
	seen := of(guest.Users.GetUser(made.ID, gitlab.GetUsersOptions{})).is(t, http.StatusOK)
	same(t, *seen, gitlab.User{ID: made.ID, Username: "kimlee", Name: "Kim", State: "active", WebsiteURL: want.WebsiteURL, CreatedAt: made.CreatedAt})
	self := of(guest.Users.CurrentUser()).is(t, http.StatusOK)
	if self.ID != w.users["guest"] || self.Username != "guest" || self.IsAdmin || self.CreatedAt == nil {
		t.Errorf("the current user is %v", self)
	}
	if root := of(c.Users.CurrentUser()).is(t, http.StatusOK); !root.IsAdmin {
		t.Errorf("the administrator is %v", root)
	}

	for range 2 { // again changes nothing
		if err := c.Users.BlockUser(made.ID); err != nil {
			t.Error(err)
		}
	}
	if got := of(c.Users.GetUser(made.ID, gitlab.GetUsersOptions{})).is(t, http.StatusOK); got.State != "blocked" {
		t.Errorf("the state of a blocked user is %s", got.State)
	}
	if err := c.Users.UnblockUser(made.ID); err != nil {
		t.Error(err)
	}
	done(c.Users.DeleteUser(made.ID)).is(t, http.StatusNoContent)
	checkRefused(t, of(c.Users.GetUser(made.ID, gitlab.GetUsersOptions{})).err, http.StatusNotFound, "")
}

func TestGitLabUserList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for _, name := range []string{"ann", "bob", "cas"} {
		w.user(name)
	}
	if err := w.gitlab(t, "admin").Users.BlockUser(w.users["bob"]); err != nil {
		t.Fatal(err)
	}
	by := func(o gitlab.ListUsersOptions) pager[*gitlab.User] {
		o.PerPage = 2
		return func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.User, *gitlab.Response, error) {
			return c.Users.ListUsers(&o, p)
		}
	}
	yes, soon := gitlab.Ptr(true), w.clock.Now().Add(time.Minute)
	walk(t, w, func(u *gitlab.User) string { return u.Username + " " + u.State }, []listing[*gitlab.User]{
		{name: "all of an administrator", who: "admin", list: by(gitlab.ListUsersOptions{}), want: []string{"cas active", "bob blocked", "ann active", "root active"}},
		{name: "upwards", who: "admin", list: by(gitlab.ListUsersOptions{OrderBy: gitlab.Ptr("username"), Sort: gitlab.Ptr("asc")}),
			want: []string{"ann active", "bob blocked", "cas active", "root active"}},
		{name: "of others", who: "ann", list: by(gitlab.ListUsersOptions{}), want: []string{"cas active", "ann active", "root active"}},
		{name: "blocked", who: "admin", list: by(gitlab.ListUsersOptions{Blocked: yes}), want: []string{"bob blocked"}},
		{name: "active", who: "admin", list: by(gitlab.ListUsersOptions{Active: yes, Humans: yes}), want: []string{"cas active", "ann active", "root active"}},
		{name: "administrators", who: "admin", list: by(gitlab.ListUsersOptions{Admins: yes}), want: []string{"root active"}},
		{name: "by name", who: "ann", list: by(gitlab.ListUsersOptions{Username: gitlab.Ptr("CAS")}), want: []string{"cas active"}},
		{name: "search", who: "ann", list: by(gitlab.ListUsersOptions{Search: gitlab.Ptr("an")}), want: []string{"ann active"}},
		{name: "made since", who: "admin", list: by(gitlab.ListUsersOptions{CreatedAfter: &soon}), want: []string{}},
		{name: "made before", who: "admin", list: by(gitlab.ListUsersOptions{CreatedBefore: &soon, ExcludeActive: yes}), want: []string{"bob blocked"}},
		{name: "from elsewhere", who: "admin", list: by(gitlab.ListUsersOptions{External: yes}), want: []string{}},
	})
}

func TestGitLabUserMemberships(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	of(w.gitlab(t, "owner").ProjectMembers.AddProjectMember("acme/int", &gitlab.AddProjectMemberOptions{Username: gitlab.Ptr("guest"),
		AccessLevel: gitlab.Ptr(gitlab.MaintainerPermissions)})).is(t, http.StatusCreated)
	by := func(kind *string) pager[*gitlab.UserMembership] {
		return func(c *gitlab.Client, p gitlab.PaginationOptionFunc) ([]*gitlab.UserMembership, *gitlab.Response, error) {
			return c.Users.GetUserMemberships(w.users["guest"], &gitlab.GetUserMembershipOptions{ListOptions: gitlab.ListOptions{PerPage: 1}, Type: kind}, p)
		}
	}
	word := func(m *gitlab.UserMembership) string {
		return fmt.Sprintf("%s %s %d %d", m.SourceType, m.SourceName, m.SourceID, m.AccessLevel)
	}
	group, project := fmt.Sprintf("Namespace acme %d 10", w.groups["acme"]), fmt.Sprintf("Project int %d 40", w.projects["acme/int"])
	walk(t, w, word, []listing[*gitlab.UserMembership]{
		{name: "all", who: "admin", list: by(nil), want: []string{group, project}},
		{name: "of groups", who: "admin", list: by(gitlab.Ptr("Namespace")), want: []string{group}},
		{name: "of projects", who: "admin", list: by(gitlab.Ptr("Project")), want: []string{project}},
	})
}

func TestGitLabUserRefused(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	guest, owner := w.users["guest"], w.users["owner"]
	root := of(w.gitlab(t, "admin").Users.CurrentUser()).is(t, http.StatusOK).ID
	create := func(change func(o *gitlab.CreateUserOptions)) func(*gitlab.Client) error {
		o := gitlab.CreateUserOptions{Username: gitlab.Ptr("kim"), Name: gitlab.Ptr("Kim"), Email: gitlab.Ptr("kim@example.com"), ResetPassword: gitlab.Ptr(true)}
		change(&o)
		return func(c *gitlab.Client) error { return of(c.Users.CreateUser(&o)).err }
	}
	modify := func(id int64, o gitlab.ModifyUserOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Users.ModifyUser(id, &o)).err }
	}
	get := func(id int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Users.GetUser(id, gitlab.GetUsersOptions{})).err }
	}
	list := func(o gitlab.ListUsersOptions) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return of(c.Users.ListUsers(&o)).err }
	}
	remove := func(id int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return done(c.Users.DeleteUser(id)).err }
	}
	block := func(id int64) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error { return c.Users.BlockUser(id) }
	}
	self := func(c *gitlab.Client) error { return of(c.Users.CurrentUser()).err }
	memberships := func(id int64, kind string) func(*gitlab.Client) error {
		return func(c *gitlab.Client) error {
			return of(c.Users.GetUserMemberships(id, &gitlab.GetUserMembershipOptions{Type: &kind})).err
		}
	}
	unchanged := func(*gitlab.CreateUserOptions) {}
	w.refuse(t, []refusal{
		{name: "create nothing", who: "admin", status: 400, call: func(c *gitlab.Client) error { return of(c.Users.CreateUser(&gitlab.CreateUserOptions{})).err },
			text: "{error: email is missing, name is missing, username is missing}"},
		{name: "create without an address", who: "admin", status: 400, text: "{error: email is missing}", call: create(func(o *gitlab.CreateUserOptions) { o.Email = nil })},
		{name: "create without a password", who: "admin", status: 400, text: "{error: password, reset_password, force_random_password are missing, at least one parameter must be provided}",
			call: create(func(o *gitlab.CreateUserOptions) { o.ResetPassword = nil })},
		{name: "create with a short password", who: "admin", status: 400, text: "{message: {password: [is too short (minimum is 8 characters)]}}",
			call: create(func(o *gitlab.CreateUserOptions) { o.Password, o.ResetPassword = gitlab.Ptr("seven77"), nil })},
		{name: "create with a short name", who: "admin", status: 400, text: "{message: {username: [is too short (minimum is 2 characters)]}}",
			call: create(func(o *gitlab.CreateUserOptions) { o.Username = gitlab.Ptr("k") })},
		{name: "create with an empty name", who: "admin", status: 400, text: "{message: {name: [can't be blank]}}", call: create(func(o *gitlab.CreateUserOptions) { o.Name = gitlab.Ptr("") })},
		{name: "create an external user", who: "admin", status: 400, text: "{message: {external: [is not supported]}}",
			call: create(func(o *gitlab.CreateUserOptions) { o.External = gitlab.Ptr(true) })},
		{name: "create again", who: "admin", status: 409, text: "{message: Username has already been taken}", call: create(func(o *gitlab.CreateUserOptions) { o.Username = gitlab.Ptr("Guest") })},
		{name: "create as owner", who: "owner", status: 403, text: forbidden, call: create(unchanged)},
		{name: "create without a credential", status: 401, text: unauthorized, call: create(unchanged)},
		{name: "show no user", who: "guest", status: 404, call: get(9999)},
		{name: "show without a credential", status: 403, text: "{message: 403 Forbidden - Not authorized!}", call: get(guest)},
		{name: "list without a credential", status: 403, text: "{message: 403 Forbidden - Not authorized to access /api/v4/users}", call: list(gitlab.ListUsersOptions{})},
		{name: "list by no such order", who: "admin", status: 400, text: "{error: order_by does not have a valid value}", call: list(gitlab.ListUsersOptions{OrderBy: gitlab.Ptr("age")})},
		{name: "who without a credential", status: 401, text: unauthorized, call: self},
		{name: "modify to a taken name", who: "admin", status: 409, text: "{message: Username has already been taken}", call: modify(guest, gitlab.ModifyUserOptions{Username: gitlab.Ptr("owner")})},
		{name: "modify to an empty name", who: "admin", status: 400, text: "{message: {username: [can't be blank]}}", call: modify(guest, gitlab.ModifyUserOptions{Username: gitlab.Ptr("")})},
		{name: "modify the only administrator", who: "admin", status: 409, text: "{message: this is the only administrator: make another one first}",
			call: modify(root, gitlab.ModifyUserOptions{Admin: gitlab.Ptr(false)})},
		{name: "modify oneself", who: "guest", status: 403, text: forbidden, call: modify(guest, gitlab.ModifyUserOptions{Admin: gitlab.Ptr(true)})},
		{name: "modify no user", who: "admin", status: 404, call: modify(9999, gitlab.ModifyUserOptions{Name: gitlab.Ptr("x")})},
		{name: "modify without a credential", status: 401, text: unauthorized, call: modify(guest, gitlab.ModifyUserOptions{Name: gitlab.Ptr("x")})},
		{name: "delete the only owner", who: "admin", status: 409, text: "{message: User cannot be removed while is the sole-owner of a group}", call: remove(owner)},
		{name: "delete the only administrator", who: "admin", status: 409, text: "{message: this is the only administrator: make another one first}", call: remove(root)},
		{name: "delete as owner", who: "owner", status: 403, text: forbidden, call: remove(guest)},
		{name: "delete no user", who: "admin", status: 404, call: remove(9999)},
		{name: "delete without a credential", status: 401, text: unauthorized, call: remove(guest)},
		{name: "block oneself", who: "admin", status: 403, text: "{message: 403 Forbidden - The API initiating user cannot be blocked by the API}", call: block(root)},
		{name: "block as owner", who: "owner", status: 403, text: forbidden, call: block(guest)},
		{name: "block no user", who: "admin", status: 404, call: block(9999)},
		{name: "block without a credential", status: 401, text: unauthorized, call: block(guest)},
		{name: "memberships of no such type", who: "admin", status: 400, text: "{error: type does not have a valid value}", call: memberships(guest, "Club")},
		{name: "memberships of no user", who: "admin", status: 404, call: memberships(9999, "Project")},
		{name: "memberships as owner", who: "owner", status: 403, text: forbidden, call: memberships(guest, "Project")},
		{name: "memberships without a credential", status: 401, text: unauthorized, call: memberships(guest, "Project")},
	})
	// The client has errors of its own for these.
	if err := w.gitlab(t, "owner").Users.UnblockUser(guest); !errors.Is(err, gitlab.ErrUserUnblockPrevented) {
		t.Errorf("unblocking as owner: %v", err)
	}
	if err := w.gitlab(t, "admin").Users.UnblockUser(9999); !errors.Is(err, gitlab.ErrUserNotFound) {
		t.Errorf("unblocking no user: %v", err)
	}
}
