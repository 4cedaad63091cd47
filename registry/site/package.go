package site

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/web"
)

// Package shows one version of a package: what _links.web_path of GitLab's API
// names.
func (s *Site) Package(ctx context.Context, v Visit, path string, id int64) ([]byte, error) {
	pr, err := s.project(ctx, v, path)
	if err != nil {
		return nil, err
	}
	d, err := s.deps.Registry.Details(ctx, v.caller(), pr, id)
	if err != nil {
		return nil, err
	}
	view, err := s.packageView(ctx, v, pr, d)
	if err != nil {
		return nil, err
	}
	return rendered(s.pages.Package, view)
}

func (s *Site) packageView(ctx context.Context, v Visit, pr *accounts.Project, d registry.Details) (web.PackageView, error) {
	m := readManifest(d.Manifest)
	view := web.PackageView{
		Frame:   v.frame(),
		Crumbs:  append(v.crumbs(pr.FullPath), web.Link{Text: pr.Path, URL: v.projectPage(pr.FullPath)}),
		Name:    d.Package.Name,
		Version: d.Package.Version, Type: string(d.Package.Type), Status: string(d.Package.Status),
		Deprecated: d.Package.Deprecated, Description: textOf(m.Description, ""),
		Registry: v.Base + "/", Private: private(pr),
		Facts: facts(d, m), Dependencies: m.dependencies(), Readme: []byte(d.Readme),
	}
	for _, f := range d.Files {
		view.Files = append(view.Files, v.file(pr, f))
		view.Facts.Size += f.Size
	}
	return view, s.addVersions(ctx, v, pr, d, &view)
}

// facts are what is known about a version besides its files.
func facts(d registry.Details, m manifest) web.Facts {
	f := web.Facts{
		PublishedAt: d.Package.CreatedAt, Publisher: web.Link{Text: d.Package.Publisher},
		License: textOf(m.License, "type"), Homepage: textOf(m.Homepage, "url"), Repository: repositoryOf(m.Repository),
		Unpacked: m.Dist.UnpackedSize, Downloads: d.Package.Downloads, LastDownloadedAt: d.Package.LastDownloadedAt,
	}
	if p := d.Pipeline; p.ID != 0 {
		f.Pipeline = web.Link{Text: fmt.Sprintf("#%d %s %.8s", p.ID, p.Ref, p.SHA), URL: p.WebURL}
	}
	return f
}

// file describes a file with everything that proves what it is.
func (v Visit) file(pr *accounts.Project, f record.File) web.File {
	return web.File{
		Name: f.Name, Size: f.Size, CreatedAt: f.CreatedAt,
		URL:  fmt.Sprintf("%s/files/%d", v.packagePage(pr.FullPath, f.PackageID), f.ID),
		SHA1: hex.EncodeToString(f.SHA1[:]), SHA256: hex.EncodeToString(f.SHA256[:]), SHA512: hex.EncodeToString(f.SHA512[:]),
		Integrity: "sha512-" + base64.StdEncoding.EncodeToString(f.SHA512[:]),
	}
}

// packagePage is the address of a version's page.
func (v Visit) packagePage(project string, id int64) string {
	return fmt.Sprintf("%s/%s/-/packages/%d", v.Mount, project, id)
}

// scopeOf is the scope that lines to publish in a project are for: that of its
// top-level group.
func scopeOf(path string) string {
	top, _, _ := strings.Cut(path, "/")
	return "@" + strings.ToLower(top)
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
