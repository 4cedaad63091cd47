package catalog

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// TestModel writes at random and compares every answer with the model's.
func TestModel(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name       string
		few, chunk int
	}{{"tiny parts", 5, 3}, {"walks only", 0, 4}, {"sorts only", 1 << 20, 4}, {"real sizes", few, chunkSize}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, uint64(tt.chunk), badgerstore.Options{})
			w.change()
			x, late := follow(t, w.store, tt.few, tt.chunk), (*Index)(nil)
			for round := range 60 {
				w.change()
				if round == 30 {
					late = follow(t, w.store, 2, 3)
				}
				for range 6 {
					w.check(x, w.someQuery())
				}
				if late != nil { // two followers agree with the model and so with each other
					w.check(late, w.someQuery())
				}
				if t.Failed() {
					t.Fatalf("in round %d of %d packages", round, len(w.model.packages))
				}
			}
		})
	}
}

func (w *world) check(x *Index, q Query) {
	w.t.Helper()
	ctx, want := w.t.Context(), numbers(w.model.list(q))
	for range 3 {
		offset, limit := w.rand.IntN(len(want)+3), w.rand.IntN(12)
		page, err := x.Page(ctx, q, Window{Offset: offset, Limit: limit})
		if part := window(want, offset, limit); err != nil || !slices.Equal(page.IDs, part) || page.Total != len(want) {
			w.t.Errorf("%+v: page %d+%d = %+v, %v, want %v of %d", q, offset, limit, page, err, part, len(want))
		}
		if more := limit > 0 && offset+limit < len(want); more != (page.Next != nil) {
			w.t.Errorf("%+v: page %d+%d of %d goes on: %v", q, offset, limit, len(want), page.Next)
		}
	}
	if got, err := walk(ctx, x, q, 1+w.rand.IntN(7)); err != nil || !slices.Equal(got, want) {
		w.t.Errorf("%+v: keyset walk %v, %v, want %v", q, got, err, want)
	}
	if got, err := x.Counts(ctx, q); err != nil || !reflect.DeepEqual(got, w.model.counts(q)) {
		w.t.Errorf("%+v: counts %+v, %v, want %+v", q, got, err, w.model.counts(q))
	}
	hits := w.model.names(q)
	offset := w.rand.IntN(len(hits) + 2)
	wantHits := hits[min(offset, len(hits)):]
	got, total, err := x.Names(ctx, q, offset, 3)
	if wantHits = wantHits[:min(3, len(wantHits))]; err != nil || total != len(hits) || len(got) != len(wantHits) ||
		len(got) > 0 && !reflect.DeepEqual(got, wantHits) {
		w.t.Errorf("%+v: names %+v of %d, %v, want %+v of %d", q, got, total, err, wantHits, len(hits))
	}
	name := pick(w.rand, someNames)
	if got, err := x.ProjectsOf(ctx, name); err != nil || !slices.Equal(got, w.model.projectsOf(name)) {
		w.t.Errorf("projects of %q: %v, %v, want %v", name, got, err, w.model.projectsOf(name))
	}
}

// walk reads a list by positions.
func walk(ctx context.Context, x *Index, q Query, limit int) ([]int64, error) {
	ids := []int64{}
	for after := (*Position)(nil); ; {
		page, err := x.Page(ctx, q, Window{Limit: limit, After: after, Offset: 0})
		if err != nil {
			return nil, err
		}
		if ids = append(ids, page.IDs...); page.Next == nil {
			return ids, nil
		}
		after = page.Next
	}
}

// TestPositionOutlivesItsRow goes on behind rows that are gone meanwhile, in
// another index of the same store.
func TestPositionOutlivesItsRow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 7, badgerstore.Options{})
	for range 20 {
		w.change()
	}
	x, other := follow(t, w.store, 3, 4), follow(t, w.store, few, chunkSize)
	for o := ByCreated; o <= ByProjectPath; o++ {
		for _, down := range []bool{false, true} {
			q := Query{All: true, Order: o, Desc: down}
			want := numbers(w.model.list(q))
			page, err := x.Page(t.Context(), q, Window{Limit: 5})
			if err != nil || page.Next == nil {
				t.Fatalf("Page = %+v, %v", page, err)
			}
			gone := page.IDs[4]
			delete(w.model.packages, gone)
			w.update(func(tx record.Tx) error { return tx.Catalog().RemovePackage(gone) })
			rest, err := other.Page(t.Context(), q, Window{Limit: everything, After: page.Next, Offset: 3})
			if err != nil || !slices.Equal(rest.IDs, want[5:]) || rest.Total != len(want)-1 {
				t.Errorf("%+v: behind %+v: %v of %d, %v, want %v", q, page.Next, rest.IDs, rest.Total, err, want[5:])
			}
		}
	}
}

func TestBadPositions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 1, badgerstore.Options{})
	x := follow(t, w.store, few, chunkSize)
	for _, key := range []string{"", "x", "1.5", "99999999999999999999", " 1"} {
		for _, o := range []Order{ByCreated, ByType} {
			if _, err := x.Page(t.Context(), Query{Order: o}, Window{Limit: 1, After: &Position{Key: key, ID: 1}}); !errors.Is(err, npm.ErrInvalid) {
				t.Errorf("position %q: %v", key, err)
			}
		}
	}
}

