package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// What the packages of these tests have: a flawed version, and one that was
// published a short time ago.
const (
	flawed = "1.2.3"
	recent = "1.2.4"
)

// recentReleases are packages by what their recent version is, and whether it
// is hours or a day and some hours old.
func recentReleases(now time.Time) []upstreamtest.Package {
	var all []upstreamtest.Package
	for when, age := range map[string]time.Duration{"hours": 5 * time.Hour, "day": 30 * time.Hour} {
		for what, manifest := range map[string]map[string]any{
			"fix": nil, "unreviewed-fix": nil, "release": nil,
			"fix-with-script":     {"scripts": map[string]string{"postinstall": "node index.js"}},
			"fix-with-dependency": {"dependencies": map[string]string{publicName: "1.0.0"}},
		} {
			all = append(all, upstreamtest.Package{Name: what + "-" + when, Versions: []upstreamtest.Version{
				{Version: "1.0.0"}, {Version: flawed},
				{Version: recent, Manifest: manifest, Published: now.Add(-age)},
			}})
		}
	}
	return all
}

// fixFeed says of all fixes which version they mend; nobody has reviewed what it
// says of some.
func fixFeed(packages []upstreamtest.Package) string {
	var lines strings.Builder
	for _, p := range packages {
		if strings.HasPrefix(p.Name, "release") {
			continue
		}
		line := strings.ReplaceAll(flawFeed, publicName, p.Name)
		line = strings.Replace(line, "GHSA-aaaa-bbbb-cccc", "GHSA-"+p.Name, 1)
		if strings.HasPrefix(p.Name, "unreviewed") {
			line = strings.Replace(line, `"github_reviewed":true`, `"github_reviewed":false`, 1)
		}
		lines.WriteString(line + "\n")
	}
	return lines.String()
}

// fixesCase is a policy and which recent versions it lets in.
type fixesCase struct {
	name, policy string
	in           []string
}

// TestFixesComeInEarly installs recent versions by range. A fix that was reviewed
// and brings nothing else that is new does not wait for the whole cooldown; what
// comes with it, or is no fix, does. (G40)
func TestFixesComeInEarly(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	clients := oneOfEach(t)
	for _, c := range []fixesCase{
		{name: "strict", policy: "{level: strict}", in: []string{"fix-day"}},
		{name: "strict without the lane", policy: "{level: strict, cooldown: {fast_lane: off}}"},
		{name: "standard holds for a day as the lane does", policy: "{}",
			in: []string{"fix-day", "unreviewed-fix-day", "release-day", "fix-with-script-day", "fix-with-dependency-day"}},
		{name: "standard with a lane of hours", policy: "{cooldown: {fast_lane: 2h}}",
			in: []string{"fix-hours", "fix-day", "unreviewed-fix-day", "release-day", "fix-with-script-day", "fix-with-dependency-day"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			packages := recentReleases(time.Now())
			reg := upstreamtest.New(t)
			reg.Add(packages...)
			reg.Add(upstreamtest.Simple(publicName, "1.0.0"))
			l := startWith(t, reg, map[string]string{
				"larder.yaml": "policy: " + c.policy + "\nfeeds: [{path: feed.jsonl}]\n", "feed.jsonl": fixFeed(packages),
			})
			for _, v := range clients {
				if v.name == "pnpm newest" || c.name == "strict" {
					t.Run(v.name, func(t *testing.T) { c.installs(t, l, v, packages) })
				}
			}
		})
	}
}

// installs asks for all packages at once, and, where the client passes on why not,
// for a version that has to wait.
func (c fixesCase) installs(t *testing.T, l *guarded, v victim, packages []upstreamtest.Package) {
	t.Helper()
	needs := map[string]string{}
	for _, p := range packages {
		needs[p.Name] = "^1.0.0"
	}
	o := v.installs(t, l.url, needs, "")
	if o.err != nil {
		t.Fatalf("%v\n%s", o.err, o.text)
	}
	for name := range needs {
		want := flawed
		if slices.Contains(c.in, name) {
			want = recent
		}
		if got := o.version(t, name); got != want {
			t.Errorf("%s %s is installed, want %s", name, got, want)
		}
	}
	if v.tellsOfDocument {
		o := v.installs(t, l.url, map[string]string{"release-day": recent}, "")
		o.refused(t, "release-day", recent, "blocked by registry policy G11 cooldown: release-day@1.2.4 was published .*, minimum 72h, available ")
	}
}

// TestFixesAreCounted asks for the tarballs themselves, as from a lockfile, and
// for what larder says about them.
func TestFixesAreCounted(t *testing.T) {
	t.Parallel()
	packages := recentReleases(time.Now())
	reg := upstreamtest.New(t)
	reg.Add(packages...)
	l := startWith(t, reg, map[string]string{
		"larder.yaml": "policy: {level: strict}\nfeeds: [{path: feed.jsonl}]\n", "feed.jsonl": fixFeed(packages),
	})
	for name, want := range map[string]int{"fix-day": http.StatusOK, "release-day": http.StatusForbidden, "fix-hours": http.StatusForbidden} {
		if got := l.get(t, upstreamtest.TarballPath(name, recent)); got.status != want {
			t.Errorf("%s: %d %.300s, want %d", name, got.status, got.body, want)
		}
	}
	if n := l.counters(t)[`larder_guard_decisions_total{action="deny",guard="G11",mode="enforce"}`]; n != 2 {
		t.Errorf("%v denials are counted, want 2", n)
	}
	if n := l.counters(t)[`larder_guard_decisions_total{action="waived",guard="G40",mode="enforce"}`]; n != 1 {
		t.Errorf("%v early fixes are counted, want 1", n)
	}
	for name, want := range map[string]string{
		"fix-day": "it is old enough for a reviewed fix", "release-day": "minimum 72h", "fix-hours": "minimum 72h",
	} {
		if text := l.console(t, "", "explain", name+"@"+recent); !says(text, want) {
			t.Errorf("larder does not say %q:\n%s", want, text)
		}
	}
}
