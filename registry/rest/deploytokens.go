package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// deployTokenRoutes are those of GitLab documentation, "Deploy tokens API".
func deployTokenRoutes() []Route {
	all := []Route{{Name: "deploy_tokens", Method: "GET", Path: "/deploy_tokens", SignedIn: true, Run: (*API).listAllDeployTokens}}
	for _, at := range []struct {
		name, path string
		in         func(spaceRun) func(*API, context.Context, *Request) (*Response, error)
	}{{"project", "/projects/:id/deploy_tokens", inProject}, {"group", "/groups/:id/deploy_tokens", inGroup}} {
		list, one := at.name+"_deploy_tokens", at.name+"_deploy_token"
		all = append(all,
			Route{Name: list, Method: "GET", Path: at.path, SignedIn: true, Run: at.in((*API).listDeployTokens)},
			Route{Name: list, Method: "POST", Path: at.path, SignedIn: true, Run: at.in((*API).createDeployToken)},
			Route{Name: one, Method: "GET", Path: at.path + "/:token_id", SignedIn: true, Run: at.in((*API).showDeployToken)},
			Route{Name: one, Method: "DELETE", Path: at.path + "/:token_id", SignedIn: true, Run: at.in((*API).removeDeployToken)},
		)
	}
	return all
}

// deployTokenView is a deploy token as GitLab shows it. Token is its secret,
// which only the answer to its creation has.
type deployTokenView struct {
	ID        int64     `json:"id"`
	Name      string    `json:"name"`
	Username  string    `json:"username"`
	ExpiresAt timestamp `json:"expires_at"`
	Scopes    []string  `json:"scopes"`
	Revoked   bool      `json:"revoked"`
	Expired   bool      `json:"expired"`
	Token     string    `json:"token,omitempty"`
}

func (a *API) viewDeployToken(t record.Token) deployTokenView {
	return deployTokenView{ID: t.ID, Name: t.Name, Username: t.Username, ExpiresAt: timestamp(t.ExpiresAt),
		Scopes: t.Scopes, Revoked: !t.RevokedAt.IsZero(), Expired: a.expired(t)}
}

func (a *API) expired(t record.Token) bool {
	return !t.ExpiresAt.IsZero() && !t.ExpiresAt.After(a.opts.Now())
}

// listAllDeployTokens answers "GET /deploy_tokens".
func (a *API) listAllDeployTokens(ctx context.Context, r *Request) (*Response, error) {
	if err := r.admin(); err != nil {
		return nil, err
	}
	return a.deployTokenList(r, func() ([]record.Token, error) { return a.deps.Accounts.AllDeployTokens(ctx) })
}

// listDeployTokens answers "GET …/deploy_tokens".
func (a *API) listDeployTokens(ctx context.Context, r *Request, at *space) (*Response, error) {
	if err := at.needRole(r, record.Maintainer); err != nil {
		return nil, err
	}
	return a.deployTokenList(r, func() ([]record.Token, error) { return a.deps.Accounts.DeployTokens(ctx, at.source) })
}

func (a *API) deployTokenList(r *Request, read func() ([]record.Token, error)) (*Response, error) {
	page, err := r.paging()
	if err != nil {
		return nil, err
	}
	active, err := r.Params.Truth("active")
	if err != nil {
		return nil, err
	}
	list, err := read()
	if err != nil {
		return nil, err
	}
	if active {
		list = slices.DeleteFunc(list, a.expired)
	}
	views := []deployTokenView{}
	for _, t := range window(list, page) {
		views = append(views, a.viewDeployToken(t))
	}
	return r.paged(page, len(list), views), nil
}

// createDeployToken answers "POST …/deploy_tokens".
func (a *API) createDeployToken(ctx context.Context, r *Request, at *space) (*Response, error) {
	n, err := r.newDeployToken()
	if err == nil {
		err = at.needRole(r, at.admins())
	}
	if err != nil {
		return nil, err
	}
	n.Source = at.source
	t, secret, err := a.deps.Accounts.CreateDeployToken(ctx, r.actor(), n)
	if err != nil {
		return nil, deployTokenRefusal(err)
	}
	v := a.viewDeployToken(t)
	v.Token = secret
	return created(v), nil
}

// newDeployToken reads what a deploy token is to be.
func (r *Request) newDeployToken() (accounts.NewDeployToken, error) {
	var n accounts.NewDeployToken
	if err := r.Params.Need("name", "scopes"); err != nil {
		return n, err
	}
	err := fill(r.Params.word, slot[string]{"name", &n.Name}, slot[string]{"username", &n.Username})
	if err != nil {
		return n, err
	}
	if n.Scopes, err = r.Params.List("scopes"); err != nil {
		return n, err
	}
	if n.ExpiresAt, err = r.when("expires_at"); err != nil {
		return n, err
	}
	return n, checkDeployScopes(n.Scopes)
}

// checkDeployScopes refuses the scopes that GitLab knows and nobody serves
// here, apart from those that nobody knows.
func checkDeployScopes(scopes []string) error {
	const read, write = accounts.ScopeReadRegistry, accounts.ScopeWriteRegistry
	foreign := []string{"read_repository", "read_registry", "write_registry", "read_virtual_registry", "write_virtual_registry"}
	for _, scope := range scopes {
		switch {
		case scope == read, scope == write:
		case slices.Contains(foreign, scope):
			return errWrong("scopes has " + scope + ", which is not served here: use " + read + " and " + write)
		default:
			return errValue("scopes")
		}
	}
	return nil
}

// deployTokenRefusal words what accounts refuses as GitLab words the errors of
// this record: as one sentence.
func deployTokenRefusal(err error) error {
	var e *npm.Error
	if errors.As(err, &e) && errors.Is(e.Kind, npm.ErrInvalid) {
		return &Refusal{Status: http.StatusBadRequest, Text: e.Text}
	}
	var field *accounts.FieldError
	if errors.As(err, &field) {
		return &Refusal{Status: http.StatusBadRequest, Text: strings.ToUpper(field.Field[:1]) + field.Field[1:] + " " + field.Text}
	}
	return err
}

// showDeployToken answers "GET …/deploy_tokens/:token_id".
func (a *API) showDeployToken(ctx context.Context, r *Request, at *space) (*Response, error) {
	id, err := r.Params.ID("token_id")
	if err == nil {
		err = at.needRole(r, record.Maintainer)
	}
	if err != nil {
		return nil, err
	}
	t, err := a.deps.Accounts.DeployToken(ctx, at.source, id)
	if err != nil {
		return nil, noRecord(err)
	}
	return ok(a.viewDeployToken(t)), nil
}

// removeDeployToken answers "DELETE …/deploy_tokens/:token_id". The token stops
// working at once.
func (a *API) removeDeployToken(ctx context.Context, r *Request, at *space) (*Response, error) {
	id, err := r.Params.ID("token_id")
	if err == nil {
		err = at.needRole(r, at.admins())
	}
	if err != nil {
		return nil, err
	}
	if err := a.deps.Accounts.RevokeDeployToken(ctx, r.actor(), at.source, id); err != nil {
		return nil, noRecord(err)
	}
	return noContent(), nil
}
