package site

import (
	"context"
	"errors"
	"strings"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/web"
)

func errNoPage() error { return &npm.Error{Kind: npm.ErrNotFound, Text: "there is no such page"} }

// project finds a project that the visitor may know of.
func (s *Site) project(ctx context.Context, v Visit, path string) (*accounts.Project, error) {
	pr, err := s.deps.Accounts.Project(ctx, path)
	if errors.Is(err, npm.ErrNotFound) {
		return nil, errNoPage()
	}
	if err != nil {
		return nil, err
	}
	if a := s.deps.Accounts.ProjectAccess(v.Principal, pr); !a.See && !a.Read {
		return nil, errNoPage()
	}
	return pr, nil
}

// group finds a group that the visitor may know of.
func (s *Site) group(ctx context.Context, v Visit, path string) (*accounts.Group, error) {
	g, err := s.deps.Accounts.Group(ctx, path)
	if errors.Is(err, npm.ErrNotFound) {
		return nil, errNoPage()
	}
	if err != nil {
		return nil, err
	}
	if !s.deps.Accounts.GroupAccess(v.Principal, g).See {
		return nil, errNoPage()
	}
	return g, nil
}

// The addresses of pages below the public URL.
func (v Visit) projectPage(path string) string { return v.Mount + "/-/projects/" + path }
func (v Visit) groupPage(path string) string   { return v.Mount + "/-/groups/" + path }

// crumbs lead to everything that a full path stands below.
func (v Visit) crumbs(path string) []web.Link {
	var links []web.Link
	for i, c := range path {
		if c == '/' {
			links = append(links, web.Link{Text: path[strings.LastIndexByte(path[:i], '/')+1 : i], URL: v.groupPage(path[:i])})
		}
	}
	return links
}

// visibleGroups are those of a list that the visitor may know of.
func (s *Site) visibleGroups(v Visit, list []*accounts.Group) []web.Child {
	var out []web.Child
	for _, g := range list {
		if s.deps.Accounts.GroupAccess(v.Principal, g).See {
			out = append(out, web.Child{Path: g.FullPath, URL: v.groupPage(g.FullPath), Description: g.Description, Visibility: string(g.Visibility)})
		}
	}
	return out
}

// visibleProjects are those of a list that the visitor sees. One that lets
// everybody pull without being seen is not among them, as in the REST API.
func (s *Site) visibleProjects(v Visit, list []*accounts.Project) []web.Child {
	var out []web.Child
	for _, pr := range list {
		if s.deps.Accounts.ProjectAccess(v.Principal, pr).See {
			out = append(out, web.Child{Path: pr.FullPath, URL: v.projectPage(pr.FullPath), Description: pr.Description, Visibility: string(pr.Visibility)})
		}
	}
	return out
}

// private tells whether clients need a token to install from a project.
func private(pr *accounts.Project) bool {
	open := pr.Visibility == record.PublicVisibility && pr.Registry == record.RegistryEnabled
	return !open && pr.Registry != record.RegistryEveryone
}
