package names_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(pinnerEnv); dir != "" {
		pinForEver(dir)
	}
	goleak.VerifyTestMain(m)
}

// counting is a real store that counts its transactions and can be told to
// fail or to wait.
type counting struct {
	record.Store
	views, updates atomic.Int64
	fail           atomic.Pointer[error]
	gate           chan struct{} // when set, each Update takes one token first
	entered        chan struct{} // when set, tells that an Update waits
}

func (c *counting) View(ctx context.Context, fn func(record.Tx) error) error {
	c.views.Add(1)
	if err := c.fail.Load(); err != nil {
		return *err
	}
	return c.Store.View(ctx, fn)
}

func (c *counting) Update(ctx context.Context, fn func(record.Tx) error) error {
	if c.gate != nil {
		c.entered <- struct{}{}
		<-c.gate
	}
	c.updates.Add(1)
	if err := c.fail.Load(); err != nil {
		return *err
	}
	return c.Store.Update(ctx, fn)
}

func openStore(t testing.TB) *counting {
	t.Helper()
	s, err := badgerstore.Open(t.TempDir(), badgerstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close store: %v", err)
		}
	})
	return &counting{Store: s}
}

func open(t testing.TB, s record.Store, private ...string) *names.Ledger {
	t.Helper()
	var patterns []npm.Pattern
	for _, p := range private {
		pattern, err := npm.ParsePattern(p)
		if err != nil {
			t.Fatal(err)
		}
		patterns = append(patterns, pattern)
	}
	l, err := names.New(s, names.Options{Private: patterns, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

var now = time.Date(2026, 5, 4, 3, 2, 1, 0, time.UTC)

func name(t testing.TB, s string) npm.Name {
	t.Helper()
	n, err := npm.ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func putClaim(t *testing.T, s record.Store, name string, o record.Origin) {
	t.Helper()
	err := s.Update(t.Context(), func(tx record.Tx) error {
		return tx.Names().PutClaim(record.Claim{Name: name, Origin: o, By: "publish"})
	})
	if err != nil {
		t.Fatal(err)
	}
}

func pin(n, version string, seed byte) record.Pin {
	return record.Pin{Name: n, Version: version, SHA512: [64]byte{1, seed}, Size: 7, Upstream: "default"}
}

func TestOrigin(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	for n, o := range map[string]record.Origin{"react": record.Public, "intern": record.Private, "both": record.Dual, "@acme/odd": record.Public} {
		putClaim(t, s, n, o)
	}
	l := open(t, s, "@acme/*", "tool-*", "single")
	tests := []struct {
		name string
		want record.Origin
	}{
		{"react", record.Public},
		{"both", record.Dual},
		{"nobody", record.Unclaimed},
		{"reac", record.Unclaimed},
		{"reactx", record.Unclaimed},
		{"REACT", record.Unclaimed},
		{"intern", record.Private},
		{"Intern", record.Private},
		{"INTERN", record.Private},
		{"@acme/x", record.Private},
		{"@Acme/x", record.Private},
		{"@ACME/X", record.Private},
		{"@acme/odd", record.Private},
		{"@acmee/x", record.Unclaimed},
		{"@acm/x", record.Unclaimed},
		{"acme", record.Unclaimed},
		{"tool-x", record.Private},
		{"Tool-X", record.Private},
		{"tool", record.Unclaimed},
		{"@x/tool-x", record.Unclaimed},
		{"Single", record.Private},
	}
	for _, tt := range tests {
		for range 2 { // read, then remembered
			if got, err := l.Origin(t.Context(), name(t, tt.name)); got != tt.want || err != nil {
				t.Errorf("Origin(%s) = %v, %v, want %v", tt.name, got, err, tt.want)
			}
		}
	}
	if _, err := l.Origin(t.Context(), npm.Name{}); !errors.Is(err, npm.ErrInvalid) {
		t.Errorf("Origin of no name: %v", err)
	}
}

func TestOriginCosts(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	putClaim(t, s, "react", record.Public)
	l := open(t, s, "@acme/*")
	ask := func(n string, want int64) {
		t.Helper()
		before := s.views.Load()
		if _, err := l.Origin(t.Context(), name(t, n)); err != nil {
			t.Fatal(err)
		}
		if got := s.views.Load() - before; got != want {
			t.Errorf("Origin(%s) read the store %d times, want %d", n, got, want)
		}
	}
	ask("@acme/x", 0)
	ask("react", 1)
	ask("react", 0)
	ask("nobody", 1)
	ask("nobody", 1) // that nobody claimed it may change any moment
}

func TestOriginFailsClosed(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	l := open(t, s, "@acme/*")
	broken := fmt.Errorf("row: %w", record.ErrCorrupt)
	s.fail.Store(&broken)
	origin, err := l.Origin(t.Context(), name(t, "react"))
	if origin != record.Private || !errors.Is(err, record.ErrCorrupt) {
		t.Errorf("Origin = %v, %v", origin, err)
	}
	if err := l.ClaimPublic(t.Context(), name(t, "react"), "default"); !errors.Is(err, record.ErrCorrupt) {
		t.Errorf("ClaimPublic: %v", err)
	}
	if origin, err := l.Origin(t.Context(), name(t, "@acme/x")); origin != record.Private || err != nil {
		t.Errorf("Origin of a declared name = %v, %v", origin, err)
	}
}

func TestClaimPublic(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	putClaim(t, s, "intern", record.Private)
	l := open(t, s, "@acme/*")
	for _, n := range []string{"@acme/x", "@ACME/x", "intern", "Intern"} {
		if err := l.ClaimPublic(t.Context(), name(t, n), "default"); !errors.Is(err, npm.ErrForbidden) {
			t.Errorf("ClaimPublic(%s): %v", n, err)
		}
	}
	if err := l.ClaimPublic(t.Context(), name(t, "react"), "default"); err != nil {
		t.Fatal(err)
	}
	views := s.views.Load()
	for range 3 {
		if err := l.ClaimPublic(t.Context(), name(t, "react"), "other"); err != nil {
			t.Fatal(err)
		}
		if o, err := l.Origin(t.Context(), name(t, "react")); o != record.Public || err != nil {
			t.Errorf("Origin = %v, %v", o, err)
		}
	}
	if s.views.Load() != views {
		t.Error("a known claim cost I/O")
	}
	l.Close()
	err := s.View(t.Context(), func(tx record.Tx) error {
		got, err := tx.Names().Claim("react")
		want := record.Claim{Name: "react", Origin: record.Public, By: record.ByUpstream, Upstream: "default", ClaimedAt: now, FirstUpstreamSeen: now}
		if err != nil || got != want {
			t.Errorf("Claim = %+v, %v", got, err)
		}
		if _, err := tx.Names().Claim("@acme/x"); !errors.Is(err, npm.ErrNotFound) {
			t.Errorf("Claim of a private name: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.ClaimPublic(t.Context(), name(t, "vue"), "default"); !errors.Is(err, names.ErrClosed) {
		t.Errorf("ClaimPublic after Close: %v", err)
	}
}

// TestClaimLosesToPrivate makes a name private between the moment at which a
// public claim is queued and its transaction.
func TestClaimLosesToPrivate(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	s.gate, s.entered = make(chan struct{}), make(chan struct{})
	l := open(t, s)
	if err := l.ClaimPublic(t.Context(), name(t, "intern"), "default"); err != nil {
		t.Fatal(err)
	}
	<-s.entered
	putClaim(t, s.Store, "intern", record.Private)
	s.gate <- struct{}{}
	l.Close()
	if o, err := l.Origin(t.Context(), name(t, "intern")); o != record.Private || err != nil {
		t.Errorf("Origin = %v, %v", o, err)
	}
}

func TestPinFirstWriteWins(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	l := open(t, s)
	n := name(t, "react")
	if _, ok, err := l.PinOf(t.Context(), n, "1.0.0"); ok || err != nil {
		t.Fatalf("PinOf = %v, %v", ok, err)
	}
	first, err := l.Pin(t.Context(), pin("react", "1.0.0", 1))
	if err != nil || !first.FirstSeen.Equal(now) || first.SHA512[1] != 1 {
		t.Fatalf("Pin = %+v, %v", first, err)
	}
	for _, ledger := range []*names.Ledger{l, open(t, s)} {
		if again, err := ledger.Pin(t.Context(), pin("react", "1.0.0", 2)); err != nil || again != first {
			t.Errorf("second Pin = %+v, %v", again, err)
		}
		if got, ok, err := ledger.PinOf(t.Context(), n, "1.0.0"); !ok || err != nil || got != first {
			t.Errorf("PinOf = %+v, %v, %v", got, ok, err)
		}
	}
	if _, err := l.Pin(t.Context(), pin("react", "2.0.0", 3)); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Pins(t.Context(), n); err != nil || len(got) != 2 || got[0] != first {
		t.Errorf("Pins = %+v, %v", got, err)
	}
	if _, err := l.Pin(t.Context(), record.Pin{Name: "react", Version: "3.0.0"}); !errors.Is(err, npm.ErrInvalid) {
		t.Errorf("Pin without a digest: %v", err)
	}
}

func TestConcurrentPinsAgree(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	l := open(t, s)
	var wg sync.WaitGroup
	got := make([]record.Pin, 64)
	for i := range got {
		wg.Go(func() {
			var err error
			if got[i], err = l.Pin(t.Context(), pin("react", "1.0.0", byte(i))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range got {
		if got[i] != got[0] {
			t.Fatalf("pin %d differs from pin 0", i)
		}
	}
	if kept, _, err := open(t, s).PinOf(t.Context(), name(t, "react"), "1.0.0"); err != nil || kept != got[0] {
		t.Errorf("kept %+v, %v", kept, err)
	}
}

func TestPinsShareTransactions(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	s.gate, s.entered = make(chan struct{}), make(chan struct{})
	l := open(t, s)
	results := make(chan error)
	add := func(i int) {
		go func() {
			_, err := l.Pin(t.Context(), pin("react", fmt.Sprintf("1.0.%d", i), 1))
			results <- err
		}()
	}
	add(0)
	<-s.entered
	const more = 50
	for i := range more {
		add(i + 1)
	}
	l.WaitQueued(more)
	s.gate <- struct{}{}
	<-s.entered
	s.gate <- struct{}{}
	for range more + 1 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	if n := s.updates.Load(); n != 2 {
		t.Errorf("%d transactions, want 2", n)
	}
}

func TestPinFailures(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	l := open(t, s)
	broken := errors.New("disk gone")
	s.fail.Store(&broken)
	if _, err := l.Pin(t.Context(), pin("react", "1.0.0", 1)); !errors.Is(err, broken) {
		t.Errorf("Pin: %v", err)
	}
	if _, ok, err := l.PinOf(t.Context(), name(t, "react"), "1.0.0"); ok || !errors.Is(err, broken) {
		t.Errorf("PinOf = %v, %v", ok, err)
	}
	s.fail.Store(nil)
	if _, ok, err := l.PinOf(t.Context(), name(t, "react"), "1.0.0"); ok || err != nil {
		t.Errorf("a pin that failed is known: %v, %v", ok, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Pin(ctx, pin("react", "1.0.0", 1)); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("Pin with an ended context: %v", err)
	}
	l.Close()
	if _, err := l.Pin(t.Context(), pin("react", "2.0.0", 1)); !errors.Is(err, names.ErrClosed) {
		t.Errorf("Pin after Close: %v", err)
	}
}
