package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// breakerStates are the values of the breaker gauge, in the order of their
// numbers.
var breakerStates = map[string]float64{"closed": 0, "half_open": 1, "open": 2}

// attemptResults, bodyResults and upstreamGuards are the upstream client's
// words.
var (
	attemptResults = [...]string{"ok", "not_modified", "redirect", "not_found", "denied", "throttled", "client_error",
		"server_error", "loop", "timeout", "failed", "refused", "canceled"}
	bodyResults    = [...]string{"complete", "truncated", "timeout", "too_large", "corrupt", "abandoned"}
	upstreamGuards = [...]string{"G48", "G52", "G53"}
)

// upstreamVectors are the measurements of the upstream client. Upstreams are
// the configured ones, so the set is closed although it is not known here.
type upstreamVectors struct {
	attempts *prometheus.CounterVec
	duration *prometheus.HistogramVec
	bodies   *prometheus.CounterVec
	bytes    *prometheus.CounterVec
	breaker  *prometheus.GaugeVec
	refusals *prometheus.CounterVec
}

func newUpstreamVectors(r prometheus.Registerer) upstreamVectors {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		r.MustRegister(v)
		return v
	}
	v := upstreamVectors{
		attempts: counter("larder_upstream_attempts_total",
			"Requests sent upstream, retries included, by result.", "upstream", "result"),
		bodies: counter("larder_upstream_bodies_total",
			"Bodies received from upstream, by how they ended.", "upstream", "result"),
		bytes: counter("larder_upstream_received_bytes_total",
			"Body bytes received from upstream over the wire.", "upstream"),
		refusals: counter("larder_upstream_refusals_total",
			"Upstream requests, or the credentials of one, that a guard kept back.", "upstream", "guard"),
		duration: newHistogram(r, "larder_upstream_attempt_duration_seconds",
			"Time from sending a request upstream to the head of its answer.", "upstream"),
		breaker: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "larder_upstream_breaker_state",
			Help: "State of an upstream's breaker: 0 closed, 1 half open, 2 open.",
		}, []string{"upstream", "group"}),
	}
	r.MustRegister(v.breaker)
	return v
}

// Upstream lets the measurements of an upstream begin at zero, so that a rate
// sees the first event too. Whoever starts larder calls it for each.
func (m *Metrics) Upstream(name string) {
	if m == nil {
		return
	}
	for _, result := range attemptResults {
		m.upstream.attempts.WithLabelValues(name, result)
	}
	for _, result := range bodyResults {
		m.upstream.bodies.WithLabelValues(name, result)
	}
	for _, guard := range upstreamGuards {
		m.upstream.refusals.WithLabelValues(name, guard)
	}
	m.upstream.bytes.WithLabelValues(name)
	m.upstream.duration.WithLabelValues(name)
}

// Attempt counts one request sent upstream: result is the upstream client's
// word for how it went, d the time until the answer's head.
func (m *Metrics) Attempt(upstream, result string, d time.Duration) {
	if m == nil {
		return
	}
	m.upstream.attempts.WithLabelValues(upstream, result).Inc()
	m.upstream.duration.WithLabelValues(upstream).Observe(d.Seconds())
}

// Received counts one body from upstream: result is the upstream client's word
// for how it ended, bytes what came over the wire.
func (m *Metrics) Received(upstream, result string, bytes int64) {
	if m == nil {
		return
	}
	m.upstream.bodies.WithLabelValues(upstream, result).Inc()
	m.upstream.bytes.WithLabelValues(upstream).Add(float64(bytes))
}

// BreakerState records that the breaker of a group of requests ("registry" or
// "tarballs") of an upstream is "closed", "half_open" or "open".
func (m *Metrics) BreakerState(upstream, group, state string) {
	if m == nil {
		return
	}
	if value, ok := breakerStates[state]; ok {
		m.upstream.breaker.WithLabelValues(upstream, group).Set(value)
	}
}

// Refused counts an upstream request, or the credentials of one, that a guard
// ("G48") kept back.
func (m *Metrics) Refused(upstream, guard string) {
	if m != nil {
		m.upstream.refusals.WithLabelValues(upstream, guard).Inc()
	}
}
