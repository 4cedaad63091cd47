package catalog

import (
	"context"
	"sync"
)

// derived is what was counted of a filter, as long as nothing is written.
type derived struct {
	mu     sync.Mutex
	writes uint64
	parts  [orders][]int
	counts *Counts
	named  []uint32
}

// current forgets what is out of date. The caller holds mu.
func (d *derived) current(t *table) {
	if d.writes != t.writes {
		d.writes, d.parts, d.counts, d.named = t.writes, [orders][]int{}, nil, nil
	}
}

// chunks returns how many rows of the filter each chunk of an order has.
func (f *filter) chunks(t *table, o Order) []int {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current(t)
	if f.parts[o] == nil {
		f.parts[o] = t.orders[o].counts(f.rows)
	}
	return f.parts[o]
}

// Counts returns how many packages q means, as of now. It must not be called
// inside a View of the store.
func (x *Index) Counts(ctx context.Context, q Query) (counts Counts, err error) {
	err = x.read(ctx, func(t *table) { counts = t.rows(q).count(t) })
	return counts, err
}

func (s set) count(t *table) Counts {
	if s.some {
		return t.count(s.list)
	}
	f := s.filter
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current(t)
	if f.counts == nil {
		counts := t.count(f.rows.list(f.total))
		f.counts = &counts
	}
	return *f.counts
}

func (t *table) count(rows []uint32) Counts {
	named, of := newBitset(len(t.names.list)), make([]int, len(t.projects.ids))
	for _, row := range rows {
		named.set(t.name[row])
		of[t.project[row]]++
	}
	counts := Counts{Packages: len(rows), Names: named.count(), ByProject: map[int64]int{}}
	for i, n := range of {
		if n > 0 {
			counts.ByProject[t.projects.ids[i]] = n
		}
	}
	return counts
}
