package recordtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// ofGuards is about what guards versions.
func ofGuards() []aspect {
	return []aspect{
		{"sights are read as written", sights},
		{"sights are paged by name", sightPages},
		{"large sights are read as written", largeSights},
		{"orders are read as written", orders},
		{"servings are merged", servings},
		{"servings are paged", servingPages},
		{"servings are pruned by their last time", prunedServings},
		{"decisions are chained", decisions},
		{"pruned decisions leave a chain", prunedDecisions},
		{"records of guards note what matters", guardNotes},
		{"invalid records of guards are refused", invalidGuards},
	}
}

// sight makes a sight that uses every field.
func sight(name string) record.Sight {
	s := record.Sight{Name: name, Upstream: "default"}
	s.Observe([]string{"1.0.0", "1.1.0"}, true, at())
	s.Observe([]string{"1.1.0", "2.0.0", "2.0.0-rc.1+b"}, false, at().Add(time.Hour))
	s.Observe([]string{"1.1.0", "2.0.0"}, false, at().Add(2*time.Hour))
	s.Gone(at().Add(3 * time.Hour))
	s.Observe([]string{"1.1.0", "2.0.0"}, false, at().Add(4*time.Hour))
	s.AcknowledgedAt, s.AcknowledgedBy = at().Add(5*time.Hour), "ann"
	return s
}

func putSight(r record.Sight) func(record.Tx) error {
	return func(tx record.Tx) error { return tx.Guards().PutSight(r) }
}

func readSight(name string) func(record.Tx) (record.Sight, error) {
	return func(tx record.Tx) (record.Sight, error) { return tx.Guards().Sight(name) }
}

func sights(t *testing.T, s record.Store) {
	least := record.Sight{Name: "ab", FirstSeen: at(), LastSeen: at(), Known: []byte{}}
	update(t, s, func(tx record.Tx) error { return errors.Join(putSight(sight("a"))(tx), putSight(least)(tx)) })
	least.Known = nil
	same(t, s, sight("a"), readSight("a"))
	same(t, s, least, readSight("ab"))
	for _, name := range []string{"", "b", "A", "a\x00", "a\x00b"} {
		absent(t, s, readSight(name))
	}
	east := record.Sight{Name: "a", FirstSeen: when(), LastSeen: when(),
		Later: []record.LaterVersion{{Version: "1", First: when()}}, Removed: []record.RemovedVersion{{Version: "1", Hash: 7, At: when()}}}
	update(t, s, putSight(east))
	if east.Later[0].First.Location() == time.UTC {
		t.Error("writing changed what was given")
	}
	east.FirstSeen, east.LastSeen, east.Later[0].First, east.Removed[0].At = at(), at(), at(), at()
	same(t, s, east, readSight("a"))
}

func sightPages(t *testing.T, s record.Store) {
	for _, name := range []string{"b", "@a/b", "a", "ab", "a.b"} {
		update(t, s, putSight(sight(name)))
	}
	for _, tt := range []struct {
		after string
		limit int
		want  []string
	}{
		{"", 9, []string{"@a/b", "a", "a.b", "ab", "b"}},
		{"", 2, []string{"@a/b", "a"}},
		{"a", 2, []string{"a.b", "ab"}},
		{"aa", 1, []string{"ab"}},
		{"b", 9, []string{}},
		{"", 0, []string{}},
	} {
		same(t, s, tt.want, func(tx record.Tx) ([]string, error) {
			list, err := tx.Guards().SightsAfter(tt.after, tt.limit)
			got := []string{}
			for _, r := range list {
				got = append(got, r.Name)
			}
			return got, err
		})
	}
}

func largeSights(t *testing.T, s record.Store) {
	var known, later []string
	for i := range 20_000 {
		known = append(known, fmt.Sprint("1.0.", i))
	}
	for i := range 2000 {
		later = append(later, fmt.Sprint("2.0.", i, "-nightly"))
	}
	big := record.Sight{Name: "b"}
	big.Observe(known, false, at())
	big.Observe(slices.Concat(known[100:], later), false, at().Add(time.Hour))
	update(t, s, func(tx record.Tx) error {
		return errors.Join(putSight(sight("a"))(tx), putSight(big)(tx), putSight(sight("c"))(tx))
	})
	same(t, s, big, readSight("b"))
	same(t, s, []record.Sight{big, sight("c")}, func(tx record.Tx) ([]record.Sight, error) { return tx.Guards().SightsAfter("a", 2) })
	update(t, s, putSight(sight("b")))
	same(t, s, []record.Sight{sight("a"), sight("b"), sight("c")}, func(tx record.Tx) ([]record.Sight, error) { return tx.Guards().SightsAfter("", 9) })
}

