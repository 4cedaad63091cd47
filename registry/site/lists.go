package site

import (
	"context"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/web"
)

// list is one page of a list of packages, newest first or, where something was
// searched for, by name.
func (s *Site) list(ctx context.Context, v Visit, of registry.ListQuery, at string) (web.Packages, error) {
	out := web.Packages{Search: web.Search{URL: at, Text: v.search()}, Across: of.Project == nil}
	of.Packages.Search = v.search()
	if of.Packages.Desc = true; of.Packages.Search != "" {
		of.Packages.Order, of.Packages.Desc = catalog.ByName, false
	}
	of.Window = catalog.Window{Offset: (v.pageNumber("page") - 1) * listSize, Limit: listSize}
	page, err := s.deps.Registry.ListPackages(ctx, v.caller(), of)
	if err != nil {
		return out, err
	}
	for _, item := range page.Packages {
		out.Rows = append(out.Rows, v.row(item))
	}
	out.Pager = v.pager("page", listSize, len(out.Rows), page.Total)
	return out, nil
}

// row describes a package in a list.
func (v Visit) row(item registry.PackageItem) web.Row {
	r := web.Row{Name: item.Name, Version: item.Version, Type: string(item.Type), Status: string(item.Status),
		Tags: tagNames(item.Tags), PublishedAt: item.CreatedAt,
		Project: web.Link{Text: item.Project.FullPath, URL: v.projectPage(item.Project.FullPath)}}
	if item.Status.HasPage() {
		r.URL = v.packagePage(item.Project.FullPath, item.ID)
	}
	return r
}

func tagNames(tags []record.Tag) []string {
	var names []string
	for _, t := range tags {
		names = append(names, t.Name)
	}
	return names
}

// addVersions adds the versions of the name in the project, newest first, and
// where the tags lead to.
func (s *Site) addVersions(ctx context.Context, v Visit, pr *accounts.Project, d registry.Details, view *web.PackageView) error {
	q := registry.ListQuery{Project: pr, Window: catalog.Window{Offset: (v.pageNumber("versions") - 1) * listSize, Limit: listSize},
		Packages: catalog.Query{Type: d.Package.Type, Name: d.Package.Name, Desc: true}}
	page, err := s.deps.Registry.ListPackages(ctx, v.caller(), q)
	if err != nil {
		return err
	}
	for _, item := range page.Packages {
		row := v.row(item)
		view.Versions.Rows = append(view.Versions.Rows, web.VersionRow{Version: row.Version, URL: row.URL, Status: row.Status,
			Tags: row.Tags, PublishedAt: row.PublishedAt, Current: item.ID == d.Package.ID})
	}
	view.Versions.Pager = v.pager("versions", listSize, len(page.Packages), page.Total)
	for _, t := range d.Tags {
		view.Tags = append(view.Tags, web.Tag{Name: t.Name, Version: d.TagVersions[t.PackageID], URL: v.packagePage(pr.FullPath, t.PackageID)})
	}
	return nil
}
