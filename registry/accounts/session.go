package accounts

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

const (
	// sessionTTL is how long a browser stays signed in.
	sessionTTL       = 12 * time.Hour
	sessionTokenName = "browser session"
)

// Session is a browser that signed in.
type Session struct {
	Principal *Principal
	// Secret is what the browser shows with every request: a token that only
	// reads, or the token that its user signed in with.
	Secret string
	// ExpiresAt is when the browser forgets it.
	ExpiresAt time.Time
}

// OpenSession signs a person in who looks at pages, by a password or by a
// personal token, whose revocation ends the session too.
func (s *Service) OpenSession(ctx context.Context, username, secret string, from netip.Addr) (Session, error) {
	p, err := s.Authenticate(ctx, Credential{Form: Basic, Username: username, Secret: secret}, from)
	if err != nil {
		return Session{}, err
	}
	if p.Kind != Person {
		return Session{}, &npm.Error{Kind: npm.ErrForbidden, Text: "only people sign in here; use a user's password or personal token"}
	}
	out := Session{Principal: p, Secret: secret, ExpiresAt: s.now().Add(min(sessionTTL, s.opt.TokenMaxTTL))}
	if p.Token.ID != 0 {
		return out, nil
	}
	actor := Actor{Name: p.Actor(), Address: addressText(from), UserID: p.UserID}
	_, out.Secret, err = s.CreateToken(ctx, actor, NewToken{
		UserID: p.UserID, Name: sessionTokenName, Scopes: []string{ScopeReadAPI}, ExpiresAt: out.ExpiresAt,
	})
	return out, err
}

// CloseSession ends a session. A token that its user signed in with goes on
// working elsewhere.
func (s *Service) CloseSession(ctx context.Context, secret string, from netip.Addr) error {
	p, err := s.Authenticate(ctx, Credential{Form: Bearer, Secret: secret}, from)
	if errors.Is(err, npm.ErrUnauthenticated) {
		return nil // it has ended
	}
	if err != nil || !isSession(p.Token) {
		return err
	}
	return s.RevokeToken(ctx, Actor{Name: p.Actor(), Address: addressText(from), UserID: p.UserID}, p.Token.ID)
}

// isSession tells whether a token was made for a browser.
func isSession(t record.Token) bool {
	return t.Kind == record.PersonalToken && t.Name == sessionTokenName && len(t.Scopes) == 1 && t.Scopes[0] == ScopeReadAPI
}

// endSessions signs a user out of all browsers, because the password is another
// one: whoever knew the old one may look at pages no more.
func (s *Service) endSessions(tx record.Tx, userID int64) error {
	return each(func(after int64, limit int) ([]record.Token, error) {
		return tx.Accounts().TokensOf(userID, after, limit)
	}, func(t record.Token) int64 { return t.ID }, func(t record.Token) error {
		if !isSession(t) {
			return nil
		}
		_, err := s.revoke(tx, t)
		return err
	})
}
