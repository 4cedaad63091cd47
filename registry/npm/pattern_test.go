package npm

import (
	"errors"
	"strings"
	"testing"
)

func TestParsePattern(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, text, scope, stem string }{
		{"all", "**", "**", "", ""},
		{"unscoped", "*", "*", "", ""},
		{"scoped", "@*/*", "@*/*", "", ""},
		{"scope", "@Acme/*", "@acme/*", "@acme", "@acme/"},
		{"prefix in a scope", "@acme/app-*", "@acme/app-*", "@acme", "@acme/app-"},
		{"prefix", "intern-*", "intern-*", "", "intern-"},
		{"name", "JSONStream", "jsonstream", "", "jsonstream"},
		{"scoped name", "@acme/Widget", "@acme/widget", "@acme", "@acme/widget"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := patternOf(t, c.in)
			stem, exact := p.Stem()
			if p.String() != c.text || p.Scope() != c.scope || stem != c.stem || exact == strings.HasSuffix(c.in, "*") {
				t.Errorf("got %q, scope %q, stem %q, exact %v", p, p.Scope(), stem, exact)
			}
		})
	}
}

func TestParsePatternRefuses(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"", "***", "@acme", "@acme/", "@acme*", "@*", "@*/x", "@a*/*", "a*b", "*-x", "a**", "@s/a*b*", "@s/**", "/*", "@/*",
		" **", "a b*", ".*", "-*", "é*", "a/*", "@a/b/*", strings.Repeat("a", maxName) + "*",
	} {
		if p, err := ParsePattern(s); !errors.Is(err, ErrInvalid) {
			t.Errorf("ParsePattern(%q) = %q, %v", s, p, err)
		}
	}
}

func TestPatternMatch(t *testing.T) {
	t.Parallel()
	cases := []struct {
		pattern string
		yes, no []string
	}{
		{"**", []string{"a", "@a/b"}, nil},
		{"*", []string{"a", "A"}, []string{"@a/b"}},
		{"@*/*", []string{"@a/b", "@A/B"}, []string{"a"}},
		{"@acme/*", []string{"@acme/x", "@ACME/x", "@Acme/_x"}, []string{"acme", "@acme2/x", "@acm/x", "@x/acme"}},
		{"@acme/app-*", []string{"@acme/app-x", "@acme/APP-x"}, []string{"@acme/app-", "@acme/app", "app-x", "@x/app-x"}},
		{"intern-*", []string{"intern-x", "Intern-X"}, []string{"intern-", "intern", "internx", "@s/intern-x"}},
		{"@acme/Widget", []string{"@acme/widget", "@ACME/WIDGET"}, []string{"@acme/widgets", "widget"}},
		{"a.b", []string{"a.b", "A.B"}, []string{"axb"}},
	}
	for _, c := range cases {
		t.Run(c.pattern, func(t *testing.T) {
			t.Parallel()
			p := patternOf(t, c.pattern)
			for _, n := range c.yes {
				if !p.Match(nameOf(t, n)) {
					t.Errorf("does not match %q", n)
				}
			}
			for _, n := range c.no {
				if p.Match(nameOf(t, n)) {
					t.Errorf("matches %q", n)
				}
			}
			if p.Match(Name{}) {
				t.Error("matches no name")
			}
		})
	}
}

// TestPatternFamily checks every pair of patterns against what they match:
// overlapping means to share a name, of two that overlap the heavier one lies
// in the other, and equal weight there means equal patterns.
func TestPatternFamily(t *testing.T) {
	t.Parallel()
	texts := []string{
		"**", "*", "@*/*", "@acme/*", "@ACME/*", "@acme2/*", "@acme/app-*", "@acme/app-x*", "@acme/app-x", "@acme/app-", "@acme/app-xy",
		"intern-*", "intern-x*", "Intern-*", "intern-", "intern-x", "intern-xy", "intern", "acme", "a*", "@a/a*",
	}
	names := []string{
		"z", "@z/z", "@acme/z", "@acme2/z", "@acme/app-", "@acme/app-z", "@acme/app-x", "@acme/app-xy", "@acme/app-xz",
		"intern", "intern-", "intern-z", "intern-x", "intern-xy", "intern-xz", "acme", "az", "@a/az",
	}
	for _, a := range texts {
		for _, b := range texts {
			checkPair(t, patternOf(t, a), patternOf(t, b), names)
		}
	}
}

func checkPair(t *testing.T, p, o Pattern, names []string) {
	t.Helper()
	share, within := false, true
	for _, s := range names {
		n := nameOf(t, s)
		share = share || p.Match(n) && o.Match(n)
		within = within && (!p.Match(n) || o.Match(n))
	}
	if p.Overlaps(o) != share {
		t.Errorf("%q overlaps %q: %v", p, o, p.Overlaps(o))
	}
	if p.Overlaps(o) != o.Overlaps(p) || p.MoreSpecific(o) && o.MoreSpecific(p) {
		t.Errorf("%q and %q: not symmetric", p, o)
	}
	if share && p.MoreSpecific(o) && !within {
		t.Errorf("%q is more specific than %q, but matches what that does not", p, o)
	}
	if share && p.Weight() == o.Weight() && p != o {
		t.Errorf("%q and %q overlap at equal weight", p, o)
	}
}

func TestPatternWeights(t *testing.T) {
	t.Parallel()
	long := patternOf(t, "@acme/"+strings.Repeat("a", maxName-len("@acme/")-1)+"*")
	order := []Pattern{
		patternOf(t, "a"), long, patternOf(t, "@acme/app-*"), patternOf(t, "@acme/*"), patternOf(t, "@*/*"), patternOf(t, "**"),
	}
	for i := 1; i < len(order); i++ {
		if !order[i-1].MoreSpecific(order[i]) {
			t.Errorf("%q is not more specific than %q", order[i-1], order[i])
		}
	}
	if patternOf(t, "*").Weight() != patternOf(t, "@*/*").Weight() {
		t.Error("* and @*/* differ in weight")
	}
}

func patternOf(t *testing.T, s string) Pattern {
	t.Helper()
	p, err := ParsePattern(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return p
}

func BenchmarkPatternMatch(b *testing.B) {
	p, err := ParsePattern("@acme/*")
	if err != nil {
		b.Fatal(err)
	}
	n, err := ParseName("@Acme/widget")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !p.Match(n) {
			b.Fatal("no match")
		}
	}
}
