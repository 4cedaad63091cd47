package registry

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Restore brings a deleted version back within the grace time. Its number is no
// longer burned, and the name's tombstone goes.
func (s *Service) Restore(ctx context.Context, c Caller, name npm.Name, version string) (Written, error) {
	listed, err := s.Show(ctx, c, name)
	if err != nil {
		return Written{}, err
	}
	for _, l := range listed {
		if l.Version != version || l.Status != record.StatusPendingDestruction && !l.Hollow {
			continue
		}
		pr, err := s.deps.Accounts.ProjectByID(ctx, l.ProjectID)
		if err != nil {
			return Written{}, err
		}
		if err := s.authorize(ctx, c, pr, name, deleting); err != nil {
			return Written{}, err
		}
		return s.restore(ctx, c, pr, l.Package)
	}
	return Written{}, &npm.Error{Kind: npm.ErrNotFound, Package: name.String(), Version: version,
		Text: "there is no deleted version " + version + " of " + name.String() + " that could be restored"}
}

// RestorePackage brings a deleted package of any type back, and the files of it
// that were deleted, for whoever may delete it, whom no rule keeps from that
// either. Where there is nothing of it to bring back, it fails with
// npm.ErrNotFound.
func (s *Service) RestorePackage(ctx context.Context, c Caller, id int64) (PackageItem, error) {
	found, err := s.owners(ctx, []int64{id})
	if err != nil {
		return PackageItem{}, err
	}
	if len(found) == 0 {
		return PackageItem{}, errAbsent()
	}
	p, pr := found[0].Package, found[0].project
	access := s.deps.Accounts.ProjectAccess(c.Principal, pr)
	switch {
	case !access.Read: // numbers tell nothing to whoever may not read there
		return PackageItem{}, errAbsent()
	case !access.Destroy:
		return PackageItem{}, errForbidden("restoring packages in " + pr.FullPath + " needs the role maintainer")
	case !covers(c, p):
		return PackageItem{}, errUncoveredPackage(p)
	}
	if err := s.guarded(ctx, c, pr, guardedWrite{kind: deleting, packageType: p.Type, name: strings.ToLower(p.Name)}); err != nil {
		return PackageItem{}, err
	}
	if _, err := s.restore(ctx, c, pr, p); err != nil {
		return PackageItem{}, err
	}
	items, err := s.items(ctx, c, []int64{id})
	if err == nil && len(items) == 0 {
		err = errAbsent()
	}
	if err != nil {
		return PackageItem{}, err
	}
	return items[0], nil
}

// restore brings back what was deleted of a package.
func (s *Service) restore(ctx context.Context, c Caller, pr *accounts.Project, p record.Package) (Written, error) {
	put, err := putOf(s, c, PackageRef{Project: pr, ID: p.ID}, p)
	if err != nil {
		return Written{}, err
	}
	if p.Type == record.NPM {
		if err := put.findOwners(ctx); err != nil {
			return Written{}, err
		}
	}
	out := Written{ID: p.ID, Done: "restored"}
	err = s.update(ctx, p.Name, func(tx record.Tx) error {
		if err := s.bringBack(tx, p.ID); err != nil {
			return err
		}
		if p.Type == record.NPM {
			if out.Rev, err = put.reclaim(tx, p); err != nil {
				return err
			}
		}
		_, err = tx.Audit().Append(c.entry("package.restore", spell(p), pr.FullPath))
		return err
	})
	return out, err
}

// bringBack shows a package and its files again. One that is not deleted at all
// is not found.
func (s *Service) bringBack(tx record.Tx, id int64) error {
	p, err := tx.Catalog().Package(id)
	if errors.Is(err, npm.ErrNotFound) {
		return errNoPackage()
	}
	if err != nil {
		return err
	}
	files, err := tx.Catalog().Files(id)
	if err != nil {
		return err
	}
	tarball, back := false, p.Status == record.StatusPendingDestruction
	for _, f := range files {
		tarball = tarball || f.Name == tarballName(p.Name, p.Version)
		if !f.Pending {
			continue
		}
		back = true
		f.Pending, f.DeletedAt = false, time.Time{}
		if _, err := tx.Catalog().PutFile(f); err != nil {
			return err
		}
	}
	if !back {
		return errNoPackage()
	}
	p.Hollow = p.Hollow && !tarball
	p.DeletedAt, p.UpdatedAt = time.Time{}, s.opts.Now().UTC()
	if p.Status == record.StatusPendingDestruction {
		p.Status = record.StatusDefault
		if p.Deprecated != "" {
			p.Status = record.StatusDeprecated
		}
	}
	_, err = tx.Catalog().PutPackage(p)
	return err
}

// reclaim gives an npm version that came back its number, and its project the
// name. The name may have been released and published by others since.
func (p *Put) reclaim(tx record.Tx, pkg record.Package) (uint64, error) {
	now, err := tx.Catalog().Package(pkg.ID)
	if err != nil {
		return 0, err
	}
	if now.Hollow {
		// Its tarball is purged: it is listed again, and that is all.
		return p.s.settle(tx, p, pkg.Name)
	}
	if err := tx.Names().RemoveBurn(pkg.Name, pkg.Version); err != nil {
		return 0, err
	}
	if err := p.owns(tx); err != nil {
		return 0, err
	}
	if err := p.s.deps.Names.ClaimPrivate(tx, p.name, p.project.ID); err != nil {
		return 0, err
	}
	return p.s.touch(tx, p.project, pkg.Name, p.caller)
}
