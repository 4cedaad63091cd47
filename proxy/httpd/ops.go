package httpd

import (
	"context"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// Limits of readiness: probes write to disk, and anybody may ask.
const (
	probeTime = 3 * time.Second
	probeAge  = time.Second
)

// checkResult is one check as GitLab shows it.
type checkResult struct {
	Status  string `json:"status"`
	Message string `json:"message,omitempty"`
}

const (
	statusOK     = "ok"
	statusFailed = "failed"
)

// operate answers the routes of operations.
func (s *Server) operate(x *exchange) error {
	switch x.target.Op {
	case opHealth, opLiveness:
		x.discarded = true
		x.writeJSON(checkResult{Status: statusOK})
	case opReadiness:
		x.discarded = true
		s.readiness(x)
	case opMetrics:
		if s.exposition == nil {
			return noSuchPath(x.target.Op)
		}
		x.discarded = true
		s.exposition(x.ctx)
		x.common()
	default:
		return noSuchPath(x.target.Op)
	}
	return nil
}

// readiness answers 200 when every check works and no drain has begun.
func (s *Server) readiness(x *exchange) {
	results := s.ready.look(s.base)
	answer := map[string]any{"status": statusOK}
	for name, r := range results {
		answer[name+"_check"] = []checkResult{r}
		if r.Status != statusOK {
			answer["status"] = statusFailed
		}
	}
	if s.draining.Load() {
		answer["status"] = statusFailed
		answer["drain_check"] = []checkResult{{Status: statusFailed, Message: "shutting down"}}
	}
	x.writeJSON(answer)
	if answer["status"] != statusOK {
		x.ctx.Response.SetStatusCode(http.StatusServiceUnavailable)
	}
}

// readiness runs the checks, at most once a second whoever asks.
type readiness struct {
	checks []Check
	logger *slog.Logger

	mu      sync.Mutex
	looked  time.Time
	results map[string]checkResult
}

func newReadiness(checks []Check, logger *slog.Logger) *readiness {
	return &readiness{checks: checks, logger: logger}
}

// look returns the result of every check. Causes go to the log: they name paths
// and addresses.
func (r *readiness) look(ctx context.Context) map[string]checkResult {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.results != nil && time.Since(r.looked) < probeAge {
		return r.results
	}
	results := make(map[string]checkResult, len(r.checks))
	for _, c := range r.checks {
		results[c.Name] = r.probe(ctx, c)
	}
	r.results, r.looked = results, time.Now()
	return results
}

func (r *readiness) probe(ctx context.Context, c Check) checkResult {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	if err := c.Probe(ctx); err != nil {
		r.logger.Warn("check failed", "check", c.Name, "err", err)
		return checkResult{Status: statusFailed, Message: c.Name + " does not work, see the log"}
	}
	return checkResult{Status: statusOK}
}
