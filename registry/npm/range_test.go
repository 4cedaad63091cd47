package npm

import (
	"errors"
	"strings"
	"testing"
)

func TestRangeTexts(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, in, text, normal string }{
		{"caret", "^1.2", "^1.2", ">=1.2.0 <2.0.0-0"},
		{"white space", " >=1 \t <2 ", ">=1 <2", ">=1.0.0 <2.0.0-0"},
		{"alternatives", "1||2", "1||2", ">=1.0.0 <2.0.0-0||>=2.0.0 <3.0.0-0"},
		{"anything", "*", "*", ""},
		{"nothing", "<0", "<0", "<0.0.0-0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := ParseRange(c.in)
			if err != nil {
				t.Fatal(err)
			}
			if r.String() != c.text || r.Normal() != c.normal {
				t.Errorf("got %q, %q", r, r.Normal())
			}
		})
	}
}

func TestZeroRangeHoldsNothing(t *testing.T) {
	t.Parallel()
	v, err := ParseVersion("1.0.0")
	if err != nil {
		t.Fatal(err)
	}
	if (Range{}).Matches(v) || (Range{}).MatchesWithPrereleases(v) {
		t.Error("the zero range holds 1.0.0")
	}
	if best, ok := MaxSatisfying([]Version{v}, Range{}); ok || !best.IsZero() {
		t.Errorf("MaxSatisfying = %q, %v", best, ok)
	}
}

func TestParseRangeIsLinear(t *testing.T) {
	t.Parallel()
	// Each of these would take very long if a part of it were read again from
	// every position.
	for _, part := range []string{"v", "= ", "> ", "+", "+a", "1 ", "1||", "~ ", "^", "*", "<", "1.", "- "} {
		if _, err := ParseRangeLoose(">" + strings.Repeat(part, 1<<16)); err != nil && !errors.Is(err, ErrInvalid) {
			t.Errorf("%q: %v", part, err)
		}
	}
}

// FuzzParseRange checks that the normal text of a range is read again, as a
// range of the same releases, and that it then stays. (npm sees ">=00.0.0" as a
// bound but ">=0.0.0" as anything, so that the first text may still change.)
func FuzzParseRange(f *testing.F) {
	for _, s := range []string{"^1.2.3", "~>1.2 || 2.x", "1 - 2", ">= 1.0.0 <2", "*1.2.3", "> = 1", "1 +b - 2", "<* || x", "^0.0.1-a.2", "00"} {
		f.Add(s, "1.2.3")
	}
	f.Fuzz(func(t *testing.T, text, version string) {
		r, err := ParseRangeLoose(text)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if len(r.Normal()) > maxVersion {
			return // writing out a loose version may have made it too long
		}
		again, err := ParseRangeLoose(r.Normal())
		if err != nil {
			t.Fatalf("%q = %q: %v", text, r.Normal(), err)
		}
		if third, err := ParseRangeLoose(again.Normal()); err != nil || third.Normal() != again.Normal() {
			t.Fatalf("%q = %q, which reads as %q: %v", text, again.Normal(), third.Normal(), err)
		}
		v, err := ParseLoose(version)
		if err != nil {
			return
		}
		if !v.Prerelease() && r.Matches(v) != again.Matches(v) {
			t.Fatalf("%q and %q differ about %q", text, again.Normal(), v)
		}
		best, ok := MaxSatisfying([]Version{v}, r)
		if ok != r.Matches(v) || ok && best != v {
			t.Fatalf("%q: MaxSatisfying(%q) = %q, %v", text, v, best, ok)
		}
	})
}

func BenchmarkParseRange(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseRange("^1.2.3 || >=2.0.0 <3"); err != nil {
			b.Fatal(err)
		}
	}
}
