package guard

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
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
	loadKept   = "kept"
	loadFailed = "failed"
)

// watch is what is known of the files of the sources.
type watch struct {
	// tried is what each looked like when they were last read, and seen when they
	// were last looked at; nil means never.
	tried, seen []advisory.Fingerprint
	// retry is the waiting after the last load, which failed or took copies, until
	// retryAt; zero where all was well.
	retry   time.Duration
	retryAt time.Time
	// told is the failure that was logged last, and lapsed what was logged of
	// sources whose copies are in force, by their paths.
	told   string
	lapsed map[string]string
	// from is that of the set in force.
	from map[string]string
	// stale tells that the feeds are too old, and that this was logged.
	stale bool
}

// due tells whether the files, which look like that now, are to be read. What
// changes is read once it stays as it is.
func (w *watch) due(now []advisory.Fingerprint, at time.Time) bool {
	settled := slices.Equal(now, w.seen)
	w.seen = now
	switch {
	case w.tried == nil:
		return true
	case !slices.Equal(now, w.tried):
		return settled
	}
	return w.retry > 0 && !at.Before(w.retryAt)
}

// failed notes that a load failed and tells whether that is news.
func (w *watch) failed(err error, changed bool, at time.Time) bool {
	w.again(changed, at)
	news := changed || err.Error() != w.told
	w.told = err.Error()
	return news
}

// again has a load repeated that did not go as it should.
func (w *watch) again(changed bool, at time.Time) {
	if w.retry == 0 || changed {
		w.retry = firstRetry
	} else {
		w.retry = min(2*w.retry, lastRetry)
	}
	w.retryAt = at.Add(w.retry)
}

// feedSet is what the feeds say. Without any the set is nil.
type feedSet struct {
	set *advisory.Set
	// lapses are the sources of which a copy is in it.
	lapses []advisory.Lapse
	// from tells what each source, by its path, looked like when it was good.
	from map[string]string
}

// lookAt makes the fingerprints of sources.
func lookAt(ctx context.Context, sources []advisory.Source) []advisory.Fingerprint {
	all := make([]advisory.Fingerprint, 0, len(sources))
	for _, source := range sources {
		all = append(all, source.Look(ctx))
	}
	return all
}

// readFeeds reads sources, which look like that. The caller is loading.
func (s *Service) readFeeds(ctx context.Context, sources []advisory.Source, looked []advisory.Fingerprint) (feedSet, error) {
	if len(sources) == 0 {
		return feedSet{}, nil
	}
	set, lapses, err := s.keeper.copies.Load(ctx, sources...)
	if ctx.Err() != nil {
		return feedSet{}, fmt.Errorf("load feeds: %w", context.Cause(ctx))
	}
	if err == nil {
		err = s.feeds.older(lapses)
	}
	if err != nil {
		s.deps.Metrics.FeedLoaded(loadFailed)
		return feedSet{}, fmt.Errorf("load feeds: %w", err)
	}
	next := feedSet{set: set, lapses: lapses, from: map[string]string{}}
	for i, source := range sources {
		next.from[source.Path] = looked[i].String()
	}
	for _, l := range lapses {
		next.from[l.Path] = l.Looked
	}
	if len(lapses) > 0 {
		s.deps.Metrics.FeedLoaded(loadKept)
	} else {
		s.deps.Metrics.FeedLoaded(loadOK)
	}
	return next, nil
}

// older fails where a copy is of something else than what is in force of its source,
// which is newer: it may not have been copied yet.
func (w *watch) older(lapses []advisory.Lapse) error {
	var all []error
	for _, l := range lapses {
		if from, known := w.from[l.Path]; known && from != l.Looked {
			all = append(all, fmt.Errorf("%w; its copy is older than what is in force", l.Err))
		}
	}
	return errors.Join(all...)
}

// LoadFeeds reads the sources and puts what they say in force. Where that fails
// everything stays as it was.
func (s *Service) LoadFeeds(ctx context.Context) error {
	s.loading.Lock()
	defer s.loading.Unlock()
	opt := s.options()
	_, err := s.load(ctx, opt, lookAt(ctx, opt.Sources))
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
func (s *Service) load(ctx context.Context, opt Options, looked []advisory.Fingerprint) (news bool, err error) {
	next, err := s.readFeeds(ctx, opt.Sources, looked)
	if err == nil {
		next.set = s.sameFeeds(next)
		s.after.note(s.exchangeFeeds(next), next.set)
	} else if ctx.Err() != nil {
		return false, err
	}
	changed := !slices.Equal(looked, s.feeds.tried)
	s.feeds.tried, s.feeds.seen = looked, looked
	if err != nil {
		s.fail(err)
		return s.feeds.failed(err, changed, s.now()), err
	}
	s.loaded(opt, next, changed)
	return false, nil
}

// sameFeeds is the set in force where a load brought nothing but what is in it, as
// while a source stays broken: what was judged by it stays judged then. The caller
// is loading.
func (s *Service) sameFeeds(next feedSet) *advisory.Set {
	s.turn.Lock()
	defer s.turn.Unlock()
	if len(next.lapses) > 0 && s.set != nil && maps.Equal(next.from, s.feeds.from) {
		return s.set
	}
	return next.set
}

// loaded takes note of a load that put a set in force. The caller is loading.
func (s *Service) loaded(opt Options, next feedSet, changed bool) {
	s.feeds.told, s.feeds.from = "", next.from
	s.keeper.want(opt.Sources, s.feeds.tried, next.lapses)
	if next.set != nil && (len(next.lapses) == 0 || changed) {
		size := next.set.Size()
		s.log.Info("feeds loaded", "records", size.Records, "names", size.Names, "hashes", size.Hashes)
	}
	lapsed := map[string]string{}
	for _, l := range next.lapses {
		text := l.Err.Error()
		if before, told := s.feeds.lapsed[l.Path]; !told || before != text {
			s.log.Error("a feed cannot be loaded: the copy of when it last could is in force, and what is reported since is not known here",
				"feed", l.Path, "age", s.now().Sub(l.Taken).Round(time.Second).String(), "error", l.Err)
		}
		lapsed[l.Path] = text
	}
	s.feeds.lapsed = lapsed
	if len(lapsed) > 0 {
		s.feeds.again(changed, s.now())
	} else {
		s.feeds.retry = 0
	}
}

// fail keeps why the feeds could not be loaded, for whoever asks.
func (s *Service) fail(err error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.fault = err
}

// exchangeFeeds puts a set in force and returns the one before.
func (s *Service) exchangeFeeds(next feedSet) (before *advisory.Set) {
	s.turn.Lock()
	defer s.turn.Unlock()
	before = s.takeFeeds(next)
	s.apply()
	return before
}

// takeFeeds takes in a set and returns the one before. The caller has the turn.
func (s *Service) takeFeeds(next feedSet) (before *advisory.Set) {
	before = s.set
	s.set, s.lapses, s.fault = next.set, next.lapses, nil
	return before
}

// FeedFaults tells which sources of feeds are replaced by their copies now, and why
// the last load failed, if it did: then what was loaded before holds.
func (s *Service) FeedFaults() ([]advisory.Lapse, error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	return s.lapses, s.fault
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
		looked := lookAt(ctx, opt.Sources)
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

// age tells the metrics and, once, the log how old the feeds are, and the metrics
// how many are copies. The caller is loading.
func (s *Service) age() {
	age, _ := s.feedAge()
	lapses, _ := s.FeedFaults()
	s.deps.Metrics.FeedState(age, len(lapses))
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
