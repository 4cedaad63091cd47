package record

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"
)

const (
	// followInterval is how long a change may go unnoticed.
	followInterval = 500 * time.Millisecond
	followPage     = 1000
)

// Listener forgets what it remembers of a store when others write to it.
type Listener interface {
	// Changed tells that a record was written. Kinds that the listener does
	// not know are to be ignored.
	Changed(c Change)
	// Reset tells that anything may have changed: at the start, after changes
	// that are no longer kept, and whenever the store does not tell.
	Reset()
}

// Follow tells listeners what is written to the store, by whomever, until ctx
// ends. While the store does not tell, they are reset again and again, so that
// what they remember is at most half a second old.
func Follow(ctx context.Context, store Store, logger *slog.Logger, listeners ...Listener) error {
	f := NewFollower(store, listeners...)
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	failing := false
	for {
		err := f.CatchUp(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !failing {
			logger.Warn("changes of records cannot be followed", "error", err)
		}
		failing = err != nil
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// Follower is a position in the changes of a store. Its methods must not be
// called at the same time.
type Follower struct {
	store     Store
	listeners []Listener
	known     bool
	after     uint64
}

// NewFollower returns a follower that does not know where it is: the first
// CatchUp resets its listeners.
func NewFollower(store Store, listeners ...Listener) *Follower {
	return &Follower{store: store, listeners: listeners}
}

// CatchUp tells the listeners what came since the last time. When it fails it
// has reset them.
func (f *Follower) CatchUp(ctx context.Context) error {
	if !f.known {
		return f.restart(ctx)
	}
	for {
		changes, err := f.store.Changes(ctx, f.after, followPage)
		if errors.Is(err, ErrBehind) {
			return f.restart(ctx)
		}
		if err != nil {
			f.known = false
			f.reset()
			return fmt.Errorf("follow changes: %w", err)
		}
		for _, c := range changes {
			for _, l := range f.listeners {
				l.Changed(c)
			}
			f.after = c.Seq
		}
		if len(changes) < followPage {
			return nil
		}
	}
}

// restart resets everybody and goes on from where the store was before.
func (f *Follower) restart(ctx context.Context) error {
	after, err := f.store.Sequence(ctx)
	f.reset()
	f.after, f.known = after, err == nil
	if err != nil {
		return fmt.Errorf("follow changes: %w", err)
	}
	return nil
}

func (f *Follower) reset() {
	for _, l := range f.listeners {
		l.Reset()
	}
}
