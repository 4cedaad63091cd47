package guard_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/record"
)

// servedOf lists who got a version.
func (w *world) servedOf(s *guard.Service, name, version string) []record.Served {
	w.t.Helper()
	all, err := s.ServedOf(w.t.Context(), nameOf(w.t, name), version, record.ServedCursor{}, 100_000)
	w.must(err)
	return all
}

func (w *world) decisions(s *guard.Service) []record.Decision {
	w.t.Helper()
	all, err := s.Decisions(w.t.Context(), 0, 100_000)
	w.must(err)
	return all
}

func refusal(version, request string) record.Decision {
	return record.Decision{At: noon, Principal: "alice", Address: "192.0.2.1", Name: "left-pad", Version: version, Guard: "G11",
		Code: "E_COOLDOWN", Action: "deny", Mode: "enforce", Reason: "too young", Route: "tarball", RequestID: request}
}

func TestServedMerges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{Policy: quiet()})
	for range 3 {
		w.got(s, "left-pad", "1.3.0", "alice")
		w.clock.Move(time.Minute)
	}
	w.got(s, "left-pad", "1.3.0", "bob")
	w.must(s.Flush(t.Context()))
	w.got(s, "left-pad", "1.3.0", "alice")
	w.must(s.Close())
	all := w.servedOf(s, "left-pad", "1.3.0")
	if len(all) != 2 || all[0].Principal != "alice" || all[0].Count != 4 || !all[0].First.Equal(noon) || !all[0].Last.Equal(noon.Add(3*time.Minute)) ||
		all[1].Principal != "bob" || all[1].Count != 1 {
		t.Errorf("served %+v", all)
	}
}

func TestDecisionsMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{Policy: quiet()})
	s.Decided(refusal("1.3.1", "a"))
	s.Decided(refusal("1.3.1", "a")) // of one request
	s.Decided(refusal("1.3.1", "b"))
	other := refusal("1.3.2", "c")
	other.At = noon.Add(-time.Second)
	s.Decided(other)
	w.must(s.Flush(t.Context()))
	s.Decided(refusal("1.3.1", "d"))
	w.must(s.Flush(t.Context()))
	var got []string
	for _, d := range w.decisions(s) {
		got = append(got, fmt.Sprintf("%s x%d (%s)", d.Version, d.Count, d.RequestID))
	}
	slices.Sort(got[1:3]) // of one moment
	if want := "1.3.1 x1 (d), 1.3.1 x1 (b), 1.3.1 x2 (a), 1.3.2 x1 (c)"; strings.Join(got, ", ") != want {
		t.Errorf("decisions %q, want %s", got, want)
	}
	if n, err := s.Verify(t.Context()); n != 4 || err != nil {
		t.Errorf("verified %d: %v", n, err)
	}
	page, err := s.Decisions(t.Context(), 3, 1)
	w.must(err)
	if len(page) != 1 || page[0].ID != 2 {
		t.Errorf("page %+v", page)
	}
}

func TestEventsAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{Policy: quiet()})
	for i := range guard.DecisionRoom + 10 {
		s.Decided(refusal(fmt.Sprintf("1.0.%d", i), ""))
	}
	s.Decided(refusal("1.0.0", "")) // there is always room for what is known
	w.must(s.Flush(t.Context()))
	all := w.decisions(s)
	if len(all) != guard.DecisionRoom || w.counts.lost() != 10 || w.log.count("not kept") != 1 {
		t.Errorf("%d decisions, %d lost", len(all), w.counts.lost())
	}
	s.Decided(refusal("1.0.0", ""))
	w.must(s.Flush(t.Context()))
	if n := len(w.decisions(s)); n != guard.DecisionRoom+1 || w.counts.lost() != 10 {
		t.Errorf("%d decisions afterwards, %d lost", n, w.counts.lost())
	}
}

