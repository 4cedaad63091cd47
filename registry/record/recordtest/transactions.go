package recordtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func failedUpdate(t *testing.T, s record.Store) {
	boom := errors.New("boom")
	err := s.Update(t.Context(), func(tx record.Tx) error {
		return errors.Join(tx.Names().PutClaim(claim("a")), tx.Names().PutPin(pin("a", "1.0.0")), tx.Settings().Put("k", "v"), boom)
	})
	if !errors.Is(err, boom) {
		t.Fatalf("Update: %v", err)
	}
	view(t, s, func(tx record.Tx) error {
		_, errClaim := tx.Names().Claim("a")
		_, errPin := tx.Names().Pin("a", "1.0.0")
		_, errSetting := tx.Settings().Get("k")
		for _, err := range []error{errClaim, errPin, errSetting} {
			if !errors.Is(err, npm.ErrNotFound) {
				t.Errorf("after a failed update: %v", err)
			}
		}
		return nil
	})
	if got, err := s.Changes(t.Context(), 0, 10); err != nil || len(got) != 0 {
		t.Errorf("Changes = %v, %v", got, err)
	}
	update(t, s, func(tx record.Tx) error { return tx.Settings().Put("k", "v") })
}

func ownWrites(t *testing.T, s record.Store) {
	update(t, s, func(tx record.Tx) error {
		err := errors.Join(tx.Names().PutClaim(claim("a")), tx.Names().PutPin(pin("a", "2.0.0")), tx.Names().PutPin(pin("a", "1.0.0")),
			tx.Settings().Put("k", "v"))
		if err != nil {
			return err
		}
		if c, err := tx.Names().Claim("a"); err != nil || !sameClaim(c, claim("a")) {
			t.Errorf("Claim = %+v, %v", c, err)
		}
		if p, err := tx.Names().Pin("a", "1.0.0"); err != nil || !samePin(p, pin("a", "1.0.0")) {
			t.Errorf("Pin = %+v, %v", p, err)
		}
		if ps, err := tx.Names().Pins("a"); err != nil || !slices.Equal(versions(ps), []string{"1.0.0", "2.0.0"}) {
			t.Errorf("Pins = %+v, %v", ps, err)
		}
		if v, err := tx.Settings().Get("k"); err != nil || v != "v" {
			t.Errorf("Get = %q, %v", v, err)
		}
		return nil
	})
}

func versions(pins []record.Pin) []string {
	out := make([]string, 0, len(pins))
	for _, p := range pins {
		out = append(out, p.Version)
	}
	return out
}

func readOnly(t *testing.T, s record.Store) {
	view(t, s, func(tx record.Tx) error {
		if tx.Names().PutClaim(claim("a")) == nil || tx.Names().PutPin(pin("a", "1.0.0")) == nil || tx.Settings().Put("k", "v") == nil {
			t.Error("a view could write")
		}
		return nil
	})
	boom := errors.New("boom")
	if err := s.View(t.Context(), func(record.Tx) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("View: %v", err)
	}
}

func snapshot(t *testing.T, s record.Store) {
	update(t, s, func(tx record.Tx) error { return tx.Settings().Put("k", "before") })
	view(t, s, func(tx record.Tx) error {
		// Another goroutine, because transactions of one must not nest.
		done := make(chan error, 1)
		go func() {
			done <- s.Update(t.Context(), func(tx record.Tx) error { return tx.Settings().Put("k", "after") })
		}()
		if err := <-done; err != nil {
			return err
		}
		if v, err := tx.Settings().Get("k"); err != nil || v != "before" {
			t.Errorf("Get = %q, %v", v, err)
		}
		return nil
	})
}

