package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Listed is a package as administrators list it.
type Listed struct {
	record.Package
	// Project is the full path of its project.
	Project string `json:"project"`
	// Tags are the dist-tags that point to it.
	Tags []string `json:"tags,omitempty"`
	// Files are its files; filled in by Show alone.
	Files []ListedFile `json:"files,omitempty"`
	// RestorableUntil is set while a deleted package can be restored.
	RestorableUntil time.Time `json:"restorable_until,omitzero"`
}

// ListedFile is a file as administrators see it.
type ListedFile struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"`
	MD5    string `json:"md5"`
	SHA1   string `json:"sha1"`
	SHA256 string `json:"sha256"`
	SHA512 string `json:"sha512"`
}

// List lists at most limit packages of a project, beginning after a number, for
// whoever may read them.
func (s *Service) List(ctx context.Context, c Caller, project string, after int64, limit int) ([]Listed, error) {
	w, err := s.enter(ctx, c, Place{Kind: ProjectPlace, Ref: project})
	if err != nil {
		return nil, err
	}
	out := []Listed{}
	err = s.deps.Store.View(ctx, func(tx record.Tx) error {
		out = out[:0]
		list, err := tx.Catalog().Packages(record.PackageQuery{ProjectID: w.project.ID, After: after, Limit: limit})
		for _, p := range list {
			out = append(out, Listed{Package: s.withDownloads(p), Project: w.project.FullPath, RestorableUntil: s.restorable(p)})
		}
		return err
	})
	return out, err
}

func (s *Service) restorable(p record.Package) time.Time {
	if p.DeletedAt.IsZero() {
		return time.Time{}
	}
	return p.DeletedAt.Add(s.opts.Grace)
}

// Show lists every version of a name that the caller may read, deleted ones
// too, with files and tags.
func (s *Service) Show(ctx context.Context, c Caller, name npm.Name) ([]Listed, error) {
	projects, err := s.deps.Catalog.ProjectsOf(ctx, name.String())
	if err != nil {
		return nil, err
	}
	out := []Listed{}
	for _, id := range projects {
		pr, err := s.deps.Accounts.ProjectByID(ctx, id)
		if errors.Is(err, npm.ErrNotFound) {
			continue // it has gone since
		}
		if err != nil {
			return nil, err
		}
		if !s.mayRead(c, pr, name) {
			continue
		}
		list, err := s.showIn(ctx, pr, name)
		if err != nil {
			return nil, err
		}
		out = append(out, list...)
	}
	if len(out) == 0 {
		return nil, errNoPackage()
	}
	return out, nil
}

// showIn lists the versions that a project has of a name.
func (s *Service) showIn(ctx context.Context, pr *accounts.Project, name npm.Name) ([]Listed, error) {
	var out []Listed
	err := s.deps.Store.View(ctx, func(tx record.Tx) error {
		out = nil
		return eachPackage(tx.Catalog(), pr.ID, name.String(), func(p record.Package) error {
			l, err := s.listed(tx, pr, p)
			out = append(out, l)
			return err
		})
	})
	return out, err
}

func (s *Service) listed(tx record.Tx, pr *accounts.Project, p record.Package) (Listed, error) {
	l := Listed{Package: s.withDownloads(p), Project: pr.FullPath, RestorableUntil: s.restorable(p)}
	files, err := tx.Catalog().Files(p.ID)
	if err != nil {
		return l, err
	}
	for _, f := range files {
		l.Files = append(l.Files, ListedFile{Name: f.Name, Size: f.Size, MD5: fmt.Sprintf("%x", f.MD5),
			SHA1: fmt.Sprintf("%x", f.SHA1), SHA256: fmt.Sprintf("%x", f.SHA256), SHA512: fmt.Sprintf("%x", f.SHA512)})
	}
	tags, err := tx.Catalog().Tags(p.ProjectID, p.Name)
	for _, t := range tags {
		if t.PackageID == p.ID {
			l.Tags = append(l.Tags, t.Name)
		}
	}
	return l, err
}

// Delete deletes one version of a name, or all where version is empty, like
// npm's unpublish. A place names the project where several hold the name.
func (s *Service) Delete(ctx context.Context, c Caller, p Place, name npm.Name, version string) (Written, error) {
	pr, err := s.target(ctx, c, p, name, deleting)
	if err != nil {
		return Written{}, err
	}
	put := &Put{s: s, caller: c, place: p, name: name, project: pr}
	return s.unpublish(ctx, put, func(v string) bool { return version == "" || v == version })
}

// Release makes a name free again whose versions are all deleted. Only
// administrators may.
func (s *Service) Release(ctx context.Context, c Caller, name npm.Name, reason string) error {
	if !c.Principal.Admin {
		return &npm.Error{Kind: npm.ErrForbidden, Message: "Forbidden", Text: "only administrators release names"}
	}
	return s.update(ctx, name.String(), func(tx record.Tx) error {
		held, err := tx.Catalog().HoldingsOf(name.String())
		if err != nil {
			return err
		}
		if len(held) > 0 {
			return &npm.Error{Kind: npm.ErrConflict, Package: name.String(), Text: "it is published here: delete it first"}
		}
		t := record.Tombstone{At: s.opts.Now().UTC(), By: c.Principal.Actor(), Reason: reason}
		if err := s.deps.Names.Release(tx, name, t); err != nil {
			return err
		}
		_, err = tx.Audit().Append(c.entry("name.release", name.String(), reason))
		return err
	})
}
