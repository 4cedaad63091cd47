package guard_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// feeds are options with sources.
func feeds(sources ...advisory.Source) guard.Options {
	return guard.Options{Policy: quiet(), Sources: sources}
}

func TestNothingAppliesBeforeFeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := w.feed("feed.jsonl", "no record")
	s := w.open(feeds(source))
	_, err := s.Block(t.Context(), alice, guard.OrderInput{Match: "x", Reason: "r"})
	w.must(err)
	if err := s.LoadFeeds(t.Context()); err == nil || s.LoadFeeds(t.Context()) == nil {
		t.Error("a broken feed was loaded")
	}
	if _, ok := s.Rules(); ok || w.applications() != 0 || !errors.Is(s.Ready(), npm.ErrUnavailable) {
		t.Fatalf("%d rules were applied before any feed was loaded; ready: %v", w.applications(), s.Ready())
	}
	w.feed("feed.jsonl", report("MAL-1", "evil"))
	w.must(s.LoadFeeds(t.Context()))
	if s.Ready() != nil || w.judge("evil", "1.0.0").Guard != policy.G34 || w.judge("x", "1.0.0").Guard != policy.G39 {
		t.Errorf("after a load: ready %v, evil %v, x %v", s.Ready(), w.judge("evil", "1.0.0"), w.judge("x", "1.0.0"))
	}
	if rules, ok := s.Rules(); !ok || rules != w.last() {
		t.Error("the rules are not those that were applied")
	}
	if w.counts.loaded("failed") != 2 || w.counts.loaded("ok") != 1 {
		t.Errorf("loads: %v", w.counts.loads)
	}
}

func TestNoFeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{Policy: quiet(), Contact: "security@example.com"})
	if r := w.last(); s.Ready() != nil || r.Feeds != nil || r.Contact != "security@example.com" {
		t.Errorf("ready %v, rules %+v", s.Ready(), r)
	}
	w.must(s.LoadFeeds(t.Context()))
	s.Poll(t.Context())
	if w.applications() != 1 {
		t.Errorf("%d rules", w.applications())
	}
}

func TestPoll(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := w.feed("feed.jsonl", report("MAL-1", "one"))
	s := w.open(feeds(source))
	expect := func(what string, ok, failed int, condemned string) {
		t.Helper()
		if w.counts.loaded("ok") != ok || w.counts.loaded("failed") != failed {
			t.Errorf("%s: loads %v", what, w.counts.loads)
		}
		if j := w.judge(condemned, "1.0.0"); j.Action != policy.Deny {
			t.Errorf("%s: %s is %v", what, condemned, j.Action)
		}
	}
	polls := func(n int) {
		for range n {
			s.Poll(t.Context())
		}
	}
	polls(1)
	expect("at first", 1, 0, "one")
	polls(3)
	expect("unchanged", 1, 0, "one")
	w.feed("feed.jsonl", report("MAL-2", "two"))
	polls(1)
	expect("perhaps still being written", 1, 0, "one")
	polls(2)
	expect("changed", 2, 0, "two")
	w.feed("feed.jsonl", report("MAL-2", "two"), "{torn")
	polls(5)
	expect("broken", 2, 1, "two")
	w.clock.Move(time.Minute)
	polls(1)
	expect("tried again", 2, 2, "two")
	w.clock.Move(time.Minute)
	polls(1)
	expect("tried less often", 2, 2, "two")
	if n := w.log.count("feeds cannot be loaded"); n != 1 {
		t.Errorf("logged %d times", n)
	}
	w.must(os.Remove(source.Path))
	polls(2)
	expect("gone", 2, 3, "two")
	if n := w.log.count("feeds cannot be loaded"); n != 2 {
		t.Errorf("logged %d times", n)
	}
	w.feed("feed.jsonl", report("MAL-3", "three"))
	polls(2)
	expect("repaired", 3, 3, "three")
}

