package catalog

import (
	"bytes"
	"slices"
	"strings"
)

// texts keeps each text once and numbers them in the order in which they came.
type texts struct {
	list  []string
	index map[string]uint32
}

func newTexts() texts { return texts{index: map[string]uint32{}} }

// number returns the number of a text, which is new where it was not there.
func (t *texts) number(text string) (n uint32, added bool) {
	if n, ok := t.index[text]; ok {
		return n, false
	}
	n = uint32(len(t.list))
	t.list = append(t.list, text)
	t.index[text] = n
	return n, true
}

// ranks returns the place of each text among all, by bytes.
func (t *texts) ranks() []uint32 { return ranks(t.list) }

func ranks(list []string) []uint32 {
	sorted := make([]uint32, len(list))
	for i := range sorted {
		sorted[i] = uint32(i)
	}
	slices.SortFunc(sorted, func(a, b uint32) int { return strings.Compare(list[a], list[b]) })
	rank := make([]uint32, len(list))
	for place, i := range sorted {
		rank[i] = uint32(place)
		if place > 0 && list[i] == list[sorted[place-1]] {
			rank[i] = rank[sorted[place-1]]
		}
	}
	return rank
}

// names are the texts that can be searched. All of them stand one behind the
// other in lower case, so that a search is one pass over memory.
type names struct {
	texts
	lower []byte
	// ends are where each name ends in lower; a NUL, which no name contains,
	// follows.
	ends []uint32
}

// add returns the number of a name.
func (n *names) add(name string) uint32 {
	i, added := n.number(name)
	if added {
		n.lower = append(n.lower, strings.ToLower(name)...)
		n.ends = append(n.ends, uint32(len(n.lower)))
		n.lower = append(n.lower, 0)
	}
	return i
}

// start is where a name begins in lower.
func (n *names) start(i uint32) uint32 {
	if i == 0 {
		return 0
	}
	return n.ends[i-1] + 1
}

// text is a name in lower case.
func (n *names) text(i uint32) []byte { return n.lower[n.start(i):n.ends[i]] }

// search puts a 1 into found for each name that contains every term.
func (n *names) search(terms [][]byte, found []uint8) {
	terms = slices.SortedFunc(slices.Values(terms), func(a, b []byte) int { return len(b) - len(a) })
	longest, others := terms[0], terms[1:]
	if bytes.IndexByte(longest, 0) >= 0 {
		return // NUL stands between names and in none
	}
	for i := uint32(0); int(i) < len(n.ends); i++ {
		at := n.start(i)
		hit := bytes.Index(n.lower[at:], longest)
		if hit < 0 {
			return
		}
		i = n.holding(i, at+uint32(hit))
		if containsAll(n.text(i), others) {
			found[i] = 1
		}
	}
}

// holding returns the name that stands at a place of lower, which is in the name
// from or behind it. It looks near first: common terms hit nearly every name.
func (n *names) holding(from, at uint32) uint32 {
	low, step := int(from), 1
	for low+step < len(n.ends) && n.ends[low+step] < at {
		low, step = low+step, step*2
	}
	high := min(low+step+1, len(n.ends))
	i, _ := slices.BinarySearch(n.ends[low:high], at)
	return uint32(low + i)
}
