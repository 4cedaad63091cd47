package site

import (
	"context"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/web"
)

// Home shows how to use the registry and what it holds, as far as the visitor
// may know.
func (s *Site) Home(ctx context.Context, v Visit) ([]byte, error) {
	tree, err := s.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	view := web.HomeView{Frame: v.frame(), Registry: v.Base + "/",
		Groups: v.children("groups", s.visibleGroups(v, tree.Subgroups(0, false)))}
	view.Projects = int64(len(s.visibleProjects(v, tree.Projects())))
	view.Packages.Search.URL = v.Mount + "/"
	if v.search() != "" {
		if view.Packages, err = s.list(ctx, v, registry.ListQuery{}, v.Mount+"/"); err != nil {
			return nil, err
		}
	}
	if view.LocalPackages, err = s.deps.Registry.CountPackages(ctx, v.caller()); err != nil {
		return nil, err
	}
	if view.CachedNames, err = s.cached.value(ctx); err != nil {
		return nil, err
	}
	return rendered(s.pages.Home, view)
}

// Projects lists all projects that the visitor may know of.
func (s *Site) Projects(ctx context.Context, v Visit) ([]byte, error) {
	tree, err := s.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	view := web.GroupView{Frame: v.frame(), Name: "All projects",
		Projects: v.children("projects", s.visibleProjects(v, tree.Projects()))}
	return s.groupPage(ctx, v, registry.ListQuery{}, view, v.Mount+"/-/projects")
}

// Groups lists all groups that the visitor may know of.
func (s *Site) Groups(ctx context.Context, v Visit) ([]byte, error) {
	tree, err := s.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	view := web.GroupView{Frame: v.frame(), Name: "All groups",
		Subgroups: v.children("groups", s.visibleGroups(v, tree.Groups()))}
	return s.groupPage(ctx, v, registry.ListQuery{}, view, v.Mount+"/-/groups")
}

// Group shows a group, what is in it, and the packages below it.
func (s *Site) Group(ctx context.Context, v Visit, path string) ([]byte, error) {
	g, err := s.group(ctx, v, path)
	if err != nil {
		return nil, err
	}
	tree, err := s.deps.Accounts.Tree(ctx)
	if err != nil {
		return nil, err
	}
	view := web.GroupView{Frame: v.frame(), Crumbs: v.crumbs(g.FullPath), Path: g.FullPath, Name: g.Name,
		Description: g.Description, Visibility: string(g.Visibility),
		Subgroups: v.children("groups", s.visibleGroups(v, tree.Subgroups(g.ID, false))),
		Projects:  v.children("projects", s.visibleProjects(v, tree.Below(g.ID, false)))}
	return s.groupPage(ctx, v, registry.ListQuery{Group: g, Subgroups: true}, view, v.groupPage(g.FullPath))
}

// groupPage completes a page of groups and projects with the packages in them.
func (s *Site) groupPage(ctx context.Context, v Visit, q registry.ListQuery, view web.GroupView, at string) ([]byte, error) {
	var err error
	if view.Packages, err = s.list(ctx, v, q, at); err != nil {
		return nil, err
	}
	return rendered(s.pages.Group, view)
}

// Project shows a project and its packages.
func (s *Site) Project(ctx context.Context, v Visit, path string) ([]byte, error) {
	pr, err := s.project(ctx, v, path)
	if err != nil {
		return nil, err
	}
	view := web.ProjectView{Frame: v.frame(), Crumbs: v.crumbs(pr.FullPath), Path: pr.FullPath,
		Visibility: string(pr.Visibility), Scope: scopeOf(pr.FullPath),
		Registry: v.Base + "/api/v4/projects/" + number(pr.ID) + "/packages/npm/"}
	if s.deps.Accounts.ProjectAccess(v.Principal, pr).See { // its packages may be read without that
		view.Name, view.Description = pr.Name, pr.Description
	}
	if view.Packages, err = s.list(ctx, v, registry.ListQuery{Project: pr}, v.projectPage(pr.FullPath)); err != nil {
		return nil, err
	}
	return rendered(s.pages.Project, view)
}
