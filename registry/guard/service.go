// Package guard holds what operators decided, what feeds report and who got what.
// It makes the rules that versions are judged by and refuses to know how versions
// are fetched, served or judged.
package guard

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
)

// Rules are what versions are judged by at a moment. They never change: another
// set is another Rules. What is the same as before is the same pointer.
type Rules struct {
	Engine *policy.Engine
	// Feeds is nil where no sources are configured.
	Feeds *advisory.Set
	// Lookalikes is nil while the private names have not been read, and where
	// nobody looks for names that resemble them (G08 is off).
	Lookalikes *policy.Lookalikes
	// Contact is whom refusals tell to ask; may be empty.
	Contact string
}

// Recorder counts what happens.
type Recorder interface {
	// FeedLoaded counts a load of the feeds: "ok", "kept" where a copy replaces a
	// source, or "failed".
	FeedLoaded(result string)
	// FeedState tells how old the newest record of the feeds is, zero where there
	// is none, and how many sources are replaced by their copies.
	FeedState(age time.Duration, kept int)
	// PolicyOrders tells how many orders of a kind are in force.
	PolicyOrders(kind string, n int)
	// MalwareServedBefore tells how many versions that the feeds condemn were
	// served here at any time.
	MalwareServedBefore(n int)
	// ServedDropped counts events that could not be kept.
	ServedDropped(n int)
}

// Deps are what the service stands on.
type Deps struct {
	Store  record.Store
	Ledger *names.Ledger
	// Kept is the folder of the copies of feeds, which Run writes. A copy replaces a
	// feed that can no longer be loaded, also after a restart. Empty keeps none.
	Kept string
	// Metrics may be nil.
	Metrics Recorder
	// Logger gets what nobody waits for; nil drops it.
	Logger *slog.Logger
	// Apply gets each new Rules before whoever caused them returns. It is called
	// from one goroutine at a time, must not call the service, and is not called
	// before there are rules: while feeds are configured and none was loaded.
	// It may be nil.
	Apply func(Rules)
}

// Service holds the guards' records and rules. All methods are safe for
// concurrent use. It follows a store: Changed and Reset tell it what others
// wrote.
type Service struct {
	deps Deps
	log  *slog.Logger
	now  func() time.Time

	// loading is held while feeds are read and compared with what was served,
	// which can take seconds. It is taken before turn.
	loading sync.Mutex
	feeds   watch
	after   aftermath
	keeper  *keeper

	// turn is held while rules are made and handed over.
	turn  sync.Mutex
	conf  Options
	since time.Time
	// sinceKept tells that since is on stable storage.
	sinceKept bool
	orders    []record.Order
	private   *policy.Lookalikes
	set       *advisory.Set
	// lapses are the sources of which the set has a copy, and fault is why the last
	// load failed, or nil.
	lapses  []advisory.Lapse
	fault   error
	engine  *policy.Engine
	current atomic.Pointer[Rules]

	looks    *similar
	witness  *witness
	outdated chan struct{}
}

// New returns a service with the rules of the policy and of the orders in the
// store. Where no sources of feeds are configured they are applied at once, else
// with the first load: by Run, or LoadFeeds. Close must be called before the
// store is closed.
func New(ctx context.Context, deps Deps, opt Options) (*Service, error) {
	if err := opt.validate(); err != nil {
		return nil, err
	}
	s := &Service{deps: deps, log: deps.Logger, now: func() time.Time { return opt.clock().UTC() }, conf: opt,
		looks: newSimilar(), keeper: newKeeper(deps.Kept), outdated: make(chan struct{}, 1)}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.deps.Metrics == nil {
		s.deps.Metrics = unrecorded{}
	}
	s.witness = newWitness(s.deps.Store, s.deps.Metrics, s.log)
	s.turn.Lock()
	defer s.turn.Unlock()
	orders, since, err := s.read(ctx)
	if err != nil {
		return nil, err
	}
	s.since, s.sinceKept = since, !since.IsZero()
	m, err := s.compile(opt, orders)
	if err != nil {
		return nil, err
	}
	s.orders = orders
	s.take(m)
	s.apply()
	s.outdate() // what Run has to keep
	return s, nil
}

