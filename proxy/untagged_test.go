package proxy_test

import (
	"errors"
	"testing"

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
