package proxy_test

import (
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestUndecidedTarballOfMany asks many times at once for tarballs that have to be
// looked into: those who come when one has just been stored get it as well.
func TestUndecidedTarballOfMany(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	l := start(t, up, func(l *larder) {
		l.rules = proxy.Rules{Engine: must(policy.Compile(policy.Config{Level: policy.NoLevel,
			Modes: []policy.ModeRule{{Guard: "manifest", Mode: "enforce"}, {Guard: "tar", Mode: "enforce"}}}))(t)}
	})
	for round := range 20 {
		name := "leaf-" + string(rune('a'+round))
		up.Add(upstreamtest.Simple(name, "1.0.0", "1.1.0"))
		var asking sync.WaitGroup
		for range 16 {
			asking.Go(func() {
				if _, err := l.bytesOf(t, name, "1.0.0"); err != nil {
					t.Error(err)
				}
			})
		}
		asking.Wait()
	}
}

// TestFactsThatCameMeanwhile asks for a tarball that waits for the age of a
// dependency which somebody else has asked about since.
func TestFactsThatCameMeanwhile(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	old := func(v upstreamtest.Version) upstreamtest.Version {
		v.Published = now.Add(-90 * 24 * time.Hour)
		return v
	}
	up.Add(upstreamtest.Package{Name: "child", Versions: []upstreamtest.Version{old(upstreamtest.Version{Version: "1.0.0"})}})
	up.Add(upstreamtest.Package{Name: "parent", Versions: []upstreamtest.Version{
		old(upstreamtest.Version{Version: "1.0.0"}),
		old(upstreamtest.Version{Version: "1.1.0", Manifest: map[string]any{"dependencies": map[string]any{"child": "^1.0.0"}}}),
		old(upstreamtest.Version{Version: "1.2.0"}),
	}})
	l := start(t, up, func(l *larder) {
		l.rules = proxy.Rules{Engine: must(policy.Compile(policy.Config{Level: policy.NoLevel,
			Modes: []policy.ModeRule{{Guard: "manifest", Mode: "enforce"}, {Guard: "young_dependency", Mode: "enforce"}}}))(t)}
	})
	must(l.full(t, "parent"))(t)
	must(l.full(t, "child"))(t)
	if _, err := l.bytesOf(t, "parent", "1.1.0"); err != nil {
		t.Error(err)
	}
}
