package catalog

import "math/bits"

// bitset is a set of small numbers. It grows when a number is put in; what it is
// too short for is not in it.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) has(i uint32) bool {
	word := int(i >> 6)
	return word < len(b) && b[word]&(1<<(i&63)) != 0
}

func (b *bitset) set(i uint32) {
	word := int(i >> 6)
	for word >= len(*b) {
		*b = append(*b, 0)
	}
	(*b)[word] |= 1 << (i & 63)
}

func (b bitset) clear(i uint32) {
	if word := int(i >> 6); word < len(b) {
		b[word] &^= 1 << (i & 63)
	}
}

func (b bitset) count() int {
	n := 0
	for _, word := range b {
		n += bits.OnesCount64(word)
	}
	return n
}

// list returns the numbers of the set, ascending, in room for n of them.
func (b bitset) list(n int) []uint32 {
	all := make([]uint32, 0, n)
	for i, word := range b {
		for ; word != 0; word &= word - 1 {
			all = append(all, uint32(i<<6+bits.TrailingZeros64(word)))
		}
	}
	return all
}
