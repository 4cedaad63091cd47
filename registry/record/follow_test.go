package record_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/record"
)

// heard is a listener that keeps what it was told: keys, and "reset".
type heard struct {
	mu  sync.Mutex
	all []string
}

func (h *heard) Changed(c record.Change) { h.add(c.Kind.String() + " " + c.Key) }

func (h *heard) Reset() { h.add("reset") }

func (h *heard) add(s string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, s)
}

// take returns what was told since the last time.
func (h *heard) take() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.all
	h.all = nil
	return all
}

func openStore(t *testing.T, keep uint64) *badgerstore.Store {
	t.Helper()
	s, err := badgerstore.Open(t.TempDir(), badgerstore.Options{Keep: keep})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func put(t *testing.T, s record.Store, keys ...string) {
	t.Helper()
	err := s.Update(t.Context(), func(tx record.Tx) error {
		for _, key := range keys {
			if err := tx.Settings().Put(key, "v"); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFollower(t *testing.T) {
	t.Parallel()
	s := openStore(t, 100)
	put(t, s, "before")
	var one, two heard
	f := record.NewFollower(s, &one, &two)
	expect := func(what string, want ...string) {
		t.Helper()
		if err := f.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, h := range []*heard{&one, &two} {
			if got := h.take(); !slices.Equal(got, want) {
				t.Errorf("%s: told %q, want %q", what, got, want)
			}
		}
	}
	expect("at the start", "reset")
	expect("when nothing changed")
	put(t, s, "a", "b")
	put(t, s, "c")
	expect("after changes", "setting a", "setting b", "setting c")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	put(t, s, "unseen")
	if err := f.CatchUp(ended); !errors.Is(err, context.Canceled) {
		t.Fatalf("CatchUp: %v", err)
	}
	if got := one.take(); !slices.Equal(got, []string{"reset"}) {
		t.Errorf("when the store does not tell: told %q", got)
	}
	two.take()
	expect("when it tells again", "reset")
	put(t, s, "d")
	expect("after that", "setting d")
	many := make([]string, 1500) // more than a page and more than is kept
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	put(t, s, many...)
	expect("when behind", "reset")
	put(t, s, "e")
	expect("after that", "setting e")
}

func TestFollowerReadsPages(t *testing.T) {
	t.Parallel()
	s := openStore(t, 0)
	var h heard
	f := record.NewFollower(s, &h)
	if err := f.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	many := make([]string, 2000) // two whole pages
	for i := range many {
		many[i] = fmt.Sprintf("%04d", i)
	}
	put(t, s, many...)
	if err := f.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.take(); len(got) != 2001 || got[1] != "setting 0000" || got[2000] != "setting 1999" {
		t.Errorf("told %d: %q … %q", len(got), got[:min(2, len(got))], got[max(0, len(got)-1):])
	}
}

// scripted is a store whose changes are what a test says.
type scripted struct {
	record.Store
	fail atomic.Pointer[error]
	seq  atomic.Uint64
}

func (s *scripted) Sequence(context.Context) (uint64, error) {
	if err := s.fail.Load(); err != nil {
		return 0, *err
	}
	return s.seq.Load(), nil
}

func (s *scripted) Changes(_ context.Context, after uint64, _ int) (list []record.Change, err error) {
	if err := s.fail.Load(); err != nil {
		return nil, *err
	}
	for seq := after + 1; seq <= s.seq.Load(); seq++ {
		list = append(list, record.Change{Seq: seq, Kind: record.UserChanged, Key: fmt.Sprint(seq)})
	}
	return list, nil
}

// TestFollow runs on a clock of its own, which a real store could not.
func TestFollow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		var h heard
		s := &scripted{}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- record.Follow(ctx, s, slog.New(slog.NewTextHandler(&log, nil)), &h) }()
		step := func(what string, want ...string) {
			t.Helper()
			synctest.Wait()
			if got := h.take(); !slices.Equal(got, want) {
				t.Errorf("%s: told %q, want %q", what, got, want)
			}
			time.Sleep(500 * time.Millisecond)
		}
		step("at the start", "reset")
		s.seq.Add(2)
		time.Sleep(time.Second)
		step("within a second", "user 1", "user 2")
		broken := errors.New("broken")
		s.fail.Store(&broken)
		time.Sleep(time.Second)
		synctest.Wait()
		if got := h.take(); len(got) < 2 || len(slices.Compact(got)) != 1 || got[0] != "reset" {
			t.Errorf("while broken: told %q", got)
		}
		if n := strings.Count(log.String(), "level=WARN"); n != 1 {
			t.Errorf("%d warnings: %s", n, log.String())
		}
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Follow: %v", err)
		}
	})
}
