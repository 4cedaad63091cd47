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

// together runs updates at the same time. They begin while another one runs, so
// that the store has a reason to gather them.
func together(t *testing.T, s record.Store, all []func(record.Tx) error) []error {
	t.Helper()
	held, release := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.Update(t.Context(), func(record.Tx) error {
			once.Do(func() { close(held) })
			<-release
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	errs := make([]error, len(all))
	for i, fn := range all {
		wg.Go(func() { errs[i] = s.Update(t.Context(), fn) })
	}
	close(release)
	wg.Wait()
	return errs
}

func failingUpdates(t *testing.T, s record.Store) {
	const total = 60
	boom := errors.New("boom")
	var all []func(record.Tx) error
	for i := range total {
		all = append(all, func(tx record.Tx) error {
			if i%3 == 0 {
				return boom
			}
			err := tx.Settings().Put(fmt.Sprint(i), "v")
			if i%3 == 1 {
				err = errors.Join(err, boom)
			}
			return err
		})
	}
	for i, err := range together(t, s, all) {
		if fails := i%3 != 2; fails != errors.Is(err, boom) || !fails && err != nil {
			t.Errorf("%d: %v", i, err)
		}
	}
	view(t, s, func(tx record.Tx) error {
		for i := range total {
			_, err := tx.Settings().Get(fmt.Sprint(i))
			if kept := i%3 == 2; kept && err != nil || !kept && !errors.Is(err, npm.ErrNotFound) {
				t.Errorf("setting %d: %v", i, err)
			}
		}
		return nil
	})
	got := withoutNumbers(t, changesAfter(t, s, 0), 0)
	if len(got) != total/3 {
		t.Errorf("%d changes, want %d", len(got), total/3)
	}
}

func rivals(t *testing.T, s record.Store) {
	const total = 40
	all := make([]func(record.Tx) error, total)
	for i := range all {
		name := fmt.Sprint("user", i%4)
		all[i] = func(tx record.Tx) error {
			if i%4 < 2 { // these fail before they have written
				if _, err := tx.Accounts().UserByName(name); err == nil {
					return fmt.Errorf("%s is there: %w", name, npm.ErrConflict)
				}
			}
			_, errEntry := tx.Audit().Append(record.Entry{Actor: "a", Action: "b"})
			_, err := tx.Accounts().PutUser(record.User{Username: name})
			return errors.Join(errEntry, err)
		}
	}
	won := 0
	for i, err := range together(t, s, all) {
		if err == nil {
			won++
		} else if !errors.Is(err, npm.ErrConflict) {
			t.Errorf("%d: %v", i, err)
		}
	}
	if won != 4 {
		t.Errorf("%d of 4 names were given", won)
	}
	same(t, s, []int{4, 4}, func(tx record.Tx) ([]int, error) {
		users, err := tx.Accounts().Users(0, total)
		entries, errEntries := tx.Audit().Entries(0, total)
		return []int{len(users), len(entries)}, errors.Join(err, errEntries)
	})
	got := withoutNumbers(t, changesAfter(t, s, 0), 0)
	slices.SortFunc(got, func(a, b record.Change) int { return slices.Compare([]byte(a.Key), []byte(b.Key)) })
	if len(got) != 4 || len(slices.Compact(got)) != 4 {
		t.Errorf("changes = %+v", got)
	}
}

func leaving(t *testing.T, s record.Store) {
	held, release, first := make(chan struct{}), make(chan struct{}), make(chan error)
	go func() {
		first <- s.Update(t.Context(), func(tx record.Tx) error {
			close(held)
			<-release
			return tx.Settings().Put("first", "v")
		})
	}()
	<-held
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error)
	go func() {
		second <- s.Update(ctx, func(tx record.Tx) error { return tx.Settings().Put("second", "v") })
	}()
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Errorf("who left: %v", err)
	}
	close(release)
	if err := <-first; err != nil {
		t.Errorf("who stayed: %v", err)
	}
	update(t, s, func(tx record.Tx) error { return tx.Settings().Put("third", "v") })
	same(t, s, "v", func(tx record.Tx) (string, error) { return tx.Settings().Get("first") })
	absent(t, s, func(tx record.Tx) (string, error) { return tx.Settings().Get("second") })
}
