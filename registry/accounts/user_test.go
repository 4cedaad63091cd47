package accounts

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func TestCreateUserChecks(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.user("kim", "")
	for _, tt := range []struct {
		name string
		n    NewUser
		kind error
		text string
	}{
		{"plain", NewUser{Username: "pat_1.x-y", Email: "pat@example.com"}, nil, ""},
		{"taken in any case", NewUser{Username: "KIM"}, npm.ErrConflict, "Username has already been taken"},
		{"short", NewUser{Username: "k"}, npm.ErrInvalid, "Username is too short (minimum is 2 characters)"},
		{"long", NewUser{Username: strings.Repeat("k", 256)}, npm.ErrInvalid, "Username is too long (maximum is 255 characters)"},
		{"colon", NewUser{Username: "deploy-token:x"}, npm.ErrInvalid, "Username can contain only"},
		{"foreign letter", NewUser{Username: "\u212aim"}, npm.ErrInvalid, "Username can contain only"},
		{"first dot", NewUser{Username: ".kim"}, npm.ErrInvalid, "Username can contain only"},
		{"git", NewUser{Username: "kim.git"}, npm.ErrInvalid, "Username can contain only"},
		{"reserved", NewUser{Username: "Anonymous"}, npm.ErrInvalid, "Username is a reserved name"},
		{"email", NewUser{Username: "pat", Email: "pat"}, npm.ErrInvalid, "Email is invalid"},
		{"email with a line", NewUser{Username: "pat", Email: "a@b\nc"}, npm.ErrInvalid, "Email is invalid"},
		{"name", NewUser{Username: "pat", Name: "a\x1b[1m"}, npm.ErrInvalid, "Name holds characters"},
		{"password", NewUser{Username: "pat", Password: "short"}, npm.ErrInvalid, "Password is too short"},
	} {
		_, err := o.CreateUser(t.Context(), operator, tt.n)
		if !errors.Is(err, tt.kind) || !strings.HasPrefix(text(err), tt.text) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if u, err := o.UserByName(t.Context(), "PAT_1.X-y"); err != nil || u.Name != "pat_1.x-y" {
		t.Errorf("UserByName = %+v, %v", u, err)
	}
	for _, name := range []string{"", "nobody", "a\x00b", "\xff"} {
		if _, err := o.UserByName(t.Context(), name); !errors.Is(err, npm.ErrNotFound) || text(err) != "User not found" {
			t.Errorf("UserByName(%q): %v", name, err)
		}
	}
}

func TestOneAdministratorRemains(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, _, err := o.Bootstrap(t.Context(), BootstrapInput{})
	o.must(err)
	root, err := o.UserByName(t.Context(), rootName)
	o.must(err)
	ends := map[string]func() error{
		"block":  func() error { return o.BlockUser(t.Context(), operator, root.ID) },
		"demote": func() error { return o.SetAdmin(t.Context(), operator, root.ID, false) },
		"remove": func() error { return o.RemoveUser(t.Context(), operator, root.ID) },
	}
	for name, end := range ends {
		if err := end(); !errors.Is(err, npm.ErrConflict) {
			t.Errorf("%s the only administrator: %v", name, err)
		}
	}
	u := o.user("kim", "")
	o.must(o.SetAdmin(t.Context(), operator, u.ID, true))
	for _, name := range []string{"block", "demote", "remove"} {
		if err := ends[name](); err != nil {
			t.Errorf("%s another one: %v", name, err)
		}
	}
	// One who was removed does not come back with the next start.
	if token, created, err := o.Bootstrap(t.Context(), BootstrapInput{}); token != "" || created || err != nil {
		t.Errorf("Bootstrap = %q, %v, %v", token, created, err)
	}
}

func TestSetPassword(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(opt *Options) { opt.FailedLogins = 2 })
	u := o.user("kim", "correct horse")
	old, wrong := "correct horse", "wrong horse"
	actor := Actor{Name: "kim", Address: "192.0.2.1", UserID: u.ID}
	if err := o.SetPassword(t.Context(), actor, u.ID, &wrong, "another horse"); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("a wrong present password: %v", err)
	}
	if err := o.SetPassword(t.Context(), actor, u.ID, &old, "short"); !errors.Is(err, npm.ErrInvalid) {
		t.Errorf("a short password: %v", err)
	}
	o.must(o.SetPassword(t.Context(), actor, u.ID, &old, "another horse"))
	o.signIn(Credential{Form: Basic, Username: "kim", Secret: "another horse"})
	for i, want := range []error{npm.ErrForbidden, npm.ErrTooMany} {
		guess := fmt.Sprintf("guess %d", i)
		if err := o.SetPassword(t.Context(), actor, u.ID, &guess, "third horse"); !errors.Is(err, want) {
			t.Errorf("guess %d: %v", i, err)
		}
	}
	if err := o.SetPassword(t.Context(), actor, 99, nil, "another horse"); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("of nobody: %v", err)
	}
}

func TestSetProfile(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("kim", "")
	set := func(p map[string]string) (record.User, error) { return o.SetProfile(t.Context(), operator, u.ID, p) }
	got, err := set(map[string]string{"fullname": "Kim Doe", "email": "kim@example.com", "github": "kim"})
	if err != nil || got.Name != "Kim Doe" || got.Email != "kim@example.com" || got.Profile["github"] != "kim" {
		t.Errorf("SetProfile = %+v, %v", got, err)
	}
	got, err = set(map[string]string{"github": "", "homepage": "https://example.com"})
	if err != nil || fmt.Sprint(got.Profile) != "map[fullname:Kim Doe homepage:https://example.com]" || got.Email == "" {
		t.Errorf("SetProfile = %+v, %v", got, err)
	}
	for _, bad := range []map[string]string{{"admin": "true"}, {"email": "kim"}, {"github": "a\nb"}, {"homepage": strings.Repeat("x", 300)}} {
		if _, err := set(bad); !errors.Is(err, npm.ErrInvalid) || text(err) == "" {
			t.Errorf("%v: %v", bad, err)
		}
	}
}

