package ready

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// maxBases is the number of public bases whose renderings are kept. Tarball
	// URLs follow the request's Host where no public URL is set, and a client
	// may write anything there: without a bound each invented host would fill
	// the cache.
	maxBases = 16
	// baseIdle is how long a base must have been unused before another takes
	// its place, so that invented hosts lose theirs and real ones do not.
	baseIdle = 10 * time.Minute
)

// Bases remembers the bases whose renderings are kept, and their last use.
type Bases struct {
	mu   sync.RWMutex
	max  int
	used map[string]*atomic.Int64 // Unix seconds
}

// NewBases returns an empty set.
func NewBases() *Bases { return newBases(maxBases) }

func newBases(limit int) *Bases {
	return &Bases{max: limit, used: make(map[string]*atomic.Int64, limit)}
}

// Keep tells whether renderings for this base are kept, admitting the base
// while there is room or one that is idle.
func (s *Bases) Keep(base string, now time.Time) bool {
	if base == "" {
		return true // nothing in the document depends on one
	}
	base = hostOf(base)
	if s.Touch(base, now) {
		return true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.used[base]; !known {
		if len(s.used) >= s.max && !s.dropIdle(now) {
			return false
		}
		s.used[base] = new(atomic.Int64)
	}
	s.used[base].Store(now.Unix())
	return true
}

// Touch notes a use of a base, and tells whether it is known.
func (s *Bases) Touch(base string, now time.Time) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	last, known := s.used[hostOf(base)]
	if known && last.Load() != now.Unix() {
		last.Store(now.Unix())
	}
	return known
}

// hostOf cuts a base's path off. Paths are those of GitLab's prefixes, of which
// a caller knows only what exists; hosts can be invented.
func hostOf(base string) string {
	if i := strings.Index(base, "://"); i >= 0 {
		if end := strings.IndexByte(base[i+3:], '/'); end >= 0 {
			return base[:i+3+end]
		}
	}
	return base
}

// dropIdle makes room, if a base is idle. The caller holds the lock.
func (s *Bases) dropIdle(now time.Time) bool {
	for base, last := range s.used {
		if now.Sub(time.Unix(last.Load(), 0)) > baseIdle {
			delete(s.used, base)
			return true
		}
	}
	return false
}
