package rest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// The fields that callers see of users.
const (
	listedFields = "avatar_url id locked name state username web_url"
	shownFields  = "avatar_url bio bot created_at id job_title linkedin location locked name organization public_email state twitter username web_url website_url"
	ownFields    = "avatar_url bio bot can_create_group can_create_project commit_email confirmed_at created_at current_sign_in_at email external " +
		"id identities job_title last_activity_on last_sign_in_at linkedin location locked name organization private_profile projects_limit " +
		"public_email state twitter two_factor_enabled username web_url website_url"
	wholeFields = "avatar_url bio bot can_create_group can_create_project commit_email confirmed_at created_at created_by current_sign_in_at email external " +
		"id identities is_admin job_title last_activity_on last_sign_in_at linkedin location locked name namespace_id note organization private_profile " +
		"projects_limit public_email state twitter two_factor_enabled username web_url website_url"
)

func TestUserFields(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.token("limited", accounts.NewToken{UserID: h.users[admin].ID, Scopes: []string{accounts.ScopeReadAPI}})
	gone := h.user("gone")
	h.must(h.accounts.BlockUser(t.Context(), console, gone.ID))
	one := ends("/users", h.users[guest].ID)
	for _, tt := range []struct{ name, who, path, want string }{
		{"administrator of itself", admin, "/user", wholeFields},
		{"administrator with a limited token", "limited", "/user", ownFields},
		{"user of itself", guest, "/user", ownFields},
		{"administrator of another", admin, one, wholeFields},
		{"limited administrator of another", "limited", one, shownFields},
		{"user of another", stranger, one, shownFields},
		{"user of the blocked", stranger, ends("/users", gone.ID), strings.Replace(shownFields, " created_at", "", 1)},
	} {
		if got := h.call(tt.who, "GET", tt.path, ""); got.status != 200 || keys(got.object()) != tt.want {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
	}
	for who, want := range map[string]string{admin: wholeFields, "limited": listedFields, guest: listedFields} {
		got := h.call(who, "GET", "/users?username=guest", "")
		if list := got.list(); got.status != 200 || len(list) != 1 || keys(list[0]) != want {
			t.Errorf("list by %s: %d %s", who, got.status, got.body)
		}
	}
	got := h.call(guest, "GET", "/user", "").object()
	if got["username"] != guest || got["email"] != "guest@example.com" || got["state"] != "active" || got["created_at"] != "2026-11-24T12:00:00.000Z" {
		t.Errorf("user of itself = %v", got)
	}
}

func TestListUsers(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.clock.Move(24 * time.Hour)
	late, err := h.accounts.CreateUser(t.Context(), console, accounts.NewUser{Username: "zoe", Name: "Ada Lovelace", Email: "ada@example.org"})
	h.must(err)
	h.must(h.accounts.BlockUser(t.Context(), console, late.ID))
	for _, tt := range []struct{ name, who, query, want string }{
		{"newest first", admin, "", "zoe owner maintainer developer reporter guest stranger root"},
		{"others do not see the blocked", guest, "", "owner maintainer developer reporter guest stranger root"},
		{"oldest first", admin, "sort=asc&per_page=2", "root stranger"},
		{"by name", admin, "order_by=name&sort=asc&per_page=3", "zoe root developer"},
		{"by username", admin, "order_by=username&sort=asc&per_page=3", "developer guest maintainer"},
		{"by username, last first", admin, "order_by=username&per_page=2", "zoe stranger"},
		{"by time of creation with ties", admin, "order_by=created_at&sort=asc&per_page=3", "root stranger guest"},
		{"by time of change", admin, "order_by=updated_at&per_page=2", "zoe owner"},
		{"others choose no order", guest, "order_by=username&sort=asc&per_page=2", "owner maintainer"},
		{"page", admin, "page=2&per_page=3", "developer reporter guest"},
		{"past the end", admin, "page=9", ""},
		{"search in a username", admin, "search=TAINER", "maintainer"},
		{"search with an at sign", admin, "search=@guest", "guest"},
		{"search in a name", admin, "search=ada+love", "zoe"},
		{"search across name and username", admin, "search=ada+zoe", ""},
		{"search for an address", admin, "search=ADA@example.org", "zoe"},
		{"search for part of an address", admin, "search=example.org", ""},
		{"others find no addresses", guest, "search=guest@example.com", ""},
		{"username in any case", guest, "username=GUEST", "guest"},
		{"blocked", admin, "blocked=true", "zoe"},
		{"not active", admin, "exclude_active=true", "zoe"},
		{"active", admin, "active=1&per_page=1", "owner"},
		{"flag that is off", admin, "blocked=false&per_page=1", "zoe"},
		{"administrators", admin, "admins=true", "root"},
		{"administrators are not for others", guest, "admins=true&per_page=1", "owner"},
		{"created after", admin, "created_after=2026-11-25", "zoe"},
		{"created before", admin, "created_before=2026-11-25T00:00:00Z&per_page=1", "owner"},
		{"times are not for others", guest, "created_after=2030-01-01&per_page=1", "owner"},
		{"external", admin, "external=true", ""},
		{"machines", admin, "exclude_humans=true", ""},
		{"people", admin, "humans=true&exclude_internal=true&without_project_bots=true&per_page=1", "zoe"},
		{"two factors", admin, "two_factor=enabled", ""},
		{"one factor", admin, "two_factor=disabled&per_page=1", "zoe"},
		{"public address", admin, "public_email=ada@example.org", ""},
		{"other provider", admin, "extern_uid=1&provider=ldap", ""},
	} {
		if got := h.call(tt.who, "GET", "/users?"+tt.query, ""); got.status != 200 || got.column("username") != tt.want {
			t.Errorf("%s: %d %s", tt.name, got.status, got.column("username"))
		}
	}
	got := h.call(admin, "GET", "/users?page=2&per_page=3&private_token=secret", "").header
	for name, want := range map[string]string{"X-Page": "2", "X-Per-Page": "3", "X-Next-Page": "3", "X-Prev-Page": "1", "X-Total": "8", "X-Total-Pages": "3"} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if strings.Contains(got["Link"], "secret") {
		t.Errorf("Link repeats a credential: %s", got["Link"])
	}
}

func TestUsersAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	source := record.Source{Kind: record.ProjectSource, ID: h.project.ID}
	_, secret, err := h.accounts.CreateDeployToken(t.Context(), console, accounts.NewDeployToken{Source: source, Name: "ci",
		Scopes: []string{accounts.ScopeReadRegistry}})
	h.must(err)
	h.secrets["deploy"] = secret
	h.token("limited", accounts.NewToken{UserID: h.users[admin].ID, Packages: []string{"@acme/*"}})
	one := ends("/users", h.users[guest].ID)
	const unauthorized, forbidden = `{"message":"401 Unauthorized"}`, `{"message":"403 Forbidden"}`
	const missing = `{"message":"404 User Not Found"}`
	h.refuses(t, []refusalCase{
		{"self without credential", nobody, "GET", "/user", "", 401, unauthorized},
		{"self of a deploy token", "deploy", "GET", "/user", "", 403, forbidden},
		{"list without credential", nobody, "GET", "/users?username=guest", "", 403, `{"message":"403 Forbidden - Not authorized to access /api/v4/users"}`},
		{"list by deploy token", "deploy", "GET", "/users", "", 403, `{"message":"403 Forbidden - Not authorized to access /api/v4/users"}`},
		{"order", admin, "GET", "/users?order_by=email", "", 400, `{"error":"order_by does not have a valid value"}`},
		{"sort", guest, "GET", "/users?sort=up", "", 400, `{"error":"sort does not have a valid value"}`},
		{"flag", admin, "GET", "/users?active=maybe", "", 400, `{"error":"active is invalid"}`},
		{"time", admin, "GET", "/users?created_after=yesterday", "", 400, `{"error":"created_after is invalid"}`},
		{"factor", admin, "GET", "/users?two_factor=yes", "", 400, `{"error":"two_factor does not have a valid value"}`},
		{"page size", admin, "GET", "/users?per_page=0", "", 400, `{"error":"per_page has a value not allowed"}`},
		{"one without credential", nobody, "GET", one, "", 403, `{"message":"403 Forbidden - Not authorized!"}`},
		{"unknown", guest, "GET", "/users/999", "", 404, missing},
		{"negative", guest, "GET", "/users/-1", "", 404, missing},
		{"no number", guest, "GET", "/users/guest", "", 400, `{"error":"id is invalid"}`},
		{"create without credential", nobody, "POST", "/users", "", 401, unauthorized},
		{"create by a user", owner, "POST", "/users", "username=x1", 403, forbidden},
		{"create with a limited token", "limited", "POST", "/users", "username=x1", 403, forbidden},
		{"create nothing", admin, "POST", "/users", "", 400, `{"error":"email is missing, name is missing, username is missing"}`},
		{"create without password", admin, "POST", "/users", "email=a@b&name=a&username=ab", 400,
			`{"error":"password, reset_password, force_random_password are missing, at least one parameter must be provided"}`},
		{"empty password", admin, "POST", "/users", "email=a@b&name=a&username=ab&password=", 400, `{"message":{"password":["can't be blank"]}}`},
		{"short password", admin, "POST", "/users", "email=a@b&name=a&username=ab&password=pass", 400,
			`{"message":{"password":["is too short (minimum is 8 characters)"]}}`},
		{"empty name", admin, "POST", "/users", "email=a@b&name=&username=ab&reset_password=true", 400, `{"message":{"name":["can't be blank"]}}`},
		{"username", admin, "POST", "/users", "email=a@b&name=a&username=test!&reset_password=true", 400,
			`{"message":{"username":["can contain only letters, digits, '_', '-' and '.'. Cannot start with '-' or '.' or end in '.', '.git' or '.atom'."]}}`},
		{"short username", admin, "POST", "/users", "email=a@b&name=a&username=a&reset_password=true", 400,
			`{"message":{"username":["is too short (minimum is 2 characters)"]}}`},
		{"address", admin, "POST", "/users", "email=ab&name=a&username=ab&reset_password=true", 400, `{"message":{"email":["is invalid"]}}`},
		{"external", admin, "POST", "/users", "email=a@b&name=a&username=ab&reset_password=true&external=true", 400,
			`{"message":{"external":["is not supported"]}}`},
		{"truth", admin, "POST", "/users", "email=a@b&name=a&username=ab&reset_password=true&admin=maybe", 400, `{"error":"admin is invalid"}`},
		{"list as a name", admin, "POST", "/users", `{"email":"a@b","name":["a"],"username":"ab","reset_password":true}`, 400, `{"error":"name is invalid"}`},
		{"taken username", admin, "POST", "/users", "email=a@b&name=a&username=GUEST&reset_password=true", 409, `{"message":"Username has already been taken"}`},
		{"taken address", admin, "POST", "/users", "email=GUEST@example.com&name=a&username=ab&reset_password=true", 409,
			`{"message":"Email has already been taken"}`},
		{"change by a user", guest, "PUT", one, "name=x", 403, forbidden},
		{"change unknown", admin, "PUT", "/users/999", "name=x", 404, missing},
		{"change to a taken username", admin, "PUT", one, "username=owner", 409, `{"message":"Username has already been taken"}`},
		{"change to a taken address", admin, "PUT", one, "email=owner@example.com", 409, `{"message":"Email has already been taken"}`},
		{"change to a short password", admin, "PUT", one, "password=pass", 400, `{"message":{"password":["is too short (minimum is 8 characters)"]}}`},
		{"last administrator", admin, "PUT", ends("/users", h.users[admin].ID), "admin=false", 409,
			`{"message":"this is the only administrator: make another one first"}`},
		{"remove by a user", guest, "DELETE", one, "", 403, forbidden},
		{"remove unknown", admin, "DELETE", "/users/999", "", 404, missing},
		{"remove the last administrator", admin, "DELETE", ends("/users", h.users[admin].ID), "", 409,
			`{"message":"this is the only administrator: make another one first"}`},
		{"remove the only owner", admin, "DELETE", ends("/users", h.users[owner].ID), "", 409,
			`{"message":"User cannot be removed while is the sole-owner of a group"}`},
		{"block by a user", guest, "POST", one + "/block", "", 403, forbidden},
		{"block unknown", admin, "POST", "/users/999/block", "", 404, missing},
		{"block itself", admin, "POST", ends("/users", h.users[admin].ID) + "/block", "", 403,
			`{"message":"403 Forbidden - The API initiating user cannot be blocked by the API"}`},
		{"unblock unknown", admin, "POST", "/users/999/unblock", "", 404, missing},
		{"memberships by a user", guest, "GET", one + "/memberships", "", 403, forbidden},
		{"memberships of the unknown", admin, "GET", "/users/999/memberships", "", 404, missing},
		{"memberships of a sort", admin, "GET", one + "/memberships?type=Group", "", 400, `{"error":"type does not have a valid value"}`},
	})
	if got := h.call(admin, "GET", one, "").object(); got["name"] != guest {
		t.Errorf("a refused change left %v", got)
	}
}

