package accounts

import (
	"errors"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	u := o.user("ann", "correct horse")
	_, own := o.token(NewToken{UserID: u.ID, Name: "laptop", Packages: []string{"@acme/*"}})

	byPassword, err := o.OpenSession(t.Context(), "ann", "correct horse", home)
	o.must(err)
	p := o.signIn(bearer(byPassword.Secret))
	if p.UserID != u.ID || p.Writes() || p.Token.Scopes[0] != ScopeReadAPI {
		t.Errorf("a session by password is %+v, want one that only reads", p.Token)
	}
	byToken, err := o.OpenSession(t.Context(), "ann", own, home)
	o.must(err)
	if byToken.Secret != own {
		t.Error("a session by token is another token: revoking the first would not end it")
	}
	o.must(o.CloseSession(t.Context(), byToken.Secret, home))
	o.signIn(bearer(own)) // it goes on working

	o.must(o.CloseSession(t.Context(), byPassword.Secret, home))
	o.must(o.CloseSession(t.Context(), byPassword.Secret, home)) // again
	_, err = o.Authenticate(t.Context(), bearer(byPassword.Secret), home)
	if !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("a session that was closed: %v", err)
	}
}

func TestSessionsEndAndAreForPeople(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.user("ann", "correct horse")
	g := o.group("acme", record.PrivateVisibility)
	deploy, secret := o.deploy(groupOf(g.ID), ScopeReadRegistry)
	if _, err := o.OpenSession(t.Context(), deploy.Username, secret, home); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("a deploy token opens a session: %v", err)
	}
	if _, err := o.OpenSession(t.Context(), "ann", "wrong", home); !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("a wrong password opens a session: %v", err)
	}
	session, err := o.OpenSession(t.Context(), "ann", "correct horse", home)
	o.must(err)
	o.clock.Move(13 * time.Hour)
	if _, err := o.Authenticate(t.Context(), bearer(session.Secret), home); !errors.Is(err, npm.ErrUnauthenticated) {
		t.Errorf("a session of yesterday: %v", err)
	}
}

// TestPasswordsEndSessions: whoever signed in with the old password is out, and
// tokens stay.
func TestPasswordsEndSessions(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(o *office, id int64) error{
		"by the user": func(o *office, id int64) error {
			old := "correct horse"
			return o.SetPassword(o.tb.Context(), operator, id, &old, "battery staple")
		},
		"by an administrator": func(o *office, id int64) error {
			next := "battery staple"
			_, err := o.UpdateUser(o.tb.Context(), operator, id, UserChange{Password: &next})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			u, other := o.user("ann", "correct horse"), o.user("bob", "correct horse")
			_, token := o.token(NewToken{UserID: u.ID})
			open := func(who string) string {
				session, err := o.OpenSession(t.Context(), who, "correct horse", home)
				o.must(err)
				return session.Secret
			}
			mine, theirs := open(u.Username), open(other.Username)
			o.must(change(o, u.ID))
			if _, err := o.Authenticate(t.Context(), bearer(mine), home); !errors.Is(err, npm.ErrUnauthenticated) {
				t.Errorf("the session of the old password: %v", err)
			}
			o.signIn(bearer(theirs))
			o.signIn(bearer(token))
		})
	}
}