func TestEventsOutlastFailures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{Policy: quiet()})
	for i := range guard.FlushBatch + 1 { // more than one transaction
		w.got(s, "left-pad", "1.3.0", fmt.Sprintf("user-%04d", i))
	}
	s.Decided(refusal("1.3.1", "a"))
	w.store.broken.Store(true)
	for range 2 {
		if err := s.Flush(t.Context()); !errors.Is(err, errBroken) {
			t.Fatalf("Flush: %v", err)
		}
	}
	w.got(s, "left-pad", "1.3.0", "user-0000")
	w.store.broken.Store(false)
	w.must(s.Close())
	all := w.servedOf(s, "left-pad", "1.3.0")
	if len(all) != guard.FlushBatch+1 || all[0].Count != 2 || all[1].Count != 1 || len(w.decisions(s)) != 1 || w.counts.lost() != 0 {
		t.Errorf("%d served, the first %+v; %d decisions; %d lost", len(all), all[0], len(w.decisions(s)), w.counts.lost())
	}
}

// TestInvalidEventsGoAlone shows that an event that no store keeps does not keep
// out the others.
func TestInvalidEventsGoAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{Policy: quiet()})
	w.got(s, "left-pad", "", "alice")
	w.got(s, "left-pad", "1.3.0", strings.Repeat("a", 5000))
	w.got(s, "left-pad", "1.3.0", "alice")
	s.Decided(record.Decision{Name: "left-pad"})
	s.Decided(refusal("1.3.1", strings.Repeat("r", 5000)))
	s.Decided(refusal("1.3.2", ""))
	w.must(s.Flush(t.Context()))
	if len(w.servedOf(s, "left-pad", "")) != 1 || len(w.decisions(s)) != 1 || w.counts.lost() != 4 {
		t.Errorf("served %+v, decided %+v, %d lost", w.servedOf(s, "left-pad", ""), w.decisions(s), w.counts.lost())
	}
}

func TestEventsTogether(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{Policy: quiet()})
	var tellers sync.WaitGroup
	for range 4 {
		tellers.Go(func() {
			for i := range 500 {
				w.got(s, "left-pad", fmt.Sprintf("1.0.%d", i%10), "alice")
				s.Decided(refusal(fmt.Sprintf("1.0.%d", i%10), ""))
			}
		})
	}
	tellers.Go(func() {
		for range 20 {
			if err := s.Flush(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
	tellers.Wait()
	w.must(s.Close())
	var served, decided int64
	for _, r := range w.servedOf(s, "left-pad", "") {
		served += r.Count
	}
	for _, d := range w.decisions(s) {
		decided += d.Count
	}
	if served != 2000 || decided != 2000 {
		t.Errorf("%d served, %d decided", served, decided)
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{Policy: quiet()})
	for i := range 1500 { // more than one transaction
		w.got(s, "left-pad", "1.3.0", fmt.Sprintf("user-%d", i))
		s.Decided(refusal(fmt.Sprintf("1.0.%d", i), ""))
	}
	w.clock.Move(48 * time.Hour)
	w.got(s, "left-pad", "1.3.0", "late")
	late := refusal("2.0.0", "")
	late.At = w.clock.Now()
	s.Decided(late)
	w.must(s.Flush(t.Context()))
	w.must(s.Prune(t.Context(), noon.Add(24*time.Hour)))
	served, decided := w.servedOf(s, "left-pad", ""), w.decisions(s)
	if len(served) != 1 || served[0].Principal != "late" || len(decided) != 1 || decided[0].Version != "2.0.0" {
		t.Errorf("%d served, %d decided", len(served), len(decided))
	}
	if n, err := s.Verify(t.Context()); n != 1 || err != nil {
		t.Errorf("verified %d: %v", n, err)
	}
}

func BenchmarkServed(b *testing.B) {
	w := newWorld(b)
	s := w.open(guard.Options{Policy: quiet()})
	e := guard.ServedEvent{Name: nameOf(b, "left-pad"), Version: "1.3.0", Principal: "alice", Address: "192.0.2.1", At: noon}
	s.Served(e)
	b.ReportAllocs()
	for b.Loop() {
		s.Served(e)
	}
}
