package catalog

import (
	"context"
	"slices"

	"github.com/larderhq/larder/registry/record"
)

// Page returns a part of the list of what q means, as of now: whatever was
// written before the call is in it. It fails with npm.ErrInvalid where w.After
// was not made for q.Order. It must not be called inside a View of the store.
func (x *Index) Page(ctx context.Context, q Query, w Window) (page Page, err error) {
	errRead := x.read(ctx, func(t *table) { page, err = t.page(q, w) })
	if errRead != nil {
		return Page{}, errRead
	}
	return page, err
}

func (t *table) page(q Query, w Window) (Page, error) {
	o := kept(q.Order, q.Desc)
	var after *place
	if w.After != nil {
		p, err := placeOf(o, *w.After)
		if err != nil {
			return Page{}, err
		}
		after = &p
	}
	s := t.rows(q)
	w.Offset, w.Limit = max(w.Offset, 0), max(w.Limit, 0)
	page := Page{IDs: []int64{}, Total: s.total}
	if after == nil && w.Offset >= s.total || w.Limit == 0 {
		return page, nil
	}
	want := sorted{order: o, down: q.Desc, after: after, skip: w.Offset, limit: min(w.Limit, s.total) + 1}
	if after != nil {
		want.skip = 0
	}
	rows := t.sorted(s, want)
	if len(rows) > w.Limit {
		rows = rows[:w.Limit]
		page.Next = t.position(o, rows[len(rows)-1])
	}
	for _, row := range rows {
		page.IDs = append(page.IDs, t.ids[row])
	}
	return page, nil
}

// sorted says which rows of a set are wanted.
type sorted struct {
	order       Order
	down        bool
	after       *place
	skip, limit int
}

// sorted returns rows of a set in order.
func (t *table) sorted(s set, want sorted) []uint32 {
	if s.some {
		return t.sortFew(s.list, want)
	}
	kept := t.orders[want.order]
	walk := stretch{from: kept.end(want.down), down: want.down, skip: want.skip, limit: want.limit}
	switch {
	case want.after != nil:
		walk.from = t.behind(want.order, *want.after, want.down)
	case want.order == ByType && s.filter.q.Type != "":
		walk.from = t.typed(s.filter.q.Type, want.down)
	}
	if walk.skip > t.chunk {
		walk = kept.seek(s.chunks(t, want.order), walk)
	}
	return kept.walk(s.filter.rows, walk)
}

// typed returns where the packages of one type begin in the order by type, which
// others may fill for a long way before.
func (t *table) typed(kind record.PackageType, down bool) cursor {
	p := place{number: int64(kind.Number())}
	if down {
		p.number++
	}
	return t.behind(ByType, p, down)
}

// behind returns where the list goes on behind a place.
func (t *table) behind(o Order, p place, down bool) cursor {
	if down {
		return t.orders[o].ahead(t.search(o, p))
	}
	return t.orders[o].search(func(row uint32) bool { return t.place(o, row).compare(p) > 0 })
}

// sortFew sorts rows and takes the wanted ones.
func (t *table) sortFew(list []uint32, want sorted) []uint32 {
	direction := 1
	if want.down {
		direction = -1
	}
	slices.SortFunc(list, func(a, b uint32) int {
		return direction * t.place(want.order, a).compare(t.place(want.order, b))
	})
	if want.after != nil {
		want.skip, _ = slices.BinarySearchFunc(list, *want.after, func(row uint32, after place) int {
			if direction*t.place(want.order, row).compare(after) > 0 {
				return 1
			}
			return -1
		})
	}
	list = list[min(want.skip, len(list)):]
	return list[:min(want.limit, len(list))]
}
