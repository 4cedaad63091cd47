package catalog

import (
	"slices"
	"sort"
)

// chunkSize is how many rows a part of an order has at most.
const chunkSize = 1024

// order is all rows in one order, in parts that are short enough to put a row in
// between. Rows are told apart by whoever searches.
type order struct {
	size   int
	chunks [][]uint32
}

// newOrder cuts sorted rows into parts.
func newOrder(sorted []uint32, size int) *order {
	o := &order{size: size}
	for part := range slices.Chunk(sorted, size) {
		o.chunks = append(o.chunks, slices.Clone(part))
	}
	return o
}

// cursor is a place in an order. Past the end it is the chunk behind the last.
type cursor struct{ chunk, at int }

// search returns the first place from which on behind holds.
func (o *order) search(behind func(row uint32) bool) cursor {
	c := sort.Search(len(o.chunks), func(i int) bool { return behind(o.chunks[i][len(o.chunks[i])-1]) })
	if c == len(o.chunks) {
		return cursor{chunk: c}
	}
	chunk := o.chunks[c]
	return cursor{c, sort.Search(len(chunk), func(i int) bool { return behind(chunk[i]) })}
}

// ahead returns the place before a place.
func (o *order) ahead(c cursor) cursor {
	if c.at > 0 {
		return cursor{c.chunk, c.at - 1}
	}
	return o.last(c.chunk - 1)
}

// last is the last place of a chunk, which may be the one before the first.
func (o *order) last(chunk int) cursor {
	if chunk < 0 {
		return cursor{chunk: -1}
	}
	return cursor{chunk, len(o.chunks[chunk]) - 1}
}

// end is where a walk in that direction begins.
func (o *order) end(down bool) cursor {
	if down {
		return o.last(len(o.chunks) - 1)
	}
	return cursor{}
}

// insert puts a row in at a place that search returned.
func (o *order) insert(at cursor, row uint32) {
	if at.chunk == len(o.chunks) { // behind all others, as new rows often are
		if at.chunk == 0 || len(o.chunks[at.chunk-1]) >= o.size {
			o.chunks = append(o.chunks, []uint32{row})
			return
		}
		at = cursor{at.chunk - 1, len(o.chunks[at.chunk-1])}
	}
	chunk := slices.Insert(o.chunks[at.chunk], at.at, row)
	if len(chunk) <= o.size {
		o.chunks[at.chunk] = chunk
		return
	}
	half := len(chunk) / 2
	o.chunks[at.chunk] = slices.Clone(chunk[:half])
	o.chunks = slices.Insert(o.chunks, at.chunk+1, slices.Clone(chunk[half:]))
}

// remove takes the row at a place out.
func (o *order) remove(at cursor) {
	chunk := slices.Delete(o.chunks[at.chunk], at.at, at.at+1)
	o.chunks[at.chunk] = chunk
	if len(chunk) == 0 {
		o.chunks = slices.Delete(o.chunks, at.chunk, at.chunk+1)
	}
}

// stretch is a walk through an order.
type stretch struct {
	from        cursor
	down        bool
	skip, limit int
}

// walk returns the rows of a set that a stretch meets.
func (o *order) walk(rows bitset, s stretch) []uint32 {
	met := make([]uint32, 0, s.limit)
	step := 1
	if s.down {
		step = -1
	}
	for at := s.from; at.chunk >= 0 && at.chunk < len(o.chunks) && len(met) < s.limit; {
		chunk := o.chunks[at.chunk]
		for i := at.at; i >= 0 && i < len(chunk) && len(met) < s.limit; i += step {
			switch {
			case !rows.has(chunk[i]):
			case s.skip > 0:
				s.skip--
			default:
				met = append(met, chunk[i])
			}
		}
		if s.down {
			at = o.last(at.chunk - 1)
		} else {
			at = cursor{chunk: at.chunk + 1}
		}
	}
	return met
}

// counts returns how many rows of a set each chunk has.
func (o *order) counts(rows bitset) []int {
	counts := make([]int, len(o.chunks))
	for i, chunk := range o.chunks {
		for _, row := range chunk {
			if rows.has(row) {
				counts[i]++
			}
		}
	}
	return counts
}

// seek moves the beginning of a stretch over whole chunks, whose counts are
// known, as far as it skips them.
func (o *order) seek(counts []int, s stretch) stretch {
	for s.from.chunk >= 0 && s.from.chunk < len(counts) && s.skip >= counts[s.from.chunk] {
		s.skip -= counts[s.from.chunk]
		if s.down {
			s.from = o.last(s.from.chunk - 1)
		} else {
			s.from = cursor{chunk: s.from.chunk + 1}
		}
	}
	return s
}
