package httpd

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/larderhq/larder/metrics"
)

// record counts a finished exchange and writes its access line. The line is
// made of what was parsed: never the raw target, the query, or a header, which
// may hold tokens.
func (s *Server) record(x *exchange) {
	took := time.Since(x.start)
	sent := x.conn.written - x.written
	s.recorder(x).Record(metrics.Served{
		Status:   x.status,
		Bytes:    sent,
		Duration: took,
		Result:   x.outcome,
	})
	level := x.level()
	ctx := context.Background()
	if !s.options.Logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, 12)
	attrs = append(attrs,
		slog.String("method", x.method),
		slog.String("route", s.operations[x.target.Op].name),
		slog.Int("status", x.status),
		slog.Int64("bytes", sent),
		slog.Float64("ms", float64(took.Microseconds())/1000),
		slog.String("req", x.id),
		slog.String("remote", x.remote.String()),
	)
	if !x.target.Name.IsZero() {
		attrs = append(attrs, slog.String("pkg", x.target.Name.String()))
	}
	if x.outcome != "" {
		attrs = append(attrs, slog.String("cache", x.outcome))
	}
	if x.cause != nil {
		attrs = append(attrs, slog.Any("err", x.cause))
	}
	s.options.Logger.LogAttrs(ctx, level, "request", attrs...)
}

// recorder keeps writes apart from reads of the same path: a publish takes as
// long as its tarball does, and how many there are is worth knowing.
func (s *Server) recorder(x *exchange) *metrics.Route {
	if x.mutates {
		return s.writes[x.target.Op]
	}
	return s.routes[x.target.Op]
}

// level is Error where someone must act, Warn where a client was let down, and
// Debug for probes, which come every few seconds and log their own failures.
func (x *exchange) level() slog.Level {
	switch {
	case x.internal:
		return slog.LevelError
	case x.discarded:
		return slog.LevelDebug
	case x.cause != nil, x.status >= http.StatusInternalServerError:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}
