package proxy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// affecting is a line of a feed: a reviewed advisory about ranges of a name.
func affecting(id, name, events string) string {
	return `{"id":"` + id + `","modified":"2026-02-01T00:00:00Z","aliases":["CVE-2026-1"],"summary":"Pollution in ` + name + `",` +
		`"affected":[{"package":{"ecosystem":"npm","name":"` + name + `"},"ranges":[{"type":"SEMVER","events":[` + events + `]}]}],` +
		`"database_specific":{"severity":"HIGH","cwe_ids":["CWE-1321","CWE-20"],"github_reviewed":true}}`
}

// advised starts a larder that answers audits itself from a feed.
func advised(t *testing.T, up *upstreamtest.Registry, setup func(*larder), records ...string) *larder {
	t.Helper()
	path := filepath.Join(t.TempDir(), "feed.jsonl")
	check(t, os.WriteFile(path, []byte(strings.Join(records, "\n")), 0o600))
	set := must(advisory.Load(t.Context(), advisory.Source{Path: path}))(t)
	l := start(t, up, privately, func(l *larder) { l.opts.Audit = proxy.AuditLocal }, setup)
	l.SetAdvisories(set)
	return l
}

func nothing(*larder) {}

// leafRecords are about a public name and about one that is private here.
func leafRecords() []string {
	return []string{
		affecting("GHSA-leaf", "leaf", `{"introduced":"0"},{"fixed":"1.2.4"},{"introduced":"2.0.0"},{"fixed":"2.3.1"}`),
		affecting("GHSA-tool", "intern-tool", `{"introduced":"0"}`),
	}
}

func TestLocalBulkAudit(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, ask, want string }{
		{"an affected version", `{"leaf":["1.0.0","1.2.4"]}`, "GHSA-leaf"},
		{"a fixed version", `{"leaf":["1.2.4","2.3.1"]}`, ""},
		{"a private name like a public one", `{"intern-tool":["1.0.0"]}`, ""},
		{"what is no version", `{"leaf":["git+ssh://git@example.com/leaf"]}`, ""},
		{"what is no name", `{"../leaf":["1.0.0"]}`, ""},
		{"nothing", `{}`, ""},
	}
	up := upstreamtest.New(t)
	l := advised(t, up, nothing, leafRecords()...)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := must(l.auditBulk(t, []byte(c.ask)))(t)
			var found map[string][]map[string]any
			check(t, json.Unmarshal(got.Body, &found))
			switch {
			case c.want == "" && string(got.Body) != "{}":
				t.Errorf("answer is %s", got.Body)
			case c.want != "" && (len(found["leaf"]) != 1 || !strings.HasSuffix(found["leaf"][0]["url"].(string), c.want)):
				t.Errorf("answer is %s", got.Body)
			}
		})
	}
	if n := up.Count(); n > 0 {
		t.Errorf("%d requests reached upstream", n)
	}
}

// reported is what tests read of the older form.
type reported struct {
	Actions []struct {
		Action, Module string
		Resolves       []struct {
			ID   int64
			Path string
			Dev  bool
		}
	}
	Advisories map[string]struct {
		ID       int64
		Title    string
		Module   string `json:"module_name"`
		Patched  string `json:"patched_versions"`
		CVEs     []string
		CWE      string
		GitHub   string `json:"github_advisory_id"`
		Findings []struct {
			Version string
			Paths   []string
			Dev     bool
		}
	}
	Metadata struct {
		Vulnerabilities               map[string]int
		Dependencies, DevDependencies int
		OptionalDependencies          int
		TotalDependencies             int
	}
}

func (r reported) paths() []string {
	var all []string
	for _, a := range r.Advisories {
		for _, f := range a.Findings {
			for _, p := range f.Paths {
				all = append(all, f.Version+" "+p)
			}
		}
	}
	slices.Sort(all)
	return all
}

