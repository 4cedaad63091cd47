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

// createProject answers "POST /projects".
func (a *API) createProject(ctx context.Context, r *Request) (*Response, error) {
	if err := r.Params.NeedOne("name", "path"); err != nil {
		return nil, err
	}
	c, err := r.projectChange(record.Project{Registry: record.RegistryEnabled})
	if err != nil {
		return nil, err
	}
	n := accounts.NewProject{Path: value(c.Path), Name: value(c.Name), Description: value(c.Description),
		Visibility: value(c.Visibility), Registry: value(c.Registry), Forwarding: value(c.Forwarding)}
	if n.GroupID, err = a.namespaceFor(ctx, r); err != nil {
		return nil, err
	}
	if n.Path == "" {
		n.Path = slug(n.Name)
	}
	pr, err := a.deps.Accounts.CreateProject(ctx, r.actor(), n)
	if err != nil {
		return nil, worded(err)
	}
	return a.projectMade(ctx, r, pr.ID, http.StatusCreated)
}

// namespaceFor returns the number of the group that a new project comes into.
func (a *API) namespaceFor(ctx context.Context, r *Request) (int64, error) {
	id, err := r.Params.Int("namespace_id")
	if err != nil {
		return 0, err
	}
	if id == nil {
		return 0, errField("namespace", "is not valid")
	}
	g, access, err := a.target(ctx, r, *id)
	if errors.Is(err, npm.ErrNotFound) {
		return 0, errField("namespace", "is not valid")
	}
	if err != nil {
		return 0, err
	}
	return g.ID, manages(r, access, record.Maintainer)
}

// slug makes a path of a name: letters and digits with dashes between them.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_'
	})
	return strings.Join(words, "-")
}

// projectMade answers with a project that was written.
func (a *API) projectMade(ctx context.Context, r *Request, id int64, status int) (*Response, error) {
	tree, err := a.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	pr, there := tree.Project(id)
	if !there { // removed meanwhile
		return nil, errNotFound("Project")
	}
	return &Response{Status: status, Body: a.viewProject(r, tree, pr)}, nil
}

// projectFields are what can be changed of a project.
var projectFields = []string{"name", "path", "description", "visibility", "package_registry_access_level",
	"packages_enabled", settingForwarding}

// projectChange reads the fields of a project that a request gives.
func (r *Request) projectChange(now record.Project) (c accounts.ProjectChange, err error) {
	if c.Name, err = r.Params.Text("name"); err != nil {
		return c, err
	}
	if c.Path, err = r.Params.Text("path"); err != nil {
		return c, err
	}
	if c.Description, err = r.Params.Text("description"); err != nil {
		return c, err
	}
	if c.Visibility, err = r.Params.visibilityChange(); err != nil {
		return c, err
	}
	if c.Registry, err = r.Params.registryChange(now.Registry); err != nil {
		return c, err
	}
	c.Forwarding, err = r.Params.forwardingChange(now.Forwarding)
	return c, err
}

// registryChange reads the level of a project's registry, or whether it is on.
func (p Params) registryChange(now record.RegistryAccess) (*record.RegistryAccess, error) {
	word, err := p.OneOf("package_registry_access_level", "", string(record.RegistryDisabled), string(record.RegistryMembers),
		string(record.RegistryEnabled), string(record.RegistryEveryone))
	if err != nil {
		return nil, err
	}
	on, err := p.Bool("packages_enabled")
	if err != nil {
		return nil, err
	}
	level := record.RegistryAccess(word)
	switch {
	case word != "":
	case on == nil:
		return nil, nil //nolint:nilnil // absent is not an error
	case !*on:
		level = record.RegistryDisabled
	case now == record.RegistryDisabled:
		level = record.RegistryEnabled
	default:
		level = now
	}
	return &level, nil
}

// changeProject answers "PUT /projects/:id".
func (a *API) changeProject(ctx context.Context, r *Request) (*Response, error) {
	pr, err := a.managedProject(ctx, r, record.Maintainer)
	if err != nil {
		return nil, err
	}
	if err := r.Params.NeedOne(projectFields...); err != nil {
		return nil, err
	}
	c, err := r.projectChange(pr.Project)
	if err != nil {
		return nil, err
	}
	if _, err := a.deps.Accounts.UpdateProject(ctx, r.actor(), pr.ID, c); err != nil {
		return nil, worded(err)
	}
	return a.projectMade(ctx, r, pr.ID, http.StatusOK)
}

// managedProject finds the project that the path names, in which the caller has
// a role.
func (a *API) managedProject(ctx context.Context, r *Request, least record.AccessLevel) (*accounts.Project, error) {
	pr, access, err := a.project(ctx, r)
	switch {
	case err != nil:
		return nil, err
	case !access.See:
		return nil, errNotFound("Project")
	}
	return pr, manages(r, access, least)
}

// transferProject answers "PUT /projects/:id/transfer".
func (a *API) transferProject(ctx context.Context, r *Request) (*Response, error) {
	pr, err := a.managedProject(ctx, r, record.Owner)
	if err != nil {
		return nil, err
	}
	if err := r.Params.Need("namespace"); err != nil {
		return nil, err
	}
	g, access, err := a.namespace(ctx, r, "namespace")
	if err == nil {
		err = manages(r, access, record.Maintainer)
	}
	if err != nil {
		return nil, err
	}
	if err := a.moveProject(ctx, r, pr.ID, g.ID); err != nil {
		return nil, err
	}
	return a.projectMade(ctx, r, pr.ID, http.StatusOK)
}

func (a *API) moveProject(ctx context.Context, r *Request, id, group int64) error {
	_, err := a.deps.Accounts.UpdateProject(ctx, r.actor(), id, accounts.ProjectChange{GroupID: &group})
	return worded(err)
}

// takeProject answers "POST /groups/:id/projects/:project_id".
func (a *API) takeProject(ctx context.Context, r *Request) (*Response, error) {
	if err := r.admin(); err != nil {
		return nil, err
	}
	g, _, err := a.group(ctx, r)
	if err != nil {
		return nil, err
	}
	ref, err := r.Params.Word("project_id", "")
	if err != nil {
		return nil, err
	}
	pr, err := a.deps.Accounts.Project(ctx, ref)
	if err != nil {
		return nil, missing(err, "Project")
	}
	if err := a.moveProject(ctx, r, pr.ID, g.ID); err != nil {
		return nil, err
	}
	return a.groupMade(ctx, r, g.ID, http.StatusCreated)
}

// missing words a miss as GitLab does.
func missing(err error, what string) error {
	if errors.Is(err, npm.ErrNotFound) {
		return errNotFound(what)
	}
	return err
}

// removeProject answers "DELETE /projects/:id".
func (a *API) removeProject(ctx context.Context, r *Request) (*Response, error) {
	pr, err := a.managedProject(ctx, r, record.Owner)
	if err != nil {
		return nil, err
	}
	if err := a.deps.Accounts.RemoveProject(ctx, r.actor(), pr.ID); err != nil {
		return nil, errHeld(err)
	}
	return accepted(), nil
}
