package guard_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
)

const downloaded = "malware was downloaded before it was known"

// quarantines returns the orders of feeds as texts.
func (w *world) quarantines(s *guard.Service) string {
	var all []string
	for _, o := range w.orders(s) {
		if o.Kind == record.QuarantineOrder {
			all = append(all, fmt.Sprintf("%s@%s %s %v", o.Match, o.Versions, o.Source, o.InForce))
		}
	}
	return strings.Join(all, ", ")
}

func TestAftermath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	source := w.feed("feed.jsonl", report("MAL-9", "other"))
	s := w.open(feeds(source))
	w.must(s.LoadFeeds(t.Context()))
	for _, who := range []string{"alice", "bob", "alice"} {
		w.got(s, "axios", "1.14.1", who)
	}
	w.got(s, "axios", "1.14.0", "carol")
	w.got(s, "left-pad", "1.3.0", "")
	expect := func(what, quarantined string, warnings, served int) {
		t.Helper()
		if got := w.quarantines(s); got != quarantined {
			t.Errorf("%s: quarantined %s", what, got)
		}
		if w.log.count(downloaded) != warnings || w.counts.malware() != served {
			t.Errorf("%s: %d warnings, %d served", what, w.log.count(downloaded), w.counts.malware())
		}
	}
	load := func(lines ...string) {
		t.Helper()
		w.feed("feed.jsonl", lines...)
		w.must(s.LoadFeeds(t.Context()))
	}
	expect("before", "", 0, 0)
	load(report("MAL-1", "axios", "1.14.1", "0.30.4"))
	expect("condemned", "axios@1.14.1 MAL-1 true", 1, 1)
	if w.log.count("pkg=axios version=1.14.1 feed=MAL-1 principals=2 addresses=1") != 1 {
		t.Error("the warning does not say who got what")
	}
	w.must(s.LoadFeeds(t.Context()))
	expect("loaded again", "axios@1.14.1 MAL-1 true", 1, 1)
	load(report("MAL-1", "axios", "1.14.1", "1.14.0"), report("MAL-2", "left-pad"))
	expect("more of it", "axios@1.14.1 || 1.14.0 MAL-1 true, left-pad@ MAL-2 true", 3, 3)
	load(report("MAL-9", "other"))
	expect("withdrawn", "axios@1.14.1 || 1.14.0 MAL-1 true, left-pad@ MAL-2 true", 3, 0)
	if a := w.judge("axios", "1.14.0").Action; a != policy.Deny {
		t.Errorf("what a feed no longer condemns left quarantine by itself: %v", a)
	}
	_, err := s.End(t.Context(), alice, 1)
	w.must(err)
	load(report("MAL-1", "axios", "1.14.1", "1.14.0"))
	expect("ended by an operator", "axios@1.14.1 || 1.14.0 MAL-1 false, left-pad@ MAL-2 true", 3, 2)

	again := w.open(feeds(source))
	w.must(again.LoadFeeds(t.Context()))
	expect("after a restart", "axios@1.14.1 || 1.14.0 MAL-1 false, left-pad@ MAL-2 true", 3, 2)
	if all := w.audited(); all[0].Actor != "feeds" || all[0].Action != "policy.quarantine" || all[0].Target != "axios@1.14.1" {
		t.Errorf("audit log %+v", all)
	}
}

func TestFirstLoadLooksAtAllThatWasServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.open(guard.Options{Policy: quiet()})
	var lines []string
	for i := range 450 { // more names than one transaction takes
		name := fmt.Sprintf("pkg-%03d", i)
		lines = append(lines, report(fmt.Sprintf("MAL-%d", i+1), name, "1.0.0"))
		if i%100 == 0 {
			w.got(before, name, "1.0.0", "alice")
			w.got(before, name, "2.0.0", "alice")
		}
	}
	for i := range 2500 { // more than a page of servings
		w.got(before, "pkg-000", "1.0.0", fmt.Sprintf("user-%d", i))
	}
	w.must(before.Close())
	s := w.open(feeds(w.feed("feed.jsonl", lines...)))
	w.must(s.LoadFeeds(t.Context()))
	if n := len(w.orders(s)); n != 5 || w.counts.malware() != 5 || w.log.count("principals=2501") != 1 {
		t.Errorf("%d orders, %d served", n, w.counts.malware())
	}
	page, err := s.ServedOf(t.Context(), nameOf(t, "pkg-100"), "", record.ServedCursor{}, 10)
	w.must(err)
	if len(page) != 2 || page[0].Version != "1.0.0" || page[1].Principal != "alice" {
		t.Errorf("served %+v", page)
	}
}

