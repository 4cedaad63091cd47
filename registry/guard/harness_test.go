package guard_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

var alice = guard.By{Name: "alice", Address: "192.0.2.7"}

// recorder keeps what was counted.
type recorder struct {
	mu      sync.Mutex
	loads   map[string]int
	orders  map[string]int
	age     time.Duration
	kept    int
	served  int
	dropped int
}

func (r *recorder) do(fn func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fn()
}

func (r *recorder) FeedLoaded(result string) { r.do(func() { r.loads[result]++ }) }
func (r *recorder) FeedState(age time.Duration, kept int) {
	r.do(func() { r.age, r.kept = age, kept })
}
func (r *recorder) PolicyOrders(kind string, n int) { r.do(func() { r.orders[kind] = n }) }
func (r *recorder) MalwareServedBefore(n int)       { r.do(func() { r.served = n }) }
func (r *recorder) ServedDropped(n int)             { r.do(func() { r.dropped += n }) }
func (r *recorder) loaded(result string) (n int)    { r.do(func() { n = r.loads[result] }); return n }
func (r *recorder) inForce(kind string) (n int)     { r.do(func() { n = r.orders[kind] }); return n }
func (r *recorder) malware() (n int)                { r.do(func() { n = r.served }); return n }
func (r *recorder) lost() (n int)                   { r.do(func() { n = r.dropped }); return n }
func (r *recorder) feedsKept() (n int)              { r.do(func() { n = r.kept }); return n }
func (r *recorder) feedAge() (age time.Duration)    { r.do(func() { age = r.age }); return age }

// logged is a log that tests read while others write it.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// count returns how many lines hold a text.
func (l *logged) count(text string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.buf.String()) {
		if strings.Contains(line, text) {
			n++
		}
	}
	return n
}

// fragile is a store whose writes can be made to fail.
type fragile struct {
	record.Store
	broken atomic.Bool
}

var errBroken = errors.New("the disk is full")

func (f *fragile) Update(ctx context.Context, fn func(record.Tx) error) error {
	if f.broken.Load() {
		return errBroken
	}
	return f.Store.Update(ctx, fn)
}

// world is a store with services on it.
type world struct {
	t      testing.TB
	store  *fragile
	ledger *names.Ledger
	clock  *registrytest.Clock
	log    *logged
	counts *recorder
	dir    string
	// kept is the folder of the copies of feeds; empty for none.
	kept string

	mu      sync.Mutex
	applied []guard.Rules
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, clock: registrytest.NewClock(noon), log: &logged{}, dir: t.TempDir(),
		counts: &recorder{loads: map[string]int{}, orders: map[string]int{}}}
	store, err := badgerstore.Open(filepath.Join(w.dir, "registry"), badgerstore.Options{})
	w.must(err)
	t.Cleanup(func() { w.must(store.Close()) })
	w.store = &fragile{Store: store}
	w.ledger, err = names.New(w.store, names.Options{Now: w.clock.Now})
	w.must(err)
	t.Cleanup(w.ledger.Close)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// open makes a service of the world.
func (w *world) open(o guard.Options) *guard.Service {
	w.t.Helper()
	s, err := w.try(o)
	w.must(err)
	return s
}

func (w *world) try(o guard.Options) (*guard.Service, error) {
	o.Now = w.clock.Now
	s, err := guard.New(w.t.Context(), guard.Deps{Store: w.store, Ledger: w.ledger, Metrics: w.counts, Kept: w.kept,
		Logger: slog.New(slog.NewTextHandler(w.log, nil)), Apply: w.apply}, o)
	if err == nil {
		w.t.Cleanup(func() { w.must(s.Close()) })
	}
	return s, err
}

func (w *world) apply(r guard.Rules) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.applied = append(w.applied, r)
}

func (w *world) applications() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.applied)
}

// last returns the rules that were applied last.
func (w *world) last() guard.Rules {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.applied) == 0 {
		w.t.Fatal("no rules were applied")
	}
	return w.applied[len(w.applied)-1]
}

// quiet is a policy that asks no guard but what operators block and feeds report.
func quiet() policy.Config {
	return policy.Config{Level: policy.NoLevel, Modes: []policy.ModeRule{{Guard: "malware", Mode: "enforce"}}}
}

// judge asks the applied rules about a version.
func (w *world) judge(name, version string) policy.Judgement {
	w.t.Helper()
	return judge(w.last(), nameOf(w.t, name), version, w.clock.Now())
}

func judge(r guard.Rules, name npm.Name, version string, now time.Time) policy.Judgement {
	malware := policy.Match{State: policy.No}
	if r.Feeds != nil {
		if m, bad := r.Feeds.Malware(name, version); bad {
			malware = policy.Match{State: policy.Yes, ID: m.ID}
		}
	}
	return r.Engine.Judge(policy.Facts{Name: &policy.NameFacts{Name: name},
		Version: &policy.VersionFacts{Version: version, Malware: malware}}, now)
}

func nameOf(t testing.TB, text string) npm.Name {
	t.Helper()
	n, err := npm.ParseName(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// report is a line of a feed about versions of a name; none means all.
func report(id, name string, versions ...string) string {
	affects := `"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]`
	if len(versions) > 0 {
		affects = `"versions":["` + strings.Join(versions, `","`) + `"]`
	}
	return fmt.Sprintf(`{"id":%q,"modified":"2026-11-20T12:00:00Z","schema_version":"1.7.4","summary":"Malicious code","details":"Bad.",`+
		`"affected":[{"package":{"ecosystem":"npm","name":%q},%s}],"database_specific":{"malicious-packages-origins":[{"source":"x","sha256":"00"}]}}`,
		id, name, affects)
}

// feed writes a feed and returns its source. Each time has a time of its own,
// whatever the file system's clock is.
func (w *world) feed(file string, lines ...string) advisory.Source {
	w.t.Helper()
	path := filepath.Join(w.dir, file)
	w.must(os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))
	w.clock.Move(time.Millisecond)
	w.must(os.Chtimes(path, time.Time{}, w.clock.Now()))
	return advisory.Source{Path: path, Format: advisory.Lines}
}

// got tells the service that somebody downloaded a version.
func (w *world) got(s *guard.Service, name, version, who string) {
	s.Served(guard.ServedEvent{Name: nameOf(w.t, name), Version: version, Principal: who, Address: "192.0.2.1", At: w.clock.Now()})
}

// audited returns the entries of the audit log, oldest first.
func (w *world) audited() (all []record.Entry) {
	w.t.Helper()
	w.must(w.store.View(w.t.Context(), func(tx record.Tx) error {
		entries, err := tx.Audit().Entries(0, 1000)
		all = nil
		for _, e := range entries {
			all = append([]record.Entry{e}, all...)
		}
		return err
	}))
	return all
}

// orders lists all orders.
func (w *world) orders(s *guard.Service) []guard.Listed {
	w.t.Helper()
	all, err := s.List(w.t.Context(), 0, 1000)
	w.must(err)
	return all
}
