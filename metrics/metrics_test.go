package metrics

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
)

// full returns Metrics in which every event happened once.
func full() *Metrics {
	m := New(Build{Version: "1.2.3", Revision: "abc"})
	record(m)
	return m
}

func record(m *Metrics) {
	m.Upstream("default")
	m.FlightShared("packument")
	m.IntegrityFailed("hash")
	m.IntegrityChanged()
	m.BackgroundRefresh()
	m.RequestRefused("G20")
	m.TargetRefused("traversal")
	m.FramingRefused("fold")
	m.ConnectionOpened()
	m.ConnectionClosed()
	m.ConnectionRefused()
	m.Panicked()
	recordGuards(m)
	m.Attempt("default", "ok", 20*time.Millisecond)
	m.Received("default", "complete", 1000)
	m.BreakerState("default", "registry", "open")
	m.Refused("default", "G48")
	m.ObserveStore("ready", func() Size { return Size{Items: 2, Bytes: 64, Limit: 128} })
	m.Route("packument").Record(Served{Status: 200, Bytes: 512, Duration: time.Millisecond, Result: "hit"})
}

func scrape(t *testing.T, m *Metrics) string {
	t.Helper()
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/-/metrics", nil))
	body, err := io.ReadAll(rec.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestExpositionHoldsEveryEvent(t *testing.T) {
	t.Parallel()
	got := scrape(t, full())
	for _, want := range []string{
		`larder_build_info{go_version="go1.`,
		`larder_flights_shared_total{kind="packument"} 1`,
		`larder_integrity_failures_total{reason="hash"} 1`,
		`larder_integrity_changes_total 1`,
		`larder_background_refreshes_total 1`,
		`larder_refusals_total{guard="G20"} 1`,
		`larder_bad_targets_total{kind="traversal"} 1`,
		`larder_bad_framing_total{kind="fold"} 1`,
		`larder_connections 0`,
		`larder_connections_refused_total 1`,
		`larder_panics_total 1`,
		`larder_upstream_attempts_total{result="ok",upstream="default"} 1`,
		`larder_upstream_attempt_duration_seconds_count{upstream="default"} 1`,
		`larder_upstream_received_bytes_total{upstream="default"} 1000`,
		`larder_upstream_bodies_total{result="complete",upstream="default"} 1`,
		`larder_upstream_breaker_state{group="registry",upstream="default"} 2`,
		`larder_upstream_refusals_total{guard="G48",upstream="default"} 1`,
		`larder_store_bytes{store="ready"} 64`,
		`larder_store_items{store="ready"} 2`,
		`larder_store_limit_bytes{store="ready"} 128`,
		`larder_requests_total{class="2xx",route="packument"} 1`,
		`larder_requests_total{class="5xx",route="packument"} 0`,
		`larder_request_duration_seconds_count{route="packument"} 1`,
		`larder_response_bytes_total{route="packument"} 512`,
		`larder_cache_results_total{result="hit",route="packument"} 1`,
		`larder_cache_bytes_total{result="hit",route="packument"} 512`,
		`go_goroutines`,
		`process_open_fds`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("exposition lacks %q", want)
		}
	}
}

func TestUpstreamBeginsAtZero(t *testing.T) {
	t.Parallel()
	m := New(Build{})
	m.Upstream("team")
	m.Refused("team", "G52")
	got := scrape(t, m)
	for _, want := range []string{
		`larder_upstream_attempts_total{result="ok",upstream="team"} 0`,
		`larder_upstream_attempts_total{result="canceled",upstream="team"} 0`,
		`larder_upstream_attempt_duration_seconds_count{upstream="team"} 0`,
		`larder_upstream_received_bytes_total{upstream="team"} 0`,
		`larder_upstream_bodies_total{result="abandoned",upstream="team"} 0`,
		`larder_upstream_refusals_total{guard="G48",upstream="team"} 0`,
		`larder_upstream_refusals_total{guard="G52",upstream="team"} 1`,
		`larder_upstream_refusals_total{guard="G53",upstream="team"} 0`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("exposition lacks %q", want)
		}
	}
}

// TestDurationHasNoClass: each class of each route would be another histogram.
func TestDurationHasNoClass(t *testing.T) {
	t.Parallel()
	m := New(Build{})
	m.Route("packument")
	if n := strings.Count(scrape(t, m), "larder_request_duration_seconds_count{"); n != 1 {
		t.Errorf("%d histograms for one route", n)
	}
}

func TestExpositionPassesPromlint(t *testing.T) {
	t.Parallel()
	var ours []string
	for line := range strings.Lines(scrape(t, full())) {
		if strings.HasPrefix(line, "larder_") || strings.Contains(line, " larder_") {
			ours = append(ours, line)
		}
	}
	problems, err := promlint.New(strings.NewReader(strings.Join(ours, ""))).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Errorf("%s: %s", p.Metric, p.Text)
	}
}

func TestHistogramsAreNativeToo(t *testing.T) {
	t.Parallel()
	families, err := full().registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "larder_upstream_attempt_duration_seconds" {
			continue
		}
		h := f.GetMetric()[0].GetHistogram()
		if len(h.GetBucket()) == 0 || len(h.GetPositiveSpan()) == 0 {
			t.Errorf("%s has %d classic buckets and %d native spans, want both",
				f.GetName(), len(h.GetBucket()), len(h.GetPositiveSpan()))
		}
		return
	}
	t.Fatal("no upstream histogram")
}

func TestUnknownLabelsStayInTheClosedSet(t *testing.T) {
	t.Parallel()
	m := New(Build{})
	m.RequestRefused("left-pad")
	m.FlightShared("")
	got := scrape(t, m)
	if strings.Contains(got, "left-pad") {
		t.Error("a caller's text became a label")
	}
	if !strings.Contains(got, `larder_refusals_total{guard="other"} 1`) {
		t.Error("an unknown guard is not counted as other")
	}
}

func TestStatusOutsideTheClassesIsCounted(t *testing.T) {
	t.Parallel()
	m := New(Build{})
	r := m.Route("ping")
	r.Record(Served{Status: 0})
	r.Record(Served{Status: 999})
	got := scrape(t, m)
	if !strings.Contains(got, `larder_requests_total{class="5xx",route="ping"} 2`) {
		t.Error("statuses that do not exist are not counted as failures")
	}
}

func TestNilRecordsNothing(t *testing.T) {
	t.Parallel()
	var m *Metrics
	record(m)
	rec := httptest.NewRecorder()
	m.Handler().ServeHTTP(rec, httptest.NewRequest(http.MethodGet, "/", nil))
	if rec.Code != http.StatusNotFound {
		t.Errorf("status %d, want 404", rec.Code)
	}
}

func TestRecordDoesNotAllocate(t *testing.T) {
	r := New(Build{}).Route("packument")
	served := Served{Status: 200, Bytes: 512, Duration: time.Millisecond, Result: "hit"}
	r.Record(served)
	if n := testing.AllocsPerRun(1000, func() { r.Record(served) }); n > 0 {
		t.Errorf("Record allocates %v times", n)
	}
}
