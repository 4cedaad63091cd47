package proxy_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/policy"
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
		l.rules = enforcing(t, policy.G22)
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
