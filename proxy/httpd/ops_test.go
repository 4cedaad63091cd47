package httpd

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/larderhq/larder/metrics"
)

func TestHealthAndLiveness(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	for _, target := range []string{"/-/health", "/-/liveness"} {
		r := h.do("GET", target)
		r.want(t, 200, "Content-Type: application/json", "Cache-Control: no-store")
		if string(r.body) != `{"status":"ok"}` {
			t.Errorf("%s says %s", target, r.body)
		}
	}
}

func TestReadinessNamesTheCheckThatFails(t *testing.T) {
	t.Parallel()
	var probes atomic.Int64
	h := startServer(t, Options{},
		Check{Name: "registry", Probe: func(context.Context) error { probes.Add(1); return nil }},
		Check{Name: "blobs", Probe: func(ctx context.Context) error {
			if _, ok := ctx.Deadline(); !ok {
				return errors.New("no deadline")
			}
			return errors.New("write /secret/path: no space left")
		}})
	r := h.do("GET", "/-/readiness")
	r.want(t, 503, "Cache-Control: no-store")
	want := `{"blobs_check":[{"status":"failed","message":"blobs does not work, see the log"}],"registry_check":[{"status":"ok"}],"status":"failed"}`
	if string(r.body) != want {
		t.Errorf("says %s, want %s", r.body, want)
	}
	if !strings.Contains(h.log.String(), "no space left") {
		t.Error("the cause is not logged")
	}
	h.do("GET", "/-/readiness")
	if n := probes.Load(); n > 2 {
		t.Errorf("%d probes for two questions at once", n)
	}
}

func TestReadinessTurnsRedWhileDraining(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{}, Check{Name: "registry", Probe: func(context.Context) error { return nil }})
	h.do("GET", "/-/readiness").want(t, 200)
	h.server.Drain()
	r := h.do("GET", "/-/readiness")
	r.want(t, 503)
	if !strings.Contains(string(r.body), `"drain_check":[{"status":"failed"`) {
		t.Errorf("says %s", r.body)
	}
	h.do("GET", "/-/liveness").want(t, 200)
	h.do("GET", "/left-pad").want(t, 200)
}

func TestExposition(t *testing.T) {
	t.Parallel()
	m := metrics.New(metrics.Build{Version: "test"})
	h := startServer(t, Options{Metrics: m, Exposition: m.Handler()})
	h.packages.tarball = stored(t, content(), nil)
	h.do("GET", "/left-pad").want(t, 200)
	h.do("GET", tgz).want(t, 200)
	h.do("PUT", "/left-pad", "Authorization: Bearer wrong").want(t, 401)
	h.do("GET", "/a%00").want(t, 400)
	h.send("GET /a HTTP/1.1\r\nHost: h\r\nX-A: b\r\n c\r\n\r\n")
	var text string
	eventually(t, "all are counted", func() bool {
		r := h.do("GET", "/-/metrics")
		text = string(r.body)
		return r.StatusCode == http.StatusOK && strings.Contains(text, `larder_cache_results_total{result="hit",route="tarball"} 1`) &&
			strings.Contains(text, `larder_requests_total{class="4xx",route="malformed"} 2`)
	})
	for _, want := range []string{
		`larder_requests_total{class="2xx",route="packument"} 1`,
		`larder_requests_total{class="4xx",route="packument_write"} 1`,
		`larder_requests_total{class="4xx",route="packument"} 0`,
		`larder_sign_in_failures_total{reason="credential"} 1`,
		`larder_sign_in_failures_total{reason="throttled"} 0`,
		`larder_bad_targets_total{kind="character"} 1`,
		`larder_bad_framing_total{kind="fold"} 1`,
		`larder_request_duration_seconds_count{route="tarball"} 1`,
		`larder_response_bytes_total{route="tarball"} 1.04`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("exposition lacks %q", want)
		}
	}
	startServer(t, Options{}).do("GET", "/-/metrics").want(t, 404)
}