// TestAftermathRespectsOperators shows that no feed overrules who lets a version
// through by name, and that nothing breaks over it.
func TestAftermathRespectsOperators(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := feeds(w.feed("feed.jsonl", report("MAL-9", "other")))
	o.Policy.Grants = []policy.Grant{{Match: "granted", Versions: "1.0.0", Reason: "false alarm", Expires: noon.Add(24 * time.Hour)}}
	s := w.open(o)
	w.must(s.LoadFeeds(t.Context()))
	_, err := s.Waive(t.Context(), alice, guard.OrderInput{Match: "waived", Versions: "1.0.0", Reason: "false alarm"})
	w.must(err)
	for _, name := range []string{"granted", "waived", "third"} {
		w.got(s, name, "1.0.0", "alice")
	}
	w.got(s, "third", "not a version", "alice")
	w.feed("feed.jsonl", report("MAL-1", "granted", "1.0.0"), report("MAL-2", "waived", "1.0.0"), report("MAL-3", "third", "1.0.0"))
	w.must(s.LoadFeeds(t.Context()))
	if got := w.quarantines(s); got != "third@1.0.0 MAL-3 true" {
		t.Errorf("quarantined %s", got)
	}
	for name, want := range map[string]policy.Action{"granted": policy.Allow, "waived": policy.Allow, "third": policy.Deny} {
		if a := w.judge(name, "1.0.0").Action; a != want {
			t.Errorf("%s is %v", name, a)
		}
	}
	if w.log.count(downloaded) != 4 {
		t.Errorf("%d warnings", w.log.count(downloaded))
	}
}

func TestAftermathIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(feeds(w.feed("feed.jsonl", report("MAL-9", "other"))))
	s.Poll(t.Context())
	w.got(s, "axios", "1.14.1", "alice")
	w.feed("feed.jsonl", report("MAL-1", "axios", "1.14.1"))
	w.store.broken.Store(true)
	for range 3 {
		s.Poll(t.Context())
	}
	if w.judge("axios", "1.14.1").Action != policy.Deny {
		t.Error("a feed waits for the store")
	}
	if n := w.log.count("cannot be compared"); n != 1 {
		t.Errorf("logged %d times", n)
	}
	w.store.broken.Store(false)
	s.Poll(t.Context())
	if got := w.quarantines(s); got != "axios@1.14.1 MAL-1 true" || w.log.count(downloaded) != 1 {
		t.Errorf("quarantined %s", got)
	}
}

func TestTwoLardersQuarantineOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := feeds(w.feed("feed.jsonl", report("MAL-1", "axios", "1.14.1", "0.30.4")))
	one, two := w.open(o), w.open(o)
	w.got(one, "axios", "1.14.1", "alice")
	w.got(one, "axios", "0.30.4", "alice")
	w.must(one.LoadFeeds(t.Context()))
	w.must(two.LoadFeeds(t.Context()))
	if got := w.quarantines(two); got != "axios@0.30.4 || 1.14.1 MAL-1 true" {
		t.Errorf("quarantined %s", got)
	}
	inForce := func(v policy.Verdict) bool { return v.Guard == policy.G39 && v.Action == policy.Deny }
	if a := w.judge("axios", "1.14.1"); a.Guard != policy.G34 || !slices.ContainsFunc(a.Verdicts, inForce) {
		t.Errorf("it is not called malware, or the order of the other is not in force: %+v", a.Verdicts)
	}
}
