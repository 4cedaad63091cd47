package advisory

import (
	"strings"
	"testing"
)

func TestMalware(t *testing.T) {
	t.Parallel()
	one := `"versions":["1.0.0"]`
	cases := []struct {
		name    string
		records []string
		version string
		want    string
		whole   bool
	}{
		{"version", []string{mal("MAL-2026-1", "x", one)}, "1.0.0", "MAL-2026-1", false},
		{"another version", []string{mal("MAL-2026-1", "x", one)}, "1.0.1", "", false},
		{"whole name", []string{mal("MAL-2026-1", "x", events(everything))}, "7.0.0", "MAL-2026-1", true},
		{"says no version", []string{mal("MAL-2026-1", "x", `"versions":[]`)}, "7.0.0", "MAL-2026-1", true},
		{"known end does not spare", []string{mal("MAL-2026-1", "x", events(everything)+`,"database_specific":{"last_known_affected_version_range":"<= 1.0.0"}`)}, "7.0.0", "MAL-2026-1", true},
		{"no version at all", []string{mal("MAL-2026-1", "x", one)}, "not a version", "MAL-2026-1", false},
		{"exact goes before whole", []string{mal("MAL-2026-1", "x", events(everything)), mal("MAL-2026-2", "x", one)}, "1.0.0", "MAL-2026-2", false},
		{"numbered goes first", []string{mal("MAL-0000-src-1", "x", `"versions":["1.0.0","2.0.0"]`), mal("MAL-2026-2", "x", one)}, "1.0.0", "MAL-2026-2", false},
		{"unnumbered says more", []string{mal("MAL-0000-src-1", "x", `"versions":["1.0.0","2.0.0"]`), mal("MAL-2026-2", "x", one)}, "2.0.0", "MAL-0000-src-1", false},
		{"advisory is no malware", []string{ghsa("GHSA-a", "x", events(everything))}, "1.0.0", "", false},
		{"advisory of embedded malicious code", []string{strings.ReplaceAll(ghsa("GHSA-a", "x", events(everything)), "CWE-1321", "CWE-506")}, "1.0.0", "GHSA-a", true},
		{"advisory with a report", []string{strings.ReplaceAll(ghsa("GHSA-a", "x", events(everything)), "CVE-2026-1", "MAL-2026-9")}, "1.0.0", "GHSA-a", true},
		{"withdrawn", []string{withdrawn(mal("MAL-2026-1", "x", one), "2026-03-31T03:15:49Z"), mal("MAL-2026-2", "y", one)}, "1.0.0", "", false},
		{"withdrawn later", []string{mal("MAL-2026-1", "x", one), withdrawn(mal("MAL-2026-1", "x", one), "2026-04-01T00:00:00Z")}, "1.0.0", "", false},
		{"withdrawn in an older copy", []string{withdrawn(mal("MAL-2026-1", "x", one), "2026-03-01T00:00:00+02:00"), mal("MAL-2026-1", "x", one)}, "1.0.0", "MAL-2026-1", false},
		{"null is not withdrawn", []string{strings.Replace(mal("MAL-2026-1", "x", one), "{", `{"withdrawn":null,"severity":null,`, 1)}, "1.0.0", "MAL-2026-1", false},
		{"names that npm cannot have", []string{mal("MAL-2026-1", "-x", one), mal("MAL-2026-2", "x", one)}, "1.0.0", "MAL-2026-2", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := setOf(t, c.records...).Malware(nameOf(t, "x"), c.version)
			if got.ID != c.want || ok != (c.want != "") || got.Whole != c.whole {
				t.Errorf("%+v %v, want %q whole %v", got, ok, c.want, c.whole)
			}
		})
	}
}

func withdrawn(record, at string) string {
	record = strings.Replace(record, "2026-03-31T03:15:49Z", at, 1)
	return strings.Replace(record, "{", `{"withdrawn":"`+at+`",`, 1)
}

