package catalog

import (
	"slices"
	"testing"

	"github.com/larderhq/larder/registry/record"
)

// TestTotalsOfManyRows: totals are exact and pages whole at any length, also
// beyond the 10,000 rows that GitLab counts.
func TestTotalsOfManyRows(t *testing.T) {
	t.Parallel()
	const n = 25_000
	table := newTable(few, chunkSize)
	want := 0
	rows(n, func(p record.Package) {
		table.append(p)
		if p.Status != "hidden" {
			want++
		}
	})
	table.arrange()
	for _, order := range []Order{ByCreated, ByName, ByVersion, ByType, ByProjectPath} {
		q := Query{All: true, Order: order}
		page, err := table.page(q, Window{Offset: want - 7, Limit: 20})
		if err != nil || page.Total != want || len(page.IDs) != 7 || page.Next != nil {
			t.Errorf("last page by %d: total %d, %d rows, %v; want %d and 7", order, page.Total, len(page.IDs), err, want)
		}
		before, err := table.page(q, Window{Offset: want - 27, Limit: 20})
		if err != nil || before.Next == nil {
			t.Fatalf("page before the last by %d: %v", order, err)
		}
		walked, err := table.page(q, Window{After: before.Next, Limit: 20})
		if err != nil || walked.Total != want || !slices.Equal(walked.IDs, page.IDs) {
			t.Errorf("by keys the last page by %d is %v of %d, by offset %v", order, walked.IDs, walked.Total, page.IDs)
		}
	}
}
