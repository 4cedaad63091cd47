package rest

import (
	"context"
	"errors"
	"net/http"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// addMember answers "POST …/members".
func (a *API) addMember(ctx context.Context, r *Request, at *space) (*Response, error) {
	if err := r.Params.Need("access_level"); err != nil {
		return nil, err
	}
	if err := r.Params.NeedOne("user_id", "username"); err != nil {
		return nil, err
	}
	if r.Params.Has("user_id") && r.Params.Has("username") {
		return nil, errWrong("user_id, username are mutually exclusive")
	}
	level, until, err := r.role()
	if err == nil {
		err = at.needRole(r, at.admins())
	}
	if err != nil {
		return nil, err
	}
	u, err := a.invited(ctx, r)
	if err != nil {
		return nil, err
	}
	m, err := a.deps.Accounts.AddMember(ctx, r.granter(at),
		accounts.Grant{Source: at.source, UserID: u.ID, Level: level, ExpiresAt: until})
	if errors.Is(err, npm.ErrConflict) {
		return nil, &Refusal{Status: http.StatusConflict, Text: "Member already exists"}
	}
	if err != nil {
		return nil, memberRefusal(err)
	}
	return created(viewMember(m)), nil
}

// invited finds who is to become a member.
func (a *API) invited(ctx context.Context, r *Request) (record.User, error) {
	var u record.User
	name, err := r.Params.Word("username", "")
	switch {
	case err != nil:
		return u, err
	case r.Params.Has("username"):
		u, err = a.deps.Accounts.UserByName(ctx, name)
	default:
		var id int64
		if id, err = r.Params.ID("user_id"); err != nil {
			return u, err
		}
		u, err = a.deps.Accounts.User(ctx, id)
	}
	if errors.Is(err, npm.ErrNotFound) {
		return u, errNotFound("User")
	}
	return u, err
}

// changeMember answers "PUT …/members/:user_id".
func (a *API) changeMember(ctx context.Context, r *Request, at *space) (*Response, error) {
	if err := r.Params.Need("access_level"); err != nil {
		return nil, err
	}
	id, err := r.Params.ID("user_id")
	if err != nil {
		return nil, err
	}
	level, until, err := r.role()
	if err == nil {
		err = at.needRole(r, at.admins())
	}
	if err != nil {
		return nil, err
	}
	m, err := a.deps.Accounts.ChangeMember(ctx, r.granter(at),
		accounts.Grant{Source: at.source, UserID: id, Level: level, ExpiresAt: until})
	if err != nil {
		return nil, noRecord(memberRefusal(err))
	}
	return ok(viewMember(m)), nil
}

// removeMember answers "DELETE …/members/:user_id". Members may leave.
func (a *API) removeMember(ctx context.Context, r *Request, at *space) (*Response, error) {
	id, err := r.Params.ID("user_id")
	if err != nil {
		return nil, err
	}
	here, err := r.Params.Truth("skip_subresources")
	if err != nil {
		return nil, err
	}
	need := at.admins()
	if id == r.Principal.UserID {
		need = record.Guest
	}
	if err := at.needRole(r, need); err != nil {
		return nil, err
	}
	m, err := a.deps.Accounts.Holder(ctx, id, at.source)
	if err == nil {
		err = r.unmodifiedSince(m.CreatedAt)
	}
	if err == nil {
		err = a.deps.Accounts.EndMembership(ctx, r.granter(at), accounts.Departure{Source: at.source, UserID: id, Here: here})
	}
	if err != nil {
		return nil, noRecord(memberRefusal(err))
	}
	return noContent(), nil
}

// granter tells accounts who gives or takes a role.
func (r *Request) granter(at *space) accounts.Granter {
	return accounts.Granter{Actor: r.actor(), Level: at.access.Level}
}

// memberRefusal words what accounts refuses. GitLab says no reason with a 403.
func memberRefusal(err error) error {
	if errors.Is(err, npm.ErrForbidden) {
		return errForbidden("")
	}
	return worded(err)
}
