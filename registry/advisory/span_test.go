package advisory

import (
	"strings"
	"testing"
)

func TestSpans(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, affected, in, out, want string
	}{
		{"all", events(everything), "0.0.1-0 1.0.0 99.0.0", "", "*"},
		{"fixed", events(everything + `,{"fixed":"1.2.3"}`), "0.0.1 1.2.2 1.2.3-rc.1", "1.2.3 2.0.0", "<1.2.3"},
		{"from to", events(`{"introduced":"1.0.0"},{"fixed":"1.2.3"}`), "1.0.0 1.1.0-pre", "0.9.9 1.0.0-rc.1 1.2.3", ">=1.0.0 <1.2.3"},
		{"last affected", events(`{"introduced":"1.0.0"},{"last_affected":"1.2.3"}`), "1.2.3 1.0.0", "1.2.4", ">=1.0.0 <=1.2.3"},
		{"one by last affected", events(`{"introduced":"1.0.0"},{"last_affected":"1.0.0"}`), "1.0.0", "1.0.1", ">=1.0.0 <=1.0.0"},
		{"open end", events(`{"introduced":"2.0.0"}`), "2.0.0 3.0.0", "1.9.9", ">=2.0.0"},
		{"two runs out of order", events(`{"fixed":"2.2.0"},{"introduced":"2.0.0"},{"introduced":"0"},{"fixed":"1.1.0"}`),
			"1.0.0 2.1.0", "1.5.0 2.2.0", "<1.1.0 || >=2.0.0 <2.2.0"},
		{"limit", events(everything + `,{"limit":"2.0.0"}`), "1.9.9", "2.0.0", "<2.0.0"},
		{"limit above the fix", events(everything + `,{"fixed":"1.0.0"},{"limit":"2.0.0"}`), "0.9.0", "1.0.0", "<1.0.0"},
		{"limit cuts a run", events(`{"introduced":"1.0.0"},{"fixed":"1.5.0"},{"introduced":"3.0.0"},{"limit":"1.4.0"}`),
			"1.0.0", "1.4.0 3.0.0", ">=1.0.0 <1.4.0"},
		{"highest limit counts", events(everything + `,{"limit":"1.0.0"},{"limit":"2.0.0"}`), "1.5.0", "2.0.0", "<2.0.0"},
		{"no limit", events(everything + `,{"limit":"*"},{"limit":"2.0.0"}`), "9.0.0", "", "*"},
		{"versions", `"versions":["1.0.0","v1.4.0","1.0.0"]`, "1.0.0 1.4.0 1.4.0+build", "1.4.1 1.0.0-rc", "=1.0.0 || =1.4.0"},
		{"both", `"versions":["3.0.0"],` + events(everything+`,{"fixed":"1.0.0"}`), "0.1.0 3.0.0", "1.0.0", "<1.0.0 || =3.0.0"},
		{"odd version", `"versions":["odd"]`, "odd", "1.0.0", "<0.0.0-0"},
		{"known end", events(everything) + `,"database_specific":{"last_known_affected_version_range":"<= 1.2.3"}`, "1.2.3", "1.2.4", "<=1.2.3"},
		{"known end below", events(everything) + `,"database_specific":{"last_known_affected_version_range":"< 1.2.3"}`, "1.2.2", "1.2.3", "<1.2.3"},
		{"odd known end", events(everything) + `,"database_specific":{"last_known_affected_version_range":7}`, "9.0.0", "", "*"},
		{"git range is not ours", `"ranges":[{"type":"GIT","events":[{"introduced":"abc"}]}],"versions":["1.0.0"]`, "1.0.0", "1.0.1", "=1.0.0"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := setOf(t, ghsa("GHSA-a", "x", c.affected)).Package(nameOf(t, "x"))
			for _, v := range strings.Fields(c.in) {
				if len(p.Affecting([]string{v})) != 1 {
					t.Errorf("%s is not affected", v)
				}
			}
			for _, v := range strings.Fields(c.out) {
				if len(p.Affecting([]string{v})) != 0 {
					t.Errorf("%s is affected", v)
				}
			}
			if got := p.Advisories()[0].Vulnerable; got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestCVSSScore(t *testing.T) {
	t.Parallel()
	cases := []struct {
		vector string
		want   float64
		ok     bool
	}{
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, true},
		{"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10, true},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, true},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5, true},
		{"CVSS:3.1/AV:L/AC:H/PR:L/UI:N/S:C/C:H/I:N/A:N/E:P", 5.6, true},
		{"CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", 1.6, true},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0, true},
		{"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", 0, false},
		{"CVSS:3.1/AV:X/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 0, false},
		{"CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N", 0, false},
		{"", 0, false},
	}
	for _, c := range cases {
		t.Run(c.vector, func(t *testing.T) {
			t.Parallel()
			if got, ok := cvssScore(c.vector); got != c.want || ok != c.ok {
				t.Errorf("%v %v, want %v %v", got, ok, c.want, c.ok)
			}
		})
	}
}
