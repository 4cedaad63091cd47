package registry

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// PackageItem is a package with what lists show of it.
type PackageItem struct {
	// Package counts the downloads that are not written yet.
	record.Package
	Project *accounts.Project
	// Tags are the dist-tags that point to it, by name.
	Tags []record.Tag
	// Pipelines are those that published it and are still known, newest last;
	// none for a caller that does not see the project.
	Pipelines []PackagePipeline
	// Destroyable tells that the caller may delete packages there.
	Destroyable bool
	// RestorableUntil is set while a deleted package can be restored.
	RestorableUntil time.Time
}

// PackagePipeline is a pipeline and whose it is.
type PackagePipeline struct {
	record.Pipeline
	// User is nil where the user is gone.
	User *record.User
}

// itemReader reads packages in one transaction. What several of them share is
// read once.
type itemReader struct {
	s      *Service
	caller Caller
	tx     record.Tx
	tags   map[nameOf]map[int64][]record.Tag
	lines  map[int64]*PackagePipeline
	users  map[int64]*record.User
}

// nameOf is a name in a project.
type nameOf struct {
	project int64
	name    string
}

func newItemReader(s *Service, c Caller, tx record.Tx) *itemReader {
	return &itemReader{s: s, caller: c, tx: tx, tags: map[nameOf]map[int64][]record.Tag{},
		lines: map[int64]*PackagePipeline{}, users: map[int64]*record.User{}}
}

// item completes a package.
func (r *itemReader) item(p record.Package, pr *accounts.Project) (PackageItem, error) {
	access := r.s.deps.Accounts.ProjectAccess(r.caller.Principal, pr)
	item := PackageItem{Package: r.s.withDownloads(p), Project: pr, RestorableUntil: r.s.restorable(p),
		Destroyable: access.Destroy && covers(r.caller, p)}
	var err error
	if item.Tags, err = r.tagsOf(p); err != nil || !access.See {
		return item, err
	}
	for _, id := range p.Pipelines {
		line, err := r.pipeline(id)
		if err != nil {
			return item, err
		}
		if line != nil {
			item.Pipelines = append(item.Pipelines, *line)
		}
	}
	return item, nil
}

// tagsOf returns the dist-tags of an npm package; other types have none.
func (r *itemReader) tagsOf(p record.Package) ([]record.Tag, error) {
	if p.Type != record.NPM {
		return nil, nil
	}
	key := nameOf{p.ProjectID, p.Name}
	if tags, ok := r.tags[key]; ok {
		return tags[p.ID], nil
	}
	list, err := r.tx.Catalog().Tags(p.ProjectID, p.Name)
	if err != nil {
		return nil, err
	}
	tags := map[int64][]record.Tag{}
	for _, t := range list {
		tags[t.PackageID] = append(tags[t.PackageID], t)
	}
	r.tags[key] = tags
	return tags[p.ID], nil
}

// pipeline returns a pipeline, or nil where it is gone.
func (r *itemReader) pipeline(id int64) (*PackagePipeline, error) {
	if line, ok := r.lines[id]; ok {
		return line, nil
	}
	found, err := r.tx.Spaces().Pipeline(id)
	var line *PackagePipeline
	switch {
	case err == nil:
		line = &PackagePipeline{Pipeline: found}
		if line.User, err = r.user(found.UserID); err != nil {
			return nil, err
		}
	case !errors.Is(err, npm.ErrNotFound):
		return nil, err
	}
	r.lines[id] = line
	return line, nil
}

// user returns a user, or nil where it is gone.
func (r *itemReader) user(id int64) (*record.User, error) {
	if u, ok := r.users[id]; ok {
		return u, nil
	}
	found, err := r.tx.Accounts().User(id)
	var u *record.User
	switch {
	case err == nil:
		u = &found
	case !errors.Is(err, npm.ErrNotFound):
		return nil, err
	}
	r.users[id] = u
	return u, nil
}

// PackageDetail is one package with the other versions of its name.
type PackageDetail struct {
	PackageItem
	// Versions are by version as text, at most MaxVersions.
	Versions []PackageItem
}

// MaxVersions is how many versions of one name are shown beside a package.
const MaxVersions = 10_000

