package proxy_test

import (
	"errors"
	"fmt"
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

// enforcing are rules of some guards alone.
func enforcing(t *testing.T, guards ...policy.Guard) proxy.Rules {
	t.Helper()
	c := policy.Config{Level: policy.NoLevel}
	for _, g := range guards {
		c.Modes = append(c.Modes, policy.ModeRule{Guard: g.Word(), Mode: "enforce"})
	}
	return proxy.Rules{Engine: must(policy.Compile(c))(t)}
}

// blocking are rules of an operator who blocks versions.
func blocking(t *testing.T, match, versions string) proxy.Rules {
	t.Helper()
	c := policy.Config{Level: policy.NoLevel, Modes: []policy.ModeRule{{Guard: policy.G39.Word(), Mode: "enforce"}},
		Blocks: []policy.Block{{Match: match, Versions: versions, Reason: "not here"}}}
	return proxy.Rules{Engine: must(policy.Compile(c))(t)}
}

// condemning are feeds that hold one list of hashes.
func condemning(t *testing.T, text string) *advisory.Set {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hashes.txt")
	check(t, os.WriteFile(path, []byte(text), 0o600))
	return must(advisory.Load(ctx(t), advisory.Source{Path: path, Format: advisory.Hashes}))(t)
}

// refusedBy checks that an error is a refusal of one guard.
func refusedBy(t *testing.T, err error, g policy.Guard) {
	t.Helper()
	var refusal *npm.Error
	if !errors.As(err, &refusal) || refusal.Guard != g.String() {
		t.Errorf("got %v, want a refusal by %v", err, g)
	}
}

// TestHashesCondemnWhatNoTagPointsTo asks for a version that is judged no sooner
// than its tarball is asked for.
func TestHashesCondemnWhatNoTagPointsTo(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0", "1.1.0"))
	l := start(t, up, func(l *larder) {
		l.rules = enforcing(t, policy.G35)
		l.rules.Feeds = condemning(t, up.Integrity("leaf", "1.0.0")+" IOC-1\n")
	})
	for range 2 {
		_, err := l.bytesOf(t, "leaf", "1.0.0")
		refusedBy(t, err, policy.G35)
	}
}

// TestDatesDoNotOutliveARuling holds documents of the same upstream bytes against
// the date that clients know them by.
func TestDatesDoNotOutliveARuling(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0", "1.1.0"))
	l := start(t, up)
	before := must(l.full(t, "leaf"))(t)
	l.Apply(blocking(t, "leaf", "1.1.0"))
	after := must(l.full(t, "leaf"))(t)
	if _, listed := decode(t, after).Versions["1.1.0"]; listed {
		t.Fatal("a blocked version is listed")
	}
	if at := after.Modified; !at.IsZero() && !at.Truncate(time.Second).After(before.Modified) {
		t.Errorf("the document before the block is of %v, and that behind it of %v", before.Modified, at)
	}
}

func TestHasVersionSeesWhatIsKeptFromClients(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	young := upstreamtest.Version{Version: "1.1.0", Published: time.Date(2026, 11, 21, 11, 0, 0, 0, time.UTC)}
	pkg := upstreamtest.Simple("leaf", "1.0.0")
	pkg.Versions = append(pkg.Versions, young)
	up.Add(pkg)
	hiding := policy.Config{Level: policy.NoLevel, Modes: []policy.ModeRule{{Guard: "cooldown", Mode: "enforce"}},
		Cooldown: policy.Cooldown{Default: 72 * time.Hour, HideOnly: true}}
	for _, tt := range []struct {
		name  string
		rules proxy.Rules
	}{
		{"hidden", proxy.Rules{Engine: must(policy.Compile(hiding))(t)}},
		{"denied", blocking(t, "leaf", "1.1.0")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := start(t, up, func(l *larder) { l.rules = tt.rules })
			if has, err := l.HasVersion(ctx(t), name(t, "leaf"), "1.1.0"); err != nil || !has {
				t.Errorf("a version of upstream: %t, %v", has, err)
			}
			if has, err := l.HasVersion(ctx(t), name(t, "leaf"), "3.0.0"); err != nil || has {
				t.Errorf("a version that upstream does not have: %t, %v", has, err)
			}
		})
	}
}

// TestKeysThatComeLater stores a tarball while nobody knows its registry's keys.
func TestKeysThatComeLater(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	forged := upstreamtest.Simple("leaf", "1.0.0", "1.1.0")
	forged.Versions[0].Signing = upstreamtest.SignedWrong
	up.Add(forged)
	l := start(t, up, func(l *larder) { l.rules = enforcing(t, policy.G22, policy.G28) })
	heal := up.Fail(upstreamtest.OnKind(upstreamtest.KindKeys), upstreamtest.Status(500))
	must(l.full(t, "leaf"))(t)
	must(l.bytesOf(t, "leaf", "1.0.0"))(t)
	heal()
	l.clock.forward(2 * time.Minute)
	_, err := l.bytesOf(t, "leaf", "1.0.0")
	refusedBy(t, err, policy.G28)
}

