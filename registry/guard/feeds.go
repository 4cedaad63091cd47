package guard

import (
	"context"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/advisory"
)

const (
	// lookEvery is how often sources are looked at. Looking takes at most one
	// part in lookShare of the time.
	lookEvery = 2 * time.Second
	lookShare = 50
	// firstRetry and lastRetry bound the waiting after a load that failed though
	// nothing has changed since.
	firstRetry = time.Minute
	lastRetry  = 16 * time.Minute
)

// The results of loads, for metrics.
const (
	loadOK     = "ok"
	loadFailed = "failed"
)

// watch is what is known of the files of the sources.
type watch struct {
	// tried is what they looked like when they were last read, and seen when they
	// were last looked at; zero means never.
	tried, seen fingerprint
	// retry is the waiting after the last load, which failed, until retryAt; zero
	// where it did not fail.
	retry   time.Duration
	retryAt time.Time
	// told is the failure that was logged last.
	told string
	// stale tells that the feeds are too old, and that this was logged.
	stale bool
}

// due tells whether the files, which look like that now, are to be read. What
// changes is read once it stays as it is.
func (w *watch) due(now fingerprint, at time.Time) bool {
	settled := now == w.seen
	w.seen = now
	switch {
	case w.tried == fingerprint{}:
		return true
	case now != w.tried:
		return settled
	}
	return w.retry > 0 && !at.Before(w.retryAt)
}

// failed notes that a load failed and tells whether that is news.
func (w *watch) failed(err error, changed bool, at time.Time) bool {
	if w.retry == 0 || changed {
		w.retry = firstRetry
	} else {
		w.retry = min(2*w.retry, lastRetry)
	}
	w.retryAt = at.Add(w.retry)
	news := changed || err.Error() != w.told
	w.told = err.Error()
	return news
}

// readFeeds reads sources. Without any there is no set.
func (s *Service) readFeeds(ctx context.Context, sources []advisory.Source) (*advisory.Set, error) {
	if len(sources) == 0 {
		return nil, nil //nolint:nilnil // Rules.Feeds is nil then
	}
	set, err := advisory.Load(ctx, sources...)
	if ctx.Err() != nil {
		return nil, fmt.Errorf("load feeds: %w", context.Cause(ctx))
	}
	if err != nil {
		s.deps.Metrics.FeedLoaded(loadFailed)
		return nil, fmt.Errorf("load feeds: %w", err)
	}
	s.deps.Metrics.FeedLoaded(loadOK)
	return set, nil
}

// LoadFeeds reads the sources and puts what they say in force. Where that fails
// everything stays as it was.
func (s *Service) LoadFeeds(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	opt := s.options()
	_, err := s.load(ctx, opt, look(ctx, opt.Sources))
	s.settle(ctx)
	s.age()
	return err
}

func (s *Service) options() Options {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.conf
}

// load reads the sources, which look like that, and exchanges the set. It tells whether a
// failure is news. The caller is loading, so that nobody else exchanges the
// configuration.
func (s *Service) load(ctx context.Context, opt Options, looked fingerprint) (news bool, err error) {
	set, err := s.readFeeds(ctx, opt.Sources)
	if err == nil {
		s.after.note(s.exchangeFeeds(set), set)
	} else if ctx.Err() != nil {
		return false, err
	}
	changed := looked != s.feeds.tried
	s.feeds.tried, s.feeds.seen = looked, looked
	if err != nil {
		return s.feeds.failed(err, changed, s.now()), err
	}
	s.feeds.retry, s.feeds.told = 0, ""
	if set != nil {
		size := set.Size()
		s.log.Info("feeds loaded", "records", size.Records, "names", size.Names, "hashes", size.Hashes)
	}
	return false, nil
}

// exchangeFeeds puts a set in force and returns the one before.
func (s *Service) exchangeFeeds(set *advisory.Set) (before *advisory.Set) {
	s.turn.Lock()
	defer s.turn.Unlock()
	before, s.set = s.set, set
	s.apply()
	return before
}

// poll looks at the sources, reads them where they have changed, and catches up
// with what could not be compared with the served versions. It returns how long
// looking took.
func (s *Service) poll(ctx context.Context) (looking time.Duration) {
	s.loading.Lock()
	defer s.loading.Unlock()
	opt := s.options()
	if len(opt.Sources) > 0 {
		began := time.Now()
		looked := look(ctx, opt.Sources)
		looking = time.Since(began)
		if ctx.Err() != nil {
			return looking
		}
		if s.feeds.due(looked, s.now()) {
			if news, err := s.load(ctx, opt, looked); news {
				s.log.Error("feeds cannot be loaded: what was loaded before holds, and where nothing was, nothing is served", "error", err)
			}
		}
	}
	s.settle(ctx)
	s.age()
	return looking
}

// age tells the metrics and, once, the log how old the feeds are. The caller is
// loading.
func (s *Service) age() {
	age, _ := s.feedAge()
	s.deps.Metrics.FeedAge(age)
	stale := s.Stale()
	if stale && !s.feeds.stale {
		s.log.Warn("feeds are stale: what is reported now is not known here", "age", age.Round(time.Minute).String())
	}
	s.feeds.stale = stale
}

// feedAge returns the age of the newest record of the feeds, or zero and false
// where there is none.
func (s *Service) feedAge() (time.Duration, bool) {
	s.turn.Lock()
	defer s.turn.Unlock()
	if s.set == nil || s.set.Newest().IsZero() {
		return 0, false
	}
	return s.now().Sub(s.set.Newest()), true
}

// Stale tells whether the newest record of the feeds is older than it may be.
func (s *Service) Stale() bool {
	age, known := s.feedAge()
	most := s.options().MaxAge
	return known && most > 0 && age > most
}

// watchFeeds reads the feeds, and again when they change, until ctx ends.
func (s *Service) watchFeeds(ctx context.Context) {
	for ctx.Err() == nil {
		looking := s.poll(ctx)
		pause(ctx, max(lookEvery, lookShare*looking))
	}
}

// pause waits, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