func TestCreateUser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	body := `{"email":"kim@example.com","name":"Kim Doe","username":"kim","password":"correct horse","admin":true,
		"website_url":"https://kim.example.com","skip_confirmation":true,"bio":"ignored"}`
	got := h.call(admin, "POST", "/users", body)
	if o := got.object(); got.status != 201 || keys(o) != wholeFields || o["username"] != "kim" || o["name"] != "Kim Doe" ||
		o["email"] != "kim@example.com" || o["is_admin"] != true || o["website_url"] != "https://kim.example.com" || o["bio"] != "" {
		t.Fatalf("create: %d %s", got.status, got.body)
	}
	if strings.Contains(got.body, "argon2") || strings.Contains(got.body, "correct horse") {
		t.Errorf("the answer tells the password: %s", got.body)
	}
	if got := h.call("kim:correct horse", "GET", "/user", ""); got.object()["username"] != "kim" {
		t.Errorf("sign in: %d %s", got.status, got.body)
	}
	got = h.call(admin, "POST", "/users", "email=lee@example.com&name=Lee&username=lee&force_random_password=true&password=correct+horse")
	if got.status != 201 || got.object()["is_admin"] != false {
		t.Errorf("create with a random password: %d %s", got.status, got.body)
	}
	if got := h.call("lee:correct horse", "GET", "/user", ""); got.status != 401 {
		t.Errorf("a random password is known: %d %s", got.status, got.body)
	}
}

