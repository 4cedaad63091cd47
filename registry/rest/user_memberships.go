package rest

import (
	"context"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// What GitLab calls the sources of memberships.
const (
	projectMembership = "Project"
	groupMembership   = "Namespace"
)

// membershipView is a role of a user.
type membershipView struct {
	SourceID    int64              `json:"source_id"`
	SourceName  string             `json:"source_name"`
	SourceType  string             `json:"source_type"`
	AccessLevel record.AccessLevel `json:"access_level"`
}

// listMemberships answers "GET /users/:id/memberships".
func (a *API) listMemberships(ctx context.Context, r *Request) (*Response, error) {
	id, err := r.userID()
	if err != nil {
		return nil, err
	}
	page, err := r.paging()
	if err != nil {
		return nil, err
	}
	kind, err := r.Params.OneOf("type", "", projectMembership, groupMembership)
	if err != nil {
		return nil, err
	}
	if _, err := a.deps.Accounts.User(ctx, id); err != nil {
		return nil, err
	}
	roles, err := a.deps.Accounts.Memberships(ctx, id)
	if err != nil {
		return nil, err
	}
	tree, err := a.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	views := []membershipView{}
	for _, m := range roles {
		if v, ok := viewMembership(tree, m); ok && (kind == "" || v.SourceType == kind) {
			views = append(views, v)
		}
	}
	return r.paged(page, len(views), window(views, page)), nil
}

// viewMembership shows a role; not of what was removed meanwhile.
func viewMembership(tree *accounts.Tree, m record.Member) (membershipView, bool) {
	v := membershipView{SourceID: m.Source.ID, SourceType: groupMembership, AccessLevel: m.Level}
	if m.Source.Kind == record.ProjectSource {
		v.SourceType = projectMembership
		pr, ok := tree.Project(m.Source.ID)
		if ok {
			v.SourceName = pr.Name
		}
		return v, ok
	}
	g, ok := tree.Group(m.Source.ID)
	if ok {
		v.SourceName = g.Name
	}
	return v, ok
}
