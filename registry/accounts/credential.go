package accounts

import (
	"context"
	"errors"
	"net/netip"
	"strings"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Form is how a credential was sent (docs.gitlab.com, "REST API
// authentication").
type Form uint8

// The forms of credentials.
const (
	// NoCredential is the anonymous.
	NoCredential Form = iota
	// Bearer is "Authorization: Bearer"; it takes a token of any kind.
	Bearer
	// PrivateToken is the PRIVATE-TOKEN header or private_token query; it takes
	// personal tokens.
	PrivateToken
	// JobToken is the JOB-TOKEN header or job_token query.
	JobToken
	// DeployToken is the Deploy-Token header.
	DeployToken
	// Basic is a username with a password or a token of any kind.
	Basic
)

// IsCredential tells whether a parameter of a query holds a credential, which no
// link may repeat.
func IsCredential(param string) bool {
	return param == "private_token" || param == "access_token" || param == "job_token"
}

// Credential is what a request proves itself with.
type Credential struct {
	Form Form
	// Username is sent with Basic alone.
	Username string
	// Secret is the token or password.
	Secret string
}

// Authenticate finds out who sent a credential from an address. Without one it
// is the anonymous; with one that is no good it fails with
// npm.ErrUnauthenticated, or with npm.ErrTooMany where that happened too often,
// and never falls back to the anonymous.
func (s *Service) Authenticate(ctx context.Context, c Credential, from netip.Addr) (*Principal, error) {
	switch {
	case c.Form == NoCredential:
		return Nobody(), nil
	case c.Secret == "":
		return nil, unauthenticated("the credential is empty")
	case len(c.Secret) > maxSecret || len(c.Username) > maxSecret:
		return nil, unauthenticated("the credential is too long")
	}
	if c.Form == Basic {
		return s.basic(ctx, c, from)
	}
	d := s.digests.token(c.Secret)
	e, err := s.token(ctx, d)
	if errors.Is(err, npm.ErrNotFound) {
		return nil, s.refuse(ctx, d, from, unknownToken(c.Secret))
	}
	if err != nil {
		return nil, err
	}
	return s.admit(ctx, e, c, from)
}

// basic tells tokens from passwords. What is remembered comes first, so that
// neither costs a look-up twice.
func (s *Service) basic(ctx context.Context, c Credential, from netip.Addr) (*Principal, error) {
	d := s.digests.token(c.Secret)
	if e, ok := s.tokens.Get(d); ok {
		return s.admit(ctx, e, c, from)
	}
	attempt := s.attempt(c.Username, c.Secret)
	if p, ok, err := s.recallPassword(ctx, attempt); ok || err != nil {
		return p, err
	}
	e, err := s.token(ctx, d)
	if err == nil {
		return s.admit(ctx, e, c, from)
	}
	if !errors.Is(err, npm.ErrNotFound) {
		return nil, err
	}
	if c.Username == "" || shapeOf(c.Secret) != foreign {
		return nil, s.refuse(ctx, d, from, unknownToken(c.Secret))
	}
	a, err := s.checkPassword(ctx, attempt, c.Secret, from)
	if err != nil {
		return nil, err
	}
	return a.self, nil
}

func unknownToken(secret string) error {
	if shapeOf(secret) == damaged {
		return unauthenticated("Token is damaged: it was not copied whole")
	}
	return unauthenticated("Token is unknown: sign in again, or create another one")
}

// admit checks that a known token may be used, by this form, from here and now.
func (s *Service) admit(ctx context.Context, e *tokenEntry, c Credential, from netip.Addr) (*Principal, error) {
	now := s.opt.Now()
	err := e.usable(now, from)
	if err == nil {
		err = fits(e.principal.Token, c)
	}
	if err != nil {
		return nil, s.refuse(ctx, e.digest, from, err)
	}
	s.used.note(e, now)
	return e.principal, nil
}

// refuse counts a token that is no good and returns why, or that there were too
// many from this address.
func (s *Service) refuse(ctx context.Context, d digest, from netip.Addr, why error) error {
	if wait := s.limits.badToken(d, from, s.opt.Now()); wait > 0 {
		return s.limited(ctx, wait, from, "")
	}
	return why
}

// fits checks that a token of that kind may be sent in that form.
func fits(t record.Token, c Credential) error {
	want := t.Kind
	switch c.Form {
	case PrivateToken:
		want = record.PersonalToken
	case JobToken:
		want = record.JobToken
	case DeployToken:
		want = record.DeployToken
	case Basic:
		if t.Kind == record.DeployToken && !strings.EqualFold(t.Username, c.Username) {
			return unauthenticated("this deploy token goes with another username")
		}
	}
	if t.Kind != want {
		return unauthenticated("a %s token was sent where a %s token is needed", t.Kind, want)
	}
	return nil
}