func TestUpdateUser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one := ends("/users", h.users[guest].ID)
	for _, tt := range []struct{ name, body, field, want string }{
		{"name", "name=Kim+Doe", "name", "Kim Doe"},
		{"username", "username=kim", "username", "kim"},
		{"same username in another case", "username=KIM", "username", "KIM"},
		{"address", "email=kim@example.com", "email", "kim@example.com"},
		{"same address in another case", "email=KIM@example.com", "email", "KIM@example.com"},
		{"administrator", "admin=true", "is_admin", "true"},
		{"no administrator", `{"admin":false}`, "is_admin", "false"},
		{"website", "website_url=https://kim.example.com", "website_url", "https://kim.example.com"},
		{"nothing", "", "website_url", "https://kim.example.com"},
		{"empty password", "password=", "name", "Kim Doe"},
		{"password", "password=correct+horse", "name", "Kim Doe"},
		{"the path names the user", fmt.Sprintf(`{"id":%d,"name":"Kim"}`, h.users[owner].ID), "name", "Kim"},
	} {
		got := h.call(admin, "PUT", one, tt.body)
		if got.status != 200 || textOf(got.object()[tt.field]) != tt.want {
			t.Errorf("%s: %d %s", tt.name, got.status, got.body)
		}
		if again := h.call(admin, "GET", one, ""); again.body != got.body {
			t.Errorf("%s: read again: %s, want %s", tt.name, again.body, got.body)
		}
	}
	if got := h.call("kim:correct horse", "GET", "/user", ""); got.status != 200 {
		t.Errorf("sign in with the new password: %d %s", got.status, got.body)
	}
	if got := h.call(guest, "GET", "/user", ""); got.object()["username"] != "KIM" {
		t.Errorf("the token knows the user as %s", got.body)
	}
}

