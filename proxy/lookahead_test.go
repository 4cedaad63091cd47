package proxy_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// needing is a package whose versions, from the lowest on, depend on others.
func needing(name string, each ...map[string]any) upstreamtest.Package {
	p := upstreamtest.Package{Name: name}
	for i, manifest := range each {
		p.Versions = append(p.Versions, upstreamtest.Version{Version: string(rune('1'+i)) + ".0.0", Manifest: manifest})
	}
	return p
}

func dependencies(pairs ...string) map[string]any {
	all := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		all[pairs[i]] = pairs[i+1]
	}
	return map[string]any{"dependencies": all}
}

// chain is a package with dependencies of dependencies.
func chain() []upstreamtest.Package {
	return []upstreamtest.Package{
		needing("root", dependencies("a", "^1.0.0")), needing("a", dependencies("b", "^1.0.0")),
		needing("b", dependencies("c", "^1.0.0")), needing("c", dependencies("d", "^1.0.0")), upstreamtest.Simple("d", "1.0.0"),
	}
}

// ahead starts a larder that looks ahead.
func ahead(t *testing.T, up *upstreamtest.Registry, setup ...func(*larder)) *larder {
	return start(t, up, append([]func(*larder){func(l *larder) { l.opts.Lookahead = true }}, setup...)...)
}

// asked lists the packages whose documents upstream was asked for, once nothing
// is under way.
func (l *larder) asked(t *testing.T, up *upstreamtest.Registry) []string {
	t.Helper()
	for l.LooksAhead() {
		time.Sleep(time.Millisecond)
	}
	names := map[string]bool{}
	for _, r := range up.Requests(upstreamtest.KindPackument) {
		names[r.Package] = true
	}
	return slices.Sorted(maps.Keys(names))
}

func TestLookahead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		packages []upstreamtest.Package
		want     []string
	}{
		{"two steps", chain(), []string{"a", "b", "root"}},
		{"the version that is latest", []upstreamtest.Package{needing("root", dependencies("old", "*"), dependencies("new", "*")),
			upstreamtest.Simple("old", "1.0.0"), upstreamtest.Simple("new", "1.0.0")}, []string{"new", "root"}},
		{"the version that a range picks", []upstreamtest.Package{needing("root", dependencies("a", "^1.0.0")),
			needing("a", dependencies("old", "*"), dependencies("new", "*")),
			upstreamtest.Simple("old", "1.0.0"), upstreamtest.Simple("new", "1.0.0")}, []string{"a", "old", "root"}},
		{"a version that was withdrawn from its range", []upstreamtest.Package{needing("root", dependencies("a", "^9.0.0")),
			needing("a", dependencies("b", "*")), upstreamtest.Simple("b", "1.0.0")}, []string{"a", "root"}},
		{"an alias", []upstreamtest.Package{needing("root", dependencies("other", "npm:a@^1.0.0")),
			needing("a", dependencies("old", "*"), dependencies("new", "*")),
			upstreamtest.Simple("old", "1.0.0")}, []string{"a", "old", "root"}},
		{"an alias of the same name", []upstreamtest.Package{needing("root", dependencies("a", "npm:a@^1.0.0")),
			needing("a", dependencies("old", "*"), dependencies("new", "*")),
			upstreamtest.Simple("old", "1.0.0")}, []string{"a", "old", "root"}},
		{"optional ones", []upstreamtest.Package{needing("root", map[string]any{"optionalDependencies": map[string]any{"a": "*"}}),
			needing("a", dependencies("b", "*")), upstreamtest.Simple("b", "1.0.0")}, []string{"a", "root"}},
		{"neither peers nor tools", []upstreamtest.Package{needing("root", map[string]any{
			"peerDependencies": map[string]any{"a": "*"}, "devDependencies": map[string]any{"b": "*"}}),
			upstreamtest.Simple("a", "1.0.0"), upstreamtest.Simple("b", "1.0.0")}, []string{"root"}},
		{"nothing from elsewhere", []upstreamtest.Package{needing("root", dependencies("a", "git+https://git.example.com/a.git",
			"b", "file:../b", "c", "https://files.example.com/c.tgz", "d", "someone/d"))}, []string{"root"}},
		{"private names never leave", []upstreamtest.Package{needing("root", dependencies("@acme/secret", "*", "a", "*")),
			upstreamtest.Simple("a", "1.0.0"), upstreamtest.Simple("@acme/secret", "1.0.0")}, []string{"a", "root"}},
		{"rings end", []upstreamtest.Package{needing("root", dependencies("a", "*")), needing("a", dependencies("root", "*"))}, []string{"a", "root"}},
		{"what upstream does not have", []upstreamtest.Package{needing("root", dependencies("gone", "*", "a", "*")),
			upstreamtest.Simple("a", "1.0.0")}, []string{"a", "gone", "root"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			up.Add(tt.packages...)
			l := ahead(t, up, func(l *larder) { l.private = []string{"@acme/*"} })
			must(l.full(t, "root"))(t)
			if got := l.asked(t, up); !slices.Equal(got, tt.want) {
				t.Errorf("upstream was asked for %v, want %v", got, tt.want)
			}
			before := up.Count()
			must(l.full(t, "root"))(t)
			if got := l.asked(t, up); up.Count() != before {
				t.Errorf("a hit asked upstream: %v", got)
			}
		})
	}
}

