package names

import (
	"context"
	"sync"
	"time"

	"github.com/larderhq/larder/registry/record"
)

const (
	// maxBatch bounds the requests of one transaction.
	maxBatch = 512
	// maxBytes bounds what they write together, far below what a transaction
	// takes.
	maxBytes = 512 << 10
	// lazyWait is how long requests that nobody waits for are collected. A
	// request that somebody waits for takes them along at once.
	lazyWait = 25 * time.Millisecond
)

// request is one write that wants to be part of a transaction.
type request struct {
	// apply writes. It may run more than once and has the last result count.
	apply func(record.Tx) error
	// done gets the outcome of the transaction. Nil: nobody waits.
	done chan error
	// after gets the outcome too, in the committer's goroutine; may be nil.
	after func(error)
	// size is about how many bytes apply writes, where that may be many.
	size int
	// queued is when the request came.
	queued time.Time
}

// committer shares synced transactions among all who write at the same time:
// while one transaction is being synced, the next one gathers. So a request
// waits for at most two syncs, however many there are.
type committer struct {
	store record.Store

	mu     sync.Mutex
	queue  []*request
	urgent int // requests in queue that somebody waits for
	closed bool

	wake chan struct{}
	done chan struct{}
}

func newCommitter(store record.Store) *committer {
	c := &committer{store: store, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go c.run()
	return c
}

// add queues r. The function queued, which may be nil, runs before r can be
// committed.
func (c *committer) add(r *request, queued func()) error {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return ErrClosed
	}
	if queued != nil {
		queued()
	}
	r.queued = time.Now()
	c.queue = append(c.queue, r)
	if r.done != nil {
		c.urgent++
	}
	c.mu.Unlock()
	c.signal()
	return nil
}

// close commits what is queued and waits for that.
func (c *committer) close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.signal()
	<-c.done
}

func (c *committer) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *committer) run() {
	defer close(c.done)
	for {
		batch, wait := c.take()
		switch {
		case len(batch) > 0:
			c.write(batch)
		case wait == 0:
			return
		default:
			c.sleep(wait)
		}
	}
}

// idle is a wait that only a signal ends.
const idle = time.Duration(-1)

// sleep waits for a signal, or for as long as told.
func (c *committer) sleep(wait time.Duration) {
	if wait == idle {
		<-c.wake
		return
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-c.wake:
	case <-timer.C:
	}
}

// take returns the requests that are due, or how long to wait for some: idle
// when there are none, zero when there will be none.
func (c *committer) take() (batch []*request, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case len(c.queue) == 0 && c.closed:
		return nil, 0
	case len(c.queue) == 0:
		return nil, idle
	}
	if left := time.Until(c.queue[0].queued.Add(lazyWait)); left > 0 && c.urgent == 0 && !c.closed {
		return nil, left
	}
	n := c.fitting()
	batch = c.queue[:n:n]
	c.queue = c.queue[n:]
	for _, r := range batch {
		if r.done != nil {
			c.urgent--
		}
	}
	return batch, 0
}

// fitting returns how many requests of the queue make the next batch, at least
// one.
func (c *committer) fitting() int {
	size := c.queue[0].size
	for n := 1; n < min(len(c.queue), maxBatch); n++ {
		if size += c.queue[n].size; size > maxBytes {
			return n
		}
	}
	return min(len(c.queue), maxBatch)
}

// write commits a batch and tells everybody. Its context is its own, because
// one caller that leaves must not fail the others.
func (c *committer) write(batch []*request) {
	err := c.store.Update(context.Background(), func(tx record.Tx) error {
		for _, r := range batch {
			if err := r.apply(tx); err != nil {
				return err
			}
		}
		return nil
	})
	for _, r := range batch {
		if r.after != nil {
			r.after(err)
		}
		if r.done != nil {
			r.done <- err
		}
	}
}
