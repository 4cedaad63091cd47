package catalog

import "slices"

// filter is what a query means, made ready for a table. Whether a row is meant
// is asked with admits; the set of all rows that are is filled in by fill and
// then follows what is written.
type filter struct {
	q     Query
	kinds *[kinds]uint8
	terms [][]byte
	// projects has 1 for each project of the table whose packages are meant and
	// 0 for the others; unused for all.
	projects []uint8
	// found has 1 for each name that has the terms and 0 for the others, while the
	// set is filled.
	found []uint8
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
	for _, term := range needed(parseTerms(q.Search)) {
		f.terms = append(f.terms, []byte(term))
	}
	f.learn(t)
	return f
}

// learn takes in projects and texts that are new in the table.
func (f *filter) learn(t *table) {
	if !f.q.All {
		for _, id := range t.projects.ids[len(f.projects):] {
			meant := uint8(0)
			if _, ok := slices.BinarySearch(f.q.Projects, id); ok {
				meant = 1
			}
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

// admits tells whether a row is meant.
func (f *filter) admits(t *table, row uint32) bool {
	return f.kinds[t.kind[row]] == 1 && (f.q.All || f.projects[t.project[row]] == 1) &&
		(len(f.terms) == 0 || f.admitsName(t, t.name[row])) &&
		(f.q.Name == "" || f.nameKnown && t.name[row] == f.name) &&
		(f.q.Version == "" || f.versionKnown && t.version[row] == f.version)
}

func (f *filter) admitsName(t *table, name uint32) bool {
	if int(name) < len(f.found) {
		return f.found[name] == 1
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
		if meant == 1 {
			n += len(t.projects.rows[i])
		}
	}
	if n > t.live()/4 {
		return nil, false
	}
	rows = make([]uint32, 0, n)
	for i, meant := range f.projects {
		if meant == 1 {
			rows = append(rows, t.projects.rows[i]...)
		}
	}
	return rows, true
}

// fill finds all rows that are meant.
func (f *filter) fill(t *table, candidates []uint32, some bool) {
	if len(f.terms) > 0 {
		f.found = make([]uint8, len(t.names.list))
		t.names.search(f.terms, f.found)
		defer func() { f.found = nil }()
	}
	if !some {
		f.scan(t, t.without(f.q))
		return
	}
	f.rows = newBitset(len(t.ids))
	for _, row := range candidates {
		if f.admits(t, row) {
			f.rows.set(row)
			f.total++
		}
	}
}

// without returns the rows that a query means whatever its search and its version
// are. Searches are rarely the same twice, but what they search in is.
func (t *table) without(q Query) bitset {
	if q.Search == "" && q.Version == "" {
		return nil
	}
	q.Search, q.Version = "", ""
	return t.rows(q).rows
}

// scan fills the set from all rows, or from those of a set, 64 at a time. There are
// no branches for single rows, which nobody could predict: that makes it several
// times as fast.
func (f *filter) scan(t *table, among bitset) {
	f.rows = newBitset(len(t.ids))
	if f.q.Version != "" && !f.versionKnown {
		return
	}
	for word := range f.rows {
		low := word * 64
		high := min(low+64, len(t.kind))
		var left uint64
		switch {
		case among == nil:
			left = f.ofKinds(t, low, high)
		case word < len(among):
			left = among[word]
		}
		if left != 0 && f.q.Version != "" {
			left &= f.ofVersion(t.version[low:high])
		}
		if left != 0 && len(f.terms) > 0 {
			left &= f.withTerms(t.name[low:high])
		}
		f.rows[word] = left
	}
	f.total = f.rows.count()
}

// ofKinds are the rows with a kind and of a project that are meant.
func (f *filter) ofKinds(t *table, low, high int) (meant uint64) {
	for i, k := range t.kind[low:high] {
		meant |= uint64(f.kinds[k]) << i
	}
	if meant != 0 && !f.q.All {
		meant &= f.ofProjects(t.project[low:high])
	}
	return meant
}

func (f *filter) ofProjects(column []uint32) (meant uint64) {
	for i, project := range column {
		meant |= uint64(f.projects[project]) << i
	}
	return meant
}

// ofVersion has a bit for each row whose version differs in no bit.
func (f *filter) ofVersion(column []uint32) (meant uint64) {
	for i, version := range column {
		meant |= (uint64(version^f.version) - 1) >> 63 << i
	}
	return meant
}

func (f *filter) withTerms(column []uint32) (meant uint64) {
	for i, name := range column {
		meant |= uint64(f.found[name]) << i
	}
	return meant
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
