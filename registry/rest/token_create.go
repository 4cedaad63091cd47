package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
)

// createToken answers "POST /users/:id/personal_access_tokens".
func (a *API) createToken(ctx context.Context, r *Request) (*Response, error) {
	id, err := r.userID()
	if err != nil {
		return nil, err
	}
	return a.makeToken(ctx, r, id, accounts.ScopeAPI, accounts.ScopeReadAPI)
}

// createOwnToken answers "POST /user/personal_access_tokens". A token makes no
// other one that writes: who found it could go on after it is revoked.
func (a *API) createOwnToken(ctx context.Context, r *Request) (*Response, error) {
	if err := r.owner(); err != nil {
		return nil, err
	}
	scopes := []string{accounts.ScopeReadAPI}
	if r.Principal.Token.ID == 0 {
		scopes = append(scopes, accounts.ScopeAPI)
	}
	return a.makeToken(ctx, r, r.Principal.UserID, scopes...)
}

func (a *API) makeToken(ctx context.Context, r *Request, userID int64, scopes ...string) (*Response, error) {
	n, err := r.newToken(scopes)
	if err != nil {
		return nil, err
	}
	n.UserID = userID
	t, secret, err := a.deps.Accounts.CreateToken(ctx, r.actor(), n)
	if err != nil {
		return nil, unprocessable(err)
	}
	v := a.viewToken(t)
	v.Token = secret
	return created(v), nil
}

// newToken reads what a token is to be.
func (r *Request) newToken(scopes []string) (accounts.NewToken, error) {
	n := accounts.NewToken{}
	if err := r.Params.Need("name", "scopes"); err != nil {
		return n, err
	}
	if err := fill(r.Params.word, slot[string]{"name", &n.Name}, slot[string]{"description", &n.Description}); err != nil {
		return n, err
	}
	err := fill(r.Params.List, slot[[]string]{"scopes", &n.Scopes}, slot[[]string]{"packages", &n.Packages}, slot[[]string]{"cidr", &n.CIDR})
	if err != nil {
		return n, err
	}
	if slices.ContainsFunc(n.Scopes, func(scope string) bool { return !slices.Contains(scopes, scope) }) {
		return n, errValue("scopes")
	}
	if len(n.Scopes) == 0 {
		return n, &Refusal{Status: http.StatusUnprocessableEntity, Text: "Scopes can't be blank"}
	}
	if err := r.limits(n); err != nil {
		return n, err
	}
	n.ExpiresAt, err = r.when("expires_at")
	return n, err
}

// limits refuses limits that are given and empty: a token without any is not what
// was asked for.
func (r *Request) limits(n accounts.NewToken) error {
	switch {
	case len(n.Packages) == 0 && r.Params["packages"] != nil:
		return &Refusal{Status: http.StatusUnprocessableEntity, Text: "Packages can't be blank"}
	case len(n.CIDR) == 0 && r.Params["cidr"] != nil:
		return &Refusal{Status: http.StatusUnprocessableEntity, Text: "Cidr can't be blank"}
	}
	return nil
}

// when reads a time; zero where it is not given.
func (r *Request) when(name string) (time.Time, error) {
	at, err := r.Params.Date(name)
	return value(at), err
}

// unprocessable gives what is wrong with a token the form that GitLab gives it:
// the text alone.
func unprocessable(err error) error {
	var e *npm.Error
	if errors.As(err, &e) && errors.Is(e.Kind, npm.ErrInvalid) {
		return &Refusal{Status: http.StatusUnprocessableEntity, Text: e.Text}
	}
	return err
}
