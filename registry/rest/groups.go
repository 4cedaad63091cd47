package rest

import (
	"context"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// groupRoutes are those of GitLab documentation, "Groups API".
func groupRoutes() []Route {
	return []Route{
		{Name: "groups", Method: "GET", Path: "/groups", Run: (*API).listGroups},
		{Name: "groups", Method: "POST", Path: "/groups", SignedIn: true, Run: (*API).createGroup},
		{Name: "group", Method: "GET", Path: "/groups/:id", Run: (*API).showGroup},
		{Name: "group", Method: "PUT", Path: "/groups/:id", SignedIn: true, Run: (*API).changeGroup},
		{Name: "group", Method: "DELETE", Path: "/groups/:id", SignedIn: true, Run: (*API).removeGroup},
		{Name: "group_subgroups", Method: "GET", Path: "/groups/:id/subgroups", Run: (*API).listSubgroups},
		{Name: "group_descendants", Method: "GET", Path: "/groups/:id/descendant_groups", Run: (*API).listDescendants},
		{Name: "group_transfer", Method: "POST", Path: "/groups/:id/transfer", SignedIn: true, Run: (*API).transferGroup},
	}
}

// groupView is a group as GitLab shows it.
type groupView struct {
	ID          int64             `json:"id"`
	WebURL      string            `json:"web_url"`
	Name        string            `json:"name"`
	Path        string            `json:"path"`
	Description string            `json:"description"`
	Visibility  record.Visibility `json:"visibility"`
	FullName    string            `json:"full_name"`
	FullPath    string            `json:"full_path"`
	ParentID    *int64            `json:"parent_id"`
	CreatedAt   timestamp         `json:"created_at"`
	// The roles that create projects and groups in it are the same everywhere.
	ProjectCreation     string     `json:"project_creation_level"`
	SubgroupCreation    string     `json:"subgroup_creation_level"`
	Forwarding          *bool      `json:"npm_package_requests_forwarding"`
	ForwardingLocked    bool       `json:"lock_npm_package_requests_forwarding"`
	AvatarURL           *string    `json:"avatar_url"`
	RequestAccess       bool       `json:"request_access_enabled"`
	Archived            bool       `json:"archived"`
	MarkedForDeletionOn *timestamp `json:"marked_for_deletion_on"`
}

// groupDetail is the only group of an answer.
type groupDetail struct {
	groupView
	Projects       []projectView `json:"projects"`
	SharedProjects []projectView `json:"shared_projects"`
}

// maxInDetail is how many projects GitLab shows with a group.
const maxInDetail = 100

// viewGroup shows a group of a tree.
func (r *Request) viewGroup(tree *accounts.Tree, g *accounts.Group) groupView {
	creators := record.Maintainer.String()
	return groupView{ID: g.ID, WebURL: r.groupPage(g.FullPath), Name: g.Name, Path: g.Path, Description: g.Description,
		Visibility: g.Visibility, FullName: fullName(tree, g.Ancestors, g.Name), FullPath: g.FullPath,
		ParentID: numberOrNull(g.ParentID), CreatedAt: timestamp(g.CreatedAt), ProjectCreation: creators,
		SubgroupCreation: creators, Forwarding: g.Forwarding.Enabled, ForwardingLocked: g.Forwarding.Locked}
}

// fullName is the names of groups, of which the nearest comes first, and what is
// in them.
func fullName(tree *accounts.Tree, groups []int64, name string) string {
	for _, id := range groups {
		if g, ok := tree.Group(id); ok {
			name = g.Name + " / " + name
		}
	}
	return name
}

func (r *Request) groupPage(path string) string { return r.Base + "/-/groups/" + path }

func numberOrNull(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// showGroup answers "GET /groups/:id".
func (a *API) showGroup(ctx context.Context, r *Request) (*Response, error) {
	g, _, err := a.group(ctx, r)
	if err != nil {
		return nil, err
	}
	with, err := r.Params.Bool("with_projects")
	if err != nil {
		return nil, err
	}
	tree, err := a.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	view := r.viewGroup(tree, g)
	if with != nil && !*with {
		return ok(view), nil
	}
	detail := groupDetail{groupView: view, Projects: []projectView{}, SharedProjects: []projectView{}}
	for _, pr := range tree.Below(g.ID, false) {
		if len(detail.Projects) < maxInDetail && a.deps.Accounts.ProjectAccess(r.Principal, pr).See {
			detail.Projects = append(detail.Projects, a.viewProject(r, tree, pr))
		}
	}
	return ok(detail), nil
}
