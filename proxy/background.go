package proxy

import (
	"container/heap"
	"context"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

const (
	// backgroundWorkers bounds the refreshes that no request waits for.
	backgroundWorkers = 4
	// maxScheduled bounds the names waiting for one.
	maxScheduled = 100_000
)

// noteUse schedules the background refresh of a document the first time it is
// asked for in its lifetime: what is used stays fresh without anybody waiting,
// what is not is left alone.
func (p *Proxy) noteUse(e *entry, s *snapshot) {
	if s.used.Load() || !s.used.CompareAndSwap(false, true) {
		return
	}
	p.due.add(dueRefresh{at: s.rec.Checked.Add(p.backgroundAfter(s)), entry: e, snap: s})
}

// Run refreshes used documents before they expire, until ctx ends.
func (p *Proxy) Run(ctx context.Context) error {
	if p.opts.Offline {
		<-ctx.Done()
		return nil
	}
	var workers errgroup.Group
	workers.SetLimit(backgroundWorkers)
	for {
		d, ok := p.due.next(ctx, p.opts.Now)
		if !ok {
			return workers.Wait()
		}
		workers.Go(func() error {
			p.refreshBehind(ctx, d)
			return nil
		})
	}
}

func (p *Proxy) refreshBehind(ctx context.Context, d dueRefresh) {
	if d.entry.snap.Load() != d.snap || d.entry.purged() {
		return // refreshed meanwhile, or not wanted any more
	}
	p.deps.Metrics.BackgroundRefresh()
	// A failure is logged where it happens and the document stays servable.
	_, _ = p.startRefresh(ctx, d.entry, d.snap, want{}).Wait(ctx)
}

// dueRefresh is a refresh at a time.
type dueRefresh struct {
	at    time.Time
	entry *entry
	snap  *snapshot
}

// schedule is a queue of refreshes by time.
type schedule struct {
	mu   sync.Mutex
	heap dueHeap
	wake chan struct{}
}

func newSchedule() *schedule { return &schedule{wake: make(chan struct{}, 1)} }

func (s *schedule) add(d dueRefresh) {
	s.mu.Lock()
	if len(s.heap) < maxScheduled {
		heap.Push(&s.heap, d)
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// next waits for the next refresh that is due; it is false when ctx ends.
func (s *schedule) next(ctx context.Context, now func() time.Time) (dueRefresh, bool) {
	for {
		d, wait, ok := s.pop(now())
		if ok {
			return d, true
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-s.wake:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return dueRefresh{}, false
		}
	}
}

// pop takes the first refresh if it is due, else tells how long to wait.
func (s *schedule) pop(now time.Time) (dueRefresh, time.Duration, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.heap) == 0 {
		return dueRefresh{}, time.Hour, false
	}
	if wait := s.heap[0].at.Sub(now); wait > 0 {
		return dueRefresh{}, wait, false
	}
	return heap.Pop(&s.heap).(dueRefresh), 0, true
}

// dueHeap orders refreshes by time, for container/heap.
type dueHeap []dueRefresh

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }
func (h dueHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *dueHeap) Push(x any)        { *h = append(*h, x.(dueRefresh)) }
func (h *dueHeap) Pop() any {
	old := *h
	last := old[len(old)-1]
	old[len(old)-1] = dueRefresh{}
	*h = old[:len(old)-1]
	return last
}