func TestRepeatsAreDropped(t *testing.T) {
	t.Parallel()
	set := setOf(t,
		mal("MAL-0000-a-1", "x", `"versions":["1.0.0"]`),
		mal("MAL-0000-b-2", "x", `"versions":["1.0.0"]`),
		mal("MAL-2026-2", "x", `"versions":["1.0.0","2.0.0"]`),
		mal("MAL-0000-c-3", "y", events(everything)),
		mal("MAL-0000-d-4", "y", `"versions":["1.0.0"]`),
	)
	for name, want := range map[string]string{"x": "MAL-2026-2", "y": "MAL-0000-c-3"} {
		all := set.Advisories(nameOf(t, name))
		if len(all) != 1 || all[0].Record != want {
			t.Errorf("%s: %+v, want %s alone", name, all, want)
		}
	}
}

func TestFix(t *testing.T) {
	t.Parallel()
	fixed := events(everything + `,{"fixed":"1.2.4"}`)
	reviewed := ghsa("GHSA-a", "x", fixed)
	two := ghsa("GHSA-a", "x", events(everything+`,{"fixed":"1.2.4"},{"introduced":"2.0.0"},{"fixed":"2.1.0"}`))
	cases := []struct {
		name      string
		records   []string
		version   string
		published string
		want      string
	}{
		{"the fix", []string{reviewed}, "1.2.4", "", "GHSA-a"},
		{"below", []string{reviewed}, "1.2.3", "", ""},
		{"above, the fix unknown", []string{reviewed}, "1.2.5", "", ""},
		{"above, the fix was never published", []string{reviewed}, "1.2.5", "1.2.3 1.2.5 1.3.0", "GHSA-a"},
		{"above, with a prerelease between", []string{reviewed}, "1.2.5", "1.2.5-rc.1 1.2.5", "GHSA-a"},
		{"above the fix", []string{reviewed}, "1.2.5", "1.2.4 1.2.5", ""},
		{"on another major", []string{reviewed}, "2.0.0", "2.0.0", ""},
		{"second major", []string{two}, "2.1.0", "2.0.0 2.1.0", "GHSA-a"},
		{"prerelease", []string{reviewed}, "1.3.0-rc.1", "1.3.0-rc.1", ""},
		{"no version", []string{reviewed}, "latest", "latest", ""},
		{"not reviewed", []string{strings.ReplaceAll(reviewed, `"github_reviewed":true`, `"github_reviewed":false`)}, "1.2.4", "", ""},
		{"a report of malware", []string{strings.ReplaceAll(reviewed, "CWE-1321", "CWE-506")}, "1.2.4", "", ""},
		{"fix is bad itself", []string{reviewed, ghsa("GHSA-b", "x", `"versions":["1.2.4"]`)}, "1.2.4", "", ""},
		{"next after a bad fix", []string{reviewed, ghsa("GHSA-b", "x", `"versions":["1.2.4"]`)}, "1.2.5", "1.2.4 1.2.5", "GHSA-a"},
		{"fix is malware", []string{reviewed, mal("MAL-2026-1", "x", `"versions":["1.2.4"]`)}, "1.2.4", "", ""},
		{"nothing fixes it", []string{ghsa("GHSA-a", "x", events(everything+`,{"last_affected":"1.2.3"}`))}, "1.2.4", "1.2.4", ""},
		{"another name", []string{ghsa("GHSA-a", "y", fixed)}, "1.2.4", "", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var published []string
			if c.published != "" {
				published = strings.Fields(c.published)
			}
			got, ok := setOf(t, c.records...).Fix(nameOf(t, "x"), c.version, published)
			if got != c.want || ok != (c.want != "") {
				t.Errorf("%q %v, want %q", got, ok, c.want)
			}
		})
	}
}

func TestUnlistedNamesCostNothing(t *testing.T) {
	set := setOf(t, mal("MAL-2026-1", "x", `"versions":["1.0.0"]`), mal("MAL-2026-2", "z", `"versions":["1.0.0"]`))
	name := nameOf(t, "y")
	if n := testing.AllocsPerRun(100, func() {
		if _, ok := set.Malware(name, "1.0.0"); ok {
			t.Error("found")
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
