package metrics

import (
	"fmt"
	"net/http"
	"runtime"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Build says which larder this is.
type Build struct {
	Version  string
	Revision string
}

// Metrics is every measurement of one larder. A nil *Metrics records nothing,
// so that tests and tools need none.
type Metrics struct {
	registry *prometheus.Registry
	http     httpVectors
	counts   counts
	guards   guardCounts
	upstream upstreamVectors
	sizes    *sizes
}

// counts are the events that stand for themselves.
type counts struct {
	shared           closedCounter
	integrityFailed  closedCounter
	integrityChanged prometheus.Counter
	refreshes        prometheus.Counter
	refusals         closedCounter
	signInsFailed    closedCounter
	badTargets       closedCounter
	badFraming       closedCounter
	connsRefused     prometheus.Counter
	panics           prometheus.Counter
	conns            atomic.Int64
}

// New returns Metrics on a registry of its own, with the collectors of the Go
// runtime and of the process.
func New(b Build) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry(), sizes: newSizes()}
	m.registry.MustRegister(
		collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(
			collectors.MetricsGC, collectors.MetricsMemory, collectors.MetricsScheduler)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		m.sizes,
	)
	m.registerBuild(b)
	m.registerCounts()
	m.guards = newGuardCounts(m.registry)
	m.http = newHTTPVectors(m.registry)
	m.upstream = newUpstreamVectors(m.registry)
	return m
}

func (m *Metrics) registerBuild(b Build) {
	info := prometheus.NewGaugeVec(prometheus.GaugeOpts{
		Name: "larder_build_info",
		Help: "Always 1; its labels say which larder this is.",
	}, []string{"version", "revision", "go_version"})
	info.WithLabelValues(b.Version, b.Revision, runtime.Version()).Set(1)
	m.registry.MustRegister(info)
}

func (m *Metrics) registerCounts() {
	r := m.registry
	m.counts.shared = newClosedCounter(r, "larder_flights_shared_total",
		"Requests that shared the upstream work of another request.",
		"kind", "packument", "tarball", "raw")
	m.counts.integrityFailed = newClosedCounter(r, "larder_integrity_failures_total",
		"Upstream bytes that were refused because they are not what was promised.",
		"reason", "hash", "length", "pin", "manifest")
	m.counts.refusals = newClosedCounter(r, "larder_refusals_total",
		"Requests refused by a guard.", "guard", guards()...)
	m.counts.signInsFailed = newClosedCounter(r, "larder_sign_in_failures_total",
		"Credentials and passwords that were refused.", "reason", "credential", "throttled")
	m.counts.badTargets = newClosedCounter(r, "larder_bad_targets_total",
		"Request targets refused by the grammar.",
		"kind", "form", "escape", "double_encoding", "traversal", "separator", "character", "length", "name")
	m.counts.badFraming = newClosedCounter(r, "larder_bad_framing_total",
		"Requests refused because two parties could disagree on where they end.",
		"kind", "length_and_coding", "coding", "fold", "line", "protocol", "host", "body", "parse")
	m.counts.integrityChanged = newCounter(r, "larder_integrity_changes_total",
		"Versions whose upstream integrity differs from the pin of their first sight.")
	m.counts.refreshes = newCounter(r, "larder_background_refreshes_total",
		"Revalidations that no request waited for.")
	m.counts.connsRefused = newCounter(r, "larder_connections_refused_total",
		"Connections closed at once because their address had too many.")
	m.counts.panics = newCounter(r, "larder_panics_total",
		"Handler panics that were answered with a 500.")
	r.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "larder_connections",
		Help: "Client connections that are open.",
	}, func() float64 { return float64(m.counts.conns.Load()) }))
}

// guards are the labels of refusals: the numbers of the guard table.
func guards() []string {
	const last = 70
	labels := make([]string, 0, last)
	for n := 1; n <= last; n++ {
		labels = append(labels, fmt.Sprintf("G%02d", n))
	}
	return labels
}

// Handler returns the exposition: text or OpenMetrics by negotiation, gzipped
// where the scraper takes it.
func (m *Metrics) Handler() http.Handler {
	if m == nil {
		return http.NotFoundHandler()
	}
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{EnableOpenMetrics: true})
}

// FlightShared counts a request that joined the upstream work of another; kind
// is "packument", "tarball" or "raw".
func (m *Metrics) FlightShared(kind string) {
	if m != nil {
		m.counts.shared.add(kind)
	}
}

// IntegrityFailed counts bytes that were refused; reason is "hash", "length",
// "pin" or "manifest".
func (m *Metrics) IntegrityFailed(reason string) {
	if m != nil {
		m.counts.integrityFailed.add(reason)
	}
}

// IntegrityChanged counts a version whose upstream integrity no longer equals
// the pin of its first sight.
func (m *Metrics) IntegrityChanged() {
	if m != nil {
		m.counts.integrityChanged.Inc()
	}
}

// BackgroundRefresh counts a revalidation that no request waited for.
func (m *Metrics) BackgroundRefresh() {
	if m != nil {
		m.counts.refreshes.Inc()
	}
}

// RequestRefused counts a client request that a guard ("G20") refused.
func (m *Metrics) RequestRefused(guard string) {
	if m != nil {
		m.counts.refusals.add(guard)
	}
}

// SignInFailed counts credentials that were refused; reason is "credential"
// where they were no good and "throttled" where too many had failed before.
func (m *Metrics) SignInFailed(reason string) {
	if m != nil {
		m.counts.signInsFailed.add(reason)
	}
}

// TargetRefused counts a request target that the grammar refused.
func (m *Metrics) TargetRefused(kind string) {
	if m != nil {
		m.counts.badTargets.add(kind)
	}
}

// FramingRefused counts a request whose framing is ambiguous.
func (m *Metrics) FramingRefused(kind string) {
	if m != nil {
		m.counts.badFraming.add(kind)
	}
}

// ConnectionOpened counts a client connection until ConnectionClosed.
func (m *Metrics) ConnectionOpened() {
	if m != nil {
		m.counts.conns.Add(1)
	}
}

// ConnectionClosed ends what ConnectionOpened began.
func (m *Metrics) ConnectionClosed() {
	if m != nil {
		m.counts.conns.Add(-1)
	}
}

// ConnectionRefused counts a connection over its address's limit.
func (m *Metrics) ConnectionRefused() {
	if m != nil {
		m.counts.connsRefused.Inc()
	}
}

// Panicked counts a handler panic that was answered with a 500.
func (m *Metrics) Panicked() {
	if m != nil {
		m.counts.panics.Inc()
	}
}
