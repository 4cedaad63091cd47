package rest

import (
	"context"

	"github.com/larderhq/larder/registry/accounts"
)

// userRoutes are those of GitLab documentation, "Users API" and "User moderation
// API".
func userRoutes() []Route {
	return []Route{
		{Name: "user", Method: "GET", Path: "/user", SignedIn: true, Run: (*API).showSelf},
		{Name: "users", Method: "GET", Path: "/users", Run: (*API).listUsers},
		{Name: "users", Method: "POST", Path: "/users", SignedIn: true, Run: (*API).createUser},
		{Name: "user_by_id", Method: "GET", Path: "/users/:id", Run: (*API).showUser},
		{Name: "user_by_id", Method: "PUT", Path: "/users/:id", SignedIn: true, Run: (*API).updateUser},
		{Name: "user_by_id", Method: "DELETE", Path: "/users/:id", SignedIn: true, Run: (*API).removeUser},
		{Name: "user_block", Method: "POST", Path: "/users/:id/block", SignedIn: true, Run: (*API).blockUser},
		{Name: "user_unblock", Method: "POST", Path: "/users/:id/unblock", SignedIn: true, Run: (*API).unblockUser},
		{Name: "user_memberships", Method: "GET", Path: "/users/:id/memberships", SignedIn: true, Run: (*API).listMemberships},
	}
}

// person refuses whoever is no user: deploy and job tokens have no account.
func (r *Request) person() error {
	switch r.Principal.Kind {
	case accounts.Person:
		return nil
	case accounts.Anonymous:
		return errUnauthenticated()
	}
	return errForbidden("")
}

// owner refuses whoever may not change its own account.
func (r *Request) owner() error {
	if err := r.person(); err != nil {
		return err
	}
	if !r.Principal.ManagesAccount() {
		return errForbidden("a limited token cannot change its user's account: use one with the scope api and no limits")
	}
	return nil
}

// showSelf answers "GET /user".
func (a *API) showSelf(ctx context.Context, r *Request) (*Response, error) {
	if err := r.person(); err != nil {
		return nil, err
	}
	u, err := a.deps.Accounts.User(ctx, r.Principal.UserID)
	switch {
	case err != nil:
		return nil, err
	case r.Principal.Admin:
		return ok(viewWholeUser(u)), nil
	}
	return ok(viewOwnUser(u)), nil
}

// listUsers answers "GET /users".
func (a *API) listUsers(ctx context.Context, r *Request) (*Response, error) {
	if r.Principal.Kind != accounts.Person {
		return nil, errForbidden("Not authorized to access /api/v4/users")
	}
	page, err := r.paging()
	if err != nil {
		return nil, err
	}
	q, err := r.userQuery()
	if err != nil {
		return nil, err
	}
	everyone, err := a.deps.Accounts.Everyone(ctx)
	if err != nil {
		return nil, err
	}
	list := q.pick(everyone)
	views := []any{}
	for _, u := range window(list, page) {
		if r.Principal.Admin {
			views = append(views, viewWholeUser(*u))
		} else {
			views = append(views, viewListedUser(*u))
		}
	}
	return r.paged(page, len(list), views), nil
}

// showUser answers "GET /users/:id".
func (a *API) showUser(ctx context.Context, r *Request) (*Response, error) {
	if r.Principal.Kind != accounts.Person {
		return nil, errForbidden("Not authorized!")
	}
	id, err := r.Params.ID("id")
	if err != nil {
		return nil, err
	}
	u, err := a.deps.Accounts.User(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case r.Principal.Admin:
		return ok(viewWholeUser(u)), nil
	}
	return ok(viewShownUser(u)), nil
}
