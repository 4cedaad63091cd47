package proxy_test

import (
	"errors"
	"testing"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

func (l *larder) manifest(t *testing.T, pkg, selector string) error {
	t.Helper()
	_, err := l.Manifest(ctx(t), proxy.ManifestRequest{Name: name(t, pkg), Selector: selector, Base: base})
	return err
}

// lookups are the routes that find a version in a document.
func lookups(l *larder) map[string]func(*testing.T) error {
	return map[string]func(*testing.T) error{
		"manifest": func(t *testing.T) error { return l.manifest(t, "leaf", "1.1.0") },
		"tarball":  func(t *testing.T) error { _, err := l.bytesOf(t, "leaf", "1.1.0"); return err },
	}
}

func TestOnlyUpstreamSaysThatAVersionIsMissing(t *testing.T) {
	t.Parallel()
	for _, route := range []string{"manifest", "tarball"} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			up.Add(upstreamtest.Simple("leaf", "1.0.0"))
			l := start(t, up)
			must(l.full(t, "leaf"))(t)
			ask := lookups(l)[route]
			up.Fail(upstreamtest.OnPackument("leaf"), upstreamtest.HTML())
			for range 3 {
				if err := ask(t); !errors.Is(err, npm.ErrBadUpstream) {
					t.Errorf("while upstream fails: %v", err)
				}
			}
			up.Heal()
			up.Release("leaf", upstreamtest.Version{Version: "1.1.0"})
			check(t, ask(t))
		})
	}
}

func TestMissingVersionsShareTheirLook(t *testing.T) {
	t.Parallel()
	for _, route := range []string{"manifest", "tarball"} {
		t.Run(route, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			up.Add(upstreamtest.Simple("leaf", "1.0.0"))
			l := start(t, up)
			must(l.full(t, "leaf"))(t)
			up.Release("leaf", upstreamtest.Version{Version: "1.1.0"})
			gate := upstreamtest.NewGate()
			up.Fail(upstreamtest.OnPackument("leaf"), upstreamtest.Hold(gate))
			ask, answers := lookups(l)[route], make(chan error)
			for range 8 {
				go func() { answers <- ask(t) }()
			}
			<-gate.Arrived()
			gate.Release()
			for range 8 {
				if err := <-answers; err != nil {
					t.Error(err)
				}
			}
			if n := up.Count(upstreamtest.KindPackument); n != 2 {
				t.Errorf("%d packument requests", n)
			}
		})
	}
}

func TestMissingVersionIsAskedForOnce(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up)
	for range 3 { // the document is new each first time, so it need not be asked for again
		if err := l.manifest(t, "leaf", "6.6.6"); !errors.Is(err, npm.ErrNotFound) {
			t.Error(err)
		}
	}
	if n := up.Count(); n != 1 {
		t.Errorf("%d upstream requests", n)
	}
}
