package proxy_test

import (
	"slices"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestManifestsAreReadWhereTheyMatter looks at what guards say about versions of
// different ages that all bring a script: where they warn, only what is new or
// tagged is worth it, where they refuse, everything is.
func TestManifestsAreReadWhereTheyMatter(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	version := func(v string, days int, scripts bool) upstreamtest.Version {
		out := upstreamtest.Version{Version: v, Published: now.Add(-time.Duration(days) * 24 * time.Hour)}
		if scripts {
			out.Manifest = map[string]any{"scripts": map[string]any{"install": "true"}}
		}
		return out
	}
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Package{Name: "scripted", Versions: []upstreamtest.Version{
		version("1.0.0", 900, false), version("2.0.0", 800, true), version("3.0.0", 700, false),
		version("3.1.0", 690, false), version("3.2.0", 680, false), version("3.3.0", 670, false),
		version("4.0.0", 20, true), version("5.0.0", 600, false), version("6.0.0", 500, true),
	}})
	for mode, want := range map[string]map[string]bool{
		"warn":    {"2.0.0": false, "4.0.0": true, "6.0.0": true}, // 6.0.0 is the latest
		"dry-run": {"2.0.0": true, "4.0.0": true, "6.0.0": true},
	} {
		l := start(t, up, func(l *larder) {
			l.rules = proxy.Rules{Engine: must(policy.Compile(policy.Config{Level: policy.NoLevel,
				Modes: []policy.ModeRule{{Guard: "scripts", Mode: mode}}}))(t)}
		})
		for v, noted := range want {
			ball := must(l.tarball(t, "scripted", v))(t)
			check(t, ball.Body.Close())
			objects := func(v policy.Verdict) bool { return v.State == policy.Hit }
			if got := slices.ContainsFunc(ball.Verdicts, objects); got != noted {
				t.Errorf("%s: %s is noted: %t, want %t", mode, v, got, noted)
			}
		}
	}
}
