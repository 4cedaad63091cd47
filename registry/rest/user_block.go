package rest

import (
	"context"

	"github.com/larderhq/larder/registry/accounts"
)

// blockUser answers "POST /users/:id/block".
func (a *API) blockUser(ctx context.Context, r *Request) (*Response, error) {
	id, err := r.userID()
	if err != nil {
		return nil, err
	}
	if id == r.Principal.UserID {
		return nil, errForbidden("The API initiating user cannot be blocked by the API")
	}
	return r.moderate(ctx, id, a.deps.Accounts.BlockUser)
}

// unblockUser answers "POST /users/:id/unblock".
func (a *API) unblockUser(ctx context.Context, r *Request) (*Response, error) {
	id, err := r.userID()
	if err != nil {
		return nil, err
	}
	return r.moderate(ctx, id, a.deps.Accounts.UnblockUser)
}

// moderate answers with true, as GitLab does.
func (r *Request) moderate(ctx context.Context, id int64, do func(context.Context, accounts.Actor, int64) error) (*Response, error) {
	if err := do(ctx, r.actor(), id); err != nil {
		return nil, conflicting(err)
	}
	return created(true), nil
}
