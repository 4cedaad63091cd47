package proxy_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestLookaheadIsBounded has packages with more dependencies than are fetched.
func TestLookaheadIsBounded(t *testing.T) {
	t.Parallel()
	many := func(prefix string, n int) map[string]any {
		all := map[string]any{}
		for i := range n {
			all[fmt.Sprintf("%s-%d", prefix, i)] = "*"
		}
		return all
	}
	bush := []upstreamtest.Package{needing("root", map[string]any{"dependencies": many("n", 200)})}
	for i := range 200 {
		name := fmt.Sprintf("n-%d", i)
		bush = append(bush, needing(name, map[string]any{"dependencies": many(name, 5)}))
	}
	for _, tt := range []struct {
		name     string
		packages []upstreamtest.Package
		want     int
	}{
		{"of one version", []upstreamtest.Package{needing("root", map[string]any{"dependencies": many("n", 300)})}, 256},
		{"with optional ones", []upstreamtest.Package{needing("root", map[string]any{
			"dependencies": many("n", 200), "optionalDependencies": many("o", 200)})}, 256},
		{"of one request", bush, 512},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			up.Add(tt.packages...)
			l := ahead(t, up)
			must(l.full(t, "root"))(t)
			if n := len(l.asked(t, up)) - 1; n != tt.want {
				t.Errorf("upstream was asked for %d dependencies, want %d", n, tt.want)
			}
		})
	}
}

// TestLookaheadLeavesJudging has a dependency whose tarball is larger than what a
// look-ahead may fetch: who asks for it gets it judged all the same.
func TestLookaheadLeavesJudging(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(needing("root", dependencies("large", "*")),
		upstreamtest.Package{Name: "large", Versions: []upstreamtest.Version{{Version: "1.0.0", Padding: 200_000}}})
	l := ahead(t, up, func(l *larder) {
		l.rules = enforcing(t, policy.G22)
	})
	l.AllowLookahead(512, 100_000)
	must(l.full(t, "root"))(t)
	if got := l.asked(t, up); !slices.Equal(got, []string{"large", "root"}) {
		t.Errorf("upstream was asked for %v", got)
	}
	if n := up.CountOf(upstreamtest.KindTarball, "large"); n != 1 {
		t.Errorf("its tarball was asked for %d times", n)
	}
	if d := decode(t, must(l.full(t, "large"))(t)); len(d.Versions) != 1 {
		t.Errorf("who asks gets %d versions", len(d.Versions))
	}
	if n := up.CountOf(upstreamtest.KindTarball, "large"); n != 2 {
		t.Errorf("its tarball was asked for %d times, and never fetched for who asked", n)
	}
}

// TestLookaheadClaimsNothing has a name noted as a public one only once somebody
// gets something of it.
func TestLookaheadClaimsNothing(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(chain()...)
	l := ahead(t, up)
	must(l.full(t, "root"))(t)
	l.asked(t, up)
	origin := func(text string) record.Origin { return must(l.ledger.Origin(ctx(t), name(t, text)))(t) }
	for text, want := range map[string]record.Origin{"root": record.Public, "a": record.Unclaimed, "b": record.Unclaimed} {
		if got := origin(text); got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
	must(l.full(t, "a"))(t)
	must(l.tarball(t, "b", "1.0.0"))(t)
	must(l.Has(ctx(t), name(t, "d")))(t)
	for _, text := range []string{"a", "b", "d"} {
		if got := origin(text); got != record.Public {
			t.Errorf("%s, which somebody got, is %v", text, got)
		}
	}
}

// TestLookaheadAllowance has what judging a dependency takes count as well: the names
// that one of its versions begins to depend on.
func TestLookaheadAllowance(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(needing("root", dependencies("a", "*")),
		needing("a", dependencies(), dependencies("b", "*", "c", "*", "d", "*")),
		upstreamtest.Simple("b", "1.0.0"), upstreamtest.Simple("c", "1.0.0"), upstreamtest.Simple("d", "1.0.0"))
	l := ahead(t, up, func(l *larder) { l.rules = enforcing(t, policy.G22, policy.G16) })
	l.AllowLookahead(2, 1<<20)
	must(l.full(t, "root"))(t)
	if got := l.asked(t, up); len(got) != 3 {
		t.Errorf("upstream was asked for %v, want root and two more", got)
	}
}

// TestLookaheadRendersTheNextStep has only those documents made ready that are asked
// for next.
func TestLookaheadRendersTheNextStep(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(chain()...)
	l := ahead(t, up)
	must(l.full(t, "root"))(t)
	l.asked(t, up)
	if _, n := l.ReadyBytes(); n != 2 {
		t.Errorf("%d documents are ready, want root and a", n)
	}
}

// TestLookaheadRests leaves a document as it is that upstream just failed to renew.
func TestLookaheadRests(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(chain()...)
	l := ahead(t, up, func(l *larder) { l.opts.StaleIfError = 24 * time.Hour })
	must(l.full(t, "a"))(t)
	l.asked(t, up)
	l.clock.forward(time.Hour)
	up.Fail(upstreamtest.OnPackument("a"), upstreamtest.Status(500))
	if a := must(l.full(t, "a"))(t); a.Outcome != proxy.StaleError {
		t.Fatalf("a is a %s", a.Outcome)
	}
	before := up.CountOf(upstreamtest.KindPackument, "a")
	must(l.full(t, "root"))(t)
	l.asked(t, up)
	if n := up.CountOf(upstreamtest.KindPackument, "a"); n != before {
		t.Errorf("upstream was asked for a %d times more", n-before)
	}
}

// TestLookaheadIsJoined has a request wait for the document that is being fetched
// ahead: it goes on from the version that the range picked, not from the latest.
func TestLookaheadIsJoined(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(needing("root", dependencies("a", "^1.0.0")), needing("a", dependencies("old", "*"), dependencies("new", "*")),
		upstreamtest.Simple("old", "1.0.0"), upstreamtest.Simple("new", "1.0.0"))
	gate := upstreamtest.NewGate()
	up.Fail(upstreamtest.OnPackument("a"), upstreamtest.Hold(gate))
	l := ahead(t, up)
	must(l.full(t, "root"))(t)
	<-gate.Arrived()
	got := make(chan error, 1)
	go func() {
		_, err := l.full(t, "a")
		got <- err
	}()
	for l.counts.sharing("packument") == 0 {
		time.Sleep(time.Millisecond)
	}
	gate.Release()
	check(t, <-got)
	if got := l.asked(t, up); !slices.Equal(got, []string{"a", "old", "root"}) {
		t.Errorf("upstream was asked for %v", got)
	}
}