// read reads the orders and the moment when the policy began, zero where none is
// kept.
func (s *Service) read(ctx context.Context) (orders []record.Order, since time.Time, err error) {
	err = s.deps.Store.View(ctx, func(tx record.Tx) error {
		var err error
		if orders, err = allOrders(tx); err == nil {
			since, err = sinceOf(tx)
		}
		return err
	})
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read what was decided about versions: %w", err)
	}
	return orders, since, nil
}

// apply hands over the rules that there are now, unless there are none yet: what
// no feed was asked about must not be served. The caller has the turn.
func (s *Service) apply() {
	s.countOrders()
	if s.set == nil && len(s.conf.Sources) > 0 {
		return
	}
	r := Rules{Engine: s.engine, Feeds: s.set, Contact: s.conf.Contact}
	if asksLookalikes(s.conf.Policy) {
		r.Lookalikes = s.private
	}
	if old := s.current.Load(); old != nil && *old == r {
		return
	}
	s.current.Store(&r)
	if s.deps.Apply != nil {
		s.deps.Apply(r)
	}
}

// Rules returns what versions are judged by, and false where there are no rules
// yet.
func (s *Service) Rules() (Rules, bool) {
	if r := s.current.Load(); r != nil {
		return *r, true
	}
	return Rules{}, false
}

// Ready fails with npm.ErrUnavailable until there are rules. Its cause names the feeds
// that cannot be loaded.
func (s *Service) Ready() error {
	if s.current.Load() != nil {
		return nil
	}
	_, fault := s.FeedFaults()
	return &npm.Error{Kind: npm.ErrUnavailable, Guard: policy.G34.String(), RetryAfter: readyRetry,
		Text: "the feeds of malware are not loaded yet", Err: fault}
}

// readyRetry is when to ask again while feeds are being loaded.
const readyRetry = 5 * time.Second

// Reload puts another configuration in force: policy, sources, ages and contact.
// Feeds are read anew. Everything that is wrong is told at once, and where
// anything is, all stays as it was.
func (s *Service) Reload(ctx context.Context, opt Options) error {
	if err := opt.validate(); err != nil {
		return err
	}
	s.loading.Lock()
	defer s.loading.Unlock()
	looked := lookAt(ctx, opt.Sources)
	next, feedErr := s.readFeeds(ctx, opt.Sources, looked)
	before, err := s.exchange(opt, next, feedErr)
	if err != nil {
		return err
	}
	s.after.note(before, next.set)
	s.feeds = watch{tried: looked, seen: looked, lapsed: s.feeds.lapsed}
	s.loaded(opt, next, true)
	s.settle(ctx)
	s.age()
	return nil
}

// exchange puts a configuration and its feeds in force where both are good, and
// returns the feeds before. The caller is loading.
func (s *Service) exchange(opt Options, next feedSet, feedErr error) (before *advisory.Set, err error) {
	s.turn.Lock()
	defer s.turn.Unlock()
	m, err := s.compile(opt, s.orders)
	if err := errors.Join(err, feedErr); err != nil {
		return nil, err
	}
	before, s.conf = s.takeFeeds(next), opt
	s.take(m)
	s.apply()
	s.outdate() // what Run has to keep
	return before, nil
}

// take takes in what was compiled. The caller has the turn.
func (s *Service) take(m made) {
	s.engine = m.engine
	if !m.since.IsZero() {
		s.since = m.since
	}
}

// Close writes what is queued.
func (s *Service) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), lastFlush)
	defer cancel()
	return s.witness.flush(ctx)
}

// unrecorded counts nothing.
type unrecorded struct{}

func (unrecorded) FeedLoaded(string)            {}
func (unrecorded) FeedState(time.Duration, int) {}
func (unrecorded) PolicyOrders(string, int)     {}
func (unrecorded) MalwareServedBefore(int)      {}
func (unrecorded) ServedDropped(int)            {}
