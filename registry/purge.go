package registry

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

const (
	// purgeInterval is the time between two looks for what is past its grace.
	purgeInterval = time.Hour
	// purgePage is how many deleted packages or files are looked at together.
	purgePage = 500
)

// Run removes the records of what was deleted and can no longer be restored, and
// writes downloads behind the requests, until ctx ends. Blobs, which nothing
// names then, are the sweeper's.
func (s *Service) Run(ctx context.Context) error {
	var jobs sync.WaitGroup
	defer jobs.Wait()
	jobs.Go(func() { s.writeDownloads(ctx) })
	ticker := time.NewTicker(purgeInterval)
	defer ticker.Stop()
	for {
		if n, err := s.Purge(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("deleted packages were not purged", "err", err)
		} else if n > 0 {
			s.log.Info("deleted packages were purged", "packages", n)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

// Purge removes the packages, and the files of others, that were deleted longer
// ago than the grace, and returns the number of packages.
func (s *Service) Purge(ctx context.Context) (int, error) {
	limit := s.opts.Now().Add(-s.opts.Grace)
	purged := 0
	// Lists leave one type out, unless they are of that alone.
	for _, t := range []record.PackageType{"", record.TerraformModule} {
		n, err := s.purgePackages(ctx, t, limit)
		purged += n
		if err != nil {
			return purged, err
		}
	}
	return purged, s.purgeFiles(ctx, limit)
}

func (s *Service) purgePackages(ctx context.Context, t record.PackageType, limit time.Time) (int, error) {
	q := catalog.Query{All: true, Type: t, Versionless: true, Statuses: []record.Status{record.StatusPendingDestruction}}
	w := catalog.Window{Limit: purgePage}
	purged := 0
	for {
		page, err := s.deps.Catalog.Page(ctx, q, w)
		if err != nil {
			return purged, err
		}
		due, err := s.dueForPurge(ctx, page.IDs, limit)
		if err != nil {
			return purged, err
		}
		for _, p := range due {
			if err := s.purgePackage(ctx, p, limit); err != nil {
				return purged, err
			}
			purged++
		}
		if w.After = page.Next; w.After == nil {
			return purged, nil
		}
	}
}

func (s *Service) dueForPurge(ctx context.Context, ids []int64, limit time.Time) ([]record.Package, error) {
	var due []record.Package
	err := s.deps.Store.View(ctx, func(tx record.Tx) error {
		due = nil
		return eachOf(tx.Catalog(), ids, func(p record.Package) error {
			if past(p, limit) {
				due = append(due, p)
			}
			return nil
		})
	})
	return due, err
}

// past tells whether a package was deleted before a time.
func past(p record.Package, limit time.Time) bool {
	return p.Status == record.StatusPendingDestruction && p.DeletedAt.Before(limit)
}

func (s *Service) purgePackage(ctx context.Context, p record.Package, limit time.Time) error {
	return s.update(ctx, p.Name, func(tx record.Tx) error {
		now, err := tx.Catalog().Package(p.ID)
		if errors.Is(err, npm.ErrNotFound) || err == nil && !past(now, limit) {
			return nil // it was purged, or restored and perhaps deleted again, meanwhile
		}
		if err != nil {
			return err
		}
		if err := tx.Catalog().RemovePackage(p.ID); err != nil {
			return err
		}
		_, err = tx.Audit().Append(record.Entry{Actor: purger, Action: "package.purge", Target: spell(p)})
		return err
	})
}

// purger is what the audit log calls larder's own doing.
const purger = "larder"

// purgeFiles removes files that were deleted while their packages stayed.
func (s *Service) purgeFiles(ctx context.Context, limit time.Time) error {
	for after := int64(0); ; {
		var page []record.File
		err := s.deps.Store.View(ctx, func(tx record.Tx) (err error) {
			page, err = tx.Catalog().PendingFiles(after, purgePage)
			return err
		})
		if err != nil {
			return err
		}
		for _, f := range page {
			after = f.ID
			if !f.DeletedAt.Before(limit) {
				continue
			}
			if err := s.purgeFile(ctx, f, limit); err != nil {
				return err
			}
		}
		if len(page) < purgePage {
			return nil
		}
	}
}

func (s *Service) purgeFile(ctx context.Context, f record.File, limit time.Time) error {
	return s.deps.Store.Update(ctx, func(tx record.Tx) error {
		now, err := tx.Catalog().File(f.ID)
		if errors.Is(err, npm.ErrNotFound) || err == nil && (!now.Pending || !now.DeletedAt.Before(limit)) {
			return nil // as for packages
		}
		if err != nil {
			return err
		}
		p, err := tx.Catalog().Package(f.PackageID)
		if err != nil {
			return err
		}
		if err := tx.Catalog().RemoveFile(f.ID); err != nil {
			return err
		}
		_, err = tx.Audit().Append(record.Entry{Actor: purger, Action: "file.purge", Target: spell(p), Detail: f.Name})
		return err
	})
}