// TestBehind loads anew what cannot be followed.
func TestBehind(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 3, badgerstore.Options{Keep: 1})
	w.change()
	x := follow(t, w.store, 5, 3)
	w.check(x, Query{All: true})
	for range 3 {
		w.update(func(tx record.Tx) error { // more changes than are kept
			for i := range 1200 {
				if err := tx.Settings().Put(fmt.Sprint("k", i), "v"); err != nil {
					return err
				}
			}
			return nil
		})
		w.change()
		w.check(x, Query{All: true, Versionless: true, Order: ByName})
	}
	if t.Failed() {
		return
	}
	if _, err := w.store.Changes(t.Context(), 0, 1); !errors.Is(err, record.ErrBehind) {
		t.Fatalf("nothing was lost: %v", err)
	}
}

// TestCompacts removes most rows and compares on.
func TestCompacts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 11, badgerstore.Options{})
	w.change()
	x := follow(t, w.store, 5, 3)
	for range 30 {
		w.change()
	}
	w.check(x, w.someQuery())
	for id := range w.model.packages {
		if len(w.model.packages) == 9 {
			break
		}
		delete(w.model.packages, id)
		w.update(func(tx record.Tx) error { return tx.Catalog().RemovePackage(id) })
	}
	for range 20 {
		w.change()
		w.check(x, w.someQuery())
	}
	x.mu.RLock()
	defer x.mu.RUnlock()
	if rows, live := len(x.table.ids), x.table.live(); rows > 2*live+4*3 {
		t.Errorf("%d rows are kept for %d packages", rows, live)
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	s := openStore(t, badgerstore.Options{})
	x, err := New(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer stop()
	if _, err := x.Page(ctx, Query{All: true}, Window{Limit: 1}); !errors.Is(err, npm.ErrUnavailable) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a list before the index is loaded: %v", err)
	}
	answered := make(chan error, 1)
	go func() {
		_, err := x.Page(context.Background(), Query{All: true}, Window{Limit: 1})
		answered <- err
	}()
	run(t, x)
	if err := <-answered; err != nil {
		t.Errorf("a list that waited: %v", err)
	}
	if _, err := New(nil, Options{}); err == nil {
		t.Error("an index of nothing was made")
	}
}

// unreadable is a store whose packages cannot be read for a while.
type unreadable struct {
	record.Store
	err chan error
}

func (u unreadable) View(ctx context.Context, fn func(record.Tx) error) error {
	select {
	case err := <-u.err:
		return err
	default:
		return u.Store.View(ctx, fn)
	}
}

func TestDamage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		failure error
		want    error
	}{{"damage loads anew", record.ErrCorrupt, nil}, {"another failure is the list's", npm.ErrUnavailable, npm.ErrUnavailable}} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, 5, badgerstore.Options{})
			w.change()
			s := unreadable{w.store, make(chan error, 1)}
			x, err := New(s, Options{})
			if err != nil {
				t.Fatal(err)
			}
			if err := x.step(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.change()
			s.err <- tt.failure
			answered := make(chan error, 1)
			go func() {
				_, err := x.Page(context.Background(), Query{All: true}, Window{Limit: 1})
				answered <- err
			}()
			if tt.want == nil {
				<-x.wanted
				run(t, x)
			}
			if err := <-answered; !errors.Is(err, tt.want) {
				t.Errorf("Page: %v, want %v", err, tt.want)
			}
			if tt.want != nil {
				run(t, x)
			}
			w.check(x, Query{All: true, Versionless: true})
		})
	}
}

// TestFailedLoad tells at once that the index cannot be loaded and loads it
// when that passes.
func TestFailedLoad(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 6, badgerstore.Options{})
	w.change()
	s := unreadable{w.store, make(chan error, 1)}
	x, err := New(s, Options{})
	if err != nil {
		t.Fatal(err)
	}
	s.err <- record.ErrCorrupt
	if err := x.step(t.Context()); !errors.Is(err, record.ErrCorrupt) {
		t.Fatalf("load: %v", err)
	}
	if _, err := x.Page(t.Context(), Query{All: true}, Window{Limit: 1}); !errors.Is(err, record.ErrCorrupt) {
		t.Errorf("Page: %v", err)
	}
	if err := x.step(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.check(x, Query{All: true, Versionless: true})
}

// busy is a store that others write to whenever somebody reads from it.
type busy struct {
	record.Store
	write func()
}

func (b busy) View(ctx context.Context, fn func(record.Tx) error) error {
	b.write()
	return b.Store.View(ctx, fn)
}

func (b busy) Changes(ctx context.Context, after uint64, limit int) ([]record.Change, error) {
	b.write()
	return b.Store.Changes(ctx, after, limit)
}

// TestWritesMeanwhile loads while others write before and behind every read.
func TestWritesMeanwhile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 8, badgerstore.Options{})
	w.change()
	writing := true
	x, err := New(busy{w.store, func() {
		if writing {
			w.change()
		}
	}}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	x.few, x.chunk = 3, 4
	for range 3 {
		if err := x.step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	writing = false
	for o := ByCreated; o <= ByProjectPath; o++ {
		w.check(x, Query{All: true, Versionless: true, Order: o})
	}
}
