package guard

import (
	"context"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// ServedOf lists who got a version, or any version where it is empty, beginning
// after a cursor. What came in the last second may be missing.
func (s *Service) ServedOf(ctx context.Context, name npm.Name, version string, after record.ServedCursor, limit int) (found []record.Served, err error) {
	err = s.deps.Store.View(ctx, func(tx record.Tx) error {
		var err error
		found, err = tx.Guards().ServedOf(name.String(), version, after, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list who got %s: %w", name, err)
	}
	return found, nil
}

// Decisions lists what was refused, and what was let through only by a warning or
// a waiver, newest first, beginning below before where that is not zero.
func (s *Service) Decisions(ctx context.Context, before int64, limit int) (found []record.Decision, err error) {
	err = s.deps.Store.View(ctx, func(tx record.Tx) error {
		var err error
		found, err = tx.Guards().Decisions(before, limit)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list decisions: %w", err)
	}
	return found, nil
}

// Verify checks that nobody has changed the decisions since they were written,
// and returns how many there are.
func (s *Service) Verify(ctx context.Context) (int, error) {
	return record.VerifyDecisions(ctx, s.deps.Store)
}
