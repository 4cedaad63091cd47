package rest

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
)

// project finds the project that the path names and the caller may know of.
func (a *API) project(ctx context.Context, r *Request) (*accounts.Project, accounts.Access, error) {
	ref, err := r.Params.Word("id", "")
	if err != nil {
		return nil, accounts.Access{}, err
	}
	pr, err := a.deps.Accounts.Project(ctx, ref)
	if errors.Is(err, npm.ErrNotFound) {
		return nil, accounts.Access{}, r.errNoProject()
	}
	if err != nil {
		return nil, accounts.Access{}, err
	}
	access := a.deps.Accounts.ProjectAccess(r.Principal, pr)
	switch {
	case !access.See && !access.Read:
		return nil, access, r.errNoProject()
	case moved(ref, pr.FullPath):
		return nil, access, r.errMoved("projects", pr.ID)
	}
	return pr, access, nil
}

// errNoProject is the answer for a project that is not there or that the caller
// may not know of. GitLab tells jobs apart that they are not allowed; here that
// is said of what is not there too, so that they learn no more than others.
func (r *Request) errNoProject() error {
	if r.Principal.Kind == accounts.Job {
		return errForbidden("the job token's user may not see this project")
	}
	return errNotFound("Project")
}

// group finds the group that the path names and the caller may know of.
func (a *API) group(ctx context.Context, r *Request) (*accounts.Group, accounts.Access, error) {
	ref, err := r.Params.Word("id", "")
	if err != nil {
		return nil, accounts.Access{}, err
	}
	g, err := a.deps.Accounts.Group(ctx, ref)
	if errors.Is(err, npm.ErrNotFound) {
		return nil, accounts.Access{}, errNotFound("Group")
	}
	if err != nil {
		return nil, accounts.Access{}, err
	}
	access := a.deps.Accounts.GroupAccess(r.Principal, g)
	switch {
	case !access.See:
		return nil, access, errNotFound("Group")
	case moved(ref, g.FullPath):
		return nil, access, r.errMoved("groups", g.ID)
	}
	return g, access, nil
}

// moved tells whether a reference is an earlier path of what it led to.
func moved(ref, path string) bool {
	_, err := strconv.ParseInt(ref, 10, 64)
	return err != nil && !strings.EqualFold(ref, path)
}

// admin refuses whoever is no administrator.
func (r *Request) admin() error {
	switch {
	case r.Principal.Kind == accounts.Anonymous:
		return errUnauthenticated()
	case !r.Principal.Admin:
		return errForbidden("")
	}
	return nil
}
