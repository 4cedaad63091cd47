// Package catalog keeps an index of all packages in memory, from which lists,
// searches and counts of any length are answered. It is derived from the store
// and made anew at any time; it refuses to know who may see what.
package catalog

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Options adjust an index.
type Options struct {
	// Logger gets a line when the index is loaded or cannot be; nil drops them.
	Logger *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Index is the index of one store. All methods are safe for concurrent use. What
// they answer holds everything that was written before they were called; while
// the index is being loaded they wait.
type Index struct {
	store record.Store
	opt   Options
	// few and chunk are those of the tables.
	few, chunk int

	// turn is held by whoever changes the table or replaces it.
	turn chan struct{}
	// wanted wakes Run when the table was dropped.
	wanted chan struct{}

	mu sync.RWMutex
	// table is nil while there is none that may be used.
	table *table
	// applied is the last change that the table holds.
	applied uint64
	// failure is why the table could not be loaded the last time.
	failure error
	// settled is closed once there is a table or a failure.
	settled chan struct{}
}

// New returns an index that is empty until Run loads it.
func New(store record.Store, o Options) (*Index, error) {
	if store == nil {
		return nil, errors.New("index of packages without a store")
	}
	return &Index{store: store, opt: o.withDefaults(), few: few, chunk: chunkSize, turn: make(chan struct{}, 1),
		wanted: make(chan struct{}, 1), settled: make(chan struct{})}, nil
}

// read gives fn a table that holds everything written until now. Nobody writes
// to it meanwhile.
func (x *Index) read(ctx context.Context, fn func(*table)) error {
	for {
		if err := x.current(ctx); err != nil {
			return err
		}
		x.mu.RLock()
		if t := x.table; t != nil {
			defer x.mu.RUnlock()
			fn(t)
			return nil
		}
		x.mu.RUnlock() // dropped in between
	}
}

// wait waits until there is a table. It fails at once while the last load has
// failed.
func (x *Index) wait(ctx context.Context) error {
	x.mu.RLock()
	settled := x.settled
	x.mu.RUnlock()
	select {
	case <-settled:
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	return x.failure
}

// unavailable is the error of a list that cannot be answered now.
func unavailable(err error) error {
	return &npm.Error{Kind: npm.ErrUnavailable, Err: err, Text: "the list of packages is being made: try again in a moment"}
}

// settle ends the waiting with a table, or with the reason why there is none.
func (x *Index) settle(t *table, applied uint64, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.table, x.applied, x.failure = t, applied, err
	select {
	case <-x.settled:
	default:
		close(x.settled)
	}
}

// drop makes lists wait until the table is loaded anew. The caller has the turn.
func (x *Index) drop() {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.table == nil {
		return
	}
	x.table, x.settled = nil, make(chan struct{})
	select {
	case x.wanted <- struct{}{}:
	default:
	}
}

// take takes the turn.
func (x *Index) take(ctx context.Context) error {
	select {
	case x.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return unavailable(ctx.Err())
	}
}

func (x *Index) give() { <-x.turn }
