package catalog

import (
	"cmp"
	"slices"
)

// arrange makes the orders and the lists of the projects anew from the columns,
// in time that grows with the rows alone.
func (t *table) arrange() {
	t.writes++
	for i := range t.projects.rows {
		t.projects.rows[i] = nil
	}
	rows := make([]uint32, 0, t.live())
	for row, k := range t.kind {
		if k != 0 {
			rows = append(rows, uint32(row))
			of := &t.projects.rows[t.project[row]]
			*of = append(*of, uint32(row))
		}
	}
	t.arrangeBy(ByName, rows, t.names.ranks(), t.name)
	t.arrangeBy(ByVersion, rows, t.versions.ranks(), t.version)
	t.arrangeByPath(rows)
	types := make([]uint32, len(t.kind))
	for row, k := range t.kind {
		types[row] = uint32(k.typeNumber())
	}
	numbers := make([]uint32, kinds>>5)
	for i := range numbers {
		numbers[i] = uint32(i)
	}
	t.arrangeBy(ByType, rows, numbers, types)
	slices.SortFunc(rows, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(t.created[a], t.created[b]), cmp.Compare(a, b))
	})
	t.orders[ByCreated] = newOrder(rows, t.chunk)
}

// arrangeByPath makes the two orders by path.
func (t *table) arrangeByPath(rows []uint32) {
	rank := ranks(t.projects.paths)
	t.arrangeBy(ByProjectPath, rows, rank, t.project)
	down := slices.Clone(rows)
	slices.Reverse(down)
	t.arrangeBy(byPathNewest, down, rank, t.project)
}

// arrangeBy makes an order by the rank of what a column holds. Rows of one rank
// stay as they come.
func (t *table) arrangeBy(o Order, rows, rank, column []uint32) {
	starts := make([]uint32, len(rank)+1)
	for _, row := range rows {
		starts[rank[column[row]]+1]++
	}
	for i := range rank {
		starts[i+1] += starts[i]
	}
	sorted := make([]uint32, len(rows))
	for _, row := range rows {
		at := &starts[rank[column[row]]]
		sorted[*at] = row
		*at++
	}
	t.orders[o] = newOrder(sorted, t.chunk)
}

// setPath tells the last part of a project's path, and whether rows are no longer
// in the order by path because of that.
func (t *table) setPath(id int64, path string) (moved bool) {
	i := t.addProject(id)
	moved = t.projects.paths[i] != path && len(t.projects.rows[i]) > 0
	t.projects.paths[i] = path
	return moved
}

// moved brings the orders by path up to date with paths.
func (t *table) moved() {
	t.writes++
	rows := make([]uint32, 0, t.live())
	for row, k := range t.kind {
		if k != 0 {
			rows = append(rows, uint32(row))
		}
	}
	t.arrangeByPath(rows)
}

// compact returns a table without the rows that were removed and without the
// texts that only they had.
func (t *table) compact() *table {
	c := newTable(t.few, t.chunk)
	for row, k := range t.kind {
		if k == 0 {
			continue
		}
		version, _ := c.versions.number(t.versions.list[t.version[row]])
		c.ids = append(c.ids, t.ids[row])
		c.created = append(c.created, t.created[row])
		c.project = append(c.project, c.addProject(t.projects.ids[t.project[row]]))
		c.name = append(c.name, c.names.add(t.names.list[t.name[row]]))
		c.version = append(c.version, version)
		c.kind = append(c.kind, k)
	}
	for i, id := range t.projects.ids {
		c.setPath(id, t.projects.paths[i])
	}
	c.arrange()
	return c
}
