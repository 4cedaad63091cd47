package names_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func observe(t *testing.T, l *names.Ledger, n string, at time.Time, versions ...string) record.Sight {
	t.Helper()
	s, err := l.Observe(t.Context(), names.Observation{Name: name(t, n), Upstream: "default", Versions: versions, At: at})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func storedSight(t *testing.T, s record.Store, n string) (sight record.Sight) {
	t.Helper()
	err := s.View(t.Context(), func(tx record.Tx) (err error) {
		sight, err = tx.Guards().Sight(n)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sight
}

func TestObserve(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	l := open(t, s)
	if sight, ok, err := l.SightOf(t.Context(), name(t, "react")); ok || err != nil {
		t.Fatalf("SightOf = %+v, %v, %v", sight, ok, err)
	}
	first := observe(t, l, "react", time.Time{}, "1.0.0", "2.0.0")
	if !first.FirstSeen.Equal(now) || first.Name != "react" || first.Upstream != "default" {
		t.Errorf("first sight: %+v", first)
	}
	second := observe(t, l, "react", now.Add(time.Hour), "1.0.0", "2.0.0", "3.0.0")
	if len(second.Later) != 1 || len(first.Later) != 0 {
		t.Errorf("second sight: %+v, first: %+v", second, first)
	}
	if got, ok, err := l.SightOf(t.Context(), name(t, "react")); !ok || err != nil || !reflect.DeepEqual(got, second) {
		t.Errorf("SightOf = %+v, %v, %v", got, ok, err)
	}
	l.Close()
	if got := storedSight(t, s, "react"); !reflect.DeepEqual(got, second) {
		t.Errorf("stored %+v, want %+v", got, second)
	}
	views, updates := s.views.Load(), s.updates.Load()
	if got := observe(t, l, "react", now.Add(2*time.Hour), "3.0.0", "2.0.0", "1.0.0"); !reflect.DeepEqual(got, second) {
		t.Errorf("the same list changed the sight: %+v", got)
	}
	if s.views.Load() != views || s.updates.Load() != updates {
		t.Error("a document that shows nothing new cost I/O")
	}
	_, err := l.Observe(t.Context(), names.Observation{Name: name(t, "react"), Versions: []string{"4.0.0"}})
	if !errors.Is(err, names.ErrClosed) {
		t.Errorf("Observe after Close: %v", err)
	}
}

// TestObserveTogether lets many observe one name at the same time, each with a
// version of its own, while the store is slow.
func TestObserveTogether(t *testing.T) {
	t.Parallel()
	const total = 40
	s := openStore(t)
	l := open(t, s)
	var want []string
	var wg sync.WaitGroup
	for i := range total {
		v := fmt.Sprintf("1.0.%02d", i)
		want = append(want, v)
		wg.Go(func() { observe(t, l, "react", now.Add(time.Duration(i)*time.Minute), v) })
	}
	wg.Wait()
	last, _, err := l.SightOf(t.Context(), name(t, "react"))
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	stored := storedSight(t, s, "react")
	for _, v := range want {
		for which, sight := range map[string]record.Sight{"remembered": last, "stored": stored} {
			if _, _, _, known := sight.Version(v); !known {
				t.Errorf("%s is not %s", v, which)
			}
		}
	}
	if len(stored.Removed) != total-1 {
		t.Errorf("%d of %d are removed, all but the newest document's should be", len(stored.Removed), total)
	}
}

// TestObserveLosesNothingWrittenMeanwhile writes to a sight between the moment
// at which an observation is queued and its transaction.
func TestObserveLosesNothingWrittenMeanwhile(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	s.gate, s.entered = make(chan struct{}), make(chan struct{})
	l := open(t, s)
	observe(t, l, "react", now.Add(time.Hour), "1.0.0", "2.0.0")
	<-s.entered
	other := record.Sight{Name: "react", Signed: true}
	other.Observe([]string{"1.0.0", "0.9.0"}, true, now)
	if err := s.Store.Update(t.Context(), func(tx record.Tx) error { return tx.Guards().PutSight(other) }); err != nil {
		t.Fatal(err)
	}
	s.gate <- struct{}{}
	l.Close()
	got := storedSight(t, s, "react")
	_, removed := got.RemovedAt("0.9.0")
	if first, without, _, known := got.Version("2.0.0"); !known || !first.Equal(now.Add(time.Hour)) || !without.Equal(now) || !removed || !got.Signed {
		t.Errorf("stored %+v", got)
	}
	if again, _, err := l.SightOf(t.Context(), name(t, "react")); err != nil || !reflect.DeepEqual(again, got) {
		t.Errorf("remembered %+v, %v", again, err)
	}
}

func TestObserveFailures(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	l := open(t, s)
	broken := errors.New("disk gone")
	s.fail.Store(&broken)
	if _, err := l.Observe(t.Context(), names.Observation{Name: name(t, "react"), Versions: []string{"1.0.0"}}); !errors.Is(err, broken) {
		t.Errorf("Observe: %v", err)
	}
	if _, ok, err := l.SightOf(t.Context(), name(t, "react")); ok || !errors.Is(err, broken) {
		t.Errorf("SightOf = %v, %v", ok, err)
	}
	if err := l.Vanished(t.Context(), name(t, "react"), now); !errors.Is(err, broken) {
		t.Errorf("Vanished: %v", err)
	}
	s.fail.Store(nil)
	var many []string
	for i := range 70_000 {
		many = append(many, fmt.Sprint("1.0.", i))
	}
	if _, err := l.Observe(t.Context(), names.Observation{Name: name(t, "react"), Versions: many}); !errors.Is(err, npm.ErrInvalid) {
		t.Errorf("Observe of too many versions: %v", err)
	}
	if _, err := l.Observe(t.Context(), names.Observation{Versions: []string{"1.0.0"}}); !errors.Is(err, npm.ErrInvalid) {
		t.Errorf("Observe of no name: %v", err)
	}
}

// TestObserveForgetsWhatWasNotKept lets the transaction of an observation fail.
func TestObserveForgetsWhatWasNotKept(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	s.gate, s.entered = make(chan struct{}), make(chan struct{})
	l := open(t, s)
	observe(t, l, "react", now, "1.0.0")
	<-s.entered
	broken := errors.New("disk gone")
	s.fail.Store(&broken)
	s.gate <- struct{}{}
	l.Close()
	s.fail.Store(nil)
	if sight, ok, err := l.SightOf(t.Context(), name(t, "react")); ok || err != nil {
		t.Errorf("SightOf = %+v, %v, %v", sight, ok, err)
	}
}

// TestObserveManyLarge observes more at the same time than one transaction
// takes.
func TestObserveManyLarge(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	s.gate, s.entered = make(chan struct{}), make(chan struct{})
	l := open(t, s)
	var many []string
	for i := range 6000 {
		many = append(many, fmt.Sprint("1.0.", i))
	}
	const total = 60
	for i := range total {
		observe(t, l, fmt.Sprint("lib", i), now, many...)
		if i == 0 {
			<-s.entered // the others gather while the first is written
		}
	}
	closed := make(chan struct{})
	go func() { l.Close(); close(closed) }()
	for s.gate <- struct{}{}; ; {
		select {
		case <-s.entered:
			s.gate <- struct{}{}
			continue
		case <-closed:
		}
		break
	}
	for i := range total {
		if got := storedSight(t, s, fmt.Sprint("lib", i)); len(got.Known) < 4*5990 {
			t.Errorf("lib%d: %d bytes of versions", i, len(got.Known))
		}
	}
}

func TestVanishedAndAcknowledged(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	l := open(t, s)
	react := name(t, "react")
	acknowledge := func(want error) {
		t.Helper()
		err := s.Update(t.Context(), func(tx record.Tx) error { return l.Acknowledge(tx, react, "ann") })
		if !errors.Is(err, want) {
			t.Errorf("Acknowledge: %v, want %v", err, want)
		}
	}
	vanish := func(at time.Time) {
		t.Helper()
		if err := l.Vanished(t.Context(), react, at); err != nil {
			t.Fatal(err)
		}
	}
	flush := func() { // what somebody waits for takes along what waits
		t.Helper()
		if _, err := l.Pin(t.Context(), pin("other", fmt.Sprint(s.updates.Load()), 1)); err != nil {
			t.Fatal(err)
		}
	}
	vanish(now)
	acknowledge(npm.ErrNotFound)
	observe(t, l, "react", now, "1.0.0")
	flush()
	acknowledge(npm.ErrConflict)
	vanish(now.Add(time.Hour))
	flush()
	acknowledge(npm.ErrConflict)
	back := observe(t, l, "react", now.Add(2*time.Hour), "1.0.0")
	if at, returned := back.Returned(); !returned || !at.Equal(now.Add(2*time.Hour)) {
		t.Errorf("Returned = %v, %v", at, returned)
	}
	flush()
	catchUp := record.NewFollower(s, l).CatchUp
	if err := catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.SightOf(t.Context(), react); err != nil {
		t.Fatal(err)
	}
	acknowledge(nil)
	acknowledge(nil)
	if err := catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, _, err := l.SightOf(t.Context(), react)
	if _, returned := got.Returned(); returned || got.AcknowledgedBy != "ann" || !got.AcknowledgedAt.Equal(now) || err != nil {
		t.Errorf("after acknowledging: %+v, %v", got, err)
	}
	changes, err := s.Changes(t.Context(), 0, 99)
	if err != nil {
		t.Fatal(err)
	}
	changes = slices.DeleteFunc(changes, func(c record.Change) bool { return c.Kind != record.SightChanged })
	if len(changes) != 3 {
		t.Errorf("%d changes of the sight, want one for each of gone, back and acknowledged", len(changes))
	}
}

func TestVersionsCameAfterTheLastConfirmation(t *testing.T) {
	t.Parallel()
	l := open(t, openStore(t))
	see := func(at time.Time, versions ...string) record.Sight {
		t.Helper()
		s, err := l.Observe(t.Context(), names.Observation{Name: name(t, "left-pad"), Versions: versions, At: at,
			Confirmed: at.Add(-time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	see(now, "1.0.0")
	s := see(now.Add(48*time.Hour), "1.0.0", "1.1.0")
	if _, without, withName, known := s.Version("1.1.0"); !known || withName || !without.Equal(now.Add(47*time.Hour)) {
		t.Errorf("last seen without it at %v, known %t, with the name %t", without, known, withName)
	}
}

// meanwhile is a store in which something happens right after the first reading.
type meanwhile struct {
	record.Store
	begun atomic.Bool
	then  func()
}

func (m *meanwhile) View(ctx context.Context, fn func(record.Tx) error) error {
	err := m.Store.View(ctx, fn)
	if !m.begun.Swap(true) {
		m.then()
	}
	return err
}

// TestSightWrittenWhileItIsRead has a sight written between the reading of what is
// stored and the look at what waits.
func TestSightWrittenWhileItIsRead(t *testing.T) {
	t.Parallel()
	s := &meanwhile{Store: openStore(t)}
	l := open(t, s)
	s.then = func() {
		observe(t, l, "react", now, "1.0.0")
		for i := range byte(2) { // once the second is kept, nothing of before the first waits
			if _, err := l.Pin(t.Context(), pin("other", fmt.Sprintf("1.0.%d", i), i+1)); err != nil {
				t.Error(err)
			}
		}
	}
	if sight, ok, err := l.SightOf(t.Context(), name(t, "react")); !ok || err != nil {
		t.Errorf("SightOf = %+v, %v, %v", sight, ok, err)
	}
}
