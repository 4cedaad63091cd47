package catalog

import (
	"errors"
	"strconv"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// FuzzPosition goes on behind any position: the page holds exactly the rows that
// the order has behind it.
func FuzzPosition(f *testing.F) {
	t := newTable(2, 3)
	rows(30, t.appendAll)
	t.arrange()
	for o := range uint8(orders) {
		f.Add(o, o%2 == 0, "1577836800000000", int64(3))
		f.Add(o, o%2 == 1, "@team-1/core", int64(-1<<63))
	}
	f.Fuzz(func(tt *testing.T, o uint8, desc bool, key string, id int64) {
		q := Query{All: true, Order: Order(o) % byPathNewest, Desc: desc, Statuses: []record.Status{"default", "hidden", "deprecated"}}
		page, err := t.page(q, Window{Limit: 100, After: &Position{Key: key, ID: id}})
		if err != nil {
			if _, bad := strconv.ParseInt(key, 10, 64); bad == nil || !q.Order.numbered() || !errors.Is(err, npm.ErrInvalid) {
				tt.Errorf("position %q: %v", key, err)
			}
			return
		}
		whole, err := t.page(q, Window{Limit: 100})
		if err != nil {
			tt.Fatal(err)
		}
		behind := whole.IDs[len(whole.IDs)-len(page.IDs):]
		for i, id := range page.IDs {
			if id != behind[i] {
				tt.Fatalf("%v behind %q, %d, of %v", page.IDs, key, id, whole.IDs)
			}
		}
		// The row before the part is not behind the position, the first of it is.
		kept := kept(q.Order, desc)
		after, err := placeOf(kept, Position{Key: key, ID: id})
		if err != nil {
			tt.Fatal(err)
		}
		for i, id := range whole.IDs {
			row, _ := t.find(id)
			c := t.place(kept, row).compare(after)
			if isBehind := c > 0 && !desc || c < 0 && desc; isBehind != (i >= len(whole.IDs)-len(page.IDs)) {
				tt.Errorf("row %d of %v: behind %v", i, whole.IDs, isBehind)
			}
		}
	})
}

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, kind := range []record.PackageType{"maven", "npm", "terraform_module", "cargo"} {
		for status := range statuses {
			for _, versionless := range []bool{false, true} {
				p := record.Package{Type: kind, Status: status, Version: "1.0.0", Hollow: versionless}
				if versionless {
					p.Version = ""
				}
				k := kindOf(p)
				if k == 0 || k.hollow() != p.Hollow || k >= kinds || k.typeNumber() != int64(kind.Number()) || k.versionless() != versionless || k.status() != statuses[status] {
					t.Errorf("kind of %s, %s, %v is %d", kind, status, versionless, k)
				}
			}
		}
	}
}
