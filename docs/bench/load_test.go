package main

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestWavesCountWhatWasAnswered reads every kind of answer that the servers
// give, and counts a wrong status as a failure.
func TestWavesCountWhatWasAnswered(t *testing.T) {
	t.Parallel()
	far := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"v1"`)
		switch {
		case r.URL.Path == "/missing":
			w.WriteHeader(http.StatusNotFound)
		case r.Header.Get("If-None-Match") == `"v1"`:
			w.WriteHeader(http.StatusNotModified)
		case r.URL.Path == "/chunked":
			for range 3 {
				_, _ = w.Write(make([]byte, 5000))
				w.(http.Flusher).Flush()
			}
		default:
			_, _ = w.Write(make([]byte, 1500))
		}
	}))
	t.Cleanup(far.Close)
	address := strings.TrimPrefix(far.URL, "http://")
	tests := []struct {
		name, path string
		status     int
		headers    []string
		size       int64
		fails      bool
	}{
		{name: "with a length", path: "/", status: 200, size: 1500},
		{name: "chunked", path: "/chunked", status: 200, size: 15000},
		{name: "not modified", path: "/", status: 304, headers: []string{`If-None-Match: "v1"`}},
		{name: "wrong status", path: "/missing", status: 200, fails: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ask := newRequest(address, tt.path, tt.status, tt.headers...)
			got, err := once(t.Context(), address, ask)
			if tt.fails != (err != nil) {
				t.Fatalf("error %v", err)
			}
			if !tt.fails && (got.size != tt.size || got.etag != `"v1"`) {
				t.Errorf("%d bytes and ETag %s, want %d", got.size, got.etag, tt.size)
			}
			w := blast(t.Context(), address, ask, 2, 20*time.Millisecond)
			if tt.fails {
				if w.requests > 0 || w.failed == 0 {
					t.Errorf("%d answered and %d failed, want failures alone", w.requests, w.failed)
				}
				return
			}
			if w.requests == 0 || w.failed > 0 || w.bytes != int64(w.requests)*tt.size || len(w.delays) != w.requests {
				t.Errorf("%d answered, %d failed, %d bytes, %d delays: %v", w.requests, w.failed, w.bytes, len(w.delays), w.why)
			}
		})
	}
}

func TestFiguresAreReadable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, got, want string
	}{
		{"thousands", digits(12345.6), "12346"},
		{"tens", digits(42.19), "42"},
		{"ones", digits(4.25), "4.2"},
		{"tenths", digits(.256), "0.26"},
		{"less", digits(.0123), "0.012"},
		{"a delay", milliseconds(1500 * time.Microsecond), "1.5"},
		{"a ratio", ratio(3, 2), "1.5×"},
		{"a ratio to nothing", ratio(3, 0), "–"},
		{"the middle", median([]time.Duration{5, 1, 3}).String(), "3ns"},
		{"the last of a hundred", percentile([]time.Duration{1, 2, 3}, .99).String(), "3ns"},
		{"the last of none", percentile(nil, .99).String(), "0s"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}
