package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// The scopes of tokens, in GitLab's words.
const (
	// ScopeAPI lets a personal token do what its user may do.
	ScopeAPI = "api"
	// ScopeReadAPI lets it read that.
	ScopeReadAPI = "read_api"
	// ScopeReadRegistry lets a deploy token read packages.
	ScopeReadRegistry = "read_package_registry"
	// ScopeWriteRegistry lets it read, publish and delete them.
	ScopeWriteRegistry = "write_package_registry"
)

// maxLimits bounds the lists of a token.
const maxLimits = 100

// NewToken says what a personal token is to be.
type NewToken struct {
	UserID int64
	Name   string
	// Description says what it is for; may be empty.
	Description string
	// Scopes are api and read_api; none means api.
	Scopes []string
	// Packages are patterns of the names that it is limited to; none means all.
	Packages []string
	// CIDR are the networks that it may be used from; none means all.
	CIDR []string
	// ExpiresAt is Options.TokenTTL from now where it is zero.
	ExpiresAt time.Time
}

// CreateToken creates a personal token and returns it with its secret, which
// nobody can read again.
func (s *Service) CreateToken(ctx context.Context, actor Actor, n NewToken) (record.Token, string, error) {
	t, secret, err := s.newToken(n)
	if err != nil {
		return record.Token{}, "", err
	}
	err = s.update(ctx, actor, nil, func(tx record.Tx) (note, error) {
		u, err := tx.Accounts().User(n.UserID)
		if err != nil {
			return note{}, instead(err, errUser())
		}
		return s.putToken(tx, &t, u.Username)
	})
	if err != nil {
		return record.Token{}, "", err
	}
	return t, secret, nil
}

// newToken checks what was asked for and makes a secret.
func (s *Service) newToken(n NewToken) (record.Token, string, error) {
	if len(n.Scopes) == 0 {
		n.Scopes = []string{ScopeAPI}
	}
	if n.ExpiresAt.IsZero() {
		n.ExpiresAt = s.now().Add(s.opt.TokenTTL)
	}
	cidr, err := checkNetworks(n.CIDR)
	err = errors.Join(checkTokenName(n.Name), checkText("Description", n.Description), checkScopes(n.Scopes, ScopeAPI, ScopeReadAPI), checkPatterns(n.Packages), err,
		s.checkExpiry(n.ExpiresAt, true))
	if err != nil {
		return record.Token{}, "", first(err)
	}
	secret, err := NewSecret(record.PersonalToken)
	if err != nil {
		return record.Token{}, "", err
	}
	t := s.tokenOf(record.PersonalToken, secret)
	t.Description = n.Description
	t.UserID, t.Name, t.Scopes, t.Packages, t.CIDR, t.ExpiresAt = n.UserID, n.Name, n.Scopes, n.Packages, cidr, n.ExpiresAt.UTC()
	return t, secret, nil
}

func (s *Service) tokenOf(kind record.TokenKind, secret string) record.Token {
	return record.Token{Kind: kind, Digest: s.digests.token(secret), Hint: hint(secret), CreatedAt: s.now()}
}

// putToken writes a new token and says so. The store may run it again, so t has
// no number of an earlier run.
func (s *Service) putToken(tx record.Tx, t *record.Token, target string) (note, error) {
	fresh := *t
	fresh.ID = 0
	made, err := tx.Accounts().PutToken(fresh)
	if errors.Is(err, npm.ErrConflict) {
		return note{}, conflict("this token exists already")
	}
	if err != nil {
		return note{}, err
	}
	t.ID = made.ID
	return note{"token.create", target, describe(*t)}, nil
}

// describe says in the audit log which token it is.
func describe(t record.Token) string {
	return fmt.Sprintf("%s token %d %q, scopes %s", t.Kind, t.ID, t.Name, strings.Join(t.Scopes, " "))
}