func TestPollNotices(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(w *world, dir string)
	}{
		{"a new file", func(w *world, _ string) { w.feed("dir/npm/two/b.json", report("MAL-2", "two")) }},
		{"another text", func(w *world, _ string) { w.feed("dir/npm/one/a.json", report("MAL-1", "two")) }},
		{"a file less", func(w *world, dir string) {
			w.must(os.Remove(filepath.Join(dir, "npm/one/a.json")))
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			dir := filepath.Join(w.dir, "dir")
			for _, below := range []string{"npm/one", "npm/two", "npm/three", ".git"} {
				w.must(os.MkdirAll(filepath.Join(dir, below), 0o700))
			}
			w.feed("dir/npm/one/a.json", report("MAL-1", "one"))
			w.feed("dir/npm/three/a.json", report("MAL-3", "three"))
			// What is swapped by its link is looked at behind it.
			link := filepath.Join(w.dir, "link")
			w.must(os.Symlink(dir, link))
			s := w.open(feeds(advisory.Source{Path: link, Format: advisory.Folder}))
			s.Poll(t.Context())
			w.feed("dir/.git/index", "what feeds do not read")
			s.Poll(t.Context())
			s.Poll(t.Context())
			before := w.counts.loaded("ok")
			tt.change(w, dir)
			s.Poll(t.Context())
			s.Poll(t.Context())
			if before != 1 || w.counts.loaded("ok") != 2 {
				t.Errorf("%d loads before and %d after", before, w.counts.loaded("ok"))
			}
		})
	}
}

// TestLoadTakesWhatLooksTheSame exchanges a text for one of the same size and time:
// whoever asks for a load gets what is there.
func TestLoadTakesWhatLooksTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := w.feed("feed.jsonl", report("MAL-1", "one"))
	s := w.open(feeds(source))
	w.must(s.LoadFeeds(t.Context()))
	at, before := w.clock.Now(), source.Look(t.Context())
	w.feed("feed.jsonl", report("MAL-1", "two"))
	w.must(os.Chtimes(source.Path, time.Time{}, at))
	if source.Look(t.Context()) != before {
		t.Fatal("it looks otherwise")
	}
	w.must(s.LoadFeeds(t.Context()))
	w.condemns("loaded again", map[string]bool{"one": false, "two": true})
}

func TestReloadIsWholeOrNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	good := w.feed("good.jsonl", report("MAL-1", "one"))
	s := w.open(feeds(good))
	w.must(s.LoadFeeds(t.Context()))
	old := w.last()

	bad := quiet()
	bad.Level = "paranoid"
	bad.Blocks = []policy.Block{{Match: "x"}}
	broken := feeds(good, w.feed("broken.jsonl", "{"), advisory.Source{Path: filepath.Join(w.dir, "none")})
	broken.Policy = bad
	err := s.Reload(t.Context(), broken)
	for _, want := range []string{`level: unknown word "paranoid"`, "block[0]: it gives no reason", "broken.jsonl", "none"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("does not say %q: %v", want, err)
		}
	}
	for name, o := range map[string]guard.Options{
		"policy":  {Policy: bad, Sources: []advisory.Source{good}},
		"feeds":   feeds(w.feed("broken.jsonl", "{")),
		"contact": {Policy: quiet(), Contact: "nobody\r\n"},
		"long":    {Policy: quiet(), Contact: strings.Repeat("x", 101)},
		"age":     {Policy: quiet(), MaxAge: -1},
	} {
		if err := s.Reload(t.Context(), o); err == nil {
			t.Errorf("%s: wrong and put in force", name)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Reload(ended, feeds(good)); !errors.Is(err, context.Canceled) {
		t.Errorf("Reload that was given up: %v", err)
	}
	if r, _ := s.Rules(); r != old || w.last() != old {
		t.Error("other rules are in force")
	}

	next := feeds(w.feed("next.jsonl", report("MAL-2", "two")))
	next.Policy.Blocks = []policy.Block{{Match: "x", Reason: "r"}}
	next.Contact = "ask us"
	w.must(s.Reload(t.Context(), next))
	if w.judge("one", "1.0.0").Action != policy.Allow || w.judge("two", "1.0.0").Action != policy.Deny ||
		w.judge("x", "1.0.0").Action != policy.Deny || w.last().Contact != "ask us" {
		t.Errorf("rules %+v", w.last())
	}
	w.must(s.Reload(t.Context(), guard.Options{Policy: quiet()}))
	if w.last().Feeds != nil || w.judge("two", "1.0.0").Action != policy.Allow {
		t.Errorf("without sources: %+v", w.last())
	}
}

// TestReloadUnderReaders shows that nobody sees the policy of one configuration
// with the feeds or the contact of another.
func TestReloadUnderReaders(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	version := func(n int) guard.Options {
		o := feeds(w.feed(fmt.Sprintf("feed%d.jsonl", n), report("MAL-1", fmt.Sprintf("evil%d", n))))
		o.Policy.Blocks = []policy.Block{{Match: fmt.Sprintf("blocked%d", n), Reason: "r"}}
		o.Contact = fmt.Sprint(n)
		return o
	}
	both := []guard.Options{version(0), version(1)}
	s := w.open(both[0])
	w.must(s.LoadFeeds(t.Context()))
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				r, _ := s.Rules()
				for _, name := range []string{"blocked", "evil"} {
					if j := judge(r, nameOf(t, name+r.Contact), "1.0.0", noon); j.Action != policy.Deny {
						t.Errorf("%s%s is %v", name, r.Contact, j.Action)
						return
					}
				}
			}
		})
	}
	for i := range 30 {
		w.must(s.Reload(t.Context(), both[(i+1)%2]))
		if i%10 == 0 {
			_, err := s.Block(t.Context(), alice, guard.OrderInput{Match: fmt.Sprintf("order%d", i), Reason: "r"})
			w.must(err)
		}
	}
	close(stop)
	readers.Wait()
}

func TestStale(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := feeds(w.feed("feed.jsonl", report("MAL-1", "one"))) // four days old at noon
	o.MaxAge = 5 * 24 * time.Hour
	s := w.open(o)
	if s.Stale() {
		t.Error("stale before anything was loaded")
	}
	s.Poll(t.Context())
	if s.Stale() || w.counts.feedAge().Round(time.Hour) != 4*24*time.Hour {
		t.Errorf("stale %v, age %v", s.Stale(), w.counts.feedAge())
	}
	w.clock.Move(2 * 24 * time.Hour)
	s.Poll(t.Context())
	s.Poll(t.Context())
	if !s.Stale() || w.log.count("feeds are stale") != 1 || w.judge("one", "1.0.0").Action != policy.Deny {
		t.Errorf("stale %v, logged %d times", s.Stale(), w.log.count("feeds are stale"))
	}
	o.MaxAge = 0
	w.must(s.Reload(t.Context(), o))
	if s.Stale() {
		t.Error("stale without an age")
	}
	w.must(s.Reload(t.Context(), guard.Options{Policy: quiet()}))
	if w.counts.feedAge() != 0 {
		t.Errorf("no feeds are %v old", w.counts.feedAge())
	}
}

func TestPollNoticesSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	public, private, err := ed25519.GenerateKey(rand.Reader)
	w.must(err)
	source := w.feed("feed.jsonl", report("MAL-1", "one"))
	source.Key = public
	s := w.open(feeds(source))
	s.Poll(t.Context())
	if s.Ready() == nil {
		t.Fatal("a feed without its signature was loaded")
	}
	text, err := os.ReadFile(source.Path)
	w.must(err)
	w.must(os.WriteFile(source.Path+".sig", ed25519.Sign(private, text), 0o600))
	s.Poll(t.Context())
	s.Poll(t.Context())
	if s.Ready() != nil || w.judge("one", "1.0.0").Action != policy.Deny {
		t.Errorf("signed: %v", s.Ready())
	}
}
