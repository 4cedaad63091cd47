package e2e

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// installs puts a package with a scope, one without and one of the registry
// behind larder into a project of its own.
func (d *desk) installs(t *testing.T) {
	t.Helper()
	app := d.team.deskOf(t, d.client, d.registry, d.team.token)
	out, err := app.install(t, map[string]string{scopedName: "1.0.0", plainName: "1.0.0", publicName: "1.0.0"})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, w := range []words{scoped("1.0.0"), plain("1.0.0")} {
		text, err := os.ReadFile(filepath.Join(app.project(), "node_modules", w.name, "index.js"))
		if want := w.name + "@" + w.version; err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s is %q, %v", want, text, err)
		}
	}
	if _, err := os.Stat(filepath.Join(app.project(), "node_modules", publicName, "package.json")); err != nil {
		t.Error(err)
	}
	app.locked(t)
}

// urlInLock finds the addresses of tarballs in a lockfile.
var urlInLock = regexp.MustCompile(`https?://[^"\s]+\.tgz`)

// locked checks that the lockfile names no other place than the one that the
// client was told.
func (d *desk) locked(t *testing.T) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(d.project(), d.lock))
	if err != nil {
		t.Fatal(err)
	}
	urls := urlInLock.FindAllString(string(text), -1)
	for _, url := range urls {
		if !strings.HasPrefix(url, d.registry+"/") {
			t.Errorf("the lockfile names %s, want it below %s/", url, d.registry)
		}
	}
	if strings.HasPrefix(d.name, "npm") && len(urls) != 3 {
		t.Errorf("the lockfile names %v, want 3 addresses", urls)
	}
}

// install installs packages at this desk and returns what the client wrote.
func (d *desk) install(t *testing.T, needs map[string]string) (string, error) {
	t.Helper()
	manifest, err := json.Marshal(map[string]any{
		"name": "app", "version": "1.0.0", "private": true, "dependencies": needs,
	})
	if err != nil {
		t.Fatal(err)
	}
	write(t, d.project(), map[string]string{"package.json": string(manifest)})
	ctx, cancel := context.WithTimeout(t.Context(), commandWait)
	defer cancel()
	out, err := d.command(ctx, d.root, d.client.install...).CombinedOutput()
	t.Logf("%s %s\n%s", d.name, strings.Join(d.client.install, " "), out)
	return string(out), err
}

// TestPrivateNameStaysHere deletes a package whose name the registry behind
// larder has too, with a higher version: nobody may get that instead.
func TestPrivateNameStaysHere(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	tm := newTeam(t)
	maker := tm.deskOf(t, npmOnPath(t), tm.url, tm.token)
	maker.publish(t, plain("1.0.0"))
	tm.reg.Add(upstreamtest.Simple(plainName, "9.9.9"), upstreamtest.Simple(scopedName, "9.9.9"))
	tm.reg.Reset()
	maker.publish(t, scoped("1.0.0"))
	out, err := tm.deskOf(t, npmOnPath(t), tm.url, tm.token).install(t, map[string]string{plainName: "*", scopedName: "*"})
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	maker.run(t, "unpublish", plain(""))
	maker.run(t, "unpublish", scoped(""))
	for _, c := range everyClient(t) {
		t.Run(c.name, func(t *testing.T) {
			for _, name := range []string{plainName, scopedName} {
				out, err := tm.deskOf(t, c, tm.url, tm.token).install(t, map[string]string{name: "*"})
				if err == nil {
					t.Errorf("%s was installed after it was deleted:\n%s", name, out)
				}
				if shows := strings.HasPrefix(c.name, "npm"); shows && !says(out, "tombstone: "+name+" was deleted") {
					t.Errorf("the reason is not in what it wrote:\n%s", out)
				}
			}
		})
	}
	for _, name := range []string{plainName, scopedName} {
		asked := tm.reg.Where(func(q upstreamtest.Request) bool { return strings.Contains(q.Target+string(q.Body), name) })
		for _, q := range asked {
			t.Errorf("%s %s went upstream", q.Method, q.Target)
		}
	}
}

// TestPrivateNameIsNotAudited installs a private package beside a public one
// and audits both: only the public name goes upstream.
func TestPrivateNameIsNotAudited(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	tm := newTeam(t)
	tm.reg.Advise(publicName, upstreamtest.Advisory{ID: 7, Title: "pads too far", Severity: "high", VulnerableVersions: "<2.0.0"})
	d := tm.deskOf(t, npmOnPath(t), tm.url, tm.token)
	d.publish(t, scoped("1.0.0"))
	d.publish(t, plain("1.0.0"))
	app := tm.deskOf(t, d.client, tm.url, tm.token)
	if out, err := app.install(t, map[string]string{scopedName: "1.0.0", plainName: "1.0.0", publicName: "1.0.0"}); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	tm.reg.Reset()
	app.fails(t, "pads too far", "audit", words{})
	asked := tm.reg.Requests(upstreamtest.KindAudit)
	if len(asked) == 0 {
		t.Fatal("upstream was not asked")
	}
	for _, q := range asked {
		body, err := upstreamtest.Decoded(q)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(body); !strings.Contains(text, publicName) || strings.Contains(text, "acme") {
			t.Errorf("upstream was asked about %s", text)
		}
	}
}

// TestPrivateDeno installs with deno, which publishes to other registries only.
func TestPrivateDeno(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	tm := newTeam(t)
	maker := tm.deskOf(t, npmOnPath(t), tm.url, tm.token)
	maker.publish(t, scoped("1.0.0"))
	maker.publish(t, plain("1.0.0"))
	deno := client{
		name: "deno", program: []string{tool(t, "deno@latest", ".bin/deno")}, lock: "deno.lock",
		install:  []string{"install", "--minimum-dependency-age=0", "--node-modules-dir=auto"},
		signedIn: npmrcSigned,
	}
	for _, place := range []string{rootPlace, instancePlace} {
		tm.deskOf(t, deno, tm.prefixes()[place], tm.token).installs(t)
	}
	out, err := tm.deskOf(t, deno, tm.url, "").install(t, map[string]string{scopedName: "1.0.0"})
	if err == nil || !says(out, "sign in first") {
		t.Errorf("nobody: %v\n%s", err, out)
	}
}
