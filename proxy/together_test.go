package proxy_test

import (
	"sync"
	"testing"

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
