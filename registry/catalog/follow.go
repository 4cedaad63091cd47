package catalog

import (
	"context"
	"errors"
	"time"

	"github.com/larderhq/larder/registry/record"
)

const (
	// followInterval is how long the backlog may grow that lists work off.
	followInterval = 500 * time.Millisecond
	// followPage is how many changes are taken together.
	followPage = 1000
	// firstRetry and lastRetry bound the waiting after a load that failed.
	firstRetry = 500 * time.Millisecond
	lastRetry  = 30 * time.Second
)

// Run loads the index and keeps it up to date until ctx ends. A load that fails
// is tried again.
func (x *Index) Run(ctx context.Context) error {
	retry, failing := firstRetry, false
	for ctx.Err() == nil {
		pause := followInterval
		err := x.step(ctx)
		switch {
		case err == nil:
			retry, failing = firstRetry, false
		case ctx.Err() != nil:
			return nil
		default:
			if !failing {
				x.opt.Logger.Warn("packages cannot be indexed", "err", err)
			}
			pause, failing = retry, true
			retry = min(2*retry, lastRetry)
		}
		x.rest(ctx, pause)
	}
	return nil
}

// step loads the index where there is none and else takes in what is new.
func (x *Index) step(ctx context.Context) error {
	if err := x.take(ctx); err != nil {
		return err
	}
	defer x.give()
	if x.table == nil { // the turn keeps it from changing
		return x.load(ctx)
	}
	return x.catchUp(ctx)
}

func (x *Index) rest(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-x.wanted:
	case <-ctx.Done():
	}
}

// current makes the table hold everything that was written before the call.
func (x *Index) current(ctx context.Context) error {
	if err := x.wait(ctx); err != nil {
		return err
	}
	sequence, err := x.store.Sequence(ctx)
	if err != nil {
		return err
	}
	x.mu.RLock()
	done := x.table != nil && x.applied >= sequence
	x.mu.RUnlock()
	if done {
		return nil
	}
	if err := x.take(ctx); err != nil {
		return err
	}
	defer x.give()
	if x.table == nil || x.applied >= sequence { // another has dropped or done it
		return nil
	}
	return x.catchUp(ctx)
}

// catchUp takes in what is new. Where that is not possible it drops the table,
// which is no error. The caller has the turn and there is a table.
func (x *Index) catchUp(ctx context.Context) error {
	for {
		changes, err := x.store.Changes(ctx, x.applied, followPage)
		if err == nil && len(changes) > 0 {
			err = x.takeIn(ctx, changes)
		}
		switch {
		case errors.Is(err, record.ErrBehind), errors.Is(err, record.ErrCorrupt):
			x.opt.Logger.Info("index of packages begins anew", "reason", err.Error())
			x.drop()
			return nil
		case err != nil:
			return err
		case len(changes) < followPage:
			x.compact()
			return nil
		}
	}
}

// takeIn reads what changes name and writes it to the table.
func (x *Index) takeIn(ctx context.Context, changes []record.Change) error {
	named := newNoted()
	named.note(changes)
	news, err := x.news(ctx, named)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if err := news.write(x.table); err != nil {
		return err
	}
	x.applied = changes[len(changes)-1].Seq
	return nil
}

// compact makes the table anew where rows that were removed take too much of it.
func (x *Index) compact() {
	t := x.table
	if t.removed < t.live()/2+4*t.chunk {
		return
	}
	compacted := t.compact()
	x.mu.Lock()
	defer x.mu.Unlock()
	x.table = compacted
}
