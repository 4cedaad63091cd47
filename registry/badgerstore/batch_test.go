package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting)
}

// gathered runs calls while the store is held, each once the one before waits,
// so that their updates become one batch.
func gathered(t *testing.T, s *Store, calls ...func()) {
	t.Helper()
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.Update(t.Context(), func(record.Tx) error {
			close(held)
			<-release
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	for i, call := range calls {
		wg.Go(call)
		for s.queue.length() <= i {
			runtime.Gosched()
		}
	}
	close(release)
	wg.Wait()
}

// call is one Update whose outcome is kept in errs.
func call(t *testing.T, s *Store, err *error, fn func(record.Tx) error) func() {
	return func() { *err = s.Update(t.Context(), fn) }
}

func set(key string) func(record.Tx) error {
	return func(tx record.Tx) error { return tx.Settings().Put(key, "v") }
}

// kept returns which of the settings are there.
func kept(t *testing.T, s *Store, keys ...string) (there []string) {
	t.Helper()
	err := s.View(t.Context(), func(tx record.Tx) error {
		for _, key := range keys {
			_, err := tx.Settings().Get(key)
			if err == nil {
				there = append(there, key)
			} else if !errors.Is(err, npm.ErrNotFound) {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return there
}

func TestBatchIsOneTransaction(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir(), Options{})
	const total = maxBatch + 6
	used := map[*kv.Txn]int{}
	errs := make([]error, total)
	var calls []func()
	for i := range total {
		calls = append(calls, call(t, s, &errs[i], func(x record.Tx) error {
			used[x.(*tx).kv]++
			return x.Settings().Put(fmt.Sprintf("%03d", i), "v")
		}))
	}
	gathered(t, s, calls...)
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	var sizes []int
	for _, n := range used {
		sizes = append(sizes, n)
	}
	slices.Sort(sizes)
	if !slices.Equal(sizes, []int{total - maxBatch, maxBatch}) {
		t.Errorf("updates per transaction = %d", sizes)
	}
	changes, err := s.Changes(t.Context(), 0, total+1)
	if err != nil || len(changes) != total {
		t.Fatalf("Changes = %d, %v", len(changes), err)
	}
	for i, c := range changes {
		if c.Seq != uint64(i+1) || c.Key != fmt.Sprintf("%03d", i) {
			t.Errorf("change %d is %+v", i, c)
		}
	}
}

func TestBatchLeavesOutWhatFails(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir(), Options{})
	boom := errors.New("boom")
	var errs [4]error
	runs := [4]int{}
	counted := func(i int, fn func(record.Tx) error) func() {
		return call(t, s, &errs[i], func(tx record.Tx) error { runs[i]++; return fn(tx) })
	}
	gathered(t, s,
		counted(0, set("a")),
		counted(1, func(record.Tx) error { return boom }),
		counted(2, func(tx record.Tx) error { return errors.Join(set("c")(tx), boom) }),
		counted(3, set("d")))
	if errs[0] != nil || !errors.Is(errs[1], boom) || !errors.Is(errs[2], boom) || errs[3] != nil {
		t.Errorf("outcomes = %v", errs)
	}
	if got := kept(t, s, "a", "c", "d"); !slices.Equal(got, []string{"a", "d"}) {
		t.Errorf("kept %q", got)
	}
	if want := [4]int{2, 2, 2, 1}; runs != want {
		t.Errorf("runs = %d, want %d", runs, want)
	}
}

// TestBatchThatFails has everybody fail where the transaction does: an outcome
// that depends on what was not kept would be a lie.
func TestBatchThatFails(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir(), Options{})
	var errs [3]error
	gathered(t, s,
		call(t, s, &errs[0], set("a")),
		call(t, s, &errs[1], func(tx record.Tx) error { _, err := tx.Settings().Get("a"); return errors.Join(err, npm.ErrConflict) }),
		call(t, s, &errs[2], func(x record.Tx) error {
			x.(*tx).changed(record.SettingChanged, strings.Repeat("x", kv.MaxValue), "") // no row holds that
			return set("c")(x)
		}))
	for i, err := range errs {
		if !errors.Is(err, npm.ErrTooLarge) || errors.Is(err, npm.ErrConflict) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if got := kept(t, s, "a", "c"); len(got) != 0 {
		t.Errorf("kept %q", got)
	}
}

func TestBatchTooLarge(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir(), Options{})
	// Half of what one transaction holds, and more than that.
	many := func(prefix string, n int) func(record.Tx) error {
		return func(tx record.Tx) error {
			for i := range n {
				if err := tx.Settings().Put(fmt.Sprint(prefix, i), "v"); err != nil {
					return err
				}
			}
			return nil
		}
	}
	var errs [5]error
	gathered(t, s,
		call(t, s, &errs[0], many("a", 4000)),
		call(t, s, &errs[1], many("b", 4000)),
		call(t, s, &errs[2], set("c")),
		call(t, s, &errs[3], many("d", 40_000)),
		call(t, s, &errs[4], set("e")))
	for i, err := range errs {
		if i == 3 && !errors.Is(err, kv.ErrTooLarge) || i != 3 && err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	if got := kept(t, s, "a0", "a3999", "b0", "b3999", "c", "d0", "e"); !slices.Equal(got, []string{"a0", "a3999", "b0", "b3999", "c", "e"}) {
		t.Errorf("kept %q", got)
	}
}

// TestBatchWithPanics has callers that do not come back: their panics are
// theirs alone.
func TestBatchWithPanics(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir(), Options{})
	var errs [3]error
	caught := make([]any, 2)
	panics := func(i int, fn func(record.Tx) error) func() {
		return func() {
			defer func() { caught[i] = recover() }()
			err := s.Update(t.Context(), fn)
			t.Errorf("Update came back with %v", err)
		}
	}
	exits := func() {
		err := s.Update(t.Context(), func(tx record.Tx) error {
			if err := set("gone")(tx); err != nil {
				return err
			}
			runtime.Goexit()
			return nil
		})
		t.Errorf("Update came back with %v", err)
	}
	gathered(t, s,
		call(t, s, &errs[0], set("a")),
		panics(0, func(tx record.Tx) error { panic("before writing") }),
		call(t, s, &errs[1], set("b")),
		panics(1, func(tx record.Tx) error { panic(fmt.Sprint("after writing: ", set("lost")(tx))) }),
		exits,
		call(t, s, &errs[2], set("c")))
	if err := errors.Join(errs[:]...); err != nil {
		t.Error(err)
	}
	if caught[0] != "before writing" || caught[1] != "after writing: <nil>" {
		t.Errorf("caught %v", caught)
	}
	putSetting(t, s, "d", "v")
	if got := kept(t, s, "a", "b", "c", "d", "lost", "gone"); !slices.Equal(got, []string{"a", "b", "c", "d"}) {
		t.Errorf("kept %q", got)
	}
}

// TestBatchWithEndedContext ends the context of an update whose batch runs: it
// does not run, or its outcome is that of what ran.
func TestBatchWithEndedContext(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir(), Options{})
	ctx, cancel := context.WithCancel(t.Context())
	late, cancelLate := context.WithCancel(t.Context())
	defer cancelLate()
	var errs [3]error
	gathered(t, s,
		call(t, s, &errs[0], func(tx record.Tx) error { cancel(); return set("a")(tx) }),
		func() { errs[1] = s.Update(ctx, set("b")) },
		func() { errs[2] = s.Update(late, func(tx record.Tx) error { cancelLate(); return set("c")(tx) }) })
	if errs[0] != nil || !errors.Is(errs[1], context.Canceled) || errs[2] != nil {
		t.Errorf("outcomes = %v", errs)
	}
	if got := kept(t, s, "a", "b", "c"); !slices.Equal(got, []string{"a", "c"}) {
		t.Errorf("kept %q", got)
	}
}

func TestUpdateAfterClose(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir(), Options{})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), set("a")); !errors.Is(err, kv.ErrClosed) {
		t.Errorf("Update: %v", err)
	}
}

// BenchmarkUpdate writes small updates, each of which is on stable storage when
// it returns.
func BenchmarkUpdate(b *testing.B) {
	for _, writers := range []int{1, 16} {
		b.Run(fmt.Sprint(writers), func(b *testing.B) {
			s, err := Open(b.TempDir(), Options{})
			if err != nil {
				b.Fatal(err)
			}
			b.ResetTimer()
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					for i := w; i < b.N; i += writers {
						if err := s.Update(b.Context(), set(fmt.Sprint(i))); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
			if err := s.Close(); err != nil {
				b.Fatal(err)
			}
		})
	}
}
