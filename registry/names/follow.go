package names

import (
	"context"
	"errors"
	"time"

	"github.com/larderhq/larder/registry/record"
)

const (
	followInterval = 500 * time.Millisecond
	followPage     = 1000
)

// Follow forgets what others change in the store, until ctx ends. While the
// store does not tell, nothing is remembered.
func (l *Ledger) Follow(ctx context.Context) error {
	ticker := time.NewTicker(followInterval)
	defer ticker.Stop()
	f := follower{ledger: l}
	failing := false
	for {
		err := f.catchUp(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil && !failing {
			l.opt.Logger.Warn("changes of names cannot be followed", "error", err)
		}
		failing = err != nil
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// follower is a position in the changes of the store.
type follower struct {
	ledger *Ledger
	known  bool
	after  uint64
}

// catchUp reads the changes that came since the last time.
func (f *follower) catchUp(ctx context.Context) error {
	if !f.known {
		return f.restart(ctx)
	}
	for {
		changes, err := f.ledger.store.Changes(ctx, f.after, followPage)
		if errors.Is(err, record.ErrBehind) {
			return f.restart(ctx)
		}
		if err != nil {
			f.known = false
			f.ledger.memory.purge()
			return err
		}
		for _, c := range changes {
			f.ledger.forget(c)
			f.after = c.Seq
		}
		if len(changes) < followPage {
			return nil
		}
	}
}

// restart forgets everything and goes on from where the store is now.
func (f *follower) restart(ctx context.Context) error {
	after, err := f.ledger.store.Sequence(ctx)
	f.ledger.memory.purge()
	f.after, f.known = after, err == nil
	return err
}

func (l *Ledger) forget(c record.Change) {
	switch c.Kind {
	case record.ClaimChanged:
		l.memory.dropOrigin(c.Key)
	case record.PinChanged:
		l.memory.dropPin(c.Key, c.Version)
	}
}