// TestLookaheadGoesOn asks for one dependency after the other: each is there
// before, and brings the one after the next.
func TestLookaheadGoesOn(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(chain()...)
	l := ahead(t, up)
	for i, step := range []struct{ ask, last string }{{"root", "b"}, {"a", "c"}, {"b", "d"}, {"c", "d"}, {"d", "d"}} {
		a := must(l.full(t, step.ask))(t)
		if hit := a.Outcome == proxy.Hit; hit != (i > 0) {
			t.Errorf("%s was a %s", step.ask, a.Outcome)
		}
		if got := l.asked(t, up); !slices.Contains(got, step.last) || slices.Contains(got, string(rune(step.last[0]+1))) {
			t.Errorf("after %s upstream was asked for %v", step.ask, got)
		}
	}
	if n := up.Count(upstreamtest.KindPackument); n != 5 {
		t.Errorf("%d documents were fetched", n)
	}
}

// TestLookaheadKeepsStill has it switched off, and larder offline.
func TestLookaheadKeepsStill(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(chain()...)
	l := start(t, up)
	must(l.full(t, "root"))(t)
	if got := l.asked(t, up); len(got) != 1 {
		t.Errorf("switched off, upstream was asked for %v", got)
	}
	l.opts.Lookahead, l.opts.Offline = true, true
	l.restart(t)
	must(l.full(t, "root"))(t)
	if got := l.asked(t, up); len(got) != 1 {
		t.Errorf("offline, upstream was asked for %v", got)
	}
}

// TestLookaheadJudges has the documents that are a step away judged, with what
// guards want to see of their tarballs, and no others.
func TestLookaheadJudges(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(chain()...)
	up.Add(upstreamtest.Package{Name: "root", Versions: []upstreamtest.Version{{Version: "1.0.0", Manifest: map[string]any{
		"dependencies": map[string]any{"a": "*"}, "optionalDependencies": map[string]any{"d": "*"}}}}})
	l := ahead(t, up, func(l *larder) {
		l.rules = proxy.Rules{Engine: must(policy.Compile(policy.Config{Level: policy.NoLevel,
			Modes: []policy.ModeRule{{Guard: "manifest", Mode: "enforce"}}}))(t)}
	})
	must(l.full(t, "root"))(t)
	if got := l.asked(t, up); !slices.Equal(got, []string{"a", "b", "d", "root"}) {
		t.Errorf("upstream was asked for %v", got)
	}
	for name, want := range map[string]int{"root": 1, "a": 1, "b": 0, "d": 0} {
		if n := up.CountOf(upstreamtest.KindTarball, name); n != want {
			t.Errorf("%d tarballs of %s were fetched, want %d", n, name, want)
		}
	}
}

// TestLookaheadFails has nothing to do with the answer that it is behind of.
func TestLookaheadFails(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(chain()...)
	up.Fail(upstreamtest.OnPackument("a"), upstreamtest.Status(500))
	l := ahead(t, up)
	must(l.full(t, "root"))(t)
	if got := l.asked(t, up); !slices.Equal(got, []string{"a", "root"}) {
		t.Errorf("upstream was asked for %v", got)
	}
	up.Heal()
	if d := decode(t, must(l.full(t, "a"))(t)); len(d.Versions) != 1 {
		t.Errorf("afterwards there are %d versions", len(d.Versions))
	}
}

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
		l.rules = proxy.Rules{Engine: must(policy.Compile(policy.Config{Level: policy.NoLevel,
			Modes: []policy.ModeRule{{Guard: "manifest", Mode: "enforce"}}}))(t)}
	})
	l.AllowLookahead(100_000)
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
	for _, text := range []string{"a", "b"} {
		if got := origin(text); got != record.Public {
			t.Errorf("%s, which somebody got, is %v", text, got)
		}
	}
}
