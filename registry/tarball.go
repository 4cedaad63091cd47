package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// storedKey names a tarball of a name as one view of it has it.
type storedKey struct{ name, view, file string }

// storedTarball is what a hot tarball request needs: no record is read.
type storedTarball struct {
	// id is the number of the package.
	id      int64
	version string
	digest  blob.Digest
	etag    string
	size    int64
	at      time.Time
}

func storedCost(k storedKey, t storedTarball) int64 {
	return int64(len(k.name)+len(k.view)+len(k.file)+len(t.etag)+len(t.version)) + 276
}

// Tarball is a tarball that is open for reading. The caller closes Body.
type Tarball struct {
	Body blob.Blob
	// ETag is the strong validator, with its quotes.
	ETag string
	// Stored is when it was published.
	Stored time.Time
	// Package is the number of the package, which Downloaded counts by.
	Package int64
	// Version is the package's.
	Version string
}

// Tarball opens the tarball of a local version. file is the last part of the
// path; it may carry the scope, as GitLab's URLs do.
func (s *Service) Tarball(ctx context.Context, l Location, file string) (Tarball, error) {
	key := storedKey{name: l.name.String(), view: l.view(), file: file}
	found, ok := s.stored.Get(key)
	if !ok {
		var err error
		if found, err = s.findTarball(ctx, l, file); err != nil {
			return Tarball{}, err
		}
		s.stored.Add(key, found)
	}
	b, err := s.deps.Blobs.Open(ctx, found.digest)
	if err != nil {
		return Tarball{}, fmt.Errorf("open tarball %s of %s: %w", file, l.name, hideAbsence(err))
	}
	return Tarball{Body: b, ETag: found.etag, Stored: found.at, Package: found.id, Version: found.version}, nil
}

// Has tells whether a local version stands behind a tarball's file name.
func (s *Service) Has(ctx context.Context, l Location, file string) (bool, error) {
	_, err := s.findTarball(ctx, l, file)
	if errors.Is(err, npm.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

func (s *Service) findTarball(ctx context.Context, l Location, file string) (storedTarball, error) {
	version, ok := l.name.VersionOfFile(strings.TrimPrefix(file, l.name.Scope()+"/"))
	if !ok {
		return storedTarball{}, errNoFile(l.name, file)
	}
	var best record.File
	err := s.deps.Store.View(ctx, func(tx record.Tx) error {
		best = record.File{}
		for _, h := range l.holders {
			f, err := tarballOf(tx.Catalog(), h.project.ID, l.name.String(), version)
			if errors.Is(err, npm.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			if f.CreatedAt.After(best.CreatedAt) {
				best = f
			}
		}
		return nil
	})
	if err != nil {
		return storedTarball{}, fmt.Errorf("find tarball of %s@%s: %w", l.name, version, err)
	}
	if best.ID == 0 {
		return storedTarball{}, errNoFile(l.name, file)
	}
	digest := blob.Digest(best.SHA512)
	return storedTarball{
		id: best.PackageID, version: version, digest: digest, size: best.Size, at: best.CreatedAt, etag: tagOf(digest),
	}, nil
}

// tarballOf returns the file of an installable version, or npm.ErrNotFound.
func tarballOf(c record.Catalog, project int64, name, version string) (record.File, error) {
	p, err := c.PackageOf(project, name, version)
	if err != nil {
		return record.File{}, err
	}
	if !p.Installable() {
		return record.File{}, npm.ErrNotFound
	}
	return fileOf(c, p, tarballName(name, version))
}

// fileOf returns a package's file of that name, or npm.ErrNotFound.
func fileOf(c record.Catalog, p record.Package, name string) (record.File, error) {
	files, err := c.Files(p.ID)
	if err != nil {
		return record.File{}, err
	}
	for _, f := range files {
		if f.Name == name && !f.Pending {
			return f, nil
		}
	}
	return record.File{}, npm.ErrNotFound
}

func errNoFile(name npm.Name, file string) error {
	return &npm.Error{Kind: npm.ErrNotFound, Package: name.String(), Message: "Not found",
		Text: "no version of " + name.String() + " has the tarball " + file}
}
