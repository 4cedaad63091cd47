package metrics

import "github.com/prometheus/client_golang/prometheus"

// other is the label of a value outside the closed set. It shows up only when
// a caller and this package disagree, and keeps the set closed even then.
const other = "other"

// closedCounter is a counter with one label whose values are known at start:
// every child is resolved once, so that counting is a map look-up and an add.
type closedCounter struct {
	children map[string]prometheus.Counter
}

func newClosedCounter(r prometheus.Registerer, name, help string, label string, values ...string) closedCounter {
	vec := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	r.MustRegister(vec)
	c := closedCounter{children: make(map[string]prometheus.Counter, len(values)+1)}
	for _, v := range append(values, other) {
		c.children[v] = vec.WithLabelValues(v)
	}
	return c
}

func (c closedCounter) add(value string) {
	child, ok := c.children[value]
	if !ok {
		child = c.children[other]
	}
	child.Inc()
}

func newCounter(r prometheus.Registerer, name, help string) prometheus.Counter {
	c := prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	r.MustRegister(c)
	return c
}

func newGauge(r prometheus.Registerer, name, help string) prometheus.Gauge {
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	r.MustRegister(g)
	return g
}
