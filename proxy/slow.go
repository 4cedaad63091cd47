package proxy

import (
	"sync"
	"time"
)

// slowRest is how long requests do not wait for revalidations of an upstream
// after one of them was given up waiting for.
const slowRest = 15 * time.Second

// slowSet knows which upstreams (by namespace) let a request wait in vain
// lately. Without it an install of 500 stale packages would wait 500 times.
type slowSet struct {
	mu    sync.Mutex
	until map[string]time.Time
}

func (s *slowSet) mark(ns string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.until == nil {
		s.until = make(map[string]time.Time)
	}
	s.until[ns] = now.Add(slowRest)
}

func (s *slowSet) clear(ns string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.until, ns)
}

func (s *slowSet) is(ns string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Before(s.until[ns])
}
