package proxy

import "sync"

// maxBases is the number of public bases whose renderings are kept. Tarball
// URLs follow the request's Host where no public URL is set, and a client may
// write anything there: without a bound each invented host would fill the
// cache.
const maxBases = 16

// baseSet remembers the first bases seen.
type baseSet struct {
	mu   sync.RWMutex
	max  int
	seen map[string]struct{}
}

func newBaseSet(limit int) *baseSet {
	return &baseSet{max: limit, seen: make(map[string]struct{}, limit)}
}

// keep tells whether renderings for this base are kept, admitting the base
// while there is room.
func (s *baseSet) keep(base string) bool {
	if base == "" {
		return true // nothing in the document depends on one
	}
	s.mu.RLock()
	_, known := s.seen[base]
	full := len(s.seen) >= s.max
	s.mu.RUnlock()
	if known || full {
		return known
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) >= s.max {
		return false
	}
	s.seen[base] = struct{}{}
	return true
}
