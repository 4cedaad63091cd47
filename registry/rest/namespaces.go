package rest

import (
	"context"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// namespaceRoutes are those of GitLab documentation, "Namespaces API".
func namespaceRoutes() []Route {
	return []Route{
		{Name: "namespaces", Method: "GET", Path: "/namespaces", SignedIn: true, Run: (*API).listNamespaces},
		{Name: "namespace", Method: "GET", Path: "/namespaces/:id", SignedIn: true, Run: (*API).showNamespace},
	}
}

// namespaceView is a group as what projects are in.
type namespaceView struct {
	ID        int64   `json:"id"`
	Name      string  `json:"name"`
	Path      string  `json:"path"`
	Kind      string  `json:"kind"`
	FullPath  string  `json:"full_path"`
	ParentID  *int64  `json:"parent_id"`
	AvatarURL *string `json:"avatar_url"`
	WebURL    string  `json:"web_url"`
}

func (r *Request) viewNamespace(g *accounts.Group) namespaceView {
	return namespaceView{ID: g.ID, Name: g.Name, Path: g.Path, Kind: "group", FullPath: g.FullPath,
		ParentID: numberOrNull(g.ParentID), WebURL: r.groupPage(g.FullPath)}
}

// listNamespaces answers "GET /namespaces".
func (a *API) listNamespaces(ctx context.Context, r *Request) (*Response, error) {
	page, err := r.paging()
	if err != nil {
		return nil, err
	}
	q, err := r.namespaceQuery()
	if err != nil {
		return nil, err
	}
	tree, err := a.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	var found []*accounts.Group
	for _, g := range tree.Groups() {
		level := a.deps.Accounts.GroupRoles(r.Principal, g).Level()
		if (r.Principal.Admin || level >= q.least) && q.matches(g) {
			found = append(found, g)
		}
	}
	views := []namespaceView{}
	for _, g := range window(found, page) {
		views = append(views, r.viewNamespace(g))
	}
	return r.paged(page, len(found), views), nil
}

// namespaceQuery is which namespaces are wanted.
type namespaceQuery struct {
	search   terms
	fullPath bool
	topOnly  bool
	least    record.AccessLevel
}

func (r *Request) namespaceQuery() (q namespaceQuery, err error) {
	if q.search, err = r.Params.terms("search"); err != nil {
		return q, err
	}
	if q.fullPath, err = r.Params.Truth("full_path_search"); err != nil {
		return q, err
	}
	if q.topOnly, err = r.Params.Truth("top_level_only"); err != nil {
		return q, err
	}
	owned, err := r.Params.Truth("owned_only")
	q.least = record.Guest
	if owned {
		q.least = record.Owner
	}
	return q, err
}

func (q namespaceQuery) matches(g *accounts.Group) bool {
	if q.topOnly && g.ParentID != 0 {
		return false
	}
	if q.fullPath {
		return q.search.match(g.Name, g.FullPath)
	}
	return q.search.match(g.Name, g.Path)
}

// namespace finds the group that a parameter names and the caller sees.
func (a *API) namespace(ctx context.Context, r *Request, param string) (*accounts.Group, accounts.Access, error) {
	ref, err := r.Params.Word(param, "")
	if err != nil {
		return nil, accounts.Access{}, err
	}
	g, err := a.deps.Accounts.Group(ctx, ref)
	if err != nil {
		return nil, accounts.Access{}, missing(err, "Namespace")
	}
	access := a.deps.Accounts.GroupAccess(r.Principal, g)
	if !access.See || moved(ref, g.FullPath) {
		return nil, access, errNotFound("Namespace")
	}
	return g, access, nil
}

// showNamespace answers "GET /namespaces/:id".
func (a *API) showNamespace(ctx context.Context, r *Request) (*Response, error) {
	g, _, err := a.namespace(ctx, r, "id")
	if err != nil {
		return nil, err
	}
	return ok(r.viewNamespace(g)), nil
}
