package rest

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// tokenRoutes are those of GitLab documentation, "Personal access tokens API"
// and "User tokens API".
func tokenRoutes() []Route {
	const all, one, self = "/personal_access_tokens", "/personal_access_tokens/:id", "/personal_access_tokens/self"
	return []Route{
		{Name: "personal_access_tokens", Method: "GET", Path: all, SignedIn: true, Run: (*API).listTokens},
		{Name: "personal_access_token_self", Method: "GET", Path: self, SignedIn: true, Run: (*API).showOwnToken},
		{Name: "personal_access_token_self", Method: "DELETE", Path: self, SignedIn: true, Run: (*API).revokeOwnToken},
		{Name: "personal_access_token_self_rotate", Method: "POST", Path: self + "/rotate", SignedIn: true, Run: (*API).rotateOwnToken},
		{Name: "personal_access_token", Method: "GET", Path: one, SignedIn: true, Run: (*API).showToken},
		{Name: "personal_access_token", Method: "DELETE", Path: one, SignedIn: true, Run: (*API).revokeToken},
		{Name: "personal_access_token_rotate", Method: "POST", Path: one + "/rotate", SignedIn: true, Run: (*API).rotateToken},
		{Name: "user_personal_access_tokens", Method: "POST", Path: "/users/:id/personal_access_tokens", SignedIn: true, Run: (*API).createToken},
		{Name: "own_personal_access_tokens", Method: "POST", Path: "/user/personal_access_tokens", SignedIn: true, Run: (*API).createOwnToken},
	}
}

// tokenView is a personal token as GitLab shows it, with larder's limits.
type tokenView struct {
	ID          int64     `json:"id"`
	Name        string    `json:"name"`
	Description string    `json:"description"`
	Revoked     bool      `json:"revoked"`
	CreatedAt   timestamp `json:"created_at"`
	Scopes      []string  `json:"scopes"`
	UserID      int64     `json:"user_id"`
	LastUsedAt  timestamp `json:"last_used_at"`
	Active      bool      `json:"active"`
	ExpiresAt   date      `json:"expires_at"`
	Packages    []string  `json:"packages,omitempty"`
	CIDR        []string  `json:"cidr,omitempty"`
	// Token is the secret, in the answer that makes it and never again.
	Token string `json:"token,omitempty"`
}

func (a *API) viewToken(t record.Token) tokenView {
	return tokenView{ID: t.ID, Name: t.Name, Description: t.Description, Revoked: !t.RevokedAt.IsZero(),
		CreatedAt: timestamp(t.CreatedAt), Scopes: t.Scopes, UserID: t.UserID, LastUsedAt: timestamp(t.LastUsedAt),
		Active: activeToken(t, a.opts.Now()), ExpiresAt: date(t.ExpiresAt), Packages: t.Packages, CIDR: t.CIDR}
}

func activeToken(t record.Token, now time.Time) bool {
	return t.RevokedAt.IsZero() && (t.ExpiresAt.IsZero() || now.Before(t.ExpiresAt))
}

// listTokens answers "GET /personal_access_tokens".
func (a *API) listTokens(ctx context.Context, r *Request) (*Response, error) {
	if err := r.person(); err != nil {
		return nil, err
	}
	page, err := r.paging()
	if err != nil {
		return nil, err
	}
	userID, err := a.tokensOf(ctx, r)
	if err != nil {
		return nil, err
	}
	keep, err := r.tokenFilter(a.opts.Now())
	if err != nil {
		return nil, err
	}
	order, err := r.tokenOrder()
	if err != nil {
		return nil, err
	}
	list, err := a.deps.Accounts.PersonalTokens(ctx, userID, keep)
	if err != nil {
		return nil, err
	}
	order(list)
	views := []tokenView{}
	for _, t := range window(list, page) {
		views = append(views, a.viewToken(t))
	}
	return r.paged(page, len(list), views), nil
}

// tokensOf reads whose tokens are wanted; zero for everybody's.
func (a *API) tokensOf(ctx context.Context, r *Request) (int64, error) {
	id, err := r.Params.Int("user_id")
	switch {
	case err != nil:
		return 0, err
	case !r.Principal.Admin && id != nil && *id != r.Principal.UserID:
		return 0, errUnauthenticated()
	case !r.Principal.Admin:
		return r.Principal.UserID, nil
	case id == nil && r.Params.Has("user_id"):
		return 0, errNoToken()
	case id == nil:
		return 0, nil
	}
	_, err = a.deps.Accounts.User(ctx, max(*id, 0))
	if errors.Is(err, npm.ErrNotFound) {
		return 0, errNoToken()
	}
	return *id, err
}

// errNoToken is GitLab's answer where neither the user nor the token is there.
func errNoToken() error {
	return &npm.Error{Kind: npm.ErrNotFound, Message: "Not Found", Text: "not found"}
}

// token finds a personal token that the caller may see. Only administrators are
// told that there is none.
func (a *API) token(ctx context.Context, r *Request) (record.Token, error) {
	id, err := r.Params.ID("id")
	if err != nil {
		return record.Token{}, err
	}
	t, err := a.deps.Accounts.Token(ctx, id)
	missing := errors.Is(err, npm.ErrNotFound) || err == nil && t.Kind != record.PersonalToken
	switch {
	case missing && r.Principal.Admin:
		return t, errNoToken()
	case missing, err == nil && !r.Principal.Admin && t.UserID != r.Principal.UserID:
		return t, errUnauthenticated()
	}
	return t, err
}

// showToken answers "GET /personal_access_tokens/:id".
func (a *API) showToken(ctx context.Context, r *Request) (*Response, error) {
	if err := r.person(); err != nil {
		return nil, err
	}
	t, err := a.token(ctx, r)
	if err != nil {
		return nil, err
	}
	return ok(a.viewToken(t)), nil
}

// showOwnToken answers "GET /personal_access_tokens/self".
func (a *API) showOwnToken(ctx context.Context, r *Request) (*Response, error) {
	if err := r.signedInByToken(); err != nil {
		return nil, err
	}
	t, err := a.deps.Accounts.Token(ctx, r.Principal.Token.ID)
	if err != nil {
		return nil, err
	}
	return ok(a.viewToken(t)), nil
}

// signedInByToken refuses whoever has no personal token to ask about.
func (r *Request) signedInByToken() error {
	if r.Principal.Kind == accounts.Person && r.Principal.Token.ID != 0 {
		return nil
	}
	return errBadRequest("This endpoint requires token type to be a personal access token")
}

// errBadRequest is GitLab's "400 Bad request" with a reason.
func errBadRequest(reason string) error {
	return &Refusal{Status: http.StatusBadRequest, Text: "400 Bad request - " + reason}
}