func TestLocalTreeAudit(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, tree string
		want       []string
		total      int
	}{
		{"npm 6", `{"name":"app","requires":{"mid":"1","@acme/secret":"1"},"dependencies":{
			"mid":{"version":"1.0.0","requires":{"leaf":"1"}},"leaf":{"version":"1.0.0"},
			"@acme/secret":{"version":"1.0.0","requires":{"leaf":"2"},"dependencies":{"leaf":{"version":"2.0.0"}}}}}`,
			[]string{"1.0.0 mid>leaf", "2.0.0 @acme/secret>leaf"}, 4},
		{"the shortest way", `{"requires":{"a":"1","mid":"1"},"dependencies":{
			"a":{"version":"1.0.0","requires":{"mid":"1"}},"mid":{"version":"1.0.0","requires":{"leaf":"1"}},
			"leaf":{"version":"1.0.0","requires":{"a":"1"}}}}`, []string{"1.0.0 mid>leaf"}, 3},
		{"pnpm 10", `{"requires":{".":"1.0.0"},"dependencies":{
			".":{"version":"1.0.0","requires":{"mid":"1.0.0"},"dependencies":{"mid":{"version":"1.0.0","dependencies":{"leaf":{"version":"1.0.0"}}}}},
			"leaf":{"version":"0.0.0","dependencies":{"other":{"version":"1.0.0"}}}}}`, []string{"1.0.0 .>mid>leaf"}, 3},
		{"what nothing needs", `{"dependencies":{"leaf":{"version":"1.0.0"}}}`, []string{"1.0.0 leaf"}, 1},
		{"nothing wrong", `{"dependencies":{"leaf":{"version":"1.2.4"},"intern-tool":{"version":"1.0.0"},"x":null}}`, nil, 2},
		{"nothing", `{}`, nil, 0},
	}
	up := upstreamtest.New(t)
	l := advised(t, up, nothing, leafRecords()...)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := must(l.auditQuick(t, []byte(c.tree)))(t)
			var r reported
			check(t, json.Unmarshal(got.Body, &r))
			if !slices.Equal(r.paths(), c.want) || r.Metadata.TotalDependencies != c.total {
				t.Errorf("%v of %d, want %v of %d\n%s", r.paths(), r.Metadata.TotalDependencies, c.want, c.total, got.Body)
			}
			if n := r.Metadata.Vulnerabilities["high"]; n != len(c.want) || len(r.Actions) != n {
				t.Errorf("%d vulnerabilities and %d actions, want %d", n, len(r.Actions), len(c.want))
			}
		})
	}
	if n := up.Count(); n > 0 {
		t.Errorf("%d requests reached upstream", n)
	}
}

func TestLocalTreeAuditTellsAll(t *testing.T) {
	t.Parallel()
	l := advised(t, upstreamtest.New(t), nothing, append(leafRecords(), affecting("MAL-2026-1", "other", `{"introduced":"0"}`))...)
	got := must(l.auditQuick(t, []byte(`{"dependencies":{"leaf":{"version":"1.0.0","dev":true},
		"a":{"version":"1.0.0","optional":true,"dependencies":{"leaf":{"version":"1.0.0"}}},"other":{"version":"1.0.0"}}}`)))(t)
	var r reported
	check(t, json.Unmarshal(got.Body, &r))
	if len(r.Advisories) != 2 {
		t.Fatalf("answer is %s", got.Body)
	}
	if m := r.Metadata; m.Dependencies != 2 || m.DevDependencies != 1 || m.OptionalDependencies != 1 || m.Vulnerabilities["critical"] != 1 {
		t.Errorf("counts are %+v", m)
	}
	for key, a := range r.Advisories {
		switch {
		case key != fmt.Sprint(a.ID):
			t.Errorf("%s has number %d", key, a.ID)
		case a.Module == "other" && (a.Patched != "<0.0.0" || a.GitHub != ""):
			t.Errorf("malware: %+v", a)
		case a.Module == "leaf" && (a.Patched != ">=1.2.4 <2.0.0 || >=2.3.1" || a.GitHub != "GHSA-leaf" || a.CWE != "CWE-1321, CWE-20" ||
			!slices.Equal(a.CVEs, []string{"CVE-2026-1"}) || len(a.Findings) != 1 || a.Findings[0].Dev):
			t.Errorf("advisory: %+v", a)
		}
	}
}

