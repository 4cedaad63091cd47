package guard

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/larderhq/larder/registry/record"
)

const (
	// refreshRetry is the waiting after the store could not be read.
	refreshRetry = time.Second
	// tidyEvery is how often the private names are looked through, and pruneEvery
	// how often old events are removed.
	tidyEvery  = time.Minute
	pruneEvery = 24 * time.Hour
	// keepEvents is how long downloads and decisions are kept.
	keepEvents = 400 * 24 * time.Hour
	pruneBatch = 1000
)

// Run loads the feeds, keeps copies of them, follows what changes in them and in the
// store, and writes who got what, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for _, job := range []func(context.Context){s.watchFeeds, s.keepFeeds, s.followStore, s.tidyUp, s.writeEvents} {
		running.Go(func() { job(ctx) })
	}
	running.Wait()
	return s.Close()
}

// followStore puts in force what was decided elsewhere, until ctx ends.
func (s *Service) followStore(ctx context.Context) {
	failing := false
	for {
		select {
		case <-s.outdated:
		case <-ctx.Done():
			return
		}
		err := s.refreshOrders(ctx)
		if err == nil || ctx.Err() != nil {
			failing = false
			continue
		}
		if !failing {
			s.log.Error("decisions about versions cannot be followed", "error", err)
		}
		failing = true
		pause(ctx, refreshRetry)
		s.outdate()
	}
}

// writeEvents writes who got what until ctx ends.
func (s *Service) writeEvents(ctx context.Context) {
	ticker := time.NewTicker(flushEvery)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ticker.C:
		case <-s.witness.crowded:
		case <-ctx.Done():
			return
		}
		err := s.witness.flush(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			s.log.Warn("who got what is not written", "error", err)
		}
		if failing = err != nil; failing {
			pause(ctx, flushEvery) // crowded or not
		}
	}
}

// tidyUp looks after what is in no hurry until ctx ends.
func (s *Service) tidyUp(ctx context.Context) {
	ticker := time.NewTicker(tidyEvery)
	defer ticker.Stop()
	failing := false
	var pruned time.Time
	for {
		err := s.refreshLookalikes(ctx)
		s.recount()
		if now := s.now(); now.Sub(pruned) >= pruneEvery {
			err2 := s.prune(ctx, now.Add(-keepEvents))
			if err2 == nil {
				pruned = now
			}
			err = errors.Join(err, err2)
		}
		if err != nil && !failing && ctx.Err() == nil {
			s.log.Warn("records of the guards are not tidied", "error", err)
		}
		failing = err != nil
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return
		}
	}
}

// recount tells the metrics which orders have ended by themselves.
func (s *Service) recount() {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.countOrders()
}

// prune removes events that are older.
func (s *Service) prune(ctx context.Context, before time.Time) error {
	for _, remove := range []func(record.Tx) (int, error){
		func(tx record.Tx) (int, error) { return tx.Guards().PruneServed(before, pruneBatch) },
		func(tx record.Tx) (int, error) { return tx.Guards().PruneDecisions(before, pruneBatch) },
	} {
		for n := pruneBatch; n == pruneBatch; {
			err := s.deps.Store.Update(ctx, func(tx record.Tx) (err error) {
				n, err = remove(tx)
				return err
			})
			if err != nil {
				return fmt.Errorf("remove old events: %w", err)
			}
		}
	}
	return nil
}
