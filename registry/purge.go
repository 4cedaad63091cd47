package registry

import (
	"context"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// purgeInterval is the time between two looks for what is past its grace.
const purgeInterval = time.Hour

// Run removes the records of deleted packages that can no longer be restored,
// until ctx ends. Their blobs, which nothing names then, are the sweeper's.
func (s *Service) Run(ctx context.Context) error {
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

// Purge removes what was deleted longer ago than the grace and returns its
// number.
func (s *Service) Purge(ctx context.Context) (int, error) {
	due, err := s.dueForPurge(ctx)
	if err != nil {
		return 0, err
	}
	for i, p := range due {
		err := s.update(ctx, p.Name, func(tx record.Tx) error {
			now, err := tx.Catalog().Package(p.ID)
			if err != nil || now.Status != record.StatusPendingDestruction {
				return err // it was restored meanwhile
			}
			if err := tx.Catalog().RemovePackage(p.ID); err != nil {
				return err
			}
			_, err = tx.Audit().Append(record.Entry{Actor: "larder", Action: "package.purge", Target: p.Name + "@" + p.Version})
			return err
		})
		if err != nil {
			return i, err
		}
	}
	return len(due), nil
}

func (s *Service) dueForPurge(ctx context.Context) ([]record.Package, error) {
	limit := s.opts.Now().Add(-s.opts.Grace)
	var due []record.Package
	err := s.deps.Store.View(ctx, func(tx record.Tx) error {
		due = nil
		return s.eachProject(tx, func(pr record.Project) error {
			return eachPackage(tx.Catalog(), pr.ID, "", func(p record.Package) error {
				if p.Status == record.StatusPendingDestruction && p.DeletedAt.Before(limit) {
					due = append(due, p)
				}
				return nil
			})
		})
	})
	return due, err
}
