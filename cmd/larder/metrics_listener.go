package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/pprof"
	"time"
)

// Limits of the listener for whoever runs larder. A profile takes as long as it
// is asked to, so answers have none.
const (
	metricsHeadTime = 10 * time.Second
	metricsIdleTime = 2 * time.Minute
	metricsDrain    = time.Second
)

// listenMetrics opens the listener of metrics and profiles.
func listenMetrics(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s for metrics: %w; choose another address with metrics.listen", address, err)
	}
	return ln, nil
}

// metricsHandler answers with metrics, and with profiles where they are wanted.
// Profiles tell what is in memory, so they are nowhere else.
func metricsHandler(metrics http.Handler, profiles bool) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /-/metrics", metrics)
	mux.Handle("GET /metrics", metrics)
	if profiles {
		mux.HandleFunc("/debug/pprof/", pprof.Index)
		mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
		mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
		mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
		mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	}
	return mux
}

// serveMetrics answers on a listener of its own until ctx ends.
func serveMetrics(ctx context.Context, ln net.Listener, mux http.Handler) error {
	server := &http.Server{Handler: mux, ReadHeaderTimeout: metricsHeadTime, IdleTimeout: metricsIdleTime}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(ln) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve metrics on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), metricsDrain)
	defer cancel()
	if server.Shutdown(drain) != nil {
		_ = server.Close() // a profile that still runs is cut off
	}
	if err := <-failed; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve metrics on %s: %w", ln.Addr(), err)
	}
	return nil
}
