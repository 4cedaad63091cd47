package catalog

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/record"
)

// TestReadYourWrites publishes and lists at the same time: every writer sees what
// it wrote at once, while others ask for other things.
func TestReadYourWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t, 21, badgerstore.Options{})
	w.change()
	x := follow(t, w.store, 2, 3)
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			name := fmt.Sprint("mine-", i)
			for n := range 15 {
				err := w.store.Update(t.Context(), func(tx record.Tx) error {
					_, err := tx.Catalog().PutPackage(record.Package{ProjectID: 1, Type: record.NPM, Name: name,
						Version: fmt.Sprintf("1.0.%d", n), Status: record.StatusDefault, CreatedAt: time.Now()})
					return err
				})
				if err != nil {
					t.Error(err)
					return
				}
				listed(t, x, name, n+1)
			}
		})
	}
	wg.Wait()
}

// listed expects to find a number of packages in every way of asking.
func listed(t *testing.T, x *Index, name string, want int) {
	t.Helper()
	for _, q := range []Query{{All: true, Name: name}, {Projects: []int64{1}, Search: name, Order: ByName, Desc: true}} {
		page, err := x.Page(t.Context(), q, Window{Limit: 5})
		if err != nil || page.Total != want || len(page.IDs) != min(want, 5) {
			t.Errorf("%+v: %+v, %v, want %d", q, page, err, want)
		}
	}
	if counts, err := x.Counts(t.Context(), Query{All: true, Search: name}); err != nil || counts.Packages != want || counts.Names != 1 {
		t.Errorf("counts of %s: %+v, %v, want %d", name, counts, err, want)
	}
	if hits, total, err := x.Names(t.Context(), Query{All: true, Search: "mine"}, 0, 10); err != nil || total != len(hits) || total == 0 {
		t.Errorf("names: %+v of %d, %v", hits, total, err)
	}
}
