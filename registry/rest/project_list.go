package rest

import (
	"context"
	"net/http"
	"strconv"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// listProjects answers "GET /projects".
func (a *API) listProjects(ctx context.Context, r *Request) (*Response, error) {
	q, err := r.projectQuery()
	if err != nil {
		return nil, err
	}
	tree, err := a.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	if q.keyset {
		return a.projectsByNumber(r, q, tree)
	}
	return a.projectPage(r, q, tree, tree.Projects())
}

// listGroupProjects answers "GET /groups/:id/projects".
func (a *API) listGroupProjects(ctx context.Context, r *Request) (*Response, error) {
	g, _, err := a.group(ctx, r)
	if err != nil {
		return nil, err
	}
	deep, err := r.Params.Truth("include_subgroups")
	if err != nil {
		return nil, err
	}
	return a.answerProjects(ctx, r, func(tree *accounts.Tree) []*accounts.Project { return tree.Below(g.ID, deep) })
}

// listUserProjects answers "GET /users/:id/projects".
func (a *API) listUserProjects(ctx context.Context, r *Request) (*Response, error) {
	u, err := a.userByRef(ctx, r)
	if err != nil {
		return nil, err
	}
	return a.answerProjects(ctx, r, func(tree *accounts.Tree) (made []*accounts.Project) {
		for _, pr := range tree.Projects() {
			if pr.CreatorID == u.ID {
				made = append(made, pr)
			}
		}
		return made
	})
}

// userByRef finds the user that a path names by number or username.
func (a *API) userByRef(ctx context.Context, r *Request) (u record.User, err error) {
	ref, err := r.Params.Word("id", "")
	if err != nil {
		return u, err
	}
	if id, bad := strconv.ParseInt(ref, 10, 64); bad == nil {
		u, err = a.deps.Accounts.User(ctx, id)
	} else {
		u, err = a.deps.Accounts.UserByName(ctx, ref)
	}
	return u, missing(err, "User")
}

// answerProjects answers with a page of those of some projects that the request
// asks for.
func (a *API) answerProjects(ctx context.Context, r *Request, of func(*accounts.Tree) []*accounts.Project) (*Response, error) {
	q, err := r.projectQuery()
	if err != nil {
		return nil, err
	}
	tree, err := a.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	return a.projectPage(r, q, tree, of(tree))
}

func (a *API) projectPage(r *Request, q projectQuery, tree *accounts.Tree, projects []*accounts.Project) (*Response, error) {
	page, err := r.paging()
	if err != nil {
		return nil, err
	}
	var found []*accounts.Project
	for _, pr := range projects {
		if q.matches(pr) && a.wantsProject(r, q, pr) {
			found = append(found, pr)
		}
	}
	q.arrange(found)
	return r.paged(page, len(found), a.viewProjects(r, q, tree, window(found, page))), nil
}

func (a *API) viewProjects(r *Request, q projectQuery, tree *accounts.Tree, list []*accounts.Project) []projectView {
	views := make([]projectView, 0, len(list))
	for _, pr := range list {
		if q.simple {
			views = append(views, r.viewSimple(tree, pr))
		} else {
			views = append(views, a.viewProject(r, tree, pr))
		}
	}
	return views
}

// projectsByNumber answers with a keyset page: the projects that follow a number
// (GitLab documentation, "Keyset-based pagination").
func (a *API) projectsByNumber(r *Request, q projectQuery, tree *accounts.Tree) (*Response, error) {
	size, err := r.pageSize()
	if err != nil {
		return nil, err
	}
	if q.order != "id" {
		return nil, errKeyset()
	}
	all := tree.Projects()
	var found []*accounts.Project
	for i := range all {
		pr := all[i]
		if q.desc {
			pr = all[len(all)-1-i]
		}
		if len(found) > size {
			break
		}
		if q.matches(pr) && a.wantsProject(r, q, pr) {
			found = append(found, pr)
		}
	}
	if len(found) <= size {
		return r.keyed(a.viewProjects(r, q, tree, found), nil), nil
	}
	found = found[:size]
	from := "id_after"
	if q.desc {
		from = "id_before"
	}
	last := strconv.FormatInt(found[size-1].ID, 10)
	return r.keyed(a.viewProjects(r, q, tree, found), map[string]string{from: last}), nil
}

// errKeyset refuses to walk a list by keys that has none.
func errKeyset() error {
	return &Refusal{Status: http.StatusMethodNotAllowed, Text: "Keyset pagination is not yet available for this type of request"}
}
