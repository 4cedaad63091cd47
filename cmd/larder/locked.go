package main

import (
	"context"
	"errors"
	"time"

	"github.com/larderhq/larder/cache/kv"
)

const (
	// lockedWait is how long the data folder may be locked before that counts:
	// longer than a start, or a command that looks into it, takes.
	lockedWait = time.Second
	// lockedPause is the time between two tries.
	lockedPause = 25 * time.Millisecond
)

// untilUnlocked runs what opens the data folder, again for a while when another
// larder has it open.
func untilUnlocked(ctx context.Context, open func() error) error {
	deadline := time.Now().Add(lockedWait)
	for {
		err := open()
		if !errors.Is(err, kv.ErrLocked) || !time.Now().Before(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(lockedPause):
		}
	}
}