func TestRemoveUser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one := ends("/users", h.users[guest].ID)
	if got := h.call(admin, "DELETE", one, ""); got.status != 204 || got.body != "" {
		t.Fatalf("remove: %d %s", got.status, got.body)
	}
	if got := h.call(admin, "GET", one, ""); got.status != 404 {
		t.Errorf("read again: %d %s", got.status, got.body)
	}
	if got := h.call(guest, "GET", "/user", ""); got.status != 401 {
		t.Errorf("the token of a removed user: %d %s", got.status, got.body)
	}
	if got := h.call(admin, "GET", "/users?username=guest", "").body; got != "[]" {
		t.Errorf("list: %s", got)
	}
	source := record.Source{Kind: record.GroupSource, ID: h.group.ID}
	h.must(h.accounts.SetMember(t.Context(), console, record.Member{Source: source, UserID: h.users[stranger].ID, Level: record.Owner}))
	if got := h.call(admin, "DELETE", ends("/users", h.users[owner].ID), ""); got.status != 204 {
		t.Errorf("remove one of two owners: %d %s", got.status, got.body)
	}
	if got := h.call(admin, "DELETE", ends("/users", h.users[stranger].ID)+"?hard_delete=true", ""); got.status != 204 {
		t.Errorf("remove the last owner for good: %d %s", got.status, got.body)
	}
}

