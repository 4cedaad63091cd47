package registry_test

import (
	"fmt"
	"testing"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/record"
)

// BenchmarkListPackages measures what a page costs beside the index: its rows,
// their tags and whose they are.
func BenchmarkListPackages(b *testing.B) {
	w := newWorld(b, setup{})
	pr := w.projects["acme/pub"]
	for from := 0; from < 5000; from += 500 {
		w.must(w.store.Update(b.Context(), func(tx record.Tx) error {
			for i := from; i < from+500; i++ {
				_, err := tx.Catalog().PutPackage(record.Package{ProjectID: pr.ID, Type: record.NPM, Status: record.StatusDefault,
					Name: fmt.Sprintf("@acme/lib-%d", i%250), Version: fmt.Sprintf("1.%d.0", i), CreatedAt: w.clock.Now(), UpdatedAt: w.clock.Now()})
				if err != nil {
					return err
				}
			}
			return nil
		}))
	}
	for _, size := range []int{20, 100} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			for b.Loop() {
				page, err := w.registry.ListPackages(b.Context(), w.people["guest"], registry.ListQuery{Project: pr,
					Window: catalog.Window{Offset: 2000, Limit: size}})
				if err != nil || len(page.Packages) != size {
					b.Fatalf("%d packages, %v", len(page.Packages), err)
				}
			}
		})
	}
}
