package metrics

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// nativeBucketFactor and the limits beside it give every histogram native
// buckets next to its classic ones: about 10 % error at bounded memory.
const (
	nativeBucketFactor   = 1.1
	nativeMaxBuckets     = 120
	nativeMinResetPeriod = time.Hour
)

// classes are the classes of final statuses, from 200 on.
var classes = [...]string{"2xx", "3xx", "4xx", "5xx"}

// classOf returns the index of a status in classes; what is no final status is
// our failure.
func classOf(status int) int {
	if i := status/100 - 2; i >= 0 && i < len(classes) {
		return i
	}
	return len(classes) - 1
}

// results are proxy.Outcome's words.
var results = [...]string{"hit", "miss", "revalidated", "stale", "stale_error", "joined", "offline"}

// httpVectors are the measurements of the front end, by route.
type httpVectors struct {
	requests     *prometheus.CounterVec
	duration     *prometheus.HistogramVec
	bytes        *prometheus.CounterVec
	cacheResults *prometheus.CounterVec
	cacheBytes   *prometheus.CounterVec
}

func newHTTPVectors(r prometheus.Registerer) httpVectors {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
		r.MustRegister(v)
		return v
	}
	return httpVectors{
		requests: counter("larder_requests_total",
			"Requests answered, by route and status class.", "route", "class"),
		bytes: counter("larder_response_bytes_total",
			"Bytes written to clients, headers included.", "route"),
		cacheResults: counter("larder_cache_results_total",
			"Answers by where they came from.", "route", "result"),
		cacheBytes: counter("larder_cache_bytes_total",
			"Bytes written to clients by where the answer came from.", "route", "result"),
		duration: newHistogram(r, "larder_request_duration_seconds",
			"Time from a request's headers to the last byte of its answer.", "route"),
	}
}

func newHistogram(r prometheus.Registerer, name, help string, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:                            name,
		Help:                            help,
		Buckets:                         []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 120},
		NativeHistogramBucketFactor:     nativeBucketFactor,
		NativeHistogramMaxBucketNumber:  nativeMaxBuckets,
		NativeHistogramMinResetDuration: nativeMinResetPeriod,
	}, labels)
	r.MustRegister(h)
	return h
}

// Route records the requests of one route. Its children are resolved when it
// is made. A nil *Route records nothing.
type Route struct {
	requests     [len(classes)]prometheus.Counter
	duration     prometheus.Observer
	bytes        prometheus.Counter
	cacheResults map[string]prometheus.Counter
	cacheBytes   map[string]prometheus.Counter
}

// Route returns the recorder of the route called name. The front end asks once
// per route when it starts; names come from its closed list.
func (m *Metrics) Route(name string) *Route {
	if m == nil {
		return nil
	}
	r := &Route{
		duration:     m.http.duration.WithLabelValues(name),
		bytes:        m.http.bytes.WithLabelValues(name),
		cacheResults: make(map[string]prometheus.Counter, len(results)),
		cacheBytes:   make(map[string]prometheus.Counter, len(results)),
	}
	for i, class := range classes {
		r.requests[i] = m.http.requests.WithLabelValues(name, class)
	}
	for _, result := range results {
		r.cacheResults[result] = m.http.cacheResults.WithLabelValues(name, result)
		r.cacheBytes[result] = m.http.cacheBytes.WithLabelValues(name, result)
	}
	return r
}

// Served is one answered request as Route.Record takes it.
type Served struct {
	Status   int
	Bytes    int64
	Duration time.Duration
	// Result is the word of the cache's outcome, or empty where the answer
	// does not come through the cache.
	Result string
}

// Record counts one answered request.
func (r *Route) Record(s Served) {
	if r == nil {
		return
	}
	r.requests[classOf(s.Status)].Inc()
	r.duration.Observe(s.Duration.Seconds())
	r.bytes.Add(float64(s.Bytes))
	if c, ok := r.cacheResults[s.Result]; ok {
		c.Inc()
		r.cacheBytes[s.Result].Add(float64(s.Bytes))
	}
}
