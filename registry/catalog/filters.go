package catalog

import (
	"encoding/binary"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// keptFilters is how many filters are kept ready. Each has a bit for every row.
const keptFilters = 32

// filters keeps the filters that were used last.
type filters struct {
	mu   sync.Mutex
	used *simplelru.LRU[string, *filter]
}

func newFilters() *filters {
	used, err := simplelru.NewLRU[string, *filter](keptFilters, nil)
	if err != nil {
		panic("BUG: " + err.Error()) // only a size below one is refused
	}
	return &filters{used: used}
}

func (f *filters) get(key string) (*filter, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.used.Get(key)
}

func (f *filters) keep(key string, made *filter) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.used.Add(key, made)
}

// written brings every filter up to date with one row. Nobody else may use the
// table meanwhile.
func (f *filters) written(t *table, row uint32) {
	for _, kept := range f.used.Values() {
		kept.written(t, row)
	}
}

// set is the rows that a query means: a list where they are few, else a filter
// that is filled.
type set struct {
	*filter
	list []uint32
	some bool
}

// rows returns what a query means. Few rows are found again each time, by name or
// by project; the sets of many are kept.
func (t *table) rows(q Query) set {
	key := q.key()
	if kept, ok := t.filters.get(key); ok {
		return kept.set(t)
	}
	f := t.newFilter(q)
	candidates, some := f.candidates(t)
	if some && len(candidates) <= t.few {
		s := set{filter: f, list: make([]uint32, 0, len(candidates)), some: true}
		for _, row := range candidates {
			if f.admits(t, row) {
				s.list = append(s.list, row)
			}
		}
		f.total = len(s.list)
		return s
	}
	f.fill(t, candidates, some)
	t.filters.keep(key, f)
	return f.set(t)
}

func (f *filter) set(t *table) set {
	if f.total > t.few {
		return set{filter: f}
	}
	return set{filter: f, list: f.rows.list(f.total), some: true}
}

// key is the same for queries that mean the same packages.
func (q Query) key() string {
	key := make([]byte, 0, 64+len(q.Search)+8*len(q.Projects))
	for _, text := range []string{string(q.Type), q.Search, q.Name, q.Version} {
		key = append(binary.AppendUvarint(key, uint64(len(text))), text...)
	}
	flags := byte(0)
	if q.Versionless {
		flags |= 1
	}
	if q.All {
		flags |= 2
	}
	if q.whole {
		flags |= 4
	}
	key = append(key, flags, byte(len(q.Statuses)))
	for _, s := range q.Statuses {
		key = append(key, byte(statuses[s]))
	}
	if q.All {
		return string(key)
	}
	for _, id := range q.Projects {
		key = binary.BigEndian.AppendUint64(key, uint64(id))
	}
	return string(key)
}
