package accounts

import (
	"errors"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func ptr[T any](v T) *T { return &v }

func TestUpdateUser(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	_, _, err := o.Bootstrap(t.Context(), BootstrapInput{})
	o.must(err)
	root, err := o.UserByName(t.Context(), rootName)
	o.must(err)
	kim := o.user("kim", "correct horse")
	lee, err := o.CreateUser(t.Context(), operator, NewUser{Username: "lee", Email: "lee@example.com"})
	o.must(err)
	for _, tt := range []struct {
		name  string
		id    int64
		c     UserChange
		kind  error
		field string // of the FieldError
		text  string
	}{
		{"nothing", kim.ID, UserChange{}, nil, "", ""},
		{"unknown", 99, UserChange{Name: ptr("x")}, npm.ErrNotFound, "", "User not found"},
		{"username of another", kim.ID, UserChange{Username: ptr("LEE")}, npm.ErrConflict, "", "Username has already been taken"},
		{"address of another", kim.ID, UserChange{Email: ptr("Lee@Example.com")}, npm.ErrConflict, "", "Email has already been taken"},
		{"own username in another case", kim.ID, UserChange{Username: ptr("Kim")}, nil, "", ""},
		{"own address in another case", lee.ID, UserChange{Email: ptr("LEE@example.com")}, nil, "", ""},
		{"username", kim.ID, UserChange{Username: ptr(".kim")}, npm.ErrInvalid, "username", ""},
		{"name", kim.ID, UserChange{Name: ptr("")}, npm.ErrInvalid, "name", "Name can't be blank"},
		{"address", kim.ID, UserChange{Email: ptr("kim")}, npm.ErrInvalid, "email", "Email is invalid"},
		{"password", kim.ID, UserChange{Password: ptr("short")}, npm.ErrInvalid, "password", "Password is too short (minimum is 8 characters)"},
		{"property", kim.ID, UserChange{Profile: map[string]string{"shoe": "42"}}, npm.ErrInvalid, "", `profiles have no property "shoe"`},
		{"only administrator", root.ID, UserChange{Admin: ptr(false)}, npm.ErrConflict, "", "this is the only administrator: make another one first"},
	} {
		_, err := o.UpdateUser(t.Context(), operator, tt.id, tt.c)
		if !errors.Is(err, tt.kind) || tt.text != "" && text(err) != tt.text {
			t.Errorf("%s: %v", tt.name, err)
		}
		var field *FieldError
		if got := errors.As(err, &field); got != (tt.field != "") || got && field.Field != tt.field {
			t.Errorf("%s: field %v, want %q", tt.name, field, tt.field)
		}
	}
}

func TestUpdateUserIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.user("lee", "")
	kim := o.user("kim", "correct horse")
	all := UserChange{Username: ptr("lee"), Name: ptr("Kim"), Email: ptr("kim@example.com"), Password: ptr("another horse"), Admin: ptr(true),
		Profile: map[string]string{"github": "kim"}}
	if _, err := o.UpdateUser(t.Context(), operator, kim.ID, all); !errors.Is(err, npm.ErrConflict) {
		t.Fatalf("taken username: %v", err)
	}
	if u, err := o.User(t.Context(), kim.ID); err != nil || u.Name != "kim" || u.Email != "" || u.Admin || u.PasswordHash != kim.PasswordHash || len(u.Profile) > 0 {
		t.Errorf("after a refused change: %+v, %v", u, err)
	}
	o.signIn(Credential{Form: Basic, Username: "kim", Secret: "correct horse"})
	all.Username = ptr("kimmy")
	u, err := o.UpdateUser(t.Context(), operator, kim.ID, all)
	if err != nil || u.Username != "kimmy" || u.Name != "Kim" || u.Email != "kim@example.com" || !u.Admin || u.Profile["github"] != "kim" {
		t.Fatalf("change: %+v, %v", u, err)
	}
	if p := o.signIn(Credential{Form: Basic, Username: "kimmy", Secret: "another horse"}); !p.Admin {
		t.Error("the new administrator is none")
	}
	for username, password := range map[string]string{"kimmy": "correct horse", "kim": "another horse"} {
		if _, err := o.Authenticate(t.Context(), Credential{Form: Basic, Username: username, Secret: password}, home); !errors.Is(err, npm.ErrUnauthenticated) {
			t.Errorf("sign in as before: %v", err)
		}
	}
}

func TestAddressesAreUnique(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	for _, name := range []string{"none", "none-either"} {
		o.user(name, "") // without an address
	}
	_, err := o.CreateUser(t.Context(), operator, NewUser{Username: "kim", Email: "kim@example.com"})
	o.must(err)
	lee := o.user("lee", "")
	_, err = o.CreateUser(t.Context(), operator, NewUser{Username: "pat", Email: "KIM@example.com"})
	if !errors.Is(err, npm.ErrConflict) || text(err) != "Email has already been taken" {
		t.Errorf("create: %v", err)
	}
	_, err = o.SetProfile(t.Context(), operator, lee.ID, map[string]string{"email": "kim@example.com"})
	if !errors.Is(err, npm.ErrConflict) {
		t.Errorf("profile: %v", err)
	}
}

func TestEveryone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	other := o.another()
	names := func(s *Service) string {
		t.Helper()
		list, err := s.Everyone(t.Context())
		o.must(err)
		out := ""
		for _, u := range list {
			out += u.Username + " "
		}
		return out
	}
	if got := names(o.Service); got != "" {
		t.Errorf("at first: %q", got)
	}
	kim := o.user("kim", "")
	lee := o.user("lee", "")
	if got := names(o.Service) + names(other); got != "kim lee kim lee " {
		t.Errorf("after two were made: %q", got)
	}
	_, err := o.UpdateUser(t.Context(), operator, kim.ID, UserChange{Username: ptr("kimmy")})
	o.must(err)
	o.must(o.RemoveUser(t.Context(), operator, lee.ID))
	if got := names(o.Service); got != "kimmy " {
		t.Errorf("after a change and a removal: %q", got)
	}
	other.Changed(record.Change{Kind: record.UserChanged, Key: "1"})
	if got := names(other); got != "kimmy " {
		t.Errorf("on another node: %q", got)
	}
	o.user("pat", "")
	other.Reset()
	if got := names(other); got != "kimmy pat " {
		t.Errorf("after a reset: %q", got)
	}
}
