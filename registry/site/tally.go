package site

import (
	"context"
	"sync"
	"time"
)

// tallyAge is how old a count may be that everybody can ask for.
const tallyAge = time.Minute

// tally remembers a count that is not worth being made for every visitor.
type tally struct {
	count func(ctx context.Context) (int64, error)

	mu   sync.Mutex
	n    int64
	made time.Time
}

// value returns the count. One visitor makes it; others wait.
func (t *tally) value(ctx context.Context) (int64, error) {
	if t.count == nil {
		return 0, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.made.IsZero() && time.Since(t.made) < tallyAge {
		return t.n, nil
	}
	n, err := t.count(ctx)
	if err != nil {
		return 0, err
	}
	t.n, t.made = n, time.Now()
	return n, nil
}
