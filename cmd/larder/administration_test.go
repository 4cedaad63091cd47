package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// typedCurl is curl as README.md means it: a refusal ends everything. It keeps
// the last job token that an answer held.
const typedCurl = `set -e
curl() {
  answer=$(command curl -sS --fail-with-body "$@") || { echo "refused: $* $answer" >&2; exit 1; }
  printf '%s\n' "$answer"
  case "$answer" in *job_token*) job=$(printf %s "$answer" | sed 's/.*"job_token":"\([^"]*\)".*/\1/') ;; esac
}
`

// typeAdministration types what README.md tells administrators to type, in one
// shell, as it goes on from the commands for a team.
func typeAdministration(t *testing.T, s *server, data string) {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(data, "registry", "root.token"))
	if err != nil {
		t.Fatal(err)
	}
	s.get(t, newClient(t), "react") // something of upstream to look after
	text := readme(t)
	_, of, _ := strings.Cut(text, "### GitLab's npm API\n")
	of, _, _ = strings.Cut(of, "\n## ")
	script := typedCurl
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(of+textBelow(text, "## Administration"), -1) {
		script += block[1]
	}
	release := regexp.MustCompile(`(?m)^curl .*/release$`).FindString(script)
	if n := strings.Count(script, "\ncurl "); n < 40 || release == "" {
		t.Fatalf("README.md has %d lines of curl for administrators, and %q to release a name", n, release)
	}
	script = strings.NewReplacer(
		"127.0.0.1:4873", strings.Trim(strings.TrimPrefix(s.url, "http:"), "/"),
		"lrdp_…", strings.TrimSpace(string(token)), "lrdj_…", "$job",
		release, `curl -H "$auth" -X DELETE $project/packages/1`+"\n"+release, // only what is deleted is free
	).Replace(script)
	cmd := exec.Command("sh", "-c", script)
	cmd.Dir = t.TempDir()
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + cmd.Dir}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("what README.md tells administrators to type: %v\n%s\nlarder: %s", err, out, s.log)
	}
	for _, want := range []string{
		`(?m)^\[{"id":1,"name":"@acme/lib",.*"project_path":"acme/packages"`, // of a group's lists
		`"file_name":"@acme/lib-1.0.0.tgz"`, `X-Larder-Restorable-Until: `,
		`"path_with_namespace":"web/shop"`, `"username":"bob".*"access_level":40`, `"token":"lrdp_`, `"token":"lrdd_`,
		`"minimum_access_level_for_push":"maintainer"`, `"name":"react","upstream":"default"`, `"result":"unchanged"`,
		`"origin":"unclaimed"`, `"names":1,"documents":1,`, `"name":"react","version":"19.0.0","origin":"public"`,
		`"action":"package.publish","target":"@acme/lib`,
		`"kind":"block","match":"react","versions":"[^"]*1","reason":"taken over","by":"root"`,
		`"guard":"cooldown","reason":"fixes our build","by":"root".*"ended_by":"root","in_force":false`,
	} {
		if !regexp.MustCompile(want).Match(out) {
			t.Errorf("no answer is like %s", want)
		}
	}
	if t.Failed() {
		t.Logf("answers: %s", out)
	}
	if tarball, err := os.ReadFile(filepath.Join(cmd.Dir, "lib-1.0.0.tgz")); err != nil || len(tarball) < 2 || tarball[0] != 0x1f {
		t.Errorf("the downloaded tarball has %d bytes, %v", len(tarball), err)
	}
}
