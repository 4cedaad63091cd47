package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// What the public package of the team's application is known for.
const (
	flaw     = "Prototype pollution in " + publicName
	flawFeed = `{"id":"GHSA-aaaa-bbbb-cccc","modified":"2026-02-01T00:00:00Z","summary":"` + flaw + `",` +
		`"affected":[{"package":{"ecosystem":"npm","name":"` + publicName + `"},` +
		`"ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"1.2.4"}]}]}],` +
		`"database_specific":{"severity":"HIGH","github_reviewed":true}}`
)

// auditors are the clients whose audit can be answered: yarn 1 asks its own
// registry, whatever it is told. pnpm 10 asks in the older form.
func auditors(t *testing.T) []client {
	t.Helper()
	older := pnpm(t)
	older.name, older.program = "pnpm 10", []string{tool(t, "pnpm@10", ".bin/pnpm")}
	all := slices.DeleteFunc(everyClient(t), func(c client) bool { return c.name == "yarn 1" || c.name == "bun" })
	older.node = all[1].node
	all = append(all, older)
	for i := range all {
		all[i].can = all[i].can.with(commands{"audit": {"audit"}})
		if strings.HasPrefix(all[i].name, "yarn") {
			all[i].can["audit"] = []string{"npm", "audit", "--all", "--recursive"}
		}
	}
	return all
}

// TestAudit audits an application of a public and a private package with each
// client, answered by larder, by the registry behind it, and by nobody.
func TestAudit(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	clients := auditors(t)
	for _, mode := range []string{"local", "upstream", "off"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			tm := newTeamWith(t, map[string]string{
				"larder.yaml": teamSettings + "feeds:\n  - path: feed.jsonl\naudit:\n  mode: " + mode + "\n",
				"feed.jsonl":  flawFeed,
			})
			tm.reg.Advise(publicName, upstreamtest.Advisory{ID: 7, Title: flaw, URL: "https://registry.example.com/7",
				Severity: "high", VulnerableVersions: "<1.2.4"})
			tm.deskOf(t, npmOnPath(t), tm.url, tm.token).publish(t, scoped("1.0.0"))
			for _, c := range clients {
				t.Run(c.name, func(t *testing.T) { tm.audits(t, c, mode) })
			}
			tm.auditsLeakNothing(t, mode)
		})
	}
}

// audits installs the application, which no audit may stop, and audits it.
func (tm *team) audits(t *testing.T, c client, mode string) {
	t.Helper()
	app := tm.deskOf(t, c, tm.url, tm.token)
	if out, err := app.install(t, map[string]string{scopedName: "1.0.0", publicName: "1.0.0"}); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	switch {
	case mode == "off" && c.name == "yarn 4":
		app.fails(t, "audit is switched off here", "audit", words{})
	case mode == "off":
		app.fails(t, "/-/npm/v1/security/", "audit", words{})
	case mode == "upstream" && c.name == "pnpm 10":
		// The registry behind knows nothing in the older form.
		app.shows(t, "No known vulnerabilities found", "audit", words{})
	default:
		app.fails(t, flaw, "audit", words{})
		app.fails(t, "high", "audit", words{})
	}
}

// auditsLeakNothing checks what the registry behind heard.
func (tm *team) auditsLeakNothing(t *testing.T, mode string) {
	t.Helper()
	asked := tm.reg.Requests(upstreamtest.KindAudit)
	if (len(asked) > 0) != (mode == "upstream") {
		t.Errorf("%d audits reached the registry behind", len(asked))
	}
	for _, q := range tm.reg.Requests() {
		body, err := upstreamtest.Decoded(q)
		if err != nil || strings.Contains(q.Target+string(body), teamGroup) {
			t.Errorf("%s %s: %s, %v", q.Method, q.Target, body, err)
		}
		if q.Kind == upstreamtest.KindAudit && q.Method != http.MethodPost {
			t.Errorf("audit by %s", q.Method)
		}
	}
}

// TestAuditWhereNothingIsForwarded audits at a project that forwards nothing any
// more, in both forms of the question: larder tells what its feeds know.
func TestAuditWhereNothingIsForwarded(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	tm := newTeamWith(t, map[string]string{
		"larder.yaml": teamSettings + "feeds:\n  - path: feed.jsonl\n",
		"feed.jsonl":  flawFeed,
	})
	clients := slices.DeleteFunc(auditors(t), func(c client) bool { return c.name != "npm newest" && c.name != "pnpm 10" })
	if len(clients) != 2 {
		t.Fatalf("%d clients", len(clients))
	}
	var apps []*desk
	for _, c := range clients {
		app := tm.deskOf(t, c, tm.prefixes()[projectPlace], tm.token)
		if out, err := app.install(t, map[string]string{publicName: "1.0.0"}); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		apps = append(apps, app)
	}
	tm.console(t, "", "project", "set", teamProject, "--forwarding", "off")
	for _, app := range apps {
		t.Run(app.name, func(t *testing.T) {
			app.fails(t, flaw, "audit", words{})
		})
	}
	tm.auditsLeakNothing(t, "local")
}
