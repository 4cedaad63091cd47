package guard

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/npm"
)

// keepRetry is the waiting after a copy could not be made.
const keepRetry = time.Minute

// keeper has copies made of the feeds that were loaded, so that neither a load nor a
// request waits for that.
type keeper struct {
	// copies is nil where none are kept.
	copies *advisory.Kept
	wake   chan struct{}

	mu sync.Mutex
	// wanted are the sources that were loaded last and not copied yet; nil while
	// nothing was loaded since copies were made.
	wanted []wantedCopy
}

// wantedCopy is a source that was loaded, and what it looked like before that.
type wantedCopy struct {
	source advisory.Source
	looked advisory.Fingerprint
}

func newKeeper(dir string) *keeper {
	k := &keeper{wake: make(chan struct{}, 1)}
	if dir != "" {
		k.copies = advisory.NewKept(dir)
	}
	return k
}

// want has copies made of the sources that were loaded by themselves, in place of
// what was wanted before.
func (k *keeper) want(sources []advisory.Source, looked []advisory.Fingerprint, lapses []advisory.Lapse) {
	all := make([]wantedCopy, 0, len(sources)) // not nil: that is nothing since the last
	for i, source := range sources {
		if !slices.ContainsFunc(lapses, func(l advisory.Lapse) bool { return l.Path == source.Path }) {
			all = append(all, wantedCopy{source, looked[i]})
		}
	}
	k.put(all)
	select {
	case k.wake <- struct{}{}:
	default:
	}
}

// take returns what is wanted, and forgets it.
func (k *keeper) take() []wantedCopy {
	k.mu.Lock()
	defer k.mu.Unlock()
	all := k.wanted
	k.wanted = nil
	return all
}

func (k *keeper) put(all []wantedCopy) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.wanted = all
}

// putBack wants again what could not be copied, unless something was loaded since.
func (k *keeper) putBack(all []wantedCopy) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.wanted == nil {
		k.wanted = all
	}
}

// keepFeeds keeps copies of what was loaded, and none of what is not configured any
// more, until ctx ends.
func (s *Service) keepFeeds(ctx context.Context) {
	if s.keeper.copies == nil {
		return
	}
	failing := false
	for ctx.Err() == nil {
		err := s.keepWanted(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			s.log.Warn("copies of feeds are not kept: nothing will replace what is broken at the next start", "error", err)
		}
		failing = err != nil
		s.keeper.await(ctx)
	}
}

// await waits until anything is wanted, again or for the first time.
func (k *keeper) await(ctx context.Context) {
	timer := time.NewTimer(keepRetry)
	defer timer.Stop()
	for {
		select {
		case <-k.wake:
			return
		case <-ctx.Done():
			return
		case <-timer.C:
			if k.wants() {
				return
			}
			timer.Reset(keepRetry)
		}
	}
}

func (k *keeper) wants() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.wanted) > 0
}

// keepWanted removes the copies that nothing is configured for, and makes those that
// are wanted. What looks otherwise than when it was loaded is wanted until it is loaded
// again, or looks as it did.
func (s *Service) keepWanted(ctx context.Context) error {
	err := s.keeper.copies.Prune(s.options().Sources)
	var left []wantedCopy
	for _, w := range s.keeper.take() {
		failed := s.keeper.copies.Keep(ctx, w.source, w.looked, s.now())
		if failed != nil {
			left = append(left, w)
		}
		if !errors.Is(failed, npm.ErrConflict) {
			err = errors.Join(err, failed)
		}
	}
	s.keeper.putBack(left)
	return err
}
