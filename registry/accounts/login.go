package accounts

import (
	"context"
	"net/netip"

	"github.com/larderhq/larder/registry/record"
)

// loginTokenName is what tokens of "npm login" are called.
const loginTokenName = "npm login"

// Login signs in with a password and creates a token, as npm's legacy login
// wants it. Where Options.SignUp is set, an unknown username becomes a user.
func (s *Service) Login(ctx context.Context, username, password string, from netip.Addr) (*Principal, string, error) {
	p, err := s.signInOrUp(ctx, username, password, from)
	if err != nil {
		return nil, "", err
	}
	actor := Actor{Name: p.Actor(), Address: addressText(from), UserID: p.UserID}
	t, secret, err := s.CreateToken(ctx, actor, NewToken{UserID: p.UserID, Name: loginTokenName})
	if err != nil {
		return nil, "", err
	}
	a, err := s.person(ctx, p.UserID)
	if err != nil {
		return nil, "", instead(err, errWrong())
	}
	return a.withToken(t, nil), secret, nil
}

func (s *Service) signInOrUp(ctx context.Context, username, password string, from netip.Addr) (*Principal, error) {
	if !s.opt.SignUp {
		return s.verify(ctx, username, password, from)
	}
	u, err := s.userOrNone(ctx, username)
	if err != nil {
		return nil, err
	}
	if u.ID != 0 {
		return s.verify(ctx, username, password, from)
	}
	// Each new user counts as a failure, so that nobody makes thousands.
	now := s.opt.Now()
	if wait := s.limits.wait(from, "", now); wait > 0 {
		return nil, s.limited(ctx, wait, from, "")
	}
	s.limits.countAddress(from, now)
	made, err := s.CreateUser(ctx, Actor{Name: username, Address: addressText(from)}, NewUser{Username: username, Password: password})
	if err != nil {
		return nil, err
	}
	a, err := s.person(ctx, made.ID)
	if err != nil {
		return nil, err
	}
	return a.self, nil
}

// addressText writes an address for the audit log; empty where it is unknown.
func addressText(from netip.Addr) string {
	if !from.IsValid() {
		return ""
	}
	return from.Unmap().String()
}

// createLoginToken creates a token for a user within a transaction.
func (s *Service) createLoginToken(tx record.Tx, t *record.Token, userID int64) (note, record.User, error) {
	u, err := tx.Accounts().User(userID)
	if err != nil {
		return note{}, u, instead(err, errUser())
	}
	if u.Blocked {
		return note{}, u, errBlocked()
	}
	t.UserID = u.ID
	n, err := s.putToken(tx, t, u.Username)
	return n, u, err
}
