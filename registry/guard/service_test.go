package guard_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
)

// young is what the cooldown says about a version that was published an hour
// ago and served here at some time.
func (w *world) young(served time.Time) policy.Action {
	w.t.Helper()
	now := w.clock.Now()
	published := policy.PublishTime{State: policy.TimeStated, At: now.Add(-time.Hour)}
	return w.last().Engine.Judge(policy.Facts{
		Name: &policy.NameFacts{Name: nameOf(w.t, "x"), Created: now.Add(-365 * 24 * time.Hour), Times: policy.Yes, Clock: policy.RegistryClock},
		Version: &policy.VersionFacts{Version: "1.0.0", Published: published, Served: served,
			Seen: policy.Sight{WithName: policy.Yes}, Declared: &policy.Manifest{}, Fix: policy.Match{State: policy.No}},
	}, now).Action
}

// cooldown is a policy that asks the cooldown alone.
func cooldown() policy.Config {
	return policy.Config{Level: policy.NoLevel, Modes: []policy.ModeRule{{Guard: "cooldown", Mode: "enforce"}},
		Cooldown: policy.Cooldown{Default: 24 * time.Hour, NewPackage: 24 * time.Hour, WithScripts: 24 * time.Hour}}
}

func TestGrandfather(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	standard := cooldown()
	standard.Level = policy.Standard
	for _, g := range policy.Guards() {
		if g != policy.G11 && g != policy.G39 {
			standard.Modes = append(standard.Modes, policy.ModeRule{Guard: g.Word(), Mode: "off"})
		}
	}
	o := guard.Options{Policy: policy.Config{Level: policy.NoLevel}, Grandfather: true}
	s := w.open(o)
	w.must(s.Refresh(t.Context()))
	w.clock.Move(time.Hour)
	o.Policy = standard
	w.must(s.Reload(t.Context(), o)) // the policy begins at one o'clock
	began := w.clock.Now()
	w.must(s.Refresh(t.Context()))
	w.clock.Move(time.Hour)
	expect := func(what string, served time.Time, want policy.Action) {
		t.Helper()
		if got := w.young(served); got != want {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	expect("served before", began.Add(-time.Minute), policy.Allow)
	expect("served since", began.Add(time.Minute), policy.Deny)
	expect("never served", time.Time{}, policy.Deny)

	w.open(o)
	expect("after a restart, served before", began.Add(-time.Minute), policy.Allow)
	expect("after a restart, served since", began.Add(time.Minute), policy.Deny)
	o.Grandfather = false
	w.open(o)
	expect("without it", began.Add(-time.Minute), policy.Deny)

	w.must(w.store.Update(t.Context(), func(tx record.Tx) error { return tx.Settings().Put("policy_since", "yesterday") }))
	if _, err := w.try(o); !errors.Is(err, record.ErrCorrupt) {
		t.Errorf("a moment that is none: %v", err)
	}
}

func TestAsksLookalikes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		conf policy.Config
		want bool
	}{
		{"standard", policy.Config{}, true},
		{"strict", policy.Config{Level: policy.Strict}, true},
		{"off", policy.Config{Level: policy.NoLevel}, false},
		{"off but here", policy.Config{Level: policy.NoLevel, Modes: []policy.ModeRule{{Guard: "G08", Match: "x", Mode: "warn"}}}, true},
		{"on but nowhere", policy.Config{Modes: []policy.ModeRule{{Guard: "G08", Mode: "off"}}}, false},
		{"on but not there", policy.Config{Modes: []policy.ModeRule{{Guard: "G08", Match: "x", Mode: "off"}}}, true},
		{"another guard", policy.Config{Modes: []policy.ModeRule{{Guard: "G11", Mode: "off"}}}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := guard.AsksLookalikes(tt.conf); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestLookalikes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{})
	follower := record.NewFollower(w.store, s)
	claim := func(name string, by func(tx record.Tx, n npm.Name) error) {
		t.Helper()
		w.must(w.store.Update(t.Context(), func(tx record.Tx) error { return by(tx, nameOf(t, name)) }))
	}
	private := func(tx record.Tx, n npm.Name) error { return w.ledger.ClaimPrivate(tx, n, 1) }
	resembles := func(name string) string {
		t.Helper()
		w.must(follower.CatchUp(t.Context()))
		w.must(s.RefreshLookalikes(t.Context()))
		return w.last().Lookalikes.Find(nameOf(t, name)).Of
	}
	if w.last().Lookalikes != nil {
		t.Error("there are names before any was read")
	}
	claim("acme-tools", private)
	w.must(w.ledger.ClaimPublic(t.Context(), nameOf(t, "lodash"), "npm"))
	if got := resembles("acmetools"); got != "acme-tools" || resembles("lodahs") != "" {
		t.Errorf("resembles %q and %q", got, resembles("lodahs"))
	}
	claim("billing-core", private)
	if got := resembles("biling-core"); got != "billing-core" || resembles("acmetools") != "acme-tools" {
		t.Errorf("resembles %q", got)
	}
	before := w.applications()
	w.must(w.ledger.ClaimPublic(t.Context(), nameOf(t, "react"), "npm"))
	w.ledger.Close() // writes it
	if resembles("reakt") != "" || w.applications() != before {
		t.Error("a public name makes other rules")
	}
	claim("billing-core", func(tx record.Tx, n npm.Name) error {
		if err := w.ledger.Bury(tx, n, record.Tombstone{At: noon, By: "alice"}); err != nil {
			return err
		}
		return w.ledger.Release(tx, n, record.Tombstone{At: noon, By: "alice"})
	})
	if got := resembles("biling-core"); got != "" {
		t.Errorf("a name that is free again is %q", got)
	}
	s.Reset()
	if got := resembles("acmetools"); got != "acme-tools" {
		t.Errorf("after a reset %q", got)
	}
	w.must(s.Reload(t.Context(), guard.Options{Policy: quiet()}))
	if w.last().Lookalikes != nil {
		t.Error("nobody asks for names, and there are some")
	}
}

// TestRun runs everything as the server does.
func TestRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	o := feeds(w.feed("feed.jsonl", report("MAL-1", "evil")))
	o.Policy.Level, o.Grandfather = policy.Standard, true
	s := w.open(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	for s.Ready() != nil || w.last().Lookalikes == nil {
		time.Sleep(time.Millisecond)
	}
	w.got(s, "left-pad", "1.3.0", "alice")
	cancel()
	w.must(<-done)
	if len(w.servedOf(s, "left-pad", "1.3.0")) != 1 {
		t.Error("what was served last is not written")
	}
}

// TestRunOutlastsTheStore shows that what could not be read is read later.
func TestRunOutlastsTheStore(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{Policy: policy.Config{}, Grandfather: true})
	w.store.broken.Store(true)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- s.Run(ctx) }()
	for w.log.count("cannot be followed") == 0 {
		time.Sleep(time.Millisecond)
	}
	w.store.broken.Store(false)
	kept := ""
	for kept == "" {
		time.Sleep(time.Millisecond)
		w.must(w.store.View(t.Context(), func(tx record.Tx) error {
			var err error
			if kept, err = tx.Settings().Get("policy_since"); errors.Is(err, npm.ErrNotFound) {
				return nil
			}
			return err
		}))
	}
	cancel()
	w.must(<-done)
	if kept != noon.Format(time.RFC3339Nano) {
		t.Errorf("the policy began %s", kept)
	}
}

func TestNewFails(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for name, o := range map[string]guard.Options{
		"policy": {Policy: policy.Config{Level: "paranoid"}}, "contact": {Contact: "höher"},
	} {
		if _, err := w.try(o); !errors.Is(err, npm.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := guard.New(ended, guard.Deps{Store: w.store, Ledger: w.ledger}, guard.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a store that cannot be read: %v", err)
	}
}

// TestReloadHandsOverAgain: what is configured beside the policy counts with the
// rules that it is handed over with, so that nobody else has to put them in force.
func TestReloadHandsOverAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.open(guard.Options{Policy: quiet()})
	before := w.applications()
	w.must(s.Reload(t.Context(), guard.Options{Policy: quiet()}))
	if n := w.applications() - before; n != 1 {
		t.Errorf("%d rules were handed over", n)
	}
}