func orders(t *testing.T, s record.Store) {
	write := func(o record.Order) record.Order {
		return put(t, s, func(tx record.Tx) (record.Order, error) { return tx.Guards().PutOrder(o) })
	}
	read := func(id int64) func(record.Tx) (record.Order, error) {
		return func(tx record.Tx) (record.Order, error) { return tx.Guards().Order(id) }
	}
	block := write(record.Order{Kind: record.BlockOrder, Match: "@acme/*", Versions: ">=1.0.0 <2", Reason: "bad", By: "ann", CreatedAt: when(), Until: when()})
	waiver := write(record.Order{Kind: record.WaiverOrder, Match: "lib", Guard: "G11", By: "ann", CreatedAt: at()})
	held := write(record.Order{Kind: record.QuarantineOrder, Match: "lib", Versions: "1.0.0", By: "feed", Source: "MAL-2026-1", CreatedAt: at()})
	if block.ID == 0 || waiver.ID <= block.ID || held.ID <= waiver.ID || block.Until != at() {
		t.Errorf("orders %+v, %+v, %+v", block, waiver, held)
	}
	waiver.EndedAt, waiver.EndedBy = at(), "root"
	if again := write(waiver); again != waiver {
		t.Errorf("written over: %+v", again)
	}
	for _, o := range []record.Order{block, waiver, held} {
		same(t, s, o, read(o.ID))
	}
	absent(t, s, read(held.ID+1))
	list := func(after int64, limit int) func(record.Tx) ([]record.Order, error) {
		return func(tx record.Tx) ([]record.Order, error) { return tx.Guards().Orders(after, limit) }
	}
	same(t, s, []record.Order{block, waiver, held}, list(0, 9))
	same(t, s, []record.Order{waiver}, list(block.ID, 1))
	same(t, s, []record.Order{}, list(held.ID, 9))
	same(t, s, []record.Order{}, list(0, 0))
	held.ID = 99
	if err := try(t, s, func(tx record.Tx) (record.Order, error) { return tx.Guards().PutOrder(held) }); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("writing over no order: %v", err)
	}
}

// guardNotes expects that nothing is a change that nobody has to forget for.
func guardNotes(t *testing.T, s record.Store) {
	gone, back := sight("lib"), sight("lib")
	gone.BackAt, gone.AcknowledgedAt, gone.AcknowledgedBy = time.Time{}, time.Time{}, ""
	back.AcknowledgedAt, back.AcknowledgedBy = time.Time{}, ""
	seen := gone
	seen.GoneAt = time.Time{}
	changed := []record.Change{{Kind: record.SightChanged, Key: "lib"}}
	for _, tt := range []struct {
		name string
		do   func(record.Tx) error
		want []record.Change
	}{
		{"new sight", putSight(seen), nil},
		{"gone", putSight(gone), changed},
		{"back", putSight(back), changed},
		{"back as before", putSight(back), nil},
		{"acknowledged", putSight(sight("lib")), changed},
		{"order", func(tx record.Tx) error {
			_, err := tx.Guards().PutOrder(record.Order{Kind: record.BlockOrder, Match: "a", By: "ann"})
			return err
		}, []record.Change{{Kind: record.OrderChanged, Key: "1"}}},
		{"serving", addServed(served("lib", "1.0.0", "ann", 0)), nil},
		{"decision", func(tx record.Tx) error { _, err := tx.Guards().AppendDecision(decision(0)); return err }, nil},
	} {
		if got := noted(t, s, tt.do); !slices.Equal(got, tt.want) {
			t.Errorf("%s: changes %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func invalidGuards(t *testing.T, s record.Store) {
	timeless, backwards := sight("a"), served("a", "1", "", 0)
	timeless.FirstSeen = time.Time{}
	backwards.Last = at().Add(-time.Hour)
	order := func(o record.Order) func(record.Tx) error {
		return func(tx record.Tx) error { _, err := tx.Guards().PutOrder(o); return err }
	}
	decide := func(d record.Decision) func(record.Tx) error {
		return func(tx record.Tx) error { _, err := tx.Guards().AppendDecision(d); return err }
	}
	refused(t, s, map[string]refusal{
		"sight of no name":            {npm.ErrInvalid, putSight(sight(""))},
		"sight with NUL":              {npm.ErrInvalid, putSight(sight("a\x00b"))},
		"sight without a time":        {npm.ErrInvalid, putSight(timeless)},
		"sight out of order":          {npm.ErrInvalid, putSight(record.Sight{Name: "a", FirstSeen: at(), LastSeen: at(), Known: []byte{0, 0, 0, 2, 0, 0, 0, 1}})},
		"order of no kind":            {npm.ErrInvalid, order(record.Order{Match: "a", By: "ann"})},
		"order for nothing":           {npm.ErrInvalid, order(record.Order{Kind: record.BlockOrder, By: "ann"})},
		"order by nobody":             {npm.ErrInvalid, order(record.Order{Kind: record.BlockOrder, Match: "a"})},
		"serving of no version":       {npm.ErrInvalid, addServed(served("a", "", "", 0))},
		"serving that ended too soon": {npm.ErrInvalid, addServed(backwards)},
		"decision about no name":      {npm.ErrInvalid, decide(record.Decision{Guard: "G11", Action: "refused"})},
		"decision with a long reason": {npm.ErrInvalid, decide(record.Decision{Name: "a", Guard: "G11", Action: "refused", Reason: longText(5000)})},
	})
}
