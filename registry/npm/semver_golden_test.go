package npm

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
)

// semverGolden is what npm's own semver says; testdata/semver/generate.mjs
// writes it.
type semverGolden struct {
	Semver   string `json:"semver"`
	Versions []struct {
		Version string  `json:"version"`
		Strict  *string `json:"strict"`
		Loose   *string `json:"loose"`
	} `json:"versions"`
	Tried   []string `json:"tried"`
	Compare []string `json:"compare"`
	Ranges  []struct {
		Range  string       `json:"range"`
		Strict *rangeGolden `json:"strict"`
		Loose  *rangeGolden `json:"loose"`
	} `json:"ranges"`
}

type rangeGolden struct {
	Normal  string  `json:"normal"`
	Matches string  `json:"matches"`
	WithPre string  `json:"withPre"`
	Max     *string `json:"max"`
}

func readSemverGolden(t *testing.T) semverGolden {
	t.Helper()
	data, err := os.ReadFile("testdata/semver/golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var g semverGolden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	if len(g.Versions) == 0 || len(g.Tried) == 0 || len(g.Ranges) == 0 {
		t.Fatal("the golden file is empty")
	}
	return g
}

func TestVersionsAsNPM(t *testing.T) {
	t.Parallel()
	for _, c := range readSemverGolden(t).Versions {
		checkVersion(t, "strict", c.Version, c.Strict, ParseVersion)
		checkVersion(t, "loose", c.Version, c.Loose, ParseLoose)
	}
}

func checkVersion(t *testing.T, mode, text string, want *string, parse func(string) (Version, error)) {
	t.Helper()
	v, err := parse(text)
	switch {
	case want == nil && err == nil:
		t.Errorf("%s %q = %q, npm refuses it", mode, text, v)
	case want != nil && err != nil:
		t.Errorf("%s %q: %v, npm reads %q", mode, text, err, *want)
	case want != nil && v.String() != *want:
		t.Errorf("%s %q = %q, npm reads %q", mode, text, v, *want)
	}
}

func TestCompareAsNPM(t *testing.T) {
	t.Parallel()
	g := readSemverGolden(t)
	versions := parseAll(t, g.Tried)
	for i, v := range versions {
		for k, o := range versions {
			if got := "<=>"[v.Compare(o)+1]; got != g.Compare[i][k] {
				t.Errorf("%q %c %q, npm says %c", g.Tried[i], got, g.Tried[k], g.Compare[i][k])
			}
		}
	}
}

func parseAll(t *testing.T, texts []string) []Version {
	t.Helper()
	versions := make([]Version, len(texts))
	for i, text := range texts {
		v, err := ParseLoose(text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		versions[i] = v
	}
	return versions
}

func TestRangesAsNPM(t *testing.T) {
	t.Parallel()
	g := readSemverGolden(t)
	var strict, loose []tried
	for _, text := range g.Tried {
		v, err := ParseVersion(text)
		strict = append(strict, tried{v, err == nil})
		v, err = ParseLoose(text)
		loose = append(loose, tried{v, err == nil})
	}
	for _, c := range g.Ranges {
		r, err := ParseRange(c.Range)
		checkRange(t, "strict "+strconv.Quote(c.Range), c.Strict, rangeCase{r, err, strict})
		r, err = ParseRangeLoose(c.Range)
		checkRange(t, "loose "+strconv.Quote(c.Range), c.Loose, rangeCase{r, err, loose})
	}
}

// tried is a version that ranges are tried on, if its grammar allows it.
type tried struct {
	v  Version
	ok bool
}

type rangeCase struct {
	r     Range
	err   error
	tried []tried
}

func checkRange(t *testing.T, label string, want *rangeGolden, c rangeCase) {
	t.Helper()
	switch {
	case want == nil && c.err == nil:
		t.Errorf("%s = %q, npm refuses it", label, c.r.Normal())
		return
	case want != nil && c.err != nil:
		t.Errorf("%s: %v, npm reads %q", label, c.err, want.Normal)
		return
	case want == nil:
		return
	case c.r.Normal() != want.Normal:
		t.Errorf("%s = %q, npm reads %q", label, c.r.Normal(), want.Normal)
	}
	var versions []Version
	for i, v := range c.tried {
		if !v.ok {
			continue
		}
		versions = append(versions, v.v)
		if got := c.r.Matches(v.v); got != (want.Matches[i] == '1') {
			t.Errorf("%s matches %s: %v", label, v.v, got)
		}
		if got := c.r.MatchesWithPrereleases(v.v); got != (want.WithPre[i] == '1') {
			t.Errorf("%s matches %s with prereleases: %v", label, v.v, got)
		}
	}
	checkMax(t, label, want.Max, maxCase{versions, c.r})
}

type maxCase struct {
	versions []Version
	r        Range
}

func checkMax(t *testing.T, label string, want *string, c maxCase) {
	t.Helper()
	best, ok := MaxSatisfying(c.versions, c.r)
	if ok != (want != nil) {
		t.Errorf("%s: MaxSatisfying = %q, %v", label, best, ok)
	}
	if want == nil {
		return
	}
	if w, err := ParseLoose(*want); err != nil || w != best {
		t.Errorf("%s: MaxSatisfying = %q, npm says %q", label, best, *want)
	}
}
