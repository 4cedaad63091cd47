package rest

import (
	"context"
	"errors"
	"net/http"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
)

// revokeToken answers "DELETE /personal_access_tokens/:id". Of others' tokens
// nobody but administrators learns that they exist.
func (a *API) revokeToken(ctx context.Context, r *Request) (*Response, error) {
	if err := r.owner(); err != nil {
		return nil, err
	}
	t, err := a.token(ctx, r)
	if errors.Is(err, npm.ErrNotFound) || errors.Is(err, npm.ErrUnauthenticated) {
		return nil, errNoRecord()
	}
	if err != nil {
		return nil, err
	}
	return a.revoke(ctx, r, t.ID)
}

// revokeOwnToken answers "DELETE /personal_access_tokens/self", for tokens of
// any scope.
func (a *API) revokeOwnToken(ctx context.Context, r *Request) (*Response, error) {
	if err := r.signedInByToken(); err != nil {
		return nil, err
	}
	return a.revoke(ctx, r, r.Principal.Token.ID)
}

func (a *API) revoke(ctx context.Context, r *Request, id int64) (*Response, error) {
	if err := a.deps.Accounts.RevokeToken(ctx, r.actor(), id); err != nil {
		return nil, err
	}
	return noContent(), nil
}

// rotateToken answers "POST /personal_access_tokens/:id/rotate".
func (a *API) rotateToken(ctx context.Context, r *Request) (*Response, error) {
	if err := r.owner(); err != nil {
		return nil, err
	}
	t, err := a.token(ctx, r)
	if err != nil {
		return nil, err
	}
	return a.rotate(ctx, r, t.ID)
}

// rotateOwnToken answers "POST /personal_access_tokens/self/rotate". The new
// token has the limits of the old one, so a limited one may ask for it.
func (a *API) rotateOwnToken(ctx context.Context, r *Request) (*Response, error) {
	if r.Principal.Kind != accounts.Person || r.Principal.Token.ID == 0 {
		return nil, &Refusal{Status: http.StatusMethodNotAllowed, Text: "405 Method Not Allowed"}
	}
	if !r.Principal.Writes() {
		return nil, errForbidden("")
	}
	return a.rotate(ctx, r, r.Principal.Token.ID)
}

func (a *API) rotate(ctx context.Context, r *Request, id int64) (*Response, error) {
	expiry, err := r.when("expires_at")
	if err != nil {
		return nil, err
	}
	t, secret, err := a.deps.Accounts.RotateToken(ctx, r.actor(), id, expiry)
	var e *npm.Error
	if errors.As(err, &e) && errors.Is(e.Kind, npm.ErrInvalid) {
		return nil, errBadRequest(e.Text)
	}
	if err != nil {
		return nil, err
	}
	v := a.viewToken(t)
	v.Token = secret
	return ok(v), nil
}
