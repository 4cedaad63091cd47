package recordtest

import (
	"testing"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// served makes a serving some hours after at.
func served(name, version, principal string, hours int) record.Served {
	when := at().Add(time.Duration(hours) * time.Hour)
	return record.Served{Name: name, Version: version, Principal: principal, Address: "192.0.2.1", First: when, Last: when, Count: 1}
}

func addServed(all ...record.Served) func(record.Tx) error {
	return func(tx record.Tx) error {
		for _, r := range all {
			if err := tx.Guards().AddServed(r); err != nil {
				return err
			}
		}
		return nil
	}
}

func servedOf(name, version string) func(record.Tx) ([]record.Served, error) {
	return func(tx record.Tx) ([]record.Served, error) {
		return tx.Guards().ServedOf(name, version, record.ServedCursor{}, 99)
	}
}

func firstServed(name, version string) func(record.Tx) (time.Time, error) {
	return func(tx record.Tx) (time.Time, error) { return tx.Guards().FirstServed(name, version) }
}

func servings(t *testing.T, s record.Store) {
	update(t, s, addServed(served("lib", "1.0.0", "ann", 5), served("lib", "1.0.0", "bob", 6)))
	update(t, s, addServed(served("lib", "1.0.0", "ann", 2)))
	east := served("lib", "1.0.0", "ann", 9)
	east.First, east.Last, east.Count = when().Add(3*time.Hour), when().Add(9*time.Hour), 40
	update(t, s, addServed(east))
	ann := served("lib", "1.0.0", "ann", 2)
	ann.Last, ann.Count = at().Add(9*time.Hour), 42
	same(t, s, []record.Served{ann, served("lib", "1.0.0", "bob", 6)}, servedOf("lib", "1.0.0"))
	same(t, s, at().Add(2*time.Hour), firstServed("lib", "1.0.0"))
	for _, miss := range [][2]string{{"lib", "1.0"}, {"lib", ""}, {"li", "1.0.0"}, {"", "1.0.0"}, {"lib\x001.0.0", "ann"}, {"lib", "1.0.0\x00ann"}} {
		absent(t, s, firstServed(miss[0], miss[1]))
	}
	same(t, s, []record.Served{}, servedOf("lib\x001.0.0", ""))
}

func servingPages(t *testing.T, s record.Store) {
	other := served("a", "1.0.0", "ann", 0)
	other.Address = "192.0.2.2"
	all := []record.Served{served("a", "1.0.0", "", 0), served("a", "1.0.0", "ann", 0), other, served("a", "1.0.0", "anna", 0),
		served("a", "1.0.0-rc", "ann", 0), served("a", "2.0.0", "ann", 0)}
	update(t, s, addServed(served("ab", "1.0.0", "ann", 0), all[5], all[3], all[4], all[1], all[2], all[0]))
	same(t, s, all, servedOf("a", ""))
	same(t, s, all[:4], servedOf("a", "1.0.0"))
	same(t, s, []record.Served{}, servedOf("a", "3.0.0"))
	page := func(version string, after record.ServedCursor, limit int) func(record.Tx) ([]record.Served, error) {
		return func(tx record.Tx) ([]record.Served, error) { return tx.Guards().ServedOf("a", version, after, limit) }
	}
	same(t, s, all[:2], page("", record.ServedCursor{}, 2))
	same(t, s, all[2:4], page("", all[1].Cursor(), 2))
	same(t, s, all[3:], page("", all[2].Cursor(), 9))
	same(t, s, all[3:4], page("1.0.0", all[2].Cursor(), 9))
	same(t, s, []record.Served{}, page("", all[5].Cursor(), 9))
	same(t, s, []record.Served{}, page("", record.ServedCursor{}, 0))
}

func prunedServings(t *testing.T, s record.Store) {
	update(t, s, addServed(served("a", "1.0.0", "ann", 0), served("b", "1.0.0", "ann", 1), served("c", "1.0.0", "ann", 2), served("d", "1.0.0", "ann", 3)))
	update(t, s, addServed(served("a", "1.0.0", "ann", 4))) // the oldest is used again
	for _, tt := range []struct {
		hours, limit, want int
	}{{1, 9, 0}, {3, 0, 0}, {3, 1, 1}, {3, 9, 1}, {3, 9, 0}} {
		got := put(t, s, func(tx record.Tx) (int, error) {
			return tx.Guards().PruneServed(at().Add(time.Duration(tt.hours)*time.Hour), tt.limit)
		})
		if got != tt.want {
			t.Errorf("PruneServed(%d hours, %d) = %d, want %d", tt.hours, tt.limit, got, tt.want)
		}
	}
	same(t, s, at(), firstServed("a", "1.0.0"))
	absent(t, s, firstServed("b", "1.0.0"))
	absent(t, s, firstServed("c", "1.0.0"))
	same(t, s, []record.Served{served("d", "1.0.0", "ann", 3)}, servedOf("d", ""))
}
