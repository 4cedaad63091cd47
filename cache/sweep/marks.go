package sweep

import (
	"encoding/binary"
	"slices"
)

// marks is the set of digests that are referred to. It holds the first eight
// bytes of each, so that a million takes 8 MB instead of over 64. Two digests
// that share those keep each other: one orphan stays, and nothing in use goes.
type marks struct {
	firsts []uint64
}

func (m *marks) add(digest [64]byte) { m.firsts = append(m.firsts, first(digest)) }

// sort makes has work for what was added.
func (m *marks) sort() { slices.Sort(m.firsts) }

func (m *marks) has(digest [64]byte) bool {
	_, ok := slices.BinarySearch(m.firsts, first(digest))
	return ok
}

func (m *marks) len() int { return len(m.firsts) }

func first(digest [64]byte) uint64 { return binary.BigEndian.Uint64(digest[:8]) }
