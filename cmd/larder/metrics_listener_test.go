package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/larderhq/larder/metrics"
)

func TestMetricsListener(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	ln, err := listenMetrics(ctx, "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	handler := metricsHandler(metrics.New(metrics.Build{Version: "1.2.3"}).Handler(), true)
	go func() { ended <- serveMetrics(ctx, ln, handler) }()
	client := newClient(t)
	for _, tt := range []struct {
		name, method, path string
		status             int
		holds              string
	}{
		{"metrics", "GET", "/-/metrics", 200, `version="1.2.3"`},
		{"where scrapers look first", "GET", "/metrics", 200, "larder_build_info"},
		{"profiles", "GET", "/debug/pprof/", 200, "goroutine"},
		{"a profile", "GET", "/debug/pprof/goroutine?debug=1", 200, "goroutine profile"},
		{"a short one of time", "GET", "/debug/pprof/trace?seconds=0.01", 200, ""},
		{"packages", "GET", "/left-pad", 404, ""},
		{"a write", "POST", "/-/metrics", 405, ""},
	} {
		req, err := http.NewRequestWithContext(ctx, tt.method, "http://"+ln.Addr().String()+tt.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil || resp.Body.Close() != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if resp.StatusCode != tt.status || !strings.Contains(string(body), tt.holds) {
			t.Errorf("%s: status %d, %.200q, want %d with %q", tt.name, resp.StatusCode, body, tt.status, tt.holds)
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("after its context: %v", err)
	}
	if c, err := net.Dial("tcp", ln.Addr().String()); err == nil {
		c.Close()
		t.Error("the listener is still open")
	}
}

func TestMetricsWithoutProfiles(t *testing.T) {
	t.Parallel()
	handler := metricsHandler(metrics.New(metrics.Build{}).Handler(), false)
	for path, want := range map[string]int{"/metrics": 200, "/debug/pprof/": 404} {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		if w.Code != want {
			t.Errorf("%s: status %d, want %d", path, w.Code, want)
		}
	}
}

func TestMetricsListenerThatCannotBe(t *testing.T) {
	t.Parallel()
	ln, err := listenMetrics(t.Context(), "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := listenMetrics(t.Context(), ln.Addr().String()); err == nil || !strings.Contains(err.Error(), "metrics.listen") {
		t.Errorf("a port in use: %v", err)
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if err := serveMetrics(t.Context(), ln, http.NotFoundHandler()); err == nil {
		t.Error("a closed listener serves")
	}
}
