package rest

import (
	"context"
	"strconv"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// projectRoutes are those of GitLab documentation, "Projects API", and those of
// groups and users that list projects.
func projectRoutes() []Route {
	return []Route{
		{Name: "projects", Method: "GET", Path: "/projects", Run: (*API).listProjects},
		{Name: "projects", Method: "POST", Path: "/projects", SignedIn: true, Run: (*API).createProject},
		{Name: "project", Method: "GET", Path: "/projects/:id", Run: (*API).showProject},
		{Name: "project", Method: "PUT", Path: "/projects/:id", SignedIn: true, Run: (*API).changeProject},
		{Name: "project", Method: "DELETE", Path: "/projects/:id", SignedIn: true, Run: (*API).removeProject},
		{Name: "project_transfer", Method: "PUT", Path: "/projects/:id/transfer", SignedIn: true, Run: (*API).transferProject},
		{Name: "group_projects", Method: "GET", Path: "/groups/:id/projects", Run: (*API).listGroupProjects},
		{Name: "group_project", Method: "POST", Path: "/groups/:id/projects/:project_id", SignedIn: true, Run: (*API).takeProject},
		{Name: "user_projects", Method: "GET", Path: "/users/:id/projects", Run: (*API).listUserProjects},
	}
}

// projectView is a project as GitLab shows it.
type projectView struct {
	ID                int64             `json:"id"`
	Description       string            `json:"description"`
	Name              string            `json:"name"`
	NameWithNamespace string            `json:"name_with_namespace"`
	Path              string            `json:"path"`
	PathWithNamespace string            `json:"path_with_namespace"`
	Namespace         *namespaceView    `json:"namespace"`
	Visibility        record.Visibility `json:"visibility"`
	CreatedAt         timestamp         `json:"created_at"`
	UpdatedAt         timestamp         `json:"updated_at"`
	LastActivityAt    timestamp         `json:"last_activity_at"`
	WebURL            string            `json:"web_url"`
	DefaultBranch     *string           `json:"default_branch"`
	ReadmeURL         *string           `json:"readme_url"`
	AvatarURL         *string           `json:"avatar_url"`
	Topics            []string          `json:"topics"`
	TagList           []string          `json:"tag_list"`
	StarCount         int               `json:"star_count"`
	ForksCount        int               `json:"forks_count"`
	// What follows is left out of the short form.
	*projectDetail
}

// projectDetail is what the short form of a project leaves out.
type projectDetail struct {
	Registry            record.RegistryAccess `json:"package_registry_access_level"`
	PackagesEnabled     bool                  `json:"packages_enabled"`
	CreatorID           *int64                `json:"creator_id"`
	Forwarding          *bool                 `json:"npm_package_requests_forwarding"`
	Archived            bool                  `json:"archived"`
	EmptyRepo           bool                  `json:"empty_repo"`
	MarkedForDeletionOn *timestamp            `json:"marked_for_deletion_on"`
	Links               projectLinks          `json:"_links"`
	Permissions         permissions           `json:"permissions"`
}

type projectLinks struct {
	Self    string `json:"self"`
	Members string `json:"members"`
}

// permissions are the roles that the caller was given.
type permissions struct {
	Project *roleView `json:"project_access"`
	Group   *roleView `json:"group_access"`
}

type roleView struct {
	Level record.AccessLevel `json:"access_level"`
	// Notification is GitLab's number for the default, "global".
	Notification int `json:"notification_level"`
}

const globalNotification = 3

func viewRole(level record.AccessLevel) *roleView {
	if level == record.NoAccess {
		return nil
	}
	return &roleView{level, globalNotification}
}

// viewSimple shows a project of a tree in the short form.
func (r *Request) viewSimple(tree *accounts.Tree, pr *accounts.Project) projectView {
	v := projectView{ID: pr.ID, Description: pr.Description, Name: pr.Name,
		NameWithNamespace: fullName(tree, pr.Groups, pr.Name), Path: pr.Path, PathWithNamespace: pr.FullPath,
		Visibility: pr.Visibility, CreatedAt: timestamp(pr.CreatedAt), UpdatedAt: timestamp(pr.UpdatedAt),
		LastActivityAt: timestamp(pr.UpdatedAt), WebURL: r.Base + "/-/projects/" + pr.FullPath, Topics: []string{}, TagList: []string{}}
	if g, ok := tree.Group(pr.GroupID); ok {
		namespace := r.viewNamespace(g)
		v.Namespace = &namespace
	}
	return v
}

// viewProject shows a project of a tree in the form that the caller gets.
func (a *API) viewProject(r *Request, tree *accounts.Tree, pr *accounts.Project) projectView {
	v := r.viewSimple(tree, pr)
	if r.Principal.Kind == accounts.Anonymous {
		return v
	}
	roles := a.deps.Accounts.ProjectRoles(r.Principal, pr)
	self := r.api("/projects/" + strconv.FormatInt(pr.ID, 10))
	v.projectDetail = &projectDetail{Registry: pr.Registry, PackagesEnabled: pr.Registry != record.RegistryDisabled,
		CreatorID: numberOrNull(pr.CreatorID), Forwarding: pr.Forwarding.Enabled, EmptyRepo: true,
		Links:       projectLinks{Self: self, Members: self + "/members"},
		Permissions: permissions{Project: viewRole(roles.Own), Group: viewRole(roles.Inherited)}}
	return v
}

// showProject answers "GET /projects/:id".
func (a *API) showProject(ctx context.Context, r *Request) (*Response, error) {
	pr, access, err := a.project(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case !access.See: // packages may be read without seeing the project
		return nil, errNotFound("Project")
	}
	tree, err := a.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	return ok(a.viewProject(r, tree, pr)), nil
}
