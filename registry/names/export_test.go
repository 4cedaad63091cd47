package names

import (
	"context"
	"runtime"
)

// WaitQueued returns once n requests wait for a transaction.
func (l *Ledger) WaitQueued(n int) {
	for {
		l.commit.mu.Lock()
		queued := len(l.commit.queue)
		l.commit.mu.Unlock()
		if queued == n {
			return
		}
		runtime.Gosched()
	}
}

// CatchUp returns what Follow calls at each tick.
func (l *Ledger) CatchUp() func(context.Context) error {
	f := follower{ledger: l}
	return f.catchUp
}
