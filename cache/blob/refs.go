package blob

import "sync/atomic"

// Refs counts who still needs something, for the Writers of stores. The zero
// value stands for one reference, that of the maker.
type Refs struct {
	// extra is the number of references beside the first one, -1 at the end.
	extra atomic.Int64
}

// Retain adds a reference unless the last one is gone.
func (r *Refs) Retain() bool {
	for {
		n := r.extra.Load()
		if n < 0 {
			return false
		}
		if r.extra.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Release takes a reference away and tells whether it was the last one. That
// is true exactly once.
func (r *Refs) Release() (last bool) {
	n := r.extra.Add(-1)
	if n < -1 {
		panic("BUG: released more references than were retained")
	}
	return n == -1
}
