package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/larderhq/larder/registry/record"
)

// errGone is the outcome of an Update whose fn did not return: it panicked or
// ended its goroutine.
var errGone = errors.New("update did not return")

// queue holds the updates that wait. While there are some, one runner takes
// them in batches: serial updates make changes visible in the order of their
// numbers, and none ever conflicts.
type queue struct {
	mu      sync.Mutex
	waiting []*update
	running bool
	runners sync.WaitGroup
}

// update is one call of Update.
type update struct {
	ctx context.Context
	fn  func(record.Tx) error
	// turn gives the caller's goroutine the transaction, and ran gives it back
	// with what fn returned. That fn runs where it was called keeps its panics
	// to its caller.
	turn chan *tx
	ran  chan error
	// done gives the outcome.
	done chan error
	// gone tells the runner that the caller has left without returning.
	gone bool
}

// Update implements record.Store. Updates that wait at the same time share one
// transaction and so one sync of the disk.
func (s *Store) Update(ctx context.Context, fn func(record.Tx) error) error {
	if err := errors.Join(ctx.Err(), s.sound()); err != nil {
		return fmt.Errorf("update records: %w", err)
	}
	u := &update{ctx: ctx, fn: fn, turn: make(chan *tx), ran: make(chan error, 1), done: make(chan error, 1)}
	s.enqueue(u)
	ended := ctx.Done()
	for {
		select {
		case x := <-u.turn:
			u.run(x)
		case err := <-u.done:
			return err
		case <-ended:
			if s.queue.leave(u) {
				return fmt.Errorf("update records: %w", ctx.Err())
			}
			ended = nil // its batch runs, and the outcome is what counts
		}
	}
}

// run runs fn and tells the runner.
func (u *update) run(x *tx) {
	err := errGone
	defer func() { u.ran <- err }()
	if err = u.ctx.Err(); err != nil {
		err = fmt.Errorf("update records: %w", err)
		return
	}
	err = errGone
	err = u.fn(x)
}

func (s *Store) enqueue(u *update) {
	s.queue.mu.Lock()
	defer s.queue.mu.Unlock()
	s.queue.waiting = append(s.queue.waiting, u)
	if !s.queue.running {
		s.queue.running = true
		s.queue.runners.Go(s.runBatches)
	}
}

// runBatches runs what waits until nothing does.
func (s *Store) runBatches() {
	for {
		batch := s.queue.take()
		if len(batch) == 0 {
			return
		}
		s.runBatch(batch)
	}
}

// take returns the updates that waited longest, and none when the runner is to
// end.
func (q *queue) take() []*update {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), maxBatch)
	batch := slices.Clone(q.waiting[:n])
	q.waiting = slices.Delete(q.waiting, 0, n)
	q.running = n > 0
	return batch
}

// leave takes an update out of the queue and tells whether it still was there.
func (q *queue) leave(u *update) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, u)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	return true
}
