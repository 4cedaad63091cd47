package rest

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// createGroup answers "POST /groups".
func (a *API) createGroup(ctx context.Context, r *Request) (*Response, error) {
	if err := r.Params.Need("name", "path"); err != nil {
		return nil, err
	}
	c, err := r.groupChange()
	if err != nil {
		return nil, err
	}
	if c.Forwarding, err = r.Params.forwardingChange(record.Forwarding{}); err != nil {
		return nil, err
	}
	parent, err := r.Params.Int("parent_id")
	if err != nil {
		return nil, err
	}
	n := accounts.NewGroup{Path: value(c.Path), Name: value(c.Name), Description: value(c.Description),
		Visibility: value(c.Visibility), Forwarding: value(c.Forwarding)}
	if n.ParentID, err = a.parent(ctx, r, parent); err != nil {
		return nil, err
	}
	if n.Name == "" {
		return nil, errField("name", "can't be blank")
	}
	if strings.Contains(n.Path, "/") { // it would be taken for a full path
		return nil, errField("path", "can contain only letters, digits, '_', '-' and '.'")
	}
	g, err := a.deps.Accounts.CreateGroup(ctx, r.actor(), n)
	if err != nil {
		return nil, worded(err)
	}
	return a.groupMade(ctx, r, g.ID, http.StatusCreated)
}

// parent checks that the caller may put a group into another, or at the top
// where there is none, and returns its number.
func (a *API) parent(ctx context.Context, r *Request, id *int64) (int64, error) {
	if id == nil || *id == 0 {
		return 0, r.admin()
	}
	g, access, err := a.target(ctx, r, *id)
	if err != nil {
		return 0, err
	}
	return g.ID, manages(r, access, record.Maintainer)
}

// target finds a group that the caller sees by its number.
func (a *API) target(ctx context.Context, r *Request, id int64) (*accounts.Group, accounts.Access, error) {
	g, err := a.deps.Accounts.GroupByID(ctx, id)
	if err != nil && !errors.Is(err, npm.ErrNotFound) {
		return nil, accounts.Access{}, err
	}
	if err == nil {
		if access := a.deps.Accounts.GroupAccess(r.Principal, g); access.See {
			return g, access, nil
		}
	}
	return nil, accounts.Access{}, errNotFound("Group")
}

// manages refuses whoever has no such role, and credentials that are limited.
func manages(r *Request, access accounts.Access, least record.AccessLevel) error {
	s := space{access: access}
	return s.needRole(r, least)
}

// groupMade answers with a group that was written.
func (a *API) groupMade(ctx context.Context, r *Request, id int64, status int) (*Response, error) {
	tree, err := a.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	g, there := tree.Group(id)
	if !there { // removed meanwhile
		return nil, errNotFound("Group")
	}
	return &Response{Status: status, Body: r.viewGroup(tree, g)}, nil
}

// groupChange reads the fields of a group that a request gives.
func (r *Request) groupChange() (c accounts.GroupChange, err error) {
	if c.Name, err = r.Params.Text("name"); err != nil {
		return c, err
	}
	if c.Path, err = r.Params.Text("path"); err != nil {
		return c, err
	}
	if c.Description, err = r.Params.Text("description"); err != nil {
		return c, err
	}
	c.Visibility, err = r.Params.visibilityChange()
	return c, err
}

// visibilityChange reads a visibility; nil where it is absent.
func (p Params) visibilityChange() (*record.Visibility, error) {
	word, err := p.visibility("")
	if err != nil || word == "" {
		return nil, err
	}
	v := record.Visibility(word)
	return &v, nil
}

// forwardingChange reads the two settings of forwarding over those that are
// there; nil where both are absent. Null and empty inherit.
func (p Params) forwardingChange(now record.Forwarding) (*record.Forwarding, error) {
	const name = settingForwarding
	if !p.Has(name) && !p.Has(settingLock) {
		return nil, nil //nolint:nilnil // absent is not an error
	}
	if p.Has(name) {
		enabled, err := p.Bool(name)
		if err != nil {
			return nil, err
		}
		if p[name] == nil || p[name] == "" {
			enabled = nil
		}
		now.Enabled = enabled
	}
	locked, err := p.Bool(settingLock)
	if err != nil {
		return nil, err
	}
	if locked != nil {
		now.Locked = *locked
	}
	return &now, nil
}

// changeGroup answers "PUT /groups/:id".
func (a *API) changeGroup(ctx context.Context, r *Request) (*Response, error) {
	g, err := a.ownGroup(ctx, r)
	if err != nil {
		return nil, err
	}
	c, err := r.groupChange()
	if err != nil {
		return nil, err
	}
	if c.Forwarding, err = r.Params.forwardingChange(g.Forwarding); err != nil {
		return nil, err
	}
	if _, err := a.deps.Accounts.UpdateGroup(ctx, r.actor(), g.ID, c); err != nil {
		return nil, worded(err)
	}
	return a.groupMade(ctx, r, g.ID, http.StatusOK)
}

// ownGroup finds the group that the path names and the caller owns.
func (a *API) ownGroup(ctx context.Context, r *Request) (*accounts.Group, error) {
	g, access, err := a.group(ctx, r)
	if err == nil {
		err = manages(r, access, record.Owner)
	}
	return g, err
}

// transferGroup answers "POST /groups/:id/transfer".
func (a *API) transferGroup(ctx context.Context, r *Request) (*Response, error) {
	g, err := a.ownGroup(ctx, r)
	if err != nil {
		return nil, err
	}
	to, err := r.Params.Int("group_id")
	if err != nil {
		return nil, err
	}
	parent, err := a.parent(ctx, r, to)
	if err != nil {
		return nil, err
	}
	if _, err := a.deps.Accounts.UpdateGroup(ctx, r.actor(), g.ID, accounts.GroupChange{ParentID: &parent}); err != nil {
		return nil, worded(err)
	}
	return a.groupMade(ctx, r, g.ID, http.StatusCreated)
}

// removeGroup answers "DELETE /groups/:id".
func (a *API) removeGroup(ctx context.Context, r *Request) (*Response, error) {
	g, err := a.ownGroup(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := a.deps.Accounts.RemoveGroup(ctx, r.actor(), g.ID); err != nil {
		return nil, errHeld(err)
	}
	return accepted(), nil
}

// errHeld words the refusal to remove what still holds something.
func errHeld(err error) error {
	var held *npm.Error
	if errors.Is(err, npm.ErrConflict) && errors.As(err, &held) {
		return &Refusal{Status: http.StatusConflict, Text: "409 Conflict: " + held.Text}
	}
	return err
}

// value is what a pointer leads to, or nothing.
func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
