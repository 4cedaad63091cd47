package registry

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/memory"
	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/cache/recall"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/signature"
)

// Upstream tells what the public side has.
type Upstream interface {
	// Has tells whether upstream has a name now. It fails where that cannot be
	// known.
	Has(ctx context.Context, name npm.Name) (bool, error)
	// HasVersion is Has for one version.
	HasVersion(ctx context.Context, name npm.Name, version string) (bool, error)
	// Document returns the packument of a name as plain JSON. Where its tarballs
	// lead to does not matter.
	Document(ctx context.Context, name npm.Name) ([]byte, error)
}

// Deps are the rooms below that the registry works with. All but Logger are
// required.
type Deps struct {
	Store    record.Store
	Accounts *accounts.Service
	Names    *names.Ledger
	Blobs    blob.Store
	Upstream Upstream
	// Catalog is the index of all packages of Store, which runs.
	Catalog *catalog.Index
	Logger  *slog.Logger
}

// Options are the registry's settings. The zero value of each field means its
// default.
type Options struct {
	// Publish maps scopes ("@acme") to the full paths of the projects that
	// publishes at the root go to.
	Publish map[string]string
	// Dual are the names that live here and upstream.
	Dual []Dual
	// PackageLimit is the largest tarball, in bytes (500 MiB).
	PackageLimit int64
	// DocumentLimit is the largest body of a write without its tarballs, in
	// bytes (32 MiB).
	DocumentLimit int64
	// Memory is the budget of ready documents, in bytes (64 MiB).
	Memory int64
	// Keys sign the versions that live here; nil leaves them unsigned.
	Keys *signature.Ring
	// Grace is how long a deleted package can be restored (72h).
	Grace time.Duration
	// Now is the clock (time.Now).
	Now func() time.Time
}

// Dual is a rule that lets a name of upstream have versions here as well.
type Dual struct {
	// Name is the exact name.
	Name string
	// Versions is the pattern of versions that may be published here, in which
	// "*" stands for any text ("*-acme.*").
	Versions string
}

func (o Options) withDefaults() Options {
	size := func(n *int64, def int64) {
		if *n <= 0 {
			*n = def
		}
	}
	size(&o.PackageLimit, 500<<20)
	size(&o.DocumentLimit, 32<<20)
	size(&o.Memory, 64<<20)
	if o.Grace <= 0 {
		o.Grace = 72 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Budgets that are not worth a setting.
const (
	// holdingsKept is how many names' holders are remembered.
	holdingsKept = 32 << 10
	// rulesKept is how many projects' rules are remembered.
	rulesKept = 4 << 10
	// parsedBudget bounds composed documents kept between two renderings.
	parsedBudget = 32 << 20
	// storedBudget bounds the remembered tarballs.
	storedBudget = 8 << 20
	// signedBudget bounds remembered signatures.
	signedBudget = 8 << 20
	// wholeShare says that one composed document may take half of its cache.
	wholeShare = 2
)

// Service is the private registry. All methods are safe for concurrent use.
type Service struct {
	deps Deps
	opts Options
	log  *slog.Logger

	holdings *recall.Memory[string, holders]
	rules    *recall.Memory[int64, []record.Rule]
	ready    *memory.Cache[readyKey, *ready.Document]
	parsed   *memory.Cache[parsedKey, *composed]
	stored   *memory.Cache[storedKey, storedTarball]
	signed   *memory.Cache[signedKey, []byte]
	renders  ready.Flights[readyKey, *ready.Document]
	composes ready.Flights[parsedKey, *composed]
	bases    *ready.Bases
	gzip     *ready.Compressor

	downloads *downloads

	ctx    context.Context // ends with Close; parent of shared work
	cancel context.CancelFunc
	work   sync.WaitGroup
	mu     sync.Mutex // held while work is added
	closed bool
}

// New returns a ready registry.
func New(d Deps, o Options) (*Service, error) {
	if d.Store == nil || d.Accounts == nil || d.Names == nil || d.Blobs == nil || d.Upstream == nil || d.Catalog == nil {
		return nil, errors.New("registry: a dependency is missing")
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Service{deps: d, opts: o.withDefaults(), log: d.Logger,
		bases: ready.NewBases(), gzip: ready.NewCompressor(ready.LevelReady), downloads: newDownloads()}
	var errs [6]error
	s.holdings, errs[0] = recall.New[string, holders](holdingsKept)
	s.rules, errs[1] = recall.New[int64, []record.Rule](rulesKept)
	s.ready, errs[2] = memory.New(s.opts.Memory, readyCost)
	s.parsed, errs[3] = memory.NewLargest(parsedBudget, parsedBudget/wholeShare, composedCost)
	s.stored, errs[4] = memory.New(storedBudget, storedCost)
	s.signed, errs[5] = memory.New(signedBudget, signedCost)
	if err := errors.Join(errs[:]...); err != nil {
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Close waits for shared work to end.
func (s *Service) Close() error {
	s.cancel()
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.work.Wait()
	return nil
}

// spawn runs shared work on the registry's own context, so that a client that
// leaves ends nothing that others wait for.
func (s *Service) spawn(f func(ctx context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		go f(s.ctx) // the context has ended, and so f fails at once
		return
	}
	s.work.Go(func() { f(s.ctx) })
}

// Changed implements record.Listener: it forgets what somebody else changed.
func (s *Service) Changed(c record.Change) {
	switch c.Kind {
	case record.PackageChanged:
		s.holdings.Drop(c.Key)
	case record.RuleChanged:
		s.rules.Purge()
	}
}

// Reset implements record.Listener.
func (s *Service) Reset() {
	s.holdings.Purge()
	s.rules.Purge()
}

// update runs a write of one name and forgets what it made out of date before
// anybody is answered.
func (s *Service) update(ctx context.Context, name string, fn func(record.Tx) error) error {
	err := s.deps.Store.Update(ctx, fn)
	s.holdings.Drop(name)
	s.deps.Names.Changed(record.Change{Kind: record.ClaimChanged, Key: name})
	return err
}
