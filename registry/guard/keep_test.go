package guard_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// newKeeping is a world that keeps copies of feeds.
func newKeeping(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.kept = filepath.Join(w.dir, "kept")
	return w
}

// began opens a service that loads feeds and keeps copies of them, as a start does.
func (w *world) began(sources ...advisory.Source) *guard.Service {
	w.t.Helper()
	s := w.open(feeds(sources...))
	s.Poll(w.t.Context())
	w.must(s.KeepFeeds(w.t.Context()))
	return s
}

// settled looks at the feeds until a change is taken in.
func settled(ctx context.Context, s *guard.Service) {
	s.Poll(ctx)
	s.Poll(ctx)
}

// condemns expects what the applied rules say of versions 1.0.0.
func (w *world) condemns(what string, names map[string]bool) {
	w.t.Helper()
	for name, want := range names {
		if got := w.judge(name, "1.0.0").Action == policy.Deny; got != want {
			w.t.Errorf("%s: %s is condemned: %v", what, name, got)
		}
	}
}

// copies lists the files in the folder of copies.
func (w *world) copies() []string {
	w.t.Helper()
	entries, err := os.ReadDir(w.kept)
	if err != nil && !os.IsNotExist(err) {
		w.t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, filepath.Join(w.kept, e.Name()))
	}
	return all
}

// TestKeptFeedOutlivesRestart breaks one of two feeds while larder does not run.
func TestKeptFeedOutlivesRestart(t *testing.T) {
	t.Parallel()
	w := newKeeping(t)
	a, b := w.feed("a.jsonl", report("MAL-1", "one")), w.feed("b.jsonl", report("MAL-2", "two"))
	w.began(a, b)
	w.feed("a.jsonl", "{torn")
	w.feed("b.jsonl", report("MAL-3", "three"))
	w.clock.Move(2 * time.Hour)

	s := w.began(a, b)
	w.condemns("after a restart", map[string]bool{"one": true, "two": false, "three": true})
	lapses, fault := s.FeedFaults()
	if s.Ready() != nil || fault != nil || len(lapses) != 1 || lapses[0].Path != a.Path {
		t.Errorf("ready %v, lapses %v, fault %v", s.Ready(), lapses, fault)
	}
	before, _ := s.Rules()
	for range 4 {
		w.clock.Move(20 * time.Minute)
		settled(t.Context(), s)
	}
	if now, _ := s.Rules(); now != before {
		t.Error("what was judged is judged again because a feed stays broken")
	}
	w.feed("b.jsonl", report("MAL-4", "four"))
	settled(t.Context(), s)
	w.condemns("the other has changed", map[string]bool{"one": true, "three": false, "four": true})
	if w.log.count("a feed cannot be loaded") != 1 || w.log.count(`level=ERROR`) != 1 || w.log.count(`feed=`+a.Path+` age=2h0m0s`) != 1 {
		t.Errorf("logged: %s", &w.log.buf)
	}
	if w.counts.feedsKept() != 1 || w.counts.loaded("kept") < 3 || w.counts.loaded("failed") != 0 {
		t.Errorf("%d kept, loads %v", w.counts.feedsKept(), w.counts.loads)
	}
	w.feed("a.jsonl", "{torn", "{twice")
	settled(t.Context(), s)
	if w.log.count("a feed cannot be loaded") != 2 {
		t.Error("another problem is no news")
	}

	w.feed("a.jsonl", report("MAL-5", "five"))
	settled(t.Context(), s)
	w.condemns("mended", map[string]bool{"one": false, "four": true, "five": true})
	if lapses, _ := s.FeedFaults(); len(lapses) > 0 || w.counts.feedsKept() != 0 {
		t.Errorf("mended: %v, %d kept", lapses, w.counts.feedsKept())
	}
}