// Token returns the token of that number.
func (s *Service) Token(ctx context.Context, id int64) (record.Token, error) {
	var t record.Token
	err := s.view(ctx, "read token", func(tx record.Tx) (err error) {
		t, err = tx.Accounts().Token(id)
		return err
	})
	return t, instead(err, errToken())
}

// Tokens lists the personal tokens of a user that were not revoked, those that
// are expired too.
func (s *Service) Tokens(ctx context.Context, userID int64) ([]record.Token, error) {
	var out []record.Token
	err := s.view(ctx, "list tokens", func(tx record.Tx) (err error) {
		out, err = standing(func(after int64, limit int) ([]record.Token, error) {
			return tx.Accounts().TokensOf(userID, after, limit)
		})
		return err
	})
	return out, err
}

// standing returns the tokens of a list that were not revoked.
func standing(page func(after int64, limit int) ([]record.Token, error)) ([]record.Token, error) {
	out := []record.Token{}
	err := each(page, func(t record.Token) int64 { return t.ID }, func(t record.Token) error {
		if t.RevokedAt.IsZero() {
			out = append(out, t)
		}
		return nil
	})
	return out, err
}

// RevokeToken ends a token of any kind at once. One that was revoked before
// stays so.
func (s *Service) RevokeToken(ctx context.Context, actor Actor, id int64) error {
	return s.update(ctx, actor, s.tokens.Purge, func(tx record.Tx) (note, error) {
		t, err := tx.Accounts().Token(id)
		if err != nil {
			return note{}, instead(err, errToken())
		}
		return s.revoke(tx, t)
	})
}

// RevokeSecret ends the token that has that secret: whoever knows it may.
func (s *Service) RevokeSecret(ctx context.Context, actor Actor, secret string) error {
	if secret == "" || len(secret) > maxSecret {
		return errToken()
	}
	d := s.digests.token(secret)
	return s.update(ctx, actor, s.tokens.Purge, func(tx record.Tx) (note, error) {
		t, err := tx.Accounts().TokenByDigest(d)
		if err != nil {
			return note{}, instead(err, errToken())
		}
		return s.revoke(tx, t)
	})
}

func (s *Service) revoke(tx record.Tx, t record.Token) (note, error) {
	if !t.RevokedAt.IsZero() {
		return note{}, nil
	}
	t.RevokedAt = s.now()
	_, err := tx.Accounts().PutToken(t)
	return note{"token.revoke", strconv.FormatInt(t.ID, 10), describe(t)}, err
}

func checkTokenName(name string) error {
	if name == "" {
		return invalid("Name can't be blank")
	}
	return checkText("Name", name)
}

func checkScopes(scopes []string, allowed ...string) error {
	if len(scopes) == 0 {
		return invalid("Scopes can't be blank")
	}
	for i, scope := range scopes {
		if !slices.Contains(allowed, scope) || slices.Contains(scopes[:i], scope) {
			return invalid("Scopes must be some of %s, each once", strings.Join(allowed, ", "))
		}
	}
	return nil
}

func checkPatterns(list []string) error {
	if len(list) > maxLimits {
		return invalid("a token has at most %d package patterns", maxLimits)
	}
	_, err := parsePatterns(list)
	return err
}

// checkNetworks returns the networks as they are compared.
func checkNetworks(list []string) ([]string, error) {
	if len(list) > maxLimits {
		return nil, invalid("a token has at most %d networks", maxLimits)
	}
	networks, err := parseNetworks(list)
	var out []string
	for _, n := range networks {
		out = append(out, n.String())
	}
	return out, err
}

// checkExpiry refuses a token that is over before it begins, or that lives too
// long.
func (s *Service) checkExpiry(at time.Time, bounded bool) error {
	now := s.now()
	last := now.Add(s.opt.TokenMaxTTL)
	switch {
	case !at.After(now):
		return invalid("Expiration date must be in the future")
	case bounded && at.After(last):
		return invalid("Expiration date must be before %s", last.Format(time.DateOnly))
	}
	return nil
}
