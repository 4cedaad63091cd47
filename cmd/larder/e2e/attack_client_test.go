package e2e

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// victim is a client that does what attackers hope for: it is told to run the
// scripts of what it installs, and to have no guards of its own.
type victim struct {
	client
	// It passes on why a version is refused that the document restricts, and
	// why a tarball is.
	tellsOfDocument, tellsOfTarball bool
	// settings are files besides those of the client.
	settings map[string]string
}

// victims are all clients, as they are attacked.
func victims(t *testing.T) []victim {
	t.Helper()
	var all []victim
	for _, c := range everyClient(t) {
		v := victim{client: c}
		switch c.name {
		case "npm on PATH":
			continue // one of the others is as old
		case "npm 11", "npm newest":
			v.tellsOfDocument, v.tellsOfTarball = true, true
		case "pnpm newest":
			v.install, v.frozen = []string{"install", "--no-frozen-lockfile"}, []string{"install", "--frozen-lockfile"}
			v.settings = map[string]string{"pnpm-workspace.yaml": "dangerouslyAllowAllBuilds: true\nminimumReleaseAge: 0\nblockExoticSubdeps: false\n"}
		case "yarn 4":
			v.tellsOfTarball = true
			v.config = func(registry string) map[string]string {
				files := c.config(registry)
				files[".yarnrc.yml"] += "enableScripts: true\nhttpRetry: 0\n"
				return files
			}
		}
		all = append(all, v)
	}
	return all
}

// outcome is what came of an install.
type outcome struct {
	err error
	// text is all that the client wrote.
	text string
	// marks is what payloads have written.
	marks         string
	project, lock string
}

// installs installs packages into a new project with a new home, from the
// lockfile if there is one.
func (v victim) installs(t *testing.T, registry string, needs map[string]string, lock string) outcome {
	t.Helper()
	root := t.TempDir()
	makeRoom(t, root)
	files, args := v.config(registry), v.client.install
	maps.Copy(files, v.settings)
	files["package.json"] = trusting(t, needs)
	if lock != "" {
		files[v.lock], args = lock, v.frozen
	}
	o := outcome{project: filepath.Join(root, "project")}
	write(t, o.project, files)
	ctx, cancel := context.WithTimeout(t.Context(), commandWait)
	defer cancel()
	cmd := v.command(ctx, root, args...)
	marker := filepath.Join(root, "marker")
	cmd.Env = append(cmd.Env, upstreamtest.MarkerEnv+"="+marker)
	text, err := cmd.CombinedOutput()
	o.text, o.err = string(text), err
	o.marks, o.lock = readIfThere(t, marker), readIfThere(t, filepath.Join(o.project, v.lock))
	return o
}

// readIfThere reads a file; one that is not there is empty.
func readIfThere(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// trusting is a package.json whose owner trusts the scripts of everything.
func trusting(t *testing.T, needs map[string]string) string {
	t.Helper()
	names := append(slices.Sorted(maps.Keys(needs)), "plain-cipher", "hidden-child")
	allowed := map[string]bool{}
	for _, name := range names {
		allowed[name] = true
	}
	text, err := json.Marshal(map[string]any{
		"name": "victim", "version": "1.0.0", "private": true, "license": "MIT", "dependencies": needs,
		"allowScripts": allowed, "trustedDependencies": names,
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// version is what a project has of a package; empty where it has none.
func (o outcome) version(t *testing.T, name string) string {
	t.Helper()
	var m struct {
		Version string `json:"version"`
	}
	text := readIfThere(t, filepath.Join(o.project, "node_modules", filepath.FromSlash(name), "package.json"))
	if text == "" {
		return ""
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	return m.Version
}

// spared checks that no payload ran.
func (o outcome) spared(t *testing.T) {
	t.Helper()
	if o.marks != "" {
		t.Errorf("a payload ran: %s\n%s", o.marks, o.text)
	}
}

// refused checks that the install failed with nothing bad in place, and that
// the client passes on all of the words, which are regular expressions.
func (o outcome) refused(t *testing.T, name, bad string, words ...string) {
	t.Helper()
	o.spared(t)
	if o.err == nil || o.version(t, name) == bad {
		t.Errorf("%s@%s was installed: %v\n%s", name, bad, o.err, o.text)
	}
	for _, w := range words {
		if !regexp.MustCompile(w).MatchString(strings.Join(strings.Fields(o.text), " ")) {
			t.Errorf("it does not say %q:\n%s", w, o.text)
		}
	}
}
