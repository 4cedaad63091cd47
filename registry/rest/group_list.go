package rest

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// groupQuery is which groups are wanted, and in which order.
type groupQuery struct {
	search     terms
	visibility string
	skip       []string
	topOnly    bool
	// all adds those that the caller may see without having to do with them.
	all bool
	// least is the role that the caller must have; NoAccess asks for none.
	least record.AccessLevel
	order string
	desc  bool
}

func (r *Request) groupQuery() (q groupQuery, err error) {
	p := r.Params
	if q.search, err = p.terms("search"); err != nil {
		return q, err
	}
	if q.visibility, err = p.visibility(""); err != nil {
		return q, err
	}
	if q.skip, err = p.numbers("skip_groups"); err != nil {
		return q, err
	}
	if q.topOnly, err = p.Truth("top_level_only"); err != nil {
		return q, err
	}
	all, err := p.Bool("all_available")
	if err != nil {
		return q, err
	}
	q.all = r.Principal.Admin || r.Principal.Kind != accounts.Person
	if all != nil {
		q.all = *all || r.Principal.Kind != accounts.Person
	}
	if q.least, err = p.leastRole(); err != nil {
		return q, err
	}
	if q.order, err = p.OneOf("order_by", "name", "name", "path", "id", "similarity"); err != nil {
		return q, err
	}
	q.desc, err = p.descending("asc")
	return q, err
}

// listGroups answers "GET /groups".
func (a *API) listGroups(ctx context.Context, r *Request) (*Response, error) {
	tree, err := a.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	return a.answerGroups(r, tree, tree.Groups())
}

// listSubgroups answers "GET /groups/:id/subgroups".
func (a *API) listSubgroups(ctx context.Context, r *Request) (*Response, error) {
	return a.groupsBelow(ctx, r, false)
}

// listDescendants answers "GET /groups/:id/descendant_groups".
func (a *API) listDescendants(ctx context.Context, r *Request) (*Response, error) {
	return a.groupsBelow(ctx, r, true)
}

func (a *API) groupsBelow(ctx context.Context, r *Request, deep bool) (*Response, error) {
	g, _, err := a.group(ctx, r)
	if err != nil {
		return nil, err
	}
	tree, err := a.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	return a.answerGroups(r, tree, tree.Subgroups(g.ID, deep))
}

// answerGroups answers with a page of those of some groups that the request asks
// for.
func (a *API) answerGroups(r *Request, tree *accounts.Tree, groups []*accounts.Group) (*Response, error) {
	page, err := r.paging()
	if err != nil {
		return nil, err
	}
	q, err := r.groupQuery()
	if err != nil {
		return nil, err
	}
	var found []*accounts.Group
	for _, g := range groups {
		if q.matches(g) && a.wants(r, q, g) {
			found = append(found, g)
		}
	}
	q.arrange(found)
	views := []groupView{}
	for _, g := range window(found, page) {
		views = append(views, r.viewGroup(tree, g))
	}
	return r.paged(page, len(found), views), nil
}

func (q groupQuery) matches(g *accounts.Group) bool {
	return (q.visibility == "" || q.visibility == string(g.Visibility)) && (!q.topOnly || g.ParentID == 0) &&
		!slices.Contains(q.skip, strconv.FormatInt(g.ID, 10)) && q.search.match(g.Name, g.FullPath)
}

// wants tells whether the caller has to do with a group as the query asks.
func (a *API) wants(r *Request, q groupQuery, g *accounts.Group) bool {
	if !a.deps.Accounts.GroupAccess(r.Principal, g).See {
		return false
	}
	roles := a.deps.Accounts.GroupRoles(r.Principal, g)
	switch {
	case q.least > record.NoAccess:
		return roles.Level() >= q.least
	case q.all:
		return true
	}
	return roles.Level() >= record.Guest || roles.Below
}

func (q groupQuery) arrange(list []*accounts.Group) {
	id := func(g *accounts.Group) int64 { return g.ID }
	switch q.order {
	case "id":
		sortBy(list, q.desc, id, id)
	case "path":
		sortBy(list, q.desc, func(g *accounts.Group) string { return strings.ToLower(g.Path) }, id)
	default:
		sortBy(list, q.desc, func(g *accounts.Group) string { return strings.ToLower(g.Name) }, id)
	}
}
