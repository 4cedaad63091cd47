package proxy_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// reporting adds a feed to rules that calls a version malware.
func reporting(t *testing.T, r proxy.Rules, pkg, version string) proxy.Rules {
	t.Helper()
	path := filepath.Join(t.TempDir(), "feed.jsonl")
	check(t, os.WriteFile(path, []byte(`{"id":"MAL-2026-1","modified":"2026-11-01T00:00:00Z","summary":"Malicious code",`+
		`"affected":[{"package":{"ecosystem":"npm","name":"`+pkg+`"},"versions":["`+version+`"]}]}`), 0o600))
	r.Feeds = must(advisory.Load(ctx(t), advisory.Source{Path: path}))(t)
	return r
}

// TestKeptRulingIsOfItsBasis judges a package, stops, and starts with something
// else that it is to be judged by. What was decided before counts no more.
func TestKeptRulingIsOfItsBasis(t *testing.T) {
	t.Parallel()
	resembling := func(t *testing.T, private string) proxy.Rules {
		r := enforcing(t, policy.G08)
		r.Lookalikes = policy.NewLookalikes([]npm.Name{name(t, private)})
		return r
	}
	cases := []struct {
		name          string
		guard         policy.Guard
		before, after func(t *testing.T) proxy.Rules
		// while happens between.
		while func(t *testing.T, l *larder)
	}{
		{name: "policy", guard: policy.G39,
			before: func(t *testing.T) proxy.Rules { return blocking(t, "leaf-utlis", "9.0.0") },
			after:  func(t *testing.T) proxy.Rules { return blocking(t, "leaf-utlis", "1.1.0") }},
		{name: "feeds", guard: policy.G34,
			before: func(t *testing.T) proxy.Rules { return reporting(t, enforcing(t, policy.G34), "other", "1.1.0") },
			after:  func(t *testing.T) proxy.Rules { return reporting(t, enforcing(t, policy.G34), "leaf-utlis", "1.1.0") }},
		{name: "private names", guard: policy.G08,
			before: func(t *testing.T) proxy.Rules { return resembling(t, "something-else") },
			after:  func(t *testing.T) proxy.Rules { return resembling(t, "leaf-utils") }},
		{name: "document", guard: policy.G11,
			before: func(t *testing.T) proxy.Rules { return enforcing(t, policy.G11) },
			while: func(t *testing.T, l *larder) { // it is replaced while nothing is judged
				l.Apply(proxy.Rules{Engine: policy.New()})
				l.up.Add(aged(l, time.Hour))
				l.clock.forward(6 * time.Minute)
				must(l.full(t, "leaf-utlis"))(t)
			}},
		{name: "absence", guard: policy.G37,
			before: func(t *testing.T) proxy.Rules { return enforcing(t, policy.G37) },
			while: func(t *testing.T, l *larder) { // upstream takes it away
				l.up.Remove("leaf-utlis")
				l.clock.forward(6 * time.Minute)
				_, _ = l.full(t, "leaf-utlis")
			}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := start(t, upstreamtest.New(t), func(l *larder) { l.rules = c.before(t) })
			l.up.Add(aged(l, 20*24*time.Hour))
			if d := decode(t, must(l.full(t, "leaf-utlis"))(t)); d.Tags["latest"] != "1.1.0" {
				t.Fatalf("latest is %q", d.Tags["latest"])
			}
			must(l.bytesOf(t, "leaf-utlis", "1.1.0"))(t)
			l.restart(t) // what is learnt of a tarball is no part of it
			must(l.full(t, "leaf-utlis"))(t)
			if c.while != nil {
				c.while(t, l)
			}
			if c.after != nil {
				l.rules = c.after(t)
			}
			l.restart(t)
			_, err := l.bytesOf(t, "leaf-utlis", "1.1.0")
			refusedBy(t, err, c.guard)
		})
	}
}

// aged is a package whose latest version came out some time ago.
func aged(l *larder, age time.Duration) upstreamtest.Package {
	at := l.clock.Now()
	return upstreamtest.Package{Name: "leaf-utlis", Versions: []upstreamtest.Version{
		{Version: "1.0.0", Published: at.Add(-900 * 24 * time.Hour)}, {Version: "1.1.0", Published: at.Add(-age)}}}
}
