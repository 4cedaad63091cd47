package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// maxBatch is how many updates share a transaction at most.
const maxBatch = 64

// errAgain starts a batch over.
var errAgain = errors.New("batch starts over")

// batch is the updates of one transaction. Each has its outcome once the
// transaction is over: an update that failed may have failed because of what
// another one wrote, which is true only if that is kept.
type batch struct {
	updates  []*update
	outcomes []error
	changes  []record.Change
	// out is the update that failed after it had written, because of which the
	// batch starts over.
	out int
}

// runBatch runs updates in one transaction. Whatever does not fit there runs
// alone afterwards.
func (s *Store) runBatch(updates []*update) {
	var alone []*update
	for len(updates) > 1 {
		b := &batch{updates: updates, outcomes: make([]error, len(updates))}
		err := s.commit(b)
		if errors.Is(err, errAgain) {
			// What it wrote is in the transaction, which must go. Alone, its
			// outcome depends on nothing but what is kept.
			alone = append(alone, updates[b.out])
			updates = slices.Delete(updates, b.out, b.out+1)
			continue
		}
		if errors.Is(err, kv.ErrTooLarge) {
			break
		}
		b.finish(err)
		updates = nil
	}
	for _, u := range append(updates, alone...) {
		b := &batch{updates: []*update{u}, outcomes: make([]error, 1)}
		b.finish(s.commit(b))
	}
}

// commit runs the updates of a batch one after the other in one transaction.
func (s *Store) commit(b *batch) error {
	if err := s.sound(); err != nil {
		return fmt.Errorf("update records: %w", err)
	}
	trimmed := s.trimmed
	err := s.db.Update(context.Background(), func(t *kv.Txn) error {
		if err := b.apply(t); err != nil {
			return err
		}
		var err error
		trimmed, err = s.writeChanges(t, b.changes)
		return err
	})
	if err == nil {
		s.trimmed = trimmed
	}
	return wordFull(err)
}

// wordFull tells clients of a full disk: it is nothing that they did, and
// passes.
func wordFull(err error) error {
	if !errors.Is(err, kv.ErrFull) {
		return err
	}
	return &npm.Error{Kind: npm.ErrUnavailable, Err: err,
		Text: "the registry's disk is nearly full: nothing is written until there is room"}
}

// apply gives each update its turn. One that fails before it has written is
// left out.
func (b *batch) apply(t *kv.Txn) error {
	b.changes = nil
	for i, u := range b.updates {
		if u.gone {
			continue
		}
		x, before := &tx{kv: t}, t.Writes()
		u.turn <- x
		err := <-u.ran
		b.outcomes[i] = err
		u.gone = errors.Is(err, errGone)
		if err == nil {
			b.changes = append(b.changes, x.changes...)
			continue
		}
		if t.Writes() == before {
			continue
		}
		b.out = i
		if len(b.updates) == 1 {
			return err
		}
		return errAgain
	}
	return nil
}

// finish gives every update its outcome. That of a transaction which failed is
// everybody's.
func (b *batch) finish(err error) {
	for i, u := range b.updates {
		if err == nil {
			u.done <- b.outcomes[i]
			continue
		}
		u.done <- err
	}
}
