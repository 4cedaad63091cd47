package registry

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// shelf is everything that the records say of one name in some projects.
type shelf struct {
	versions []shelved
	index    map[string]int // of versions, while they are collected
	// tags are the dist-tags that point to one of the versions.
	tags        map[string]string
	rev         uint64
	created     time.Time
	modified    time.Time
	maintainers []string
	stars       []string
}

// shelved is one installable version with its files.
type shelved struct {
	pkg        record.Package
	manifest   record.Manifest
	tarball    record.File
	provenance record.File // zero without one
}

// gather reads what the holders of a location have of the name. Of equal
// versions the one published last counts.
func (s *Service) gather(ctx context.Context, name string, list []holder) (*shelf, error) {
	var sh *shelf
	err := s.deps.Store.View(ctx, func(tx record.Tx) error {
		sh = &shelf{tags: map[string]string{}, index: map[string]int{}}
		for _, h := range list {
			if err := sh.add(tx.Catalog(), h.project.ID, name); err != nil {
				return err
			}
		}
		return sh.retag(tx.Catalog(), list, name)
	})
	if err != nil {
		return nil, fmt.Errorf("gather %s: %w", name, err)
	}
	return sh, nil
}

// add takes one project's holding.
func (sh *shelf) add(c record.Catalog, project int64, name string) error {
	h, err := c.Holding(project, name)
	if errors.Is(err, npm.ErrNotFound) {
		return nil // removed since it was listed
	}
	if err != nil {
		return err
	}
	sh.rev = max(sh.rev, h.Rev)
	if sh.created.IsZero() || h.CreatedAt.Before(sh.created) {
		sh.created = h.CreatedAt
	}
	if h.ModifiedAt.After(sh.modified) {
		sh.modified = h.ModifiedAt
	}
	sh.maintainers = union(sh.maintainers, h.Maintainers)
	sh.stars = union(sh.stars, h.Stars)
	return eachPackage(c, project, name, func(p record.Package) error {
		if p.Type != record.NPM || !p.Installable() {
			return nil
		}
		return sh.take(c, p)
	})
}

// eachPackage calls fn with every package of an npm name in a project.
func eachPackage(c record.Catalog, project int64, name string, fn func(record.Package) error) error {
	const page = 500
	q := record.PackageQuery{ProjectID: project, Name: name, Limit: page}
	for {
		list, err := c.Packages(q)
		if err != nil {
			return err
		}
		for _, p := range list {
			q.After = p.ID
			if err := fn(p); err != nil {
				return err
			}
		}
		if len(list) < page {
			return nil
		}
	}
}

