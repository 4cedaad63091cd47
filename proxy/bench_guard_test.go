package proxy_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// youngest is a version that strict rules refuse, oldest one that they allow.
const (
	youngest = "2.4.0"
	oldest   = "1.0.0"
)

// guardedPackages publishes a package that nobody objects to, and one of whose
// versions the last are too young.
func guardedPackages(tb testing.TB) *upstreamtest.Registry {
	tb.Helper()
	up := upstreamtest.New(tb)
	var old []string
	for i := range 30 {
		old = append(old, fmt.Sprintf("1.%d.0", i))
	}
	clean, young := upstreamtest.Simple("clean", old...), upstreamtest.Simple("young", old...)
	for i := range 5 {
		young.Versions = append(young.Versions, upstreamtest.Version{Version: fmt.Sprintf("2.%d.0", i),
			Published: time.Now().Add(-time.Duration(5-i) * time.Hour)})
	}
	up.Add(clean, young)
	return up
}

// hotHit is a package that is fetched and judged.
type hotHit struct {
	*proxy.Proxy
	name npm.Name
	file string
	hot  bool // anything but a hit is wrong
}

// heat fetches and judges a package by the rules of a level.
func heat(tb testing.TB, p *proxy.Proxy, text, level string) hotHit {
	tb.Helper()
	n, err := npm.ParseName(text)
	if err != nil {
		tb.Fatal(err)
	}
	e, err := policy.Compile(policy.Config{Level: level})
	if err != nil {
		tb.Fatal(err)
	}
	p.Apply(proxy.Rules{Engine: e})
	h := hotHit{Proxy: p, name: n, file: n.TarballFile(oldest)}
	for range 2 { // what is learnt of the tarball has the document judged again
		h.document(tb)
		h.tarball(tb)
	}
	_, err = p.Tarball(context.Background(), proxy.TarballRequest{Name: n, File: n.TarballFile(youngest)})
	if refused := errors.Is(err, npm.ErrBlocked); text == "young" && refused != (level == policy.Strict) {
		tb.Fatalf("%s at level %s: %v", youngest, level, err)
	}
	h.hot = true
	return h
}

func (h hotHit) document(tb testing.TB) {
	a, err := h.Packument(context.Background(), proxy.PackumentRequest{Name: h.name, Base: base})
	if err != nil || h.hot && a.Outcome != proxy.Hit {
		tb.Fatal(a.Outcome, err)
	}
}

func (h hotHit) tarball(tb testing.TB) {
	t, err := h.Tarball(context.Background(), proxy.TarballRequest{Name: h.name, File: h.file, Whole: true})
	if err != nil || h.hot && t.Outcome != proxy.Hit {
		tb.Fatal(err)
	}
	if err := t.Body.Close(); err != nil {
		tb.Fatal(err)
	}
}

// pairs are a package's hot hits without guards and with all of them.
func pairs(tb testing.TB) map[string][2]func() {
	tb.Helper()
	all, up := make(map[string][2]func()), guardedPackages(tb)
	free, guarded := benchLarder(tb, up), benchLarder(tb, up)
	for _, pkg := range []string{"clean", "young"} {
		off, strict := heat(tb, free, pkg, policy.NoLevel), heat(tb, guarded, pkg, policy.Strict)
		all[pkg+"/document"] = [2]func(){func() { off.document(tb) }, func() { strict.document(tb) }}
		all[pkg+"/tarball"] = [2]func(){func() { off.tarball(tb) }, func() { strict.tarball(tb) }}
	}
	return all
}

// BenchmarkGuardedHit tells what guards add to a hot document and a hot tarball
// once they have judged it. Both larders are asked in turn, in small pieces: what
// else the machine does counts against neither.
func BenchmarkGuardedHit(b *testing.B) {
	for what, pair := range pairs(b) {
		b.Run(what, func(b *testing.B) { registrytest.InTurn(b, 50, pair) })
	}
}

// TestGuardedHitAllocatesNothing: guards must not cost memory for each hit.
func TestGuardedHitAllocatesNothing(t *testing.T) {
	for what, pair := range pairs(t) {
		t.Run(what, func(t *testing.T) {
			cost := [2]float64{math.Inf(1), math.Inf(1)}
			// What runs behind the hits allocates too; the quietest round is theirs.
			for range 10 {
				for which, hit := range pair {
					cost[which] = min(cost[which], testing.AllocsPerRun(50, hit))
				}
			}
			if cost[1] > cost[0] || strings.HasSuffix(what, "/document") && cost[1] > 0 {
				t.Errorf("%v allocations without guards, %v with all of them", cost[0], cost[1])
			}
		})
	}
}
