package names

import "runtime"

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
