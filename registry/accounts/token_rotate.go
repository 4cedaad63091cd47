package accounts

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// rotatedTTL is how long a rotated token lives where nobody says (GitLab
// documentation, Personal access tokens API).
const rotatedTTL = 7 * 24 * time.Hour

// ErrRevoked means that a token was revoked before.
var ErrRevoked = errors.New("token already revoked")

// RotateToken revokes a personal token and makes another one with the same name
// and limits, in one step; it returns that with its secret. A zero time means a
// week from now. A token that was revoked before fails with ErrRevoked.
func (s *Service) RotateToken(ctx context.Context, actor Actor, id int64, expiresAt time.Time) (record.Token, string, error) {
	if expiresAt.IsZero() {
		expiresAt = s.now().Add(min(rotatedTTL, s.opt.TokenMaxTTL))
	}
	if err := s.checkExpiry(expiresAt, true); err != nil {
		return record.Token{}, "", err
	}
	secret, err := NewSecret(record.PersonalToken)
	if err != nil {
		return record.Token{}, "", err
	}
	fresh := s.tokenOf(record.PersonalToken, secret)
	fresh.ExpiresAt = expiresAt.UTC()
	err = s.update(ctx, actor, s.tokens.Purge, func(tx record.Tx) (note, error) {
		old, err := tx.Accounts().Token(id)
		if err != nil {
			return note{}, instead(err, errToken())
		}
		return s.rotate(tx, old, &fresh)
	})
	if err != nil {
		return record.Token{}, "", err
	}
	return fresh, secret, nil
}

func (s *Service) rotate(tx record.Tx, old record.Token, fresh *record.Token) (note, error) {
	switch {
	case old.Kind != record.PersonalToken:
		return note{}, errToken()
	case !old.RevokedAt.IsZero():
		return note{}, &npm.Error{Kind: npm.ErrInvalid, Text: "Token already revoked", Err: ErrRevoked}
	}
	if _, err := s.revoke(tx, old); err != nil {
		return note{}, err
	}
	fresh.UserID, fresh.Name, fresh.Description = old.UserID, old.Name, old.Description
	fresh.Scopes, fresh.Packages, fresh.CIDR = old.Scopes, old.Packages, old.CIDR
	if _, err := s.putToken(tx, fresh, ""); err != nil {
		return note{}, err
	}
	return note{"token.rotate", strconv.FormatInt(old.ID, 10), describe(*fresh)}, nil
}