// TestWhatCannotBeJudgedIsLookedIntoOnce asks again and again for a version that
// nobody can judge.
func TestWhatCannotBeJudgedIsLookedIntoOnce(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	pkg := upstreamtest.Simple("leaf", "1.0.0", "1.1.0", "1.2.0")
	pkg.Versions[1].Manifest = map[string]any{"scripts": map[string]any{"postinstall": "node x.js"}}
	up.Add(pkg)
	l := start(t, up, func(l *larder) { l.rules = enforcing(t, policy.G14) })
	up.Fail(upstreamtest.OnTarball("leaf", "1.0.0"), upstreamtest.Status(404))
	must(l.full(t, "leaf"))(t)
	for range 4 {
		if _, err := l.bytesOf(t, "leaf", "1.1.0"); !errors.Is(err, npm.ErrUnavailable) {
			t.Fatalf("got %v", err)
		}
	}
	if n := len(up.Where(func(q upstreamtest.Request) bool {
		return q.Kind == upstreamtest.KindTarball && q.Item == "leaf-1.0.0.tgz"
	})); n > 1 {
		t.Errorf("%d looks for the version before within a moment", n)
	}
	l.clock.forward(2 * time.Minute)
	up.Heal()
	_, err := l.bytesOf(t, "leaf", "1.1.0")
	refusedBy(t, err, policy.G14)
}

// TestManifestThatChangesBehindItsTarball changes what the document says of a
// version whose tarball is stored and was what it said before.
func TestManifestThatChangesBehindItsTarball(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	pkg := upstreamtest.Simple("leaf", "1.0.0", "1.1.0")
	up.Add(pkg, upstreamtest.Simple("other", "1.0.0"))
	l := start(t, up, func(l *larder) { l.rules = enforcing(t, policy.G22) })
	must(l.bytesOf(t, "leaf", "1.1.0"))(t)
	pkg.Versions[1].Declared = map[string]any{"dependencies": map[string]any{"other": "1.0.0"}}
	up.Add(pkg)
	l.clock.forward(6 * time.Minute)
	d := decode(t, must(l.full(t, "leaf"))(t))
	if _, listed := d.Versions["1.1.0"]; listed {
		t.Error("a manifest that asks for more than its tarball is listed")
	}
	_, err := l.bytesOf(t, "leaf", "1.1.0")
	refusedBy(t, err, policy.G22)
}

// TestStrangerUsesAnOldNumber publishes a version number again, behind the return
// of a name, that upstream listed before.
func TestStrangerUsesAnOldNumber(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	pkg := upstreamtest.Simple("leaf", "1.0.0", "1.1.0")
	up.Add(pkg)
	l := start(t, up, func(l *larder) { l.rules = enforcing(t, policy.G38) })
	must(l.full(t, "leaf"))(t)
	up.Remove("leaf")
	l.clock.forward(6 * time.Minute)
	if _, err := l.full(t, "leaf"); !errors.Is(err, npm.ErrNotFound) {
		t.Fatal(err)
	}
	l.clock.forward(time.Hour)
	again := upstreamtest.Simple("leaf", "1.0.0", "1.1.0")
	again.Versions[1].Published = l.clock.Now()
	up.Add(again)
	l.clock.forward(time.Hour)
	d := decode(t, must(l.full(t, "leaf"))(t))
	if _, listed := d.Versions["1.1.0"]; listed || d.Tags["latest"] != "1.0.0" {
		t.Errorf("a version of after the return is listed: %t, latest is %q", listed, d.Tags["latest"])
	}
	_, err := l.bytesOf(t, "leaf", "1.1.0")
	refusedBy(t, err, policy.G38)
	must(l.bytesOf(t, "leaf", "1.0.0"))(t)
}

// TestBurstsReachWhatWasJudgedBefore judges a package, and then others of its scope
// make a burst of what it was published with.
func TestBurstsReachWhatWasJudgedBefore(t *testing.T) {
	t.Parallel()
	for _, restart := range []bool{false, true} {
		t.Run(fmt.Sprintf("restart %t", restart), func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			c := policy.Config{Level: policy.NoLevel, Modes: []policy.ModeRule{{Guard: "burst", Mode: "enforce"}},
				Burst: policy.BurstLimit{Versions: 5}}
			l := start(t, up, func(l *larder) { l.rules = proxy.Rules{Engine: must(policy.Compile(c))(t)} })
			for i := range 6 {
				pkg := upstreamtest.Simple(fmt.Sprintf("@swarm/p%d", i), "1.0.0", "1.1.0")
				pkg.Versions[1].Published = l.clock.Now().Add(-time.Hour)
				up.Add(pkg)
				must(l.full(t, pkg.Name))(t)
			}
			if restart {
				l.restart(t)
			}
			if d := decode(t, must(l.full(t, "@swarm/p0"))(t)); d.Tags["latest"] != "1.0.0" {
				t.Errorf("latest is %q", d.Tags["latest"])
			}
		})
	}
}
