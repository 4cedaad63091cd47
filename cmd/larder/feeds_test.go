package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// writeReport writes a feed that condemns a version of left.
func writeReport(t *testing.T, path, id, version string) {
	t.Helper()
	const report = `{"id":%q,"modified":"2026-11-20T12:00:00Z","summary":"Malicious code","affected":[` +
		`{"package":{"ecosystem":"npm","name":"left"},"versions":[%q]}],"database_specific":{"malicious-packages-origins":[{"source":"x","sha256":"00"}]}}`
	if err := os.WriteFile(path, fmt.Appendf(nil, report+"\n", id, version), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBrokenFeedAfterRestart breaks a feed while larder does not run: the one of
// before counts, what it condemns is refused, and everything tells. Another feed, that
// was never loaded, still stops what is of upstream.
func TestBrokenFeedAfterRestart(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("left", "1.0.0", "1.1.0", "1.2.0"))
	dir := t.TempDir()
	data, config := filepath.Join(dir, "data"), filepath.Join(dir, "larder.yaml")
	feed, never := filepath.Join(dir, "feed.jsonl"), filepath.Join(dir, "never.jsonl")
	write := func(path, text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(config, fmt.Sprintf("feeds: [{path: %q}]\n", feed))
	start := func() *policed {
		return &policed{server: begin(t, []string{"--config", config, "--data", data, "--listen", "127.0.0.1:0", "--upstream", up.URL()}), client: newClient(t)}
	}
	stop := func(p *policed) {
		t.Helper()
		if code := p.server.end(t); code != exitOK {
			t.Errorf("exit code %d: %s", code, p.log)
		}
	}
	check := func() string {
		var out strings.Builder
		if code := run(t.Context(), []string{"check", "--config", config, "--data", data, "--upstream", up.URL()}, nil, &out, &out); code != exitOK {
			t.Errorf("check ended with %d: %s", code, out.String())
		}
		return out.String()
	}
	ready := func(p *policed) func() bool {
		return func() bool {
			status, _ := p.get(t, p.client, "-/readiness")
			return status == http.StatusOK
		}
	}
	writeReport(t, feed, "MAL-2026-1", "1.1.0")

	p := start()
	eventually(t, "load the feed", ready(p))
	p.refuses(t, "at first", "1.1.0", "G34")
	eventually(t, "keep a copy", func() bool {
		copies, _ := filepath.Glob(filepath.Join(data, keptFeeds, "*.copy"))
		return len(copies) == 1
	})
	if out := check(); strings.Contains(out, "feed") {
		t.Errorf("check with a good feed: %s", out)
	}
	stop(p)

	write(feed, "{torn")
	p = start()
	eventually(t, "take the copy", ready(p))
	p.refuses(t, "after a restart", "1.1.0", "G34")
	p.refuses(t, "after a restart", "1.0.0", "")
	eventually(t, "count it", func() bool {
		_, body := p.get(t, p.client, "-/metrics")
		return strings.Contains(string(body), "\nlarder_feeds_kept 1\n")
	})
	if out := check(); !strings.Contains(out, "the feed "+feed+" cannot be loaded; its copy of ") {
		t.Errorf("check: %s", out)
	}
	if n := strings.Count(p.log.String(), "a feed cannot be loaded"); n != 1 {
		t.Errorf("logged %d times: %s", n, p.log)
	}
	stop(p)

	write(config, fmt.Sprintf("feeds: [{path: %q}, {path: %q}]\n", feed, never))
	p = start()
	eventually(t, "tell which feed is missing", func() bool {
		return strings.Contains(check(), "nothing of upstream is served: ") && strings.Contains(p.log.String(), never)
	})
	if status, body := p.get(t, p.client, "left/-/left-1.0.0.tgz"); status != http.StatusServiceUnavailable || strings.Contains(string(body), dir) {
		t.Errorf("without one of the feeds: %d %s", status, body)
	}
	writeReport(t, never, "MAL-2026-2", "1.2.0")
	eventually(t, "load the other feed", ready(p))
	p.refuses(t, "with both", "1.1.0", "G34")
	p.refuses(t, "with both", "1.2.0", "G34")
	p.refuses(t, "with both", "1.0.0", "")
	stop(p)
}