func changes(t *testing.T, s record.Store) {
	update(t, s, func(tx record.Tx) error {
		return errors.Join(tx.Names().PutClaim(claim("@a/b")), tx.Names().PutPin(pin("@a/b", "1.0.0-x")))
	})
	middle, err := s.Sequence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx record.Tx) error { return tx.Settings().Put("k", "v") })
	update(t, s, func(record.Tx) error { return nil })
	want := []record.Change{{Kind: record.ClaimChanged, Key: "@a/b"}, {Kind: record.PinChanged, Key: "@a/b", Version: "1.0.0-x"},
		{Kind: record.SettingChanged, Key: "k"}}
	got := changesAfter(t, s, 0)
	if !slices.Equal(withoutNumbers(t, got, 0), want) {
		t.Errorf("Changes = %+v, want %+v", got, want)
	}
	if got := withoutNumbers(t, changesAfter(t, s, middle), middle); !slices.Equal(got, want[2:]) {
		t.Errorf("Changes after %d = %+v", middle, got)
	}
	last, err := s.Sequence(t.Context())
	if err != nil || last != got[2].Seq {
		t.Errorf("Sequence = %d, %v, want %d", last, err, got[2].Seq)
	}
	if got := changesAfter(t, s, last); len(got) != 0 {
		t.Errorf("Changes after the last = %+v", got)
	}
}

func changesAfter(t *testing.T, s record.Store, after uint64) []record.Change {
	t.Helper()
	got, err := s.Changes(t.Context(), after, 1000)
	if err != nil {
		t.Fatalf("Changes: %v", err)
	}
	return got
}

// withoutNumbers checks that numbers rise from after and takes them away.
func withoutNumbers(t *testing.T, list []record.Change, after uint64) []record.Change {
	t.Helper()
	out := slices.Clone(list)
	for i := range out {
		if out[i].Seq <= after {
			t.Errorf("number %d follows %d", out[i].Seq, after)
		}
		after, out[i].Seq = out[i].Seq, 0
	}
	return out
}

func changePages(t *testing.T, s record.Store) {
	const total, limit = 25, 10
	for i := range total {
		update(t, s, func(tx record.Tx) error { return tx.Settings().Put(fmt.Sprint(i), "v") })
	}
	var after uint64
	var keys []string
	for range total {
		page, err := s.Changes(t.Context(), after, limit)
		if err != nil || len(page) > limit {
			t.Fatalf("Changes = %d, %v", len(page), err)
		}
		for _, c := range page {
			keys, after = append(keys, c.Key), c.Seq
		}
		if len(page) < limit {
			break
		}
	}
	if len(keys) != total || keys[0] != "0" || keys[total-1] != fmt.Sprint(total-1) {
		t.Errorf("keys = %q", keys)
	}
}

func behind(t *testing.T, s record.Store) {
	update(t, s, func(tx record.Tx) error { return tx.Settings().Put("k", "v") })
	if got, err := s.Changes(t.Context(), 1<<40, 10); !errors.Is(err, record.ErrBehind) {
		t.Errorf("Changes after a number of the future = %v, %v", got, err)
	}
}

func concurrent(t *testing.T, s record.Store) {
	const workers, each = 8, 5
	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for i := range each {
				err := s.Update(t.Context(), func(tx record.Tx) error {
					return tx.Names().PutPin(pin("a", fmt.Sprintf("%d.%d.0", w, i)))
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	view(t, s, func(tx record.Tx) error {
		if ps, err := tx.Names().Pins("a"); err != nil || len(ps) != workers*each {
			t.Errorf("Pins = %d, %v", len(ps), err)
		}
		return nil
	})
	if got := changesAfter(t, s, 0); len(withoutNumbers(t, got, 0)) != workers*each {
		t.Errorf("Changes = %d", len(got))
	}
}

func ended(t *testing.T, s record.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	nothing := func(record.Tx) error { return nil }
	_, errChanges := s.Changes(ctx, 0, 1)
	_, errSequence := s.Sequence(ctx)
	for i, err := range []error{s.View(ctx, nothing), s.Update(ctx, nothing), errChanges, errSequence} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%d: %v", i, err)
		}
	}
}