// eachOf calls fn with the packages of some numbers, in their order. What has gone
// is left out.
func eachOf(c record.Catalog, ids []int64, fn func(record.Package) error) error {
	for _, id := range ids {
		p, err := c.Package(id)
		if errors.Is(err, npm.ErrNotFound) {
			continue
		}
		if err == nil {
			err = fn(p)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// take adds one version unless a later publish of the same number is there. A
// version without a file is left out.
func (sh *shelf) take(c record.Catalog, p record.Package) error {
	v := shelved{pkg: p}
	files, err := c.Files(p.ID)
	if err != nil {
		return err
	}
	for _, f := range files {
		switch {
		case f.Pending:
		case f.Name == tarballName(p.Name, p.Version):
			v.tarball = f
		case f.Name == provenanceName(p.Name, p.Version):
			v.provenance = f
		}
	}
	if v.tarball.ID == 0 {
		return nil
	}
	if v.manifest, err = c.Manifest(p.ID); err != nil {
		return err
	}
	at, ok := sh.index[p.Version]
	switch {
	case !ok:
		sh.index[p.Version] = len(sh.versions)
		sh.versions = append(sh.versions, v)
	case sh.versions[at].pkg.CreatedAt.Before(p.CreatedAt):
		sh.versions[at] = v
	}
	return nil
}

// retag collects the tags of all holders, the one set last counting, sorts the
// versions by their time and computes latest where nobody set it.
func (sh *shelf) retag(c record.Catalog, list []holder, name string) error {
	var all []record.Tag
	for _, h := range list {
		tags, err := c.Tags(h.project.ID, name)
		if err != nil {
			return err
		}
		all = append(all, tags...)
	}
	slices.SortStableFunc(all, func(a, b record.Tag) int { return a.UpdatedAt.Compare(b.UpdatedAt) })
	for _, t := range all {
		p, err := c.Package(t.PackageID)
		if errors.Is(err, npm.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if _, ok := sh.index[p.Version]; ok {
			sh.tags[t.Name] = p.Version
		}
	}
	slices.SortStableFunc(sh.versions, func(a, b shelved) int {
		return cmp.Or(a.pkg.CreatedAt.Compare(b.pkg.CreatedAt), cmp.Compare(a.pkg.ID, b.pkg.ID))
	})
	if _, ok := sh.tags[latest]; !ok && len(sh.versions) > 0 {
		sh.tags[latest] = sh.highest()
	}
	return nil
}

// latest is the dist-tag that every package has.
const latest = "latest"

// highest returns the highest version, prereleases included, as GitLab does.
func (sh *shelf) highest() string {
	var list []string
	for _, v := range sh.versions {
		list = append(list, v.pkg.Version)
	}
	return highestOf(list)
}

// highestOf returns the highest of versions by precedence; versions that are
// none come last.
func highestOf(list []string) string {
	var best string
	var high npm.Version
	for _, text := range list {
		v, err := npm.ParseLoose(text)
		if err != nil {
			continue
		}
		if best == "" || v.Compare(high) > 0 {
			best, high = text, v
		}
	}
	if best == "" && len(list) > 0 {
		return list[0]
	}
	return best
}

func union(a, b []string) []string {
	for _, s := range b {
		if !slices.Contains(a, s) {
			a = append(a, s)
		}
	}
	return a
}

// tarballName is GitLab's name of a version's file, with the scope in it.
func tarballName(name, version string) string { return name + "-" + version + ".tgz" }

// provenanceName is that of the attestation that npm publishes beside it.
func provenanceName(name, version string) string { return name + "-" + version + ".sigstore" }

// text reads a text of a record, from its blob where it has one.
func (s *Service) text(ctx context.Context, t record.Text) ([]byte, error) {
	if t.Blob == [64]byte{} {
		return t.Inline, nil
	}
	b, err := s.deps.Blobs.Open(ctx, blob.Digest(t.Blob))
	if err != nil {
		return nil, fmt.Errorf("open stored text: %w", hideAbsence(err))
	}
	defer b.Close()
	text := make([]byte, b.Size())
	if _, err := io.ReadFull(b, text); err != nil {
		return nil, fmt.Errorf("read stored text: %w", err)
	}
	return text, nil
}

// hideAbsence keeps a lost blob from looking like an absent package.
func hideAbsence(err error) error {
	if errors.Is(err, npm.ErrNotFound) {
		return fmt.Errorf("blob lost: %w", record.ErrCorrupt)
	}
	return err
}

// keepText stores a text inline or as a blob. The record that refers to it must
// be written within the sweeper's grace.
func (s *Service) keepText(ctx context.Context, text []byte) (record.Text, error) {
	if len(text) == 0 {
		return record.Text{}, nil
	}
	if len(text) <= record.MaxInline {
		return record.Text{Inline: text, Size: int64(len(text))}, nil
	}
	w, err := s.deps.Blobs.Create(ctx)
	if err != nil {
		return record.Text{}, fmt.Errorf("store text: %w", err)
	}
	defer w.Close()
	if _, err := w.Write(text); err != nil {
		return record.Text{}, fmt.Errorf("store text: %w", err)
	}
	sum := w.Sum()
	if _, err := w.Commit(ctx, sum); err != nil {
		return record.Text{}, fmt.Errorf("store text: %w", err)
	}
	return record.Text{Blob: sum, Size: int64(len(text))}, nil
}
