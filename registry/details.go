package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Details is all that a page shows of one version.
type Details struct {
	Package record.Package
	// Manifest is as published; nil where there is none.
	Manifest []byte
	// Readme is Markdown; empty where there is none.
	Readme string
	// Tags are the dist-tags of the name in its project, latest first. Latest is
	// not among them where nobody set it.
	Tags []record.Tag
	// TagVersions are the versions that the tags point to, by number.
	TagVersions map[int64]string
	Files       []record.File
	// Pipeline is the run that published it last; zero where none did, and for a
	// caller that does not see the project.
	Pipeline record.Pipeline
}

// Details reads one version of a project for whoever may read it.
func (s *Service) Details(ctx context.Context, c Caller, pr *accounts.Project, id int64) (Details, error) {
	access := s.deps.Accounts.ProjectAccess(c.Principal, pr)
	if !access.Read {
		return Details{}, errNoProject()
	}
	var d Details
	var m record.Manifest
	err := s.deps.Store.View(ctx, func(tx record.Tx) (err error) {
		d, m, err = s.detailsOf(tx, pr.ID, id)
		return err
	})
	if err != nil {
		return Details{}, err
	}
	if !covers(c, d.Package) {
		return Details{}, errUncoveredPackage(d.Package)
	}
	if !access.See { // where everybody pulls from a private project
		d.Pipeline = record.Pipeline{}
	}
	if d.Manifest, err = s.text(ctx, m.Text); err != nil {
		return Details{}, fmt.Errorf("read manifest of package %d: %w", id, err)
	}
	d.Readme, err = s.readme(ctx, m, d.Manifest)
	return d, err
}

// detailsOf reads what the records say of a package that is on show.
func (s *Service) detailsOf(tx record.Tx, project, id int64) (Details, record.Manifest, error) {
	var d Details
	p, err := tx.Catalog().Package(id)
	if err != nil && !errors.Is(err, npm.ErrNotFound) {
		return d, record.Manifest{}, err
	}
	if err != nil || p.ProjectID != project || !p.Status.HasPage() {
		return d, record.Manifest{}, errNoPackage()
	}
	d.Package = s.withDownloads(p)
	m, err := tx.Catalog().Manifest(id)
	if err != nil && !errors.Is(err, npm.ErrNotFound) {
		return d, m, err
	}
	if d.Files, err = tx.Catalog().Files(id); err != nil {
		return d, m, err
	}
	d.Files = slices.DeleteFunc(d.Files, func(f record.File) bool { return f.Pending })
	if d.Tags, err = tx.Catalog().Tags(project, p.Name); err != nil {
		return d, m, err
	}
	if d.TagVersions, err = versionsOf(tx, d.Tags); err != nil {
		return d, m, err
	}
	slices.SortFunc(d.Tags, func(a, b record.Tag) int { return compareTags(a.Name, b.Name) })
	if n := len(p.Pipelines); n > 0 {
		d.Pipeline, err = tx.Spaces().Pipeline(p.Pipelines[n-1])
		if errors.Is(err, npm.ErrNotFound) {
			d.Pipeline, err = record.Pipeline{}, nil
		}
	}
	return d, m, err
}

// versionsOf returns the versions that tags point to, by number.
func versionsOf(tx record.Tx, tags []record.Tag) (map[int64]string, error) {
	out := make(map[int64]string, len(tags))
	for _, t := range tags {
		p, err := tx.Catalog().Package(t.PackageID)
		if err != nil {
			return nil, err
		}
		out[t.PackageID] = p.Version
	}
	return out, nil
}

// readme finds the README of a version: beside its manifest, or in it.
func (s *Service) readme(ctx context.Context, m record.Manifest, manifest []byte) (string, error) {
	text, err := s.text(ctx, m.Readme)
	if err != nil {
		return "", fmt.Errorf("read README of package %d: %w", m.PackageID, err)
	}
	var beside string
	if json.Unmarshal(text, &beside) == nil && beside != "" {
		return beside, nil
	}
	var inside struct {
		Readme any `json:"readme"` // npm of old wrote objects
	}
	_ = json.Unmarshal(manifest, &inside) // a page without a README is still a page
	readme, _ := inside.Readme.(string)
	return readme, nil
}

// CountPackages counts the packages that the caller may read and lists show.
func (s *Service) CountPackages(ctx context.Context, c Caller) (int64, error) {
	if len(c.Principal.Token.Packages) > 0 {
		return 0, nil // what it may not read must not be counted
	}
	projects, err := s.listable(ctx, c, ListQuery{})
	if err != nil {
		return 0, err
	}
	q := catalog.Query{}
	for _, pr := range projects {
		q.Projects = append(q.Projects, pr.ID)
	}
	found, err := s.deps.Catalog.Page(ctx, q, catalog.Window{})
	return int64(found.Total), err
}
