package accounts

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func TestRotateToken(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	kim := o.user("kim", "")
	old, secret := o.token(NewToken{UserID: kim.ID, Name: "ci", Description: "for CI", Scopes: []string{ScopeReadAPI},
		Packages: []string{"@acme/*"}, CIDR: []string{"192.0.2.0/24"}})
	o.signIn(bearer(secret))
	fresh, next, err := o.RotateToken(t.Context(), operator, old.ID, time.Time{})
	o.must(err)
	p := o.signIn(bearer(next))
	got := fmt.Sprintln(p.Token.ID == fresh.ID, p.Token.Name, p.Token.Description, p.Token.Scopes, p.Token.Packages, p.Token.CIDR)
	if got != "true ci for CI [read_api] [@acme/*] [192.0.2.0/24]\n" || p.UserID != kim.ID || fresh.ID == old.ID {
		t.Errorf("the new token: %s, %+v", got, fresh)
	}
	if want := o.clock.Now().Add(7 * 24 * time.Hour); !fresh.ExpiresAt.Equal(want) || !fresh.LastUsedAt.IsZero() {
		t.Errorf("expires at %s, want %s", fresh.ExpiresAt, want)
	}
	if _, err := o.Authenticate(t.Context(), bearer(secret), home); !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("the old token: %v", err)
	}
	if _, err := o.Authenticate(t.Context(), bearer(next), away); !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("the new token from elsewhere: %v", err)
	}
	list := o.entries()
	if e := list[len(list)-1]; e.Action != "token.rotate" || e.Target != fmt.Sprint(old.ID) {
		t.Errorf("audit: %+v", e)
	}
}

func TestRotateTokenRefuses(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	kim := o.user("kim", "")
	group := o.group("acme", record.PrivateVisibility)
	plain, secret := o.token(NewToken{UserID: kim.ID})
	revoked, _ := o.token(NewToken{UserID: kim.ID})
	o.must(o.RevokeToken(t.Context(), operator, revoked.ID))
	deploy, _ := o.deploy(groupOf(group.ID), ScopeReadRegistry)
	before := len(o.entries())
	for _, tt := range []struct {
		name string
		id   int64
		at   time.Time
		want error
	}{
		{"unknown", 999, time.Time{}, npm.ErrNotFound},
		{"revoked", revoked.ID, time.Time{}, ErrRevoked},
		{"deploy token", deploy.ID, time.Time{}, npm.ErrNotFound},
		{"past", plain.ID, o.clock.Now(), npm.ErrInvalid},
		{"too late", plain.ID, o.clock.Now().Add(366 * 24 * time.Hour), npm.ErrInvalid},
	} {
		if _, _, err := o.RotateToken(t.Context(), operator, tt.id, tt.at); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	o.signIn(bearer(secret))
	if after := len(o.entries()); after != before {
		t.Errorf("%d entries in the audit log of what was refused", after-before)
	}
	list, err := o.PersonalTokens(t.Context(), kim.ID, func(record.Token) bool { return true })
	if err != nil || len(list) != 2 {
		t.Errorf("%d tokens, %v; want the two that were made", len(list), err)
	}
}

func TestPersonalTokens(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	kim, lee := o.user("kim", ""), o.user("lee", "")
	o.token(NewToken{UserID: kim.ID, Name: "a"})
	o.token(NewToken{UserID: lee.ID, Name: "b"})
	gone, _ := o.token(NewToken{UserID: kim.ID, Name: "c"})
	o.must(o.RevokeToken(t.Context(), operator, gone.ID))
	o.deploy(groupOf(o.group("acme", record.PrivateVisibility).ID), ScopeReadRegistry)
	all := func(record.Token) bool { return true }
	for _, tt := range []struct {
		name string
		id   int64
		keep func(record.Token) bool
		want string
	}{
		{"of one", kim.ID, all, "[a c]"},
		{"of all", 0, all, "[a c b]"},
		{"of nobody", 99, all, "[]"},
		{"some", 0, func(t record.Token) bool { return t.RevokedAt.IsZero() }, "[a b]"},
	} {
		list, err := o.PersonalTokens(t.Context(), tt.id, tt.keep)
		names := []string{}
		for _, token := range list {
			names = append(names, token.Name)
		}
		if got := fmt.Sprint(names); err != nil || got != tt.want {
			t.Errorf("%s: %s, %v; want %s", tt.name, got, err, tt.want)
		}
	}
}