func TestAuditSaysWhichFixIsHeld(t *testing.T) {
	t.Parallel()
	soon, late := time.Date(2026, 12, 1, 10, 0, 0, 0, time.UTC), time.Date(2026, 12, 2, 10, 0, 0, 0, time.UTC)
	const title = "Pollution in leaf"
	cases := []struct {
		name string
		held map[string]time.Time
		want string
	}{
		{"none", nil, title},
		{"another version", map[string]time.Time{"1.2.5": soon}, title},
		{"one fix of two", map[string]time.Time{"1.2.4": soon}, title},
		{"all fixes", map[string]time.Time{"1.2.4": late, "2.3.1": soon}, title + " (fixed in 2.3.1, which larder holds until 2026-12-01T10:00:00Z)"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := advised(t, upstreamtest.New(t), func(l *larder) {
				l.opts.Held = func(_ context.Context, n npm.Name) map[string]time.Time {
					if n.String() != "leaf" {
						t.Errorf("asked about %s", n)
					}
					return c.held
				}
			}, leafRecords()...)
			var found map[string][]struct{ Title string }
			check(t, json.Unmarshal(must(l.auditBulk(t, []byte(`{"leaf":["1.0.0"],"x":["1.0.0"]}`)))(t).Body, &found))
			if len(found["leaf"]) != 1 || found["leaf"][0].Title != c.want {
				t.Errorf("%+v, want %q", found, c.want)
			}
			var r reported
			check(t, json.Unmarshal(must(l.auditQuick(t, []byte(`{"dependencies":{"leaf":{"version":"1.0.0"}}}`)))(t).Body, &r))
			for _, a := range r.Advisories {
				if a.Title != c.want {
					t.Errorf("the older form says %q, want %q", a.Title, c.want)
				}
			}
		})
	}
}

func TestAuditModes(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	bodies := map[string]string{"bulk": `{"leaf":["1.0.0"]}`, "tree": `{"dependencies":{"leaf":{"version":"1.0.0"}}}`}
	for mode, want := range map[string]error{proxy.AuditOff: npm.ErrNotFound, proxy.AuditLocal: npm.ErrUnavailable} {
		l := start(t, up, func(l *larder) { l.opts.Audit = mode })
		for name, err := range map[string]error{
			"bulk": second(l.auditBulk(t, []byte(bodies["bulk"]))),
			"tree": second(l.auditQuick(t, []byte(bodies["tree"]))),
		} {
			if !errors.Is(err, want) {
				t.Errorf("%s, without advisories, %s: %v", mode, name, err)
			}
		}
	}
	if n := up.Count(); n > 0 {
		t.Errorf("%d requests reached upstream", n)
	}
	l := advised(t, up, nothing, leafRecords()...)
	for _, err := range []error{second(l.auditBulk(t, []byte("[]"))), second(l.auditQuick(t, []byte("[]")))} {
		if !errors.Is(err, npm.ErrInvalid) {
			t.Errorf("nonsense: %v", err)
		}
	}
}

// TestAuditsThatStayInside asks where nothing is forwarded.
func TestAuditsThatStayInside(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0", "1.2.4"))
	bulk := proxy.AuditRequest{Body: []byte(`{"leaf":["1.0.0"]}`), Inside: true}
	tree := proxy.AuditRequest{Body: []byte(`{"dependencies":{"leaf":{"version":"1.0.0"}}}`), Inside: true}
	for mode, want := range map[string]error{proxy.AuditOff: npm.ErrNotFound, proxy.AuditUpstream: npm.ErrNotFound, proxy.AuditLocal: npm.ErrUnavailable} {
		l := start(t, up, func(l *larder) { l.opts.Audit = mode })
		for form, err := range map[string]error{"bulk": second(l.AuditBulk(ctx(t), bulk)), "tree": second(l.AuditQuick(ctx(t), tree))} {
			if !errors.Is(err, want) {
				t.Errorf("%s, without advisories, %s: %v", mode, form, err)
			}
		}
	}
	l := advised(t, up, func(l *larder) {
		l.opts.Held = func(_ context.Context, n npm.Name) map[string]time.Time {
			t.Errorf("%s is judged, though none of it comes in", n)
			return nil
		}
	}, leafRecords()...)
	for form, got := range map[string]proxy.Raw{"bulk": must(l.AuditBulk(ctx(t), bulk))(t), "tree": must(l.AuditQuick(ctx(t), tree))(t)} {
		if !strings.Contains(string(got.Body), "GHSA-leaf") || got.Outcome != proxy.Hit {
			t.Errorf("%s: a %v of %s", form, got.Outcome, got.Body)
		}
	}
	if n := up.Count(); n > 0 {
		t.Errorf("%d requests reached upstream", n)
	}
}

func second(_ proxy.Raw, err error) error { return err }

