package registry_test

import (
	"math"
	"testing"

	"github.com/larderhq/larder/registry"
)

// TestSearchPages asks for pages, those that nobody has too.
func TestSearchPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for _, name := range []string{"@acme/one", "@acme/three", "@acme/two"} {
		w.publish("developer", in("acme/pub"), name, "1.0.0")
	}
	for name, test := range map[string]struct {
		query registry.SearchQuery
		want  []string
	}{
		"all":            {registry.SearchQuery{Text: "acme"}, []string{"@acme/one", "@acme/three", "@acme/two"}},
		"first":          {registry.SearchQuery{Text: "acme", Size: 1}, []string{"@acme/one"}},
		"last":           {registry.SearchQuery{Text: "acme", Size: 20, From: 2}, []string{"@acme/two"}},
		"behind":         {registry.SearchQuery{Text: "acme", Size: 20, From: 3}, nil},
		"far behind":     {registry.SearchQuery{Text: "acme", Size: 20, From: math.MaxInt}, nil},
		"before":         {registry.SearchQuery{Text: "acme", Size: 1, From: -1}, []string{"@acme/one"}},
		"larger than is": {registry.SearchQuery{Text: "acme", Size: math.MaxInt, From: 1}, []string{"@acme/three", "@acme/two"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			found, total, err := w.registry.Search(t.Context(), w.people["guest"], registry.Place{}, test.query)
			if err != nil || total != 3 {
				t.Fatalf("total = %d, err = %v, want 3", total, err)
			}
			if len(found) != len(test.want) {
				t.Fatalf("found %d, want %v", len(found), test.want)
			}
			for i, f := range found {
				if f.Package.Name != test.want[i] {
					t.Errorf("result %d is %s, want %s", i, f.Package.Name, test.want[i])
				}
			}
		})
	}
}
