package catalog

import (
	"fmt"
	"slices"

	"github.com/larderhq/larder/registry/record"
)

// few is how many rows are sorted for a page rather than walked to: less work
// than a walk over all rows in which they are rare.
const few = 1000

// table is the index itself. Columns have one entry for each row, in the order
// of numbers. Rows that were removed keep their place, with a kind of zero, until
// the table is made anew. Reading it is safe while nobody writes.
type table struct {
	ids     []int64
	created []int64 // microseconds since 1970
	project []uint32
	name    []uint32
	version []uint32
	kind    []kind
	removed int

	names    names
	versions texts
	projects projects

	orders [orders]*order
	// writes counts the writes, to tell what was derived from the table apart.
	writes  uint64
	filters *filters
	// few and chunk are the constants, which tests make small.
	few, chunk int
}

// projects are the projects that rows are of.
type projects struct {
	ids   []int64
	paths []string // the last parts of their paths
	rows  [][]uint32
	index map[int64]uint32
}

func newTable(few, chunk int) *table {
	t := &table{names: names{texts: newTexts()}, versions: newTexts(), few: few, chunk: chunk, filters: newFilters()}
	t.projects.index = map[int64]uint32{}
	for o := range t.orders {
		t.orders[o] = newOrder(nil, chunk)
	}
	return t
}

// find returns the row of a number.
func (t *table) find(id int64) (uint32, bool) {
	i, ok := slices.BinarySearch(t.ids, id)
	return uint32(i), ok && t.kind[i] != 0
}

// append adds a row behind all others without putting it into the orders.
func (t *table) append(p record.Package) uint32 {
	row := uint32(len(t.ids))
	t.ids = append(t.ids, p.ID)
	t.created = append(t.created, 0)
	t.project = append(t.project, 0)
	t.name = append(t.name, 0)
	t.version = append(t.version, 0)
	t.kind = append(t.kind, 0)
	t.write(row, p)
	return row
}

// write fills the columns of a row.
func (t *table) write(row uint32, p record.Package) {
	version, _ := t.versions.number(p.Version)
	t.created[row] = p.CreatedAt.UnixMicro()
	t.project[row] = t.addProject(p.ProjectID)
	t.name[row] = t.names.add(p.Name)
	t.version[row] = version
	t.kind[row] = kindOf(p)
}

// addProject returns the place of a project among the projects; a new one has no
// path until setPath gives it one.
func (t *table) addProject(id int64) uint32 {
	if i, ok := t.projects.index[id]; ok {
		return i
	}
	i := uint32(len(t.projects.ids))
	t.projects.ids = append(t.projects.ids, id)
	t.projects.paths = append(t.projects.paths, "")
	t.projects.rows = append(t.projects.rows, nil)
	t.projects.index[id] = i
	return i
}

// put writes a package over its row, or as a new one.
func (t *table) put(p record.Package) error {
	t.writes++
	row, ok := t.find(p.ID)
	switch {
	case !ok && len(t.ids) > 0 && p.ID <= t.ids[len(t.ids)-1]:
		return fmt.Errorf("package %d is older than the index of it: %w", p.ID, record.ErrCorrupt)
	case !ok:
		row = t.append(p)
		t.link(row)
	case t.sameBut(row, p):
		t.kind[row] = kindOf(p)
	default:
		t.unlink(row)
		t.write(row, p)
		t.link(row)
	}
	t.filters.written(t, row)
	return nil
}

// sameBut tells whether a package differs from its row in its kind alone.
func (t *table) sameBut(row uint32, p record.Package) bool {
	return t.created[row] == p.CreatedAt.UnixMicro() && t.projects.ids[t.project[row]] == p.ProjectID &&
		t.names.list[t.name[row]] == p.Name && t.versions.list[t.version[row]] == p.Version &&
		t.kind[row].typeNumber() == int64(p.Type.Number())
}

// remove takes a row out; that there is none is no error.
func (t *table) remove(id int64) {
	row, ok := t.find(id)
	if !ok {
		return
	}
	t.writes++
	t.removed++
	t.unlink(row)
	t.kind[row] = 0
	t.filters.written(t, row)
}

// link puts a row into the orders and to its project.
func (t *table) link(row uint32) {
	for o, kept := range t.orders {
		kept.insert(t.seek(Order(o), row), row)
	}
	rows := &t.projects.rows[t.project[row]]
	i, _ := slices.BinarySearch(*rows, row)
	*rows = slices.Insert(*rows, i, row)
}

// unlink undoes link, while the columns still say what they said then.
func (t *table) unlink(row uint32) {
	for o, kept := range t.orders {
		kept.remove(t.seek(Order(o), row))
	}
	rows := &t.projects.rows[t.project[row]]
	if i, ok := slices.BinarySearch(*rows, row); ok {
		*rows = slices.Delete(*rows, i, i+1)
	}
}

// seek returns where a row is in an order, or where it is to be.
func (t *table) seek(o Order, row uint32) cursor { return t.search(o, t.place(o, row)) }

// search returns the first place in an order that is not before p.
func (t *table) search(o Order, p place) cursor {
	return t.orders[o].search(func(row uint32) bool { return t.place(o, row).compare(p) >= 0 })
}

// live is how many rows there are.
func (t *table) live() int { return len(t.ids) - t.removed }