func TestAuditCountsPrivateNames(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Advise("leaf", upstreamtest.Advisory{ID: 7, Title: "bad", Severity: "high", VulnerableVersions: "<2"})
	for name, l := range map[string]*larder{"local": advised(t, up, nothing, leafRecords()...), "upstream": start(t, up, privately)} {
		must(l.auditBulk(t, []byte(`{"leaf":["1.0.0"],"@acme/a":["1.0.0"],"intern-b":["1.0.0"]}`)))(t)
		must(l.auditQuick(t, []byte(`{"requires":{"@acme/a":"1"},"dependencies":{"@acme/a":{"version":"1.0.0"},
			"leaf":{"version":"1.0.0","dependencies":{"@acme/a":{"version":"2.0.0"}}}}}`)))(t)
		if n := l.counts.scrubs(); n != 3 {
			t.Errorf("%s: %d names were left out, want 3", name, n)
		}
	}
	leaks(t, up, "acme", "intern")
}

func TestQuickAuditHidesWorkspaces(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	l := start(t, up, privately)
	must(l.auditQuick(t, []byte(`{"requires":{".":"1.0.0","rocket-plans":"0.0.0"},"dependencies":{
		".":{"version":"1.0.0","requires":{"leaf":"1.0.0"},"dependencies":{"leaf":{"version":"1.0.0"}}},
		"rocket-plans":{"version":"0.0.0","dependencies":{"mid":{"version":"1.0.0"}}}}}`)))(t)
	leaks(t, up, "rocket")
	sent := string(up.Requests(upstreamtest.KindAudit)[0].Body)
	for _, want := range []string{`"leaf":{"version":"1.0.0"`, `"mid":{"version":"1.0.0"`, `"requires":{"leaf":"1.0.0"}`} {
		if !strings.Contains(sent, want) {
			t.Errorf("%s is lost from %s", want, sent)
		}
	}
}

func TestLocalTreeAuditIsBounded(t *testing.T) {
	t.Parallel()
	l := advised(t, upstreamtest.New(t), nothing, leafRecords()...)
	beyond := tree(t, 60_000, func(i int) (string, string) { return fmt.Sprintf("p%d", i), `{"version":"1.0.0"}` })
	if _, err := l.auditQuick(t, beyond); !errors.Is(err, npm.ErrTooLarge) {
		t.Errorf("a tree of 60,000 packages: %v", err)
	}
	// Each of many requirements is looked for at each of many places.
	var requires strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&requires, `,"r%d":"1"`, i)
	}
	const open, end = `{"version":"1.0.0","requires":{"leaf":"1"},"dependencies":{"leaf":`, `}}`
	inner := `{"version":"1.0.0","requires":{"leaf":"1"` + requires.String() + `}}`
	deep := strings.Repeat(open, 1000) + inner + strings.Repeat(end, 1000)
	if _, err := l.auditQuick(t, []byte(deep)); !errors.Is(err, npm.ErrTooLarge) {
		t.Errorf("a tree of twenty million steps: %v", err)
	}
	chain := strings.Repeat(open, 3000) + `{"version":"1.0.0"}` + strings.Repeat(end, 3000)
	if got := must(l.auditQuick(t, []byte(chain)))(t); len(got.Body) > 10<<20 {
		t.Errorf("3,000 packages below each other are told in %d bytes", len(got.Body))
	}
}

// TestVersionsOfOnePackageAreBounded has more of them than any application, in both
// forms.
func TestVersionsOfOnePackageAreBounded(t *testing.T) {
	t.Parallel()
	l := advised(t, upstreamtest.New(t), nothing, leafRecords()...)
	for n, want := range map[int]error{1000: nil, 1001: npm.ErrTooLarge} {
		versions := make([]string, n)
		for i := range versions {
			versions[i] = fmt.Sprintf("1.0.%d", i)
		}
		bulk := must(json.Marshal(map[string][]string{"leaf": versions}))(t)
		if _, err := l.auditBulk(t, bulk); !errors.Is(err, want) {
			t.Errorf("%d versions: %v", n, err)
		}
		places := tree(t, n, func(i int) (string, string) {
			return fmt.Sprintf("p%d", i), `{"version":"1.0.0","dependencies":{"leaf":{"version":"` + versions[i] + `"}}}`
		})
		if _, err := l.auditQuick(t, places); !errors.Is(err, want) {
			t.Errorf("%d versions in a tree: %v", n, err)
		}
	}
}