func TestBootstrap(t *testing.T) {
	t.Parallel()
	for _, given := range []string{"", "a token that is given"} {
		o := newOffice(t)
		given := strings.ReplaceAll(given, " ", "-")
		secret, created, err := o.Bootstrap(t.Context(), BootstrapInput{RootToken: given})
		if err != nil || !created || given != "" && secret != given {
			t.Fatalf("Bootstrap = %q, %v, %v", secret, created, err)
		}
		root := o.signIn(bearer(secret))
		pr, err := o.Project(t.Context(), "1")
		if err != nil || pr.FullPath != "local/npm" || pr.Visibility != record.InternalVisibility || pr.Registry != record.RegistryEnabled {
			t.Errorf("project %+v, %v", pr, err)
		}
		if !root.Admin || root.Username != "root" || may(o.ProjectAccess(root, pr)) != "srpdm" {
			t.Errorf("root is %+v", root)
		}
		if _, _, err := o.Login(t.Context(), "root", "", home); !errors.Is(err, npm.ErrUnauthenticated) {
			t.Errorf("root signs in without a password: %v", err)
		}
		for range 2 {
			again, created, err := o.another().Bootstrap(t.Context(), BootstrapInput{RootToken: given})
			if again != "" || created || err != nil {
				t.Errorf("the second start: %q, %v, %v", again, created, err)
			}
		}
		o.signIn(bearer(secret))
	}
}

func TestBootstrapRefusesTokens(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, token := range []string{"short", "with white space, long enough", "lrdp_cutcutcutcutcutcut", strings.Repeat("x", 513)} {
		if _, created, err := o.Bootstrap(t.Context(), BootstrapInput{RootToken: token}); created || !errors.Is(err, npm.ErrInvalid) {
			t.Errorf("%q: %v, %v", token, created, err)
		}
	}
	if list, err := o.Users(t.Context(), 0, 10); err != nil || len(list) != 0 {
		t.Errorf("users %v, %v", list, err)
	}
}

// TestWritesAreAudited: every write says who did what in its own transaction.
func TestWritesAreAudited(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	actor := Actor{Name: "root", Address: "192.0.2.9"}
	ctx := t.Context()
	u, err := o.CreateUser(ctx, actor, NewUser{Username: "kim"})
	o.must(err)
	g, err := o.CreateGroup(ctx, actor, NewGroup{Path: "acme"})
	o.must(err)
	p, err := o.CreateProject(ctx, actor, NewProject{Path: "acme/app"})
	o.must(err)
	tok, _, err := o.CreateToken(ctx, actor, NewToken{UserID: u.ID, Name: "ci"})
	o.must(err)
	_, _, err = o.CreateDeployToken(ctx, actor, NewDeployToken{Source: projectOf(p.ID), Name: "ci", Scopes: []string{ScopeReadRegistry}})
	o.must(err)
	access := record.RegistryDisabled
	_, err = o.UpdateProject(ctx, actor, p.ID, ProjectChange{Registry: &access})
	o.must(err)
	_, err = o.UpdateGroup(ctx, actor, g.ID, GroupChange{Forwarding: &record.Forwarding{Locked: true}})
	o.must(err)
	_, err = o.SetProfile(ctx, actor, u.ID, map[string]string{"email": "kim@example.com"})
	o.must(err)
	for _, err := range []error{
		o.SetMember(ctx, actor, record.Member{Source: groupOf(g.ID), UserID: u.ID, Level: record.Owner}),
		o.RemoveMember(ctx, actor, groupOf(g.ID), u.ID), o.SetPassword(ctx, actor, u.ID, nil, "correct horse"),
		o.SetAdmin(ctx, actor, u.ID, true), o.SetAdmin(ctx, actor, u.ID, true), o.SetForwarding(ctx, actor, true),
		o.RevokeToken(ctx, actor, tok.ID), o.RevokeToken(ctx, actor, tok.ID), o.RemoveProject(ctx, actor, p.ID),
		o.RemoveGroup(ctx, actor, g.ID), o.UnblockUser(ctx, actor, u.ID),
	} {
		o.must(err)
	}
	if err := o.BlockUser(ctx, actor, u.ID); !errors.Is(err, npm.ErrConflict) { // refused: nothing is said
		t.Error(err)
	}
	want := []string{"user.create kim", "group.create acme", "project.create acme/app", "token.create kim", "token.create acme/app",
		"project.update acme/app", "group.update acme", "user.profile kim", "member.set acme", "member.remove acme", "user.password kim",
		"user.admin kim", "setting.forwarding npm_package_requests_forwarding", "token.revoke 1", "project.remove acme/app", "group.remove acme"}
	got := []string{}
	for _, e := range o.entries() {
		got = append(got, e.Action+" "+e.Target)
		if e.Actor != "root" || e.Address != "192.0.2.9" || !e.At.Equal(o.clock.Now()) {
			t.Errorf("entry %+v", e)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("audit\n%v, want\n%v", got, want)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for name, opt := range map[string]Options{"no key": {}, "short key": {Key: make([]byte, 16)},
		"odd times": {Key: make([]byte, keySize), TokenTTL: 2, TokenMaxTTL: 1}, "negative limit": {Key: make([]byte, keySize), FailedLogins: -1}} {
		if _, err := New(o.store, opt); !errors.Is(err, npm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
