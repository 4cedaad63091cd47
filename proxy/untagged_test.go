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

// TestUntaggedVersionIsJudgedByItsTarball asks for a version that no tag points
// to, so that nobody looked into it before: once where it has to be fetched, and
// once where it was stored while no guard asked. It is refused, and then gone from
// the document.
func TestUntaggedVersionIsJudgedByItsTarball(t *testing.T) {
	t.Parallel()
	for label, stored := range map[string]bool{"fetched": false, "stored before": true} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			up.Add(upstreamtest.Package{Name: "odd", Versions: []upstreamtest.Version{{Version: "1.0.0"},
				{Version: "1.1.0", Manifest: map[string]any{"scripts": map[string]any{"postinstall": "true"}}, Declared: map[string]any{}},
				{Version: "1.2.0"}}})
			l := start(t, up)
			if stored {
				must(l.bytesOf(t, "odd", "1.1.0"))(t)
			}
			l.Apply(proxy.Rules{Engine: must(policy.Compile(policy.Config{Level: policy.NoLevel,
				Modes: []policy.ModeRule{{Guard: "manifest", Mode: "enforce"}}}))(t)})
			if d := decode(t, must(l.full(t, "odd"))(t)); len(d.Versions) != 3 {
				t.Errorf("%d versions are listed before anybody looked", len(d.Versions))
			}
			var refusal *npm.Error
			if _, err := l.bytesOf(t, "odd", "1.1.0"); !errors.As(err, &refusal) || refusal.Guard != "G22" {
				t.Errorf("the tarball: %v", err)
			}
			if d := decode(t, must(l.full(t, "odd"))(t)); len(d.Versions) != 2 {
				t.Errorf("%d versions are listed afterwards", len(d.Versions))
			}
		})
	}
}

// TestTaggedVersionIsJudgedAhead asks for a document whose latest version is not
// what its manifest says. It is left out before anybody gets the document, however
// old it is, unless the administrator set an age.
func TestTaggedVersionIsJudgedAhead(t *testing.T) {
	t.Parallel()
	const month = 30 * 24 * time.Hour
	tests := []struct {
		name        string
		age, of     time.Duration
		listed      int
		latest      string
		nothingCame bool
	}{
		{"young", 0, time.Hour, 1, "1.0.0", false},
		{"old", 0, 20 * month, 1, "1.0.0", false},
		{"young enough", month, time.Hour, 1, "1.0.0", false},
		{"older than the age that is set", month, 20 * month, 2, "1.1.0", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			l := start(t, up)
			up.Add(upstreamtest.Package{Name: "odd", Versions: []upstreamtest.Version{{Version: "1.0.0", Published: l.clock.Now().Add(-30 * month)},
				{Version: "1.1.0", Manifest: map[string]any{"scripts": map[string]any{"postinstall": "true"}},
					Declared: map[string]any{}, Published: l.clock.Now().Add(-tt.of)}}})
			l.Apply(proxy.Rules{Prefetch: proxy.Prefetch{Age: tt.age},
				Engine: must(policy.Compile(policy.Config{Level: policy.NoLevel,
					Modes: []policy.ModeRule{{Guard: "manifest", Mode: "enforce"}}}))(t)})
			d := decode(t, must(l.full(t, "odd"))(t))
			if len(d.Versions) != tt.listed || d.Tags["latest"] != tt.latest {
				t.Errorf("%d versions are listed, latest is %q", len(d.Versions), d.Tags["latest"])
			}
			if asked := up.Count(upstreamtest.KindTarball) > 0; asked == tt.nothingCame {
				t.Errorf("its tarball was fetched: %t", asked)
			}
		})
	}
}
