package proxy_test

import (
	"errors"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestTarballsOfAnotherPackage lets upstream swap a tarball whose hash nobody
// declared: only its own package.json tells.
func TestTarballsOfAnotherPackage(t *testing.T) {
	t.Parallel()
	for label, other := range map[string]struct{ name, version string }{
		"another name": {"evil", "1.0.0"}, "another version": {"leaf", "6.6.6"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			v := upstreamtest.Version{Version: "1.0.0", Hashes: upstreamtest.HashesNone}
			up.Add(upstreamtest.Package{Name: "leaf", Versions: []upstreamtest.Version{v}})
			v.Version = other.version
			swapped := upstreamtest.Tarball(other.name, v)
			heal := up.Fail(upstreamtest.OnTarball("leaf", "1.0.0"), upstreamtest.Change(func(p *upstreamtest.Reply) {
				p.Body = swapped
			}))
			l := start(t, up)
			var said *npm.Error
			if _, err := l.bytesOf(t, "leaf", "1.0.0"); !errors.Is(err, npm.ErrIntegrity) || !errors.As(err, &said) || said.Guard != "G22" {
				t.Fatalf("got %v, want a refusal by G22", err)
			}
			if l.counts.failures("manifest") != 1 {
				t.Error("the refusal is not counted")
			}
			heal()
			must(l.bytesOf(t, "leaf", "1.0.0"))(t) // nothing was stored or pinned
		})
	}
}
