package registry

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// ErrModified means that a package has changed since the caller saw it.
var ErrModified = errors.New("package was modified since")

// Destroyed is what was deleted.
type Destroyed struct {
	Package record.Package
	// RestorableUntil is how long it can be brought back.
	RestorableUntil time.Time
}

// DestroyPackage deletes one package of a project, whatever its type: it is
// hidden at once and can be restored for a while. Name and number of an npm
// version stay reserved. It fails with ErrModified where the package changed
// after unmodified, unless that is zero.
func (s *Service) DestroyPackage(ctx context.Context, c Caller, ref PackageRef, unmodified time.Time) (Destroyed, error) {
	p, err := s.destroyable(ctx, c, ref)
	if err != nil {
		return Destroyed{}, err
	}
	put, err := putOf(s, c, ref, p)
	if err != nil {
		return Destroyed{}, err
	}
	err = s.update(ctx, p.Name, func(tx record.Tx) error {
		if p, err = displayed(tx, ref); err != nil {
			return err
		}
		if ModifiedSince(p.UpdatedAt, unmodified) {
			return ErrModified
		}
		if err := s.hide(tx, put, p); err != nil {
			return err
		}
		p, err = tx.Catalog().Package(p.ID)
		return err
	})
	return Destroyed{Package: p, RestorableUntil: s.restorable(p)}, err
}

// putOf makes the write of a package that was named by its number. Only npm's
// are in the ledger by their names.
func putOf(s *Service, c Caller, ref PackageRef, p record.Package) (*Put, error) {
	put := &Put{s: s, caller: c, project: ref.Project}
	var err error
	if p.Type == record.NPM {
		put.name, err = npm.ParseName(p.Name)
	}
	return put, err
}

// ModifiedSince tells whether something changed after a time of whole seconds,
// which is all that HTTP can tell. Nothing changed after a time of zero.
func ModifiedSince(changed, unmodified time.Time) bool {
	return !unmodified.IsZero() && changed.Truncate(time.Second).After(unmodified)
}

// hide takes a package away.
func (s *Service) hide(tx record.Tx, put *Put, p record.Package) error {
	if p.Type == record.NPM {
		if err := s.bury(tx, put.caller, p); err != nil {
			return err
		}
		_, err := s.settle(tx, put, p.Name)
		return err
	}
	now := s.opts.Now().UTC()
	p.Status, p.DeletedAt, p.UpdatedAt = record.StatusPendingDestruction, now, now
	if _, err := tx.Catalog().PutPackage(p); err != nil {
		return err
	}
	_, err := tx.Audit().Append(put.caller.entry("package.delete", spell(p), put.project.FullPath))
	return err
}

// spell writes a package for the audit log.
func spell(p record.Package) string {
	if p.Version == "" {
		return p.Name
	}
	return p.Name + "@" + p.Version
}

// destroyable finds a package that the caller may delete. It checks in GitLab's
// order: that the project is visible, readable and the caller's to destroy in,
// that the package exists, and that no rule protects it.
func (s *Service) destroyable(ctx context.Context, c Caller, ref PackageRef) (record.Package, error) {
	access, err := s.readable(c, ref.Project)
	switch {
	case err != nil:
		return record.Package{}, err
	case !access.Destroy:
		return record.Package{}, errForbidden("deleting packages in " + ref.Project.FullPath + " needs the role maintainer")
	}
	p, err := s.read(ctx, c, ref)
	if err != nil {
		return p, err
	}
	return p, s.guarded(ctx, c, ref.Project, guardedWrite{kind: deleting, packageType: p.Type, name: strings.ToLower(p.Name)})
}

// DestroyFile deletes one file of a package, which stays. An npm version without
// its tarball is in no document any more, and its number is burned. It fails with
// ErrModified where the file is newer than unmodified, unless that is zero.
func (s *Service) DestroyFile(ctx context.Context, c Caller, ref FileRef, unmodified time.Time) (Destroyed, error) {
	p, err := s.destroyable(ctx, c, ref.PackageRef)
	if err != nil {
		return Destroyed{}, err
	}
	put, err := putOf(s, c, ref.PackageRef, p)
	if err != nil {
		return Destroyed{}, err
	}
	until := s.opts.Now().UTC().Add(s.opts.Grace)
	err = s.update(ctx, p.Name, func(tx record.Tx) error {
		if p, err = displayed(tx, ref.PackageRef); err != nil {
			return err
		}
		f, err := fileIn(tx, p, ref.FileID)
		if err != nil {
			return err
		}
		if ModifiedSince(f.CreatedAt, unmodified) {
			return ErrModified
		}
		if err := s.hideFile(tx, put, p, f); err != nil {
			return err
		}
		p, err = tx.Catalog().Package(p.ID)
		return err
	})
	return Destroyed{Package: p, RestorableUntil: until}, err
}

// hideFile takes a file away.
func (s *Service) hideFile(tx record.Tx, put *Put, p record.Package, f record.File) error {
	tarball := p.Type == record.NPM && f.Name == tarballName(p.Name, p.Version)
	if tarball {
		if err := s.burn(tx, put.caller, p); err != nil {
			return err
		}
		if err := dropTags(tx.Catalog(), p); err != nil {
			return err
		}
	}
	now := s.opts.Now().UTC()
	f.Pending, f.DeletedAt = true, now
	if _, err := tx.Catalog().PutFile(f); err != nil {
		return err
	}
	p.Hollow, p.UpdatedAt = p.Hollow || tarball, now
	if _, err := tx.Catalog().PutPackage(p); err != nil {
		return err
	}
	if p.Type == record.NPM {
		if _, err := s.settle(tx, put, p.Name); err != nil {
			return err
		}
	}
	_, err := tx.Audit().Append(put.caller.entry("file.delete", spell(p), f.Name))
	return err
}
