package advisory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
)

// tree writes files into a new folder and returns it.
func tree(t testing.TB, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for path, text := range files {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// setOf loads records, one per line.
func setOf(t testing.TB, records ...string) *Set {
	t.Helper()
	set, err := loadLines(t, records...)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func loadLines(t testing.TB, records ...string) (*Set, error) {
	t.Helper()
	for i, text := range records {
		records[i] = strings.ReplaceAll(text, "\n", " ")
	}
	dir := tree(t, map[string]string{"feed.jsonl": strings.Join(records, "\n")})
	return Load(t.Context(), Source{Path: filepath.Join(dir, "feed.jsonl")})
}

func nameOf(t testing.TB, text string) npm.Name {
	t.Helper()
	name, err := npm.ParseName(text)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// mal is a report with an identifier and what it affects of a name, as
// ossf/malicious-packages writes it.
func mal(id, name, affected string) string {
	return `{"id":"` + id + `","modified":"2026-03-31T03:15:49Z","schema_version":"1.7.4",
		"summary":"Malicious code in ` + name + ` (npm)","details":"Bad.","affected":[{"package":{"ecosystem":"npm","name":"` + name + `"},` + affected + `}],
		"database_specific":{"malicious-packages-origins":[{"source":"ghsa-malware","sha256":"00"}]}}`
}

// ghsa is a reviewed advisory, as GitHub's database writes it.
func ghsa(id, name, affected string) string {
	return `{"id":"` + id + `","modified":"2026-02-01T00:00:00Z","published":"2026-02-01T00:00:00Z","aliases":["CVE-2026-1"],
		"summary":"Prototype pollution in ` + name + `","severity":[{"type":"CVSS_V3","score":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
		"affected":[{"package":{"ecosystem":"npm","name":"` + name + `"},` + affected + `}],
		"database_specific":{"cwe_ids":["CWE-1321"],"severity":"HIGH","github_reviewed":true}}`
}

func events(text string) string { return `"ranges":[{"type":"SEMVER","events":[` + text + `]}]` }

const everything = `{"introduced":"0"}`
