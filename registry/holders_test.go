package registry

import (
	"testing"

	"github.com/larderhq/larder/registry/accounts"
)

// TestView makes sure that no two callers share bytes who see something else:
// views are keys of what is remembered.
func TestView(t *testing.T) {
	t.Parallel()
	at := func(pairs ...uint64) Location {
		var l Location
		for i := 0; i < len(pairs); i += 2 {
			pr := &accounts.Project{}
			pr.ID = int64(pairs[i]) //nolint:gosec // small numbers
			l.holders = append(l.holders, holder{project: pr, rev: pairs[i+1]})
		}
		return l
	}
	seen := map[string]int{}
	for i, l := range []Location{at(), at(1, 7), at(2, 7), at(1, 8), at(1, 7, 2, 7), at(1, 7, 2, 8), at(17, 1), at(1, 71), at(11, 7), at(1, 7, 7, 1)} {
		if j, ok := seen[l.view()]; ok {
			t.Errorf("locations %d and %d share the view %q", i, j, l.view())
		}
		seen[l.view()] = i
	}
	if again := at(1, 7); seen[again.view()] != 1 {
		t.Error("equal locations have different views")
	}
}
