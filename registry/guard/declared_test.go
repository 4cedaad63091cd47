package guard_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
)

// declaring makes the names private that patterns declare.
func (w *world) declaring(patterns ...string) {
	w.t.Helper()
	var private []npm.Pattern
	for _, text := range patterns {
		p, err := npm.ParsePattern(text)
		w.must(err)
		private = append(private, p)
	}
	ledger, err := names.New(w.store, names.Options{Private: private, Now: w.clock.Now})
	w.must(err)
	w.t.Cleanup(ledger.Close)
	w.ledger = ledger
}

func TestDeclaredNamesHaveLookalikes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.declaring("acme-utils", "@acme/*")
	s := w.open(guard.Options{Policy: policy.Config{Level: policy.Strict}})
	w.must(s.RefreshLookalikes(t.Context()))
	if like := w.last().Lookalikes.Find(nameOf(t, "acme-utlis")); like.State != policy.Yes || like.Of != "acme-utils" {
		t.Errorf("acme-utlis resembles %+v", like)
	}
}

func TestOrdersAreAboutUpstream(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.declaring("acme-utils")
	s := w.open(guard.Options{Policy: quiet()})
	_, err := s.Block(t.Context(), alice, guard.OrderInput{Match: "acme-utils", Reason: "no"})
	if !errors.Is(err, npm.ErrInvalid) || !strings.Contains(err.Error(), "published here") {
		t.Errorf("blocked what is private: %v", err)
	}
	if _, err := s.Block(t.Context(), alice, guard.OrderInput{Match: "acme-*", Reason: "no"}); err != nil {
		t.Errorf("a pattern: %v", err)
	}
}
