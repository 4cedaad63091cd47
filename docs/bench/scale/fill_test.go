package main

import (
	"io"
	"slices"
	"testing"

	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/record"
)

// TestFill fills two stores and expects the same packages in both, in groups
// nested to the full depth.
func TestFill(t *testing.T) {
	t.Parallel()
	var first []record.Package
	for range 2 {
		store, err := badgerstore.Open(t.TempDir(), badgerstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		made, err := fill(t.Context(), store, size{packages: 900, projects: 20, groups: 40, files: true}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		packages := read(t, store, made)
		if first == nil {
			first = packages
		}
		if len(packages) != 900 || !slices.EqualFunc(packages, first, same) {
			t.Errorf("%d packages, and not the same as at first", len(packages))
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func same(a, b record.Package) bool {
	return a.ID == b.ID && a.ProjectID == b.ProjectID && a.Name == b.Name && a.Version == b.Version && a.CreatedAt.Equal(b.CreatedAt)
}

func read(t *testing.T, store record.Store, made made) (packages []record.Package) {
	t.Helper()
	err := store.View(t.Context(), func(tx record.Tx) (err error) {
		packages, err = tx.Catalog().Packages(record.PackageQuery{Limit: 1000})
		if _, errOne := tx.Spaces().ProjectByPath(made.oneProject); errOne != nil {
			t.Error(errOne)
		}
		depth := 0
		for level := []int64{0}; len(level) > 0; depth++ {
			var below []int64
			for _, id := range level {
				groups, errGroups := tx.Spaces().Groups(id, 0, 100)
				for _, g := range groups {
					below = append(below, g.ID)
				}
				if errGroups != nil {
					t.Error(errGroups)
				}
			}
			level = below
		}
		if depth-1 != maxDepth {
			t.Errorf("groups are nested to depth %d, want %d", depth-1, maxDepth)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}