// TestKeptFeedWhileRunning takes the copy of one feed while the other is as it is now.
func TestKeptFeedWhileRunning(t *testing.T) {
	t.Parallel()
	w := newKeeping(t)
	a, b := w.feed("a.jsonl", report("MAL-1", "one")), w.feed("b.jsonl", report("MAL-2", "two"))
	s := w.began(a, b)
	w.must(os.Remove(a.Path))
	w.feed("b.jsonl", report("MAL-3", "three"))
	settled(t.Context(), s)
	w.condemns("one is gone", map[string]bool{"one": true, "two": false, "three": true})

	next := feeds(a, b)
	next.Policy.Blocks = []policy.Block{{Match: "x", Reason: "r"}}
	w.must(s.Reload(t.Context(), next))
	w.condemns("reloaded", map[string]bool{"one": true, "three": true, "x": true})
	if n := w.log.count("a feed cannot be loaded"); n != 1 {
		t.Errorf("logged %d times", n)
	}
}

// TestOlderCopyReplacesNothing breaks a feed whose last good state was not copied:
// what was learned from it stays in force.
func TestOlderCopyReplacesNothing(t *testing.T) {
	t.Parallel()
	w := newKeeping(t)
	a := w.feed("a.jsonl", report("MAL-1", "one"))
	s := w.began(a)
	w.feed("a.jsonl", report("MAL-1", "one"), report("MAL-2", "two"))
	settled(t.Context(), s)
	w.feed("a.jsonl", "{torn")
	w.must(s.KeepFeeds(t.Context()))
	settled(t.Context(), s)
	w.condemns("broken before it was copied", map[string]bool{"one": true, "two": true})
	if _, fault := s.FeedFaults(); fault == nil || !strings.Contains(fault.Error(), "older than what is in force") || w.counts.loaded("failed") != 1 {
		t.Errorf("fault %v, loads %v", fault, w.counts.loads)
	}
	if err := s.Reload(t.Context(), feeds(a)); err == nil {
		t.Error("an older copy was put in force")
	}
}

// TestNeverLoadedFeedIsNamed has no copy of one of two broken feeds.
func TestNeverLoadedFeedIsNamed(t *testing.T) {
	t.Parallel()
	w := newKeeping(t)
	a := w.feed("a.jsonl", report("MAL-1", "one"))
	w.began(a)
	w.feed("a.jsonl", "{torn")
	applied := w.applications()
	never := w.feed("never.jsonl", "{torn")
	s := w.began(a, never)
	err := s.Ready()
	if !errors.Is(err, npm.ErrUnavailable) || !strings.Contains(err.Error(), never.Path) || strings.Contains(err.Error(), a.Path) {
		t.Errorf("ready: %v", err)
	}
	var shown *npm.Error
	if !errors.As(err, &shown) || strings.Contains(shown.Text, w.dir) {
		t.Errorf("clients are told %+v", shown)
	}
	if w.applications() != applied || w.log.count("feeds cannot be loaded") != 1 {
		t.Errorf("%d rules were applied", w.applications()-applied)
	}
}

func TestKeptFeedsFollowTheConfiguration(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	other, _, err2 := ed25519.GenerateKey(rand.Reader)
	cases := []struct {
		name string
		// change is what the source is after a restart.
		change func(w *world, source *advisory.Source)
		ready  bool
	}{
		{"broken signature", func(w *world, source *advisory.Source) {
			w.must(os.WriteFile(source.Path+".sig", make([]byte, ed25519.SignatureSize), 0o600))
		}, true},
		{"no signature", func(w *world, source *advisory.Source) { w.must(os.Remove(source.Path + ".sig")) }, true},
		{"another key", func(_ *world, source *advisory.Source) { source.Key = other }, false},
		{"no key and broken", func(w *world, source *advisory.Source) {
			source.Key = nil
			w.feed("feed.jsonl", "{torn")
		}, false},
		{"another path", func(w *world, source *advisory.Source) { source.Path = filepath.Join(w.dir, "none") }, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newKeeping(t)
			w.must(errors.Join(err, err2))
			source := w.feed("feed.jsonl", report("MAL-1", "one"))
			text, err := os.ReadFile(source.Path)
			w.must(err)
			w.must(os.WriteFile(source.Path+".sig", ed25519.Sign(private, text), 0o600))
			source.Key = public
			w.began(source)
			if len(w.copies()) != 1 {
				t.Fatalf("copies %v", w.copies())
			}
			c.change(w, &source)
			s := w.began(source)
			if (s.Ready() == nil) != c.ready {
				t.Errorf("ready: %v", s.Ready())
			}
			if c.ready {
				w.condemns("by its copy", map[string]bool{"one": true})
			}
		})
	}
}