// ErrFailed marks the refusal of a package whose status is error, which GitLab
// words in a way of its own.
var ErrFailed = errors.New("package of status error")

// errAbsent is GitLab's answer to a look-up by number that fails.
func errAbsent() error {
	return &npm.Error{Kind: npm.ErrNotFound, Message: "Not found", Text: "not found"}
}

// PackageRef names a package of a project by its number.
type PackageRef struct {
	Project *accounts.Project
	ID      int64
}

// ShowPackage returns a package and the other versions of its name in the same
// project. It has to be of the status default or deprecated; one of the status
// error fails with ErrFailed.
func (s *Service) ShowPackage(ctx context.Context, c Caller, ref PackageRef) (PackageDetail, error) {
	p, err := s.shown(ctx, c, ref)
	if err != nil {
		return PackageDetail{}, err
	}
	siblings, err := s.deps.Catalog.Page(ctx, catalog.Query{Projects: []int64{p.ProjectID}, Type: p.Type, Name: p.Name,
		Order: catalog.ByVersion}, catalog.Window{Limit: MaxVersions})
	if err != nil {
		return PackageDetail{}, err
	}
	var out PackageDetail
	err = s.deps.Store.View(ctx, func(tx record.Tx) error {
		r := newItemReader(s, c, tx)
		item, err := r.item(p, ref.Project)
		out = PackageDetail{PackageItem: item, Versions: make([]PackageItem, 0, len(siblings.IDs))}
		if err != nil {
			return err
		}
		return out.readVersions(r, siblings.IDs)
	})
	return out, err
}

// readVersions fills in the other versions.
func (d *PackageDetail) readVersions(r *itemReader, ids []int64) error {
	return eachOf(r.tx.Catalog(), ids, func(p record.Package) error {
		if p.ID == d.ID {
			return nil
		}
		item, err := r.item(p, d.Project)
		if err == nil {
			d.Versions = append(d.Versions, item)
		}
		return err
	})
}

// shown reads a package that has a page of its own.
func (s *Service) shown(ctx context.Context, c Caller, ref PackageRef) (record.Package, error) {
	p, err := s.read(ctx, c, ref)
	switch {
	case err != nil:
		return p, err
	case p.Status == record.StatusError:
		return p, &npm.Error{Kind: npm.ErrNotFound, Text: "Package not found", Err: ErrFailed}
	}
	return p, nil
}

// read reads a package that lists display.
func (s *Service) read(ctx context.Context, c Caller, ref PackageRef) (record.Package, error) {
	if _, err := s.readable(c, ref.Project); err != nil {
		return record.Package{}, err
	}
	var p record.Package
	err := s.deps.Store.View(ctx, func(tx record.Tx) (err error) {
		p, err = displayed(tx, ref)
		return err
	})
	if err == nil && !covers(c, p) {
		err = errUncoveredPackage(p)
	}
	return p, err
}

// displayed returns a package of a project whose status GitLab displays:
// default, deprecated and error.
func displayed(tx record.Tx, ref PackageRef) (record.Package, error) {
	p, err := tx.Catalog().Package(ref.ID)
	if errors.Is(err, npm.ErrNotFound) || err == nil && p.ProjectID != ref.Project.ID {
		return record.Package{}, errAbsent()
	}
	if err != nil {
		return record.Package{}, err
	}
	switch p.Status {
	case record.StatusDefault, record.StatusDeprecated, record.StatusError:
		return p, nil
	}
	return record.Package{}, errAbsent()
}

// PackagePipelines returns the pipelines that published a package, newest first.
// It has to be of the status default or deprecated.
func (s *Service) PackagePipelines(ctx context.Context, c Caller, ref PackageRef) ([]PackagePipeline, error) {
	p, err := s.shown(ctx, c, ref)
	if err != nil {
		return nil, err
	}
	var lines []PackagePipeline
	err = s.deps.Store.View(ctx, func(tx record.Tx) error {
		item, err := newItemReader(s, c, tx).item(p, ref.Project)
		lines = item.Pipelines
		return err
	})
	slices.SortFunc(lines, func(a, b PackagePipeline) int { return cmp.Compare(b.ID, a.ID) })
	return lines, err
}