func TestRemoveUnmodifiedUser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	r := func(at time.Time) *Request {
		return &Request{Method: "DELETE", Principal: accounts.Console(), Params: Params{"id": fmt.Sprint(h.users[guest].ID)}, Unmodified: at}
	}
	_, err := h.api.removeUser(t.Context(), r(h.clock.Now().Add(-time.Hour)))
	var refusal *Refusal
	if !errors.As(err, &refusal) || refusal.Status != 412 || refusal.Text != "412 Precondition Failed" {
		t.Errorf("remove what changed since: %v", err)
	}
	if _, err := h.api.removeUser(t.Context(), r(h.clock.Now())); err != nil {
		t.Errorf("remove what did not: %v", err)
	}
}

func TestBlockUser(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one := ends("/users", h.users[guest].ID)
	for _, step := range []struct {
		verb, state string
		signIn      int
	}{{"block", "blocked", 401}, {"block", "blocked", 401}, {"unblock", "active", 200}, {"unblock", "active", 200}} {
		if got := h.call(admin, "POST", one+"/"+step.verb, ""); got.status != 201 || got.body != "true" {
			t.Errorf("%s: %d %s", step.verb, got.status, got.body)
		}
		if got := h.call(admin, "GET", one, "").object(); got["state"] != step.state {
			t.Errorf("after %s: %v", step.verb, got["state"])
		}
		if got := h.call(guest, "GET", "/user", ""); got.status != step.signIn {
			t.Errorf("token after %s: %d", step.verb, got.status)
		}
	}
}

func TestMemberships(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	source := record.Source{Kind: record.ProjectSource, ID: h.project.ID}
	h.must(h.accounts.SetMember(t.Context(), console, record.Member{Source: source, UserID: h.users[guest].ID, Level: record.Maintainer}))
	path := ends("/users", h.users[guest].ID) + "/memberships"
	group := fmt.Sprintf(`{"source_id":%d,"source_name":"acme","source_type":"Namespace","access_level":10}`, h.group.ID)
	project := fmt.Sprintf(`{"source_id":%d,"source_name":"web","source_type":"Project","access_level":40}`, h.project.ID)
	for query, want := range map[string]string{
		"": "[" + group + "," + project + "]", "?type=Project": "[" + project + "]", "?type=Namespace": "[" + group + "]",
		"?per_page=1&page=2": "[" + project + "]",
	} {
		if got := h.call(admin, "GET", path+query, ""); got.status != 200 || got.body != want {
			t.Errorf("%s: %d %s, want %s", query, got.status, got.body, want)
		}
	}
}

func TestUsersAreAudited(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	one := ends("/users", h.users[guest].ID)
	h.call(admin, "POST", "/users", "email=kim@example.com&name=Kim&username=kim&password=correct+horse")
	h.call(admin, "PUT", one, "name=G&password=correct+horse&admin=true")
	h.call(admin, "PUT", one, "name=G")
	h.call(admin, "POST", one+"/block", "")
	h.call(admin, "POST", one+"/unblock", "")
	h.call(admin, "DELETE", one, "")
	var got []string
	h.must(h.store.View(t.Context(), func(tx record.Tx) error {
		list, err := tx.Audit().Entries(0, 5)
		for _, e := range list {
			got = append(got, strings.Join([]string{e.Actor, e.Address, e.Action, e.Target, e.Detail}, "|"))
		}
		return err
	}))
	want := "root|192.0.2.1|user.remove|guest| root|192.0.2.1|user.unblock|guest| root|192.0.2.1|user.block|guest| " +
		"root|192.0.2.1|user.update|guest|name, administrator, password root|192.0.2.1|user.create|kim|"
	if strings.Join(got, " ") != want {
		t.Errorf("audit log, newest first:\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}
