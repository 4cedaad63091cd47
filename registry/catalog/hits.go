package catalog

import (
	"context"
	"slices"
	"strings"

	"github.com/larderhq/larder/registry/record"
)

// Names returns the npm names that have an installable version among what q
// means, by bytes, and how many there are in all. Of q the type, the statuses and
// the order do not count. It must not be called inside a View of the store.
func (x *Index) Names(ctx context.Context, q Query, offset, limit int) (hits []Hit, total int, err error) {
	q.Type, q.Statuses, q.Versionless, q.whole = record.NPM, installable(), false, true
	err = x.read(ctx, func(t *table) {
		s := t.rows(q)
		all := s.names(t)
		total = len(all)
		part := all[min(max(offset, 0), total):]
		for _, name := range part[:min(max(limit, 0), len(part))] {
			text := t.names.list[name]
			hits = append(hits, Hit{Name: text, Projects: t.projectsOf(text, s.filter)})
		}
	})
	return hits, total, err
}

// names returns the distinct names of a set, in order.
func (s set) names(t *table) []uint32 {
	if s.some {
		return t.distinct(s.list)
	}
	f := s.filter
	f.mu.Lock()
	defer f.mu.Unlock()
	f.current(t)
	if f.named == nil {
		f.named = t.namesOf(f)
	}
	return f.named
}

// namesOf returns the distinct names of a filter, in order.
func (t *table) namesOf(f *filter) []uint32 {
	var named []uint32
	for _, chunk := range t.orders[ByName].chunks {
		for _, row := range chunk {
			if n := len(named); f.rows.has(row) && (n == 0 || named[n-1] != t.name[row]) {
				named = append(named, t.name[row])
			}
		}
	}
	return named
}

func (t *table) distinct(rows []uint32) []uint32 {
	named := make([]uint32, 0, len(rows))
	for _, row := range rows {
		named = append(named, t.name[row])
	}
	slices.SortFunc(named, func(a, b uint32) int { return strings.Compare(t.names.list[a], t.names.list[b]) })
	return slices.Compact(named)
}

// ProjectsOf returns the numbers of the projects that have any package of exactly
// that name, whatever its type and status, ascending.
func (x *Index) ProjectsOf(ctx context.Context, name string) (ids []int64, err error) {
	err = x.read(ctx, func(t *table) { ids = t.projectsOf(name, nil) })
	return ids, err
}

// projectsOf returns the projects that have rows of a name which a filter, where
// there is one, admits.
func (t *table) projectsOf(name string, f *filter) []int64 {
	ids := []int64{}
	for _, row := range t.rowsOf(name) {
		if f == nil || f.admits(t, row) {
			ids = append(ids, t.projects.ids[t.project[row]])
		}
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}
