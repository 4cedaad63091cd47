package proxy_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// swapped is a tarball of another package in the place of leaf 1.0.0, whose hash
// nobody declared.
type swapped struct {
	*larder
	bytes []byte
	heal  func()
}

func swap(t *testing.T, as, version string, setup ...func(*larder)) swapped {
	t.Helper()
	up := upstreamtest.New(t)
	v := upstreamtest.Version{Version: "1.0.0", Hashes: upstreamtest.HashesNone}
	up.Add(upstreamtest.Package{Name: "leaf", Versions: []upstreamtest.Version{v}})
	v.Version = version
	s := swapped{bytes: upstreamtest.Tarball(as, v)}
	s.heal = up.Fail(upstreamtest.OnTarball("leaf", "1.0.0"), upstreamtest.Change(func(p *upstreamtest.Reply) { p.Body = s.bytes }))
	s.larder = start(t, up, setup...)
	return s
}

// refused expects that G22 refuses the tarball.
func (s swapped) refused(t *testing.T) {
	t.Helper()
	var said *npm.Error
	if _, err := s.bytesOf(t, "leaf", "1.0.0"); !errors.As(err, &said) || said.Guard != "G22" {
		t.Fatalf("got %v, want a refusal by G22", err)
	}
}

// TestTarballsOfAnotherPackage lets upstream swap a tarball whose hash nobody
// declared: only its own package.json tells.
func TestTarballsOfAnotherPackage(t *testing.T) {
	t.Parallel()
	for label, other := range map[string]struct{ name, version string }{
		"another name": {"evil", "1.0.0"}, "another version": {"leaf", "6.6.6"},
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			s := swap(t, other.name, other.version)
			s.refused(t)
			if s.counts.failures("manifest") != 1 {
				t.Error("the refusal is not counted")
			}
			s.heal()
			must(s.bytesOf(t, "leaf", "1.0.0"))(t) // nothing was stored or pinned
		})
		t.Run(label+", waived", func(t *testing.T) {
			t.Parallel()
			s := swap(t, other.name, other.version, func(l *larder) { l.rules.Engine = onManifests(t) })
			s.refused(t)
			now := s.clock.Now()
			for _, w := range []policy.Waiver{
				{Name: "leaf", Version: "1.0.1"}, {Name: "leaf", Version: "1.0.0", Guard: "cooldown"},
			} {
				w.Reason, w.From, w.Until = "something else", now, now.Add(time.Hour)
				s.Apply(proxy.Rules{Engine: onManifests(t, w)})
				s.refused(t)
			}
			if pins := must(s.ledger.Pins(ctx(t), name(t, "leaf")))(t); len(pins) > 0 {
				t.Errorf("what was refused is pinned: %v", pins)
			}
			s.Apply(proxy.Rules{Engine: onManifests(t, policy.Waiver{
				Name: "leaf", Version: "1.0.0", Guard: "manifest", Reason: "read it", From: now, Until: now.Add(time.Hour)})})
			if got := must(s.bytesOf(t, "leaf", "1.0.0"))(t); !bytes.Equal(got, s.bytes) {
				t.Error("something else is served")
			}
			s.clock.forward(2 * time.Hour)
			s.refused(t)
		})
	}
}

// onManifests are rules of G22 alone.
func onManifests(t *testing.T, waivers ...policy.Waiver) *policy.Engine {
	t.Helper()
	return must(policy.Compile(policy.Config{Level: policy.NoLevel, Waivers: waivers,
		Modes: []policy.ModeRule{{Guard: "manifest", Mode: "enforce"}}}))(t)
}
