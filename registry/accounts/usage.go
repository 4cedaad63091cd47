package accounts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

const (
	// usedEvery is how exact LastUsedAt is.
	usedEvery = time.Minute
	// flushEvery is how long a use may wait to be written.
	flushEvery = 10 * time.Second
	// flushTime bounds the last writing, when the server stops.
	flushTime = 5 * time.Second
	// maxUsage bounds what waits: what is over it is noted at a later use.
	maxUsage = 10_000
	// flushBatch bounds one transaction.
	flushBatch = 500
)

// usage collects when tokens were used, to be written behind the requests.
type usage struct {
	mu   sync.Mutex
	uses map[int64]time.Time
}

func newUsage() *usage { return &usage{uses: map[int64]time.Time{}} }

// note notes a use, at most once a minute for each token.
func (u *usage) note(e *tokenEntry, now time.Time) {
	last := e.usedAt.Load()
	if now.UnixNano()-last < int64(usedEvery) || !e.usedAt.CompareAndSwap(last, now.UnixNano()) {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.uses) < maxUsage {
		u.uses[e.principal.Token.ID] = now.UTC()
	}
}

func (u *usage) take() map[int64]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	uses := u.uses
	u.uses = map[int64]time.Time{}
	return uses
}

// Run writes behind the requests when tokens were used and removes sign-ins
// that nobody finished, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	flush, prune := time.NewTicker(flushEvery), time.NewTicker(loginTTL)
	defer flush.Stop()
	defer prune.Stop()
	failing := false
	for {
		var err error
		select {
		case <-flush.C:
			err = s.flush(ctx)
		case <-prune.C:
			err = s.pruneLogins(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
			defer cancel()
			return s.flush(last)
		}
		if err != nil && !failing && ctx.Err() == nil {
			s.opt.Logger.Warn("accounts not tidied", "error", err)
		}
		failing = err != nil
	}
}

// flush writes what was collected. What cannot be written is forgotten: the next
// use of the token is written instead.
func (s *Service) flush(ctx context.Context) error {
	batch := map[int64]time.Time{}
	for id, at := range s.used.take() {
		batch[id] = at
		if len(batch) == flushBatch {
			if err := s.writeUses(ctx, batch); err != nil {
				return err
			}
			batch = map[int64]time.Time{}
		}
	}
	return s.writeUses(ctx, batch)
}

func (s *Service) writeUses(ctx context.Context, uses map[int64]time.Time) error {
	if len(uses) == 0 {
		return nil
	}
	err := s.store.Update(ctx, func(tx record.Tx) error {
		for id, at := range uses {
			if err := writeUse(tx.Accounts(), id, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write use of tokens: %w", err)
	}
	return nil
}

// writeUse reads the token again, so that whatever happened to it meanwhile
// stays.
func writeUse(tokens record.Tokens, id int64, at time.Time) error {
	t, err := tokens.Token(id)
	if errors.Is(err, npm.ErrNotFound) {
		return nil
	}
	if err != nil || !at.After(t.LastUsedAt) {
		return err
	}
	t.LastUsedAt = at
	_, err = tokens.PutToken(t)
	return err
}

func (s *Service) pruneLogins(ctx context.Context) error {
	err := s.store.Update(ctx, func(tx record.Tx) error {
		_, err := tx.Accounts().PruneLogins(s.now())
		return err
	})
	if err != nil {
		return fmt.Errorf("prune logins: %w", err)
	}
	return nil
}