// TestDroppedFeedIsNotKept takes a feed out of the configuration and puts it back
// when it is broken.
func TestDroppedFeedIsNotKept(t *testing.T) {
	t.Parallel()
	w := newKeeping(t)
	a, b := w.feed("a.jsonl", report("MAL-1", "one")), w.feed("b.jsonl", report("MAL-2", "two"))
	s := w.began(a, b)
	if n := len(w.copies()); n != 2 {
		t.Fatalf("%d copies of 2 feeds", n)
	}
	half := filepath.Join(w.kept, ".new-123")
	w.must(os.WriteFile(half, []byte(`{"layout":1`), 0o600))
	w.must(s.Reload(t.Context(), feeds(b)))
	w.must(s.KeepFeeds(t.Context()))
	if n := len(w.copies()); n != 1 {
		t.Errorf("one of two is dropped: %v", w.copies())
	}
	w.must(os.Remove(a.Path))
	if err := s.Reload(t.Context(), feeds(a, b)); err == nil {
		t.Error("a copy of what was not configured is in force")
	}
	w.must(s.Reload(t.Context(), guard.Options{Policy: quiet()}))
	w.must(s.KeepFeeds(t.Context()))
	if n := len(w.copies()); n != 0 {
		t.Errorf("no feeds: %v", w.copies())
	}
}

// TestHalfCopyIsNone leaves what a crash may leave in place of a copy, and beside it.
func TestHalfCopyIsNone(t *testing.T) {
	t.Parallel()
	w := newKeeping(t)
	source := w.feed("feed.jsonl", report("MAL-1", "one"), report("MAL-2", "two"))
	w.began(source)
	whole := w.copies()[0]
	text, err := os.ReadFile(whole)
	w.must(err)
	half := filepath.Join(w.kept, ".new-456")
	w.must(os.WriteFile(half, text, 0o600))
	w.must(os.Truncate(whole, int64(len(text)-40)))
	w.must(os.Remove(source.Path))
	if s := w.began(source); s.Ready() == nil {
		t.Error("half a copy counts")
	}
	if _, err := os.Stat(half); !os.IsNotExist(err) {
		t.Errorf("an unfinished copy is left: %v", err)
	}
	w.feed("feed.jsonl", report("MAL-1", "one"))
	w.began(source)
	w.must(os.Remove(source.Path))
	w.began(source)
	w.condemns("copied anew", map[string]bool{"one": true})
}

// TestCopiesThatCannotBeMade makes copies once that is possible.
func TestCopiesThatCannotBeMade(t *testing.T) {
	t.Parallel()
	w := newKeeping(t)
	w.must(os.WriteFile(w.kept, nil, 0o600)) // no folder can be made of that name
	source := w.feed("feed.jsonl", report("MAL-1", "one"))
	s := w.open(feeds(source))
	s.Poll(t.Context())
	if err := s.KeepFeeds(t.Context()); err == nil {
		t.Fatal("copies are kept in what is no folder")
	}
	w.must(os.Remove(w.kept))
	w.must(s.KeepFeeds(t.Context()))
	if len(w.copies()) != 1 {
		t.Errorf("copies %v", w.copies())
	}
}

// TestRunKeepsFeeds has the jobs of a larder that runs make the copy.
func TestRunKeepsFeeds(t *testing.T) {
	t.Parallel()
	w := newKeeping(t)
	s := w.open(feeds(w.feed("feed.jsonl", report("MAL-1", "one"))))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx) }()
	for len(w.copies()) != 1 || !strings.HasSuffix(w.copies()[0], ".copy") {
		time.Sleep(time.Millisecond)
	}
	stop()
	w.must(<-done)
}
