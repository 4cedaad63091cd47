package proxy_test

import (
	"errors"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestHiddenVersionsOfUnseenTarballs hides young versions whose tarballs nobody
// has fetched: that they have to be looked into as well is no reason to list them.
func TestHiddenVersionsOfUnseenTarballs(t *testing.T) {
	t.Parallel()
	hiding := policy.Config{Level: policy.NoLevel, Cooldown: policy.Cooldown{Default: 24 * time.Hour, HideOnly: true}, Modes: []policy.ModeRule{
		{Guard: "cooldown", Mode: "enforce"}, {Guard: "time", Mode: "enforce"}, {Guard: "manifest", Mode: "enforce"}}}
	tests := []struct {
		name   string
		age    time.Duration
		latest string
	}{
		{"young and tagged", time.Hour, "1.0.1"},
		{"young, and no tag points to it", time.Hour, "2.0.0"},
		{"backdated and tagged", 90 * 24 * time.Hour, "1.0.1"},
		{"backdated, and no tag points to it", 90 * 24 * time.Hour, "2.0.0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			pkg := upstreamtest.Simple("leaf", "1.0.0", "2.0.0")
			up.Add(pkg)
			l := start(t, up, func(l *larder) {
				l.rules = proxy.Rules{Engine: must(policy.Compile(hiding))(t), Prefetch: proxy.Prefetch{Age: 24 * time.Hour}}
			})
			must(l.full(t, "leaf"))(t)
			pkg.Versions = append(pkg.Versions, upstreamtest.Version{Version: "1.0.1", Published: l.clock.Now().Add(-tt.age)})
			pkg.Tags = map[string]string{"latest": tt.latest}
			up.Add(pkg)
			l.clock.forward(6 * time.Minute)
			d := decode(t, must(l.full(t, "leaf"))(t))
			if _, listed := d.Versions["1.0.1"]; listed {
				t.Errorf("a version that was first seen now is listed, and latest is %q", d.Tags["latest"])
			}
		})
	}
}

// TestManifestOfWhatIsNotJudgedYet asks for the manifest of a tagged version whose
// tarball cannot be fetched in time: it exists, so that no answer may say that
// it does not.
func TestManifestOfWhatIsNotJudgedYet(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0", "1.1.0"))
	up.Fail(upstreamtest.OnTarball("leaf", "1.1.0"), upstreamtest.Status(503))
	l := start(t, up, func(l *larder) {
		l.rules = enforcing(t, policy.G22)
		l.rules.Prefetch.Wait, l.rules.Prefetch.Size = 10*time.Second, 1<<20
	})
	if _, listed := decode(t, must(l.full(t, "leaf"))(t)).Versions["1.1.0"]; listed {
		t.Fatal("a tagged version that cannot be judged is listed")
	}
	if err := l.manifest(t, "leaf", "1.1.0"); !errors.Is(err, npm.ErrUnavailable) {
		t.Errorf("got %v, want to be told to try again", err)
	}
}
