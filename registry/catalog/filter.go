package catalog

import (
	"slices"
)

// filter is what a query means, made ready for a table. Whether a row is meant
// is asked with admits; the set of all rows that are is filled in by fill and
// then follows what is written.
type filter struct {
	q     Query
	kinds *[kinds]bool
	terms [][]byte
	// projects tells for each project of the table whether its packages are
	// meant; unused for all.
	projects []bool
	// found are the names that have the terms, of the first searched names.
	found    bitset
	searched int
	// name and version are the numbers of the exact texts, once there are such.
	name, version           uint32
	nameKnown, versionKnown bool

	rows  bitset
	total int
	derived
}

func (t *table) newFilter(q Query) *filter {
	f := &filter{q: q, kinds: kindTable(q)}
	f.q.Projects = slices.Clone(q.Projects)
	for _, term := range parseTerms(q.Search) {
		f.terms = append(f.terms, []byte(term))
	}
	f.learn(t)
	return f
}

// learn takes in projects and texts that are new in the table.
func (f *filter) learn(t *table) {
	if !f.q.All {
		for _, id := range t.projects.ids[len(f.projects):] {
			_, meant := slices.BinarySearch(f.q.Projects, id)
			f.projects = append(f.projects, meant)
		}
	}
	if f.q.Name != "" && !f.nameKnown {
		f.name, f.nameKnown = t.names.index[f.q.Name]
	}
	if f.q.Version != "" && !f.versionKnown {
		f.version, f.versionKnown = t.versions.index[f.q.Version]
	}
}

// search looks at the names that are new in the table.
func (f *filter) search(t *table) {
	if len(f.terms) > 0 && f.searched < len(t.names.list) {
		t.names.search(f.terms, uint32(f.searched), &f.found)
		f.searched = len(t.names.list)
	}
}

// admits tells whether a row is meant.
func (f *filter) admits(t *table, row uint32) bool {
	return f.kinds[t.kind[row]] && (f.q.All || f.projects[t.project[row]]) &&
		(len(f.terms) == 0 || f.admitsName(t, t.name[row])) &&
		(f.q.Name == "" || f.nameKnown && t.name[row] == f.name) &&
		(f.q.Version == "" || f.versionKnown && t.version[row] == f.version)
}

func (f *filter) admitsName(t *table, name uint32) bool {
	if int(name) < f.searched {
		return f.found.has(name)
	}
	return containsAll(t.names.text(name), f.terms)
}

// candidates returns rows that include all that are meant, where an exact name or
// the projects leave only some; ok tells whether they do.
func (f *filter) candidates(t *table) (rows []uint32, ok bool) {
	if f.q.Name != "" {
		return t.rowsOf(f.q.Name), true
	}
	if f.q.All {
		return nil, false
	}
	n := 0
	for i, meant := range f.projects {
		if meant {
			n += len(t.projects.rows[i])
		}
	}
	if n > t.live()/4 {
		return nil, false
	}
	rows = make([]uint32, 0, n)
	for i, meant := range f.projects {
		if meant {
			rows = append(rows, t.projects.rows[i]...)
		}
	}
	return rows, true
}

// fill finds all rows that are meant.
func (f *filter) fill(t *table, candidates []uint32, some bool) {
	f.rows = newBitset(len(t.ids))
	f.search(t)
	if !some {
		f.scan(t)
		return
	}
	for _, row := range candidates {
		if f.admits(t, row) {
			f.rows.set(row)
			f.total++
		}
	}
}

// scan fills the set from all rows.
func (f *filter) scan(t *table) {
	for row, k := range t.kind {
		if f.kinds[k] && f.admits(t, uint32(row)) {
			f.rows[row>>6] |= 1 << (row & 63)
		}
	}
	f.total = f.rows.count()
}

// written brings the set up to date with one row.
func (f *filter) written(t *table, row uint32) {
	f.learn(t)
	was, is := f.rows.has(row), f.admits(t, row)
	switch {
	case is && !was:
		f.rows.set(row)
		f.total++
	case was && !is:
		f.rows.clear(row)
		f.total--
	}
}

// rowsOf returns the rows of exactly one name, by number.
func (t *table) rowsOf(name string) []uint32 {
	number, ok := t.names.index[name]
	if !ok {
		return nil
	}
	var rows []uint32
	kept := t.orders[ByName]
	at := t.search(ByName, place{text: name})
	for ; at.chunk < len(kept.chunks); at = (cursor{chunk: at.chunk + 1}) {
		for _, row := range kept.chunks[at.chunk][at.at:] {
			if t.name[row] != number {
				return rows
			}
			rows = append(rows, row)
		}
	}
	return rows
}
