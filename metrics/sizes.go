package metrics

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// Size is how much a store holds at the moment of a scrape.
type Size struct {
	// Items is the number of things held, or -1 where the store cannot tell.
	Items int64
	// Bytes is the room they take.
	Bytes int64
	// Limit is the most bytes the store may take, or 0 for none.
	Limit int64
}

// sizes is the collector of store sizes. The command registers a callback for
// each store that it opens; nothing is measured between scrapes.
type sizes struct {
	mu     sync.Mutex
	stores map[string]func() Size

	items, bytes, limit *prometheus.Desc
}

func newSizes() *sizes {
	label := []string{"store"}
	return &sizes{
		stores: make(map[string]func() Size),
		items:  prometheus.NewDesc("larder_store_items", "Things held in a store.", label, nil),
		bytes:  prometheus.NewDesc("larder_store_bytes", "Bytes that a store takes.", label, nil),
		limit:  prometheus.NewDesc("larder_store_limit_bytes", "Most bytes that a store may take.", label, nil),
	}
}

// ObserveStore makes each scrape call size for the store called name ("blobs",
// "records", "registry", "ready" for the ready bytes in memory). The command
// calls it once per store; size must be quick and safe at any time.
func (m *Metrics) ObserveStore(name string, size func() Size) {
	if m == nil {
		return
	}
	m.sizes.mu.Lock()
	defer m.sizes.mu.Unlock()
	m.sizes.stores[name] = size
}

// Describe implements prometheus.Collector.
func (s *sizes) Describe(ch chan<- *prometheus.Desc) {
	ch <- s.items
	ch <- s.bytes
	ch <- s.limit
}

// Collect implements prometheus.Collector.
func (s *sizes) Collect(ch chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gauge := func(d *prometheus.Desc, v int64, name string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), name)
	}
	for name, size := range s.stores {
		now := size()
		gauge(s.bytes, now.Bytes, name)
		if now.Items >= 0 {
			gauge(s.items, now.Items, name)
		}
		if now.Limit > 0 {
			gauge(s.limit, now.Limit, name)
		}
	}
}
