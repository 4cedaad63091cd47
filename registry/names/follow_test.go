package names_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/larderhq/larder/registry/record"
)

// TestFollow lets somebody else write to the store and expects that what the
// ledger remembers of it is gone after the next look at the changes.
func TestFollow(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	l := open(t, s)
	catchUp := record.NewFollower(s, l).CatchUp
	follow := func() {
		t.Helper()
		if err := catchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	origin := func(want record.Origin) {
		t.Helper()
		if got, err := l.Origin(t.Context(), name(t, "intern")); got != want || err != nil {
			t.Errorf("Origin = %v, %v, want %v", got, err, want)
		}
	}
	putClaim(t, s, "intern", record.Public)
	origin(record.Public)
	putClaim(t, s, "intern", record.Private) // between the first read and Follow
	origin(record.Public)
	follow()
	origin(record.Private)
	putClaim(t, s, "intern", record.Dual)
	follow()
	origin(record.Dual)

	if _, err := l.Pin(t.Context(), pin("react", "1.0.0", 1)); err != nil {
		t.Fatal(err)
	}
	other := pin("react", "1.0.0", 2)
	if err := s.Update(t.Context(), func(tx record.Tx) error { return tx.Names().PutPin(other) }); err != nil {
		t.Fatal(err)
	}
	follow()
	if got, _, err := l.PinOf(t.Context(), name(t, "react"), "1.0.0"); err != nil || got.SHA512 != other.SHA512 {
		t.Errorf("PinOf = %+v, %v", got, err)
	}
}

func TestFollowManyChanges(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	l := open(t, s)
	catchUp := record.NewFollower(s, l).CatchUp
	if err := catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	putClaim(t, s, "intern", record.Public)
	if _, err := l.Origin(t.Context(), name(t, "intern")); err != nil {
		t.Fatal(err)
	}
	for range 3 { // more than a page, and more than the store keeps
		err := s.Update(t.Context(), func(tx record.Tx) error {
			for i := range 4000 {
				if err := tx.Settings().Put(fmt.Sprint(i), "v"); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	putClaim(t, s, "intern", record.Private)
	if err := catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Origin(t.Context(), name(t, "intern")); got != record.Private || err != nil {
		t.Errorf("Origin = %v, %v", got, err)
	}
}

// TestFollowBlind takes the changes away: nothing may be remembered then.
func TestFollowBlind(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	l := open(t, s)
	catchUp := record.NewFollower(s, l).CatchUp
	if err := catchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	putClaim(t, s, "intern", record.Public)
	if _, err := l.Origin(t.Context(), name(t, "intern")); err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := catchUp(ended); !errors.Is(err, context.Canceled) {
		t.Fatalf("catching up: %v", err)
	}
	views := s.views.Load()
	if _, err := l.Origin(t.Context(), name(t, "intern")); err != nil || s.views.Load() == views {
		t.Errorf("the store was not asked again: %v", err)
	}
}
