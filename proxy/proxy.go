package proxy

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"

	"github.com/larderhq/larder/cache/memory"
	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/npm"
)

// Budgets that are not worth a setting.
const (
	// entryBudget bounds what is known of names in memory; a name that falls
	// out is read from its record again.
	entryBudget = 24 << 20
	// parsedBudget bounds decoded documents kept between two renderings.
	parsedBudget = 24 << 20
	// tableBudget bounds the version tables that tarball requests look into.
	tableBudget = 24 << 20
	// storedBudget bounds the remembered tarball records.
	storedBudget = 8 << 20
	// absenceBudget bounds the remembered 404s of documents passed on unread.
	absenceBudget = 4 << 20
	// homelessBudget bounds the documents that could not be stored; one that
	// falls out is fetched again.
	homelessBudget = 16 << 20
	// decodeBudget bounds the decoded documents in work at one time. A larger
	// document takes all of it and so works alone.
	decodeBudget = 64 << 20
	// wholeShare says that one document or table may take a quarter of its
	// cache.
	wholeShare = 4
)

// Proxy answers for names that live upstream. Make one with New, run its
// background work with Run and end it with Close.
type Proxy struct {
	deps  Deps
	opts  Options
	log   *slog.Logger
	rules atomic.Pointer[Rules]

	entriesMu sync.Mutex // held while an entry is added
	lives     *lives

	entries *memory.Cache[entryKey, *entry]
	ready   *memory.Cache[readyKey, *ready.Document]
	parsed  *memory.Cache[parsedKey, *npm.Packument]
	tables  *memory.Cache[parsedKey, *table]
	stored  *memory.Cache[tarballKey, storedTarball]
	noRaws  *memory.Cache[rawKey, time.Time]
	// born holds when packages came to be.
	born *memory.Cache[npm.Name, time.Time]
	// homeless holds the compressed documents that could not be stored.
	homeless *memory.Cache[parsedKey, []byte]

	loads     ready.Flights[entryKey, *snapshot]
	refreshes ready.Flights[entryKey, refreshed]
	renders   ready.Flights[readyKey, *ready.Document]
	tabling   ready.Flights[parsedKey, *table]
	raws      ready.Flights[rawKey, Raw]
	rulings   ready.Flights[rulingKey, *snapshot]
	settling  ready.Flights[tarballKey, struct{}]

	trust  trust
	bursts *bursts
	ahead  *lookahead

	decoding *semaphore.Weighted
	atRest   *ready.Compressor
	atReady  *ready.Compressor
	bases    *ready.Bases
	slow     slowSet
	due      *schedule
	saves    errgroup.Group

	slots       *semaphore.Weighted // of transfers at one time
	transfersMu sync.Mutex
	transfers   map[tarballKey]*transfer

	audits atomic.Pointer[advisory.Set]

	ctx    context.Context // ends with Close; parent of all detached work
	cancel context.CancelFunc
	work   sync.WaitGroup

	closeMu sync.RWMutex // held while work is added
	closed  bool
}

// New returns a proxy that is ready once rules were applied. It starts nothing
// that outlives a request's own work until Run is called.
func New(d Deps, o Options) (*Proxy, error) {
	if d.Upstreams == nil || d.Names == nil || d.Records == nil || d.Blobs == nil {
		return nil, errors.New("proxy: a dependency is missing")
	}
	o = o.withDefaults()
	if !knownAudit(o.Audit) {
		return nil, fmt.Errorf("proxy: no way to audit is named %q", o.Audit)
	}
	if d.Metrics == nil {
		d.Metrics = silent{}
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	p := &Proxy{
		deps:      d,
		opts:      o,
		log:       d.Logger,
		decoding:  semaphore.NewWeighted(decodeBudget),
		slots:     semaphore.NewWeighted(maxTransfers),
		transfers: make(map[tarballKey]*transfer),
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.saves.SetLimit(saveWorkers)
	p.atRest, p.atReady = ready.NewCompressor(ready.LevelAtRest), ready.NewCompressor(ready.LevelReady)
	p.bases, p.lives = ready.NewBases(), newLives()
	p.due = newSchedule()
	marks, err := d.Records.Bursts(p.opts.Now().Add(-burstMemory))
	if err != nil {
		return nil, err
	}
	p.bursts = newBursts(marks)
	if p.ahead, err = newLookahead(); err != nil {
		return nil, err
	}
	if err := p.makeCaches(); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Proxy) makeCaches() error {
	var errs [8]error
	p.entries, errs[0] = memory.New(entryBudget, entryCost)
	p.ready, errs[1] = memory.New(p.opts.Memory, readyCost)
	p.parsed, errs[2] = memory.NewLargest(parsedBudget, parsedBudget/wholeShare, parsedCost)
	p.tables, errs[3] = memory.NewLargest(tableBudget, tableBudget/wholeShare, tableCost)
	p.stored, errs[4] = memory.New(storedBudget, storedCost)
	p.noRaws, errs[5] = memory.New(absenceBudget, rawAbsenceCost)
	p.homeless, errs[6] = memory.New(homelessBudget, unsavedCost)
	p.born, errs[7] = memory.New(bornBudget, bornCost)
	return errors.Join(errs[:]...)
}

// ReadyBytes tells how many bytes the ready documents take, and their number.
func (p *Proxy) ReadyBytes() (bytes int64, documents int) {
	return p.ready.Bytes(), p.ready.Len()
}

// Close stops transfers and refreshes, waits for their ends and saves what is
// pending. The stores below stay open.
func (p *Proxy) Close() error {
	p.cancel()
	p.closeMu.Lock()
	p.closed = true
	p.closeMu.Unlock()
	p.work.Wait()
	return p.saves.Wait()
}

// briefly is detach for work that has no deadline of its own.
func (p *Proxy) briefly(f func(ctx context.Context)) {
	p.detach(func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(ctx, p.opts.FetchTimeout)
		defer cancel()
		f(ctx)
	})
}

// detach runs f on the proxy's own context, so that a client that leaves ends
// nothing that others wait for.
func (p *Proxy) detach(f func(ctx context.Context)) {
	p.closeMu.RLock()
	defer p.closeMu.RUnlock()
	if p.closed {
		// A request that outlives the drain. The context has ended and so do
		// the stores, so f fails at once; Close no longer waits for it.
		go f(p.ctx)
		return
	}
	p.work.Go(func() { f(p.ctx) })
}
