package advisory

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestBulk(t *testing.T) {
	t.Parallel()
	set := setOf(t,
		ghsa("GHSA-aaaa-bbbb-cccc", "lib", events(everything+`,{"fixed":"1.2.4"}`)),
		mal("MAL-2026-7", "evil", `"versions":["1.4.0"]`),
		mal("MAL-2026-8", "other", events(everything)),
	)
	cases := []struct {
		name string
		ask  map[string][]string
		want string
	}{
		{"advisory", map[string][]string{"lib": {"1.2.4", "1.2.3"}, "none": {"1.0.0"}},
			`{"lib":[{"id":` + idOf(t, "GHSA-aaaa-bbbb-cccc", "lib") + `,"url":"https://github.com/advisories/GHSA-aaaa-bbbb-cccc","title":"Prototype pollution in lib","severity":"high","vulnerable_versions":"\u003c1.2.4","cwe":["CWE-1321"],"cvss":{"score":9.8,"vectorString":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}}]}`},
		{"malware", map[string][]string{"evil": {"1.4.0"}},
			`{"evil":[{"id":` + idOf(t, "MAL-2026-7", "evil") + `,"url":"https://osv.dev/vulnerability/MAL-2026-7","title":"Malicious code in evil (npm)","severity":"critical","vulnerable_versions":"=1.4.0","cwe":[],"cvss":{"score":0,"vectorString":null}}]}`},
		{"good versions", map[string][]string{"lib": {"1.2.4"}, "evil": {"1.3.0"}, "other": {}, "": {"1.0.0"}, "../x": {"1.0.0"}}, `{}`},
		{"nothing", nil, `{}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := json.Marshal(set.Bulk(c.ask))
			if err != nil || string(got) != c.want {
				t.Errorf("%v\n%s\nwant\n%s", err, got, c.want)
			}
		})
	}
}

func idOf(t *testing.T, record, name string) string {
	t.Helper()
	n := number(record, name)
	if n < 0 || n >= 1<<31 {
		t.Errorf("%s of %s has number %d", record, name, n)
	}
	text, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestBulkTellsAliasesOnce(t *testing.T) {
	t.Parallel()
	alias := func(record, of string) string { return `{"aliases":["` + of + `"],` + record[1:] }
	set := setOf(t,
		alias(mal("MAL-2026-7", "x", `"versions":["1.0.0"]`), "GHSA-a"),
		mal("GHSA-a", "x", `"versions":["1.0.0","1.1.0"]`),
		ghsa("GHSA-b", "x", `"versions":["1.0.0"]`),
	)
	cases := []struct {
		name, versions string
		want           []string
	}{
		{"both", "1.0.0", []string{"MAL-2026-7", "GHSA-b"}},
		{"the alias alone", "1.1.0", []string{"GHSA-a"}},
		{"the alias says more", "1.0.0 1.1.0", []string{"MAL-2026-7", "GHSA-a", "GHSA-b"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := set.Bulk(map[string][]string{"x": strings.Fields(c.versions)})["x"]
			if len(all) != len(c.want) {
				t.Fatalf("%+v, want %v", all, c.want)
			}
			for i, want := range c.want {
				if all[i].Record != want {
					t.Errorf("%s, want %s", all[i].Record, want)
				}
			}
		})
	}
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	two := strings.Replace(ghsa("GHSA-a", "x", events(everything)), `"affected":[`,
		`"affected":[{"package":{"ecosystem":"npm","name":"y"},"versions":["1.0.0"]},`, 1)
	found := setOf(t, two).Bulk(map[string][]string{"x": {"1.0.0"}, "y": {"1.0.0"}})
	if len(found["x"]) != 1 || len(found["y"]) != 1 || found["x"][0].ID == found["y"][0].ID {
		t.Errorf("one record about two names: %+v", found)
	}
	told := Numbers{}
	first, second := []Advisory{{ID: 7}, {ID: 8}}, []Advisory{{ID: 7}}
	told.Tell(first)
	told.Tell(second)
	if first[0].ID != 7 || first[1].ID != 8 || second[0].ID != 9 {
		t.Errorf("%d %d %d", first[0].ID, first[1].ID, second[0].ID)
	}
}

func TestPatched(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, affected, want string }{
		{"one fix", events(everything + `,{"fixed":"1.2.4"}`), ">=1.2.4"},
		{"a fix on each major", events(everything + `,{"fixed":"1.2.4"},{"introduced":"2.0.0"},{"fixed":"2.3.1"}`), ">=1.2.4 <2.0.0 || >=2.3.1"},
		{"the newest major has none", events(everything + `,{"fixed":"1.2.4"},{"introduced":"2.0.0"}`), ">=1.2.4 <2.0.0"},
		{"no fix", events(everything), ""},
		{"only what is affected is known", events(everything + `,{"last_affected":"1.2.3"}`), ""},
		{"a fix that is affected again", events(everything+`,{"fixed":"1.2.4"}`) + `,"versions":["1.2.4"]`, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := setOf(t, ghsa("GHSA-a", "x", c.affected)).Advisories(nameOf(t, "x"))
			if len(all) != 1 || all[0].Patched != c.want {
				t.Errorf("%+v, want %q", all, c.want)
			}
		})
	}
}

func TestSeverity(t *testing.T) {
	t.Parallel()
	record := func(specific, vector string) string {
		return `{"id":"GHSA-a","modified":"2026-02-01T00:00:00Z","severity":[{"type":"CVSS","score":"` + vector + `"}],
			"affected":[{"package":{"ecosystem":"npm","name":"x"},"versions":["1.0.0"]}],"database_specific":` + specific + `}`
	}
	const seven = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"
	cases := []struct{ name, record, want string }{
		{"word", record(`{"severity":"MODERATE"}`, seven), "moderate"},
		{"low", record(`{"severity":"Low"}`, seven), "low"},
		{"medium", record(`{"severity":"medium"}`, ""), "moderate"},
		{"critical", record(`{"severity":"CRITICAL"}`, ""), "critical"},
		{"vector", record(`{}`, seven), "high"},
		{"vector of little", record(`null`, "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"), "low"},
		{"odd word", record(`{"severity":{"a":1}}`, "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"), "moderate"},
		{"nobody rated it", record(`[]`, "CVSS:4.0/AV:N"), "high"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			all := setOf(t, c.record).Advisories(nameOf(t, "x"))
			if len(all) != 1 || all[0].Severity != c.want || all[0].Title != "GHSA-a" {
				t.Errorf("%+v, want %s", all, c.want)
			}
		})
	}
}
