package guard

import (
	"context"
	"time"

	"github.com/larderhq/larder/registry/policy"
)

// The rooms of what waits to be written.
const (
	ServedRoom   = servedRoom
	DecisionRoom = decisionRoom
	FlushBatch   = flushBatch
)

// Poll looks at the feeds as Run does.
func (s *Service) Poll(ctx context.Context) { s.poll(ctx) }

// Flush writes what was collected as Run does.
func (s *Service) Flush(ctx context.Context) error { return s.witness.flush(ctx) }

// Refresh reads what others decided as Run does.
func (s *Service) Refresh(ctx context.Context) error { return s.refreshOrders(ctx) }

// RefreshLookalikes reads the private names as Run does.
func (s *Service) RefreshLookalikes(ctx context.Context) error { return s.refreshLookalikes(ctx) }

// Prune removes old events as Run does.
func (s *Service) Prune(ctx context.Context, before time.Time) error { return s.prune(ctx, before) }

// Outdated tells whether Run would read the store, and forgets it.
func (s *Service) Outdated() bool {
	select {
	case <-s.outdated:
		return true
	default:
		return false
	}
}

// AsksLookalikes tells whether the private names are read.
func AsksLookalikes(c policy.Config) bool { return asksLookalikes(c) }

// KeepFeeds makes the copies that are wanted as Run does.
func (s *Service) KeepFeeds(ctx context.Context) error { return s.keepWanted(ctx) }
