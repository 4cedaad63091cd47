package advisory

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
)

// FuzzRecord checks that whatever a record says, clients can read the answer
// that is made of it, and that the range in it holds the versions that we say
// it is about.
func FuzzRecord(f *testing.F) {
	f.Add([]byte(mal("MAL-2026-1", "x", `"versions":["1.0.0"]`)), "1.0.0")
	f.Add([]byte(mal("", "x", events(everything))), "2.0.0-rc.1")
	f.Add([]byte(ghsa("GHSA-a", "x", events(`{"introduced":"1.0.0"},{"fixed":"1.2.3"},{"introduced":"2.0.0"},{"last_affected":"2.1.0"},{"limit":"3.0.0"}`))), "1.2.0")
	f.Add([]byte(ghsa("GHSA-a", "x", events(everything)+`,"database_specific":{"last_known_affected_version_range":"<= 1.2.3"}`)), "1.2.3")
	f.Fuzz(func(t *testing.T, raw []byte, version string) {
		b := newBuilder("feed")
		const at = "x/MAL-0000-a.json"
		got := takingOf(at, raw)
		b.merge(at, &got)
		set, err := b.set()
		if err != nil || len(b.errs) > 0 && len(b.reports) > 0 {
			t.Fatalf("%v, %v", err, b.errs)
		}
		for _, name := range set.Names() {
			p := set.Package(name)
			if p.Digest() == (Digest{}) {
				t.Errorf("%s has no digest", name)
			}
			p.Fix(version, []string{version})
			m, bad := p.Malware(version)
			for _, a := range p.Affecting([]string{version}) {
				checkAdvisory(t, a, version)
				bad = bad && (a.Malware || m.ID != "")
			}
			if bad != (m.ID != "") {
				t.Errorf("%s@%s: %+v", name, version, m)
			}
		}
	})
}

func checkAdvisory(t *testing.T, a Advisory, version string) {
	t.Helper()
	if !isID(a.Record) || a.Title == "" || a.CWE == nil {
		t.Errorf("%+v", a)
	}
	if _, err := json.Marshal(a); err != nil {
		t.Errorf("%v", err)
	}
	r, err := npm.ParseRangeLoose(a.Vulnerable)
	if err != nil {
		t.Errorf("range %q: %v", a.Vulnerable, err)
	}
	v, err := npm.ParseVersion(version)
	if err == nil && !r.MatchesWithPrereleases(v) {
		t.Errorf("%q does not hold %s", a.Vulnerable, v)
	}
}

// FuzzFile checks that no bytes of a feed file stop the process, and that a set
// is all or nothing.
func FuzzFile(f *testing.F) {
	record := mal("MAL-2026-1", "x", `"versions":["1.0.0"]`)
	f.Add([]byte(zipOf(f, "a.json", record)), uint8(0))
	f.Add([]byte(strings.ReplaceAll(record, "\n", " ")), uint8(1))
	f.Add([]byte(strings.Repeat("ab", 32)+" IOC-1\n# none\n"), uint8(2))
	formats := []Format{Zip, Lines, Hashes}
	f.Fuzz(func(t *testing.T, data []byte, format uint8) {
		path := filepath.Join(t.TempDir(), "feed")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		most := limits{signed: 1 << 16, total: 1 << 16, record: 1 << 14, entries: 100}
		set, _, err := loader{limits: most}.load(t.Context(), []Source{{Path: path, Format: formats[int(format)%len(formats)]}})
		if (set == nil) != (err != nil) {
			t.Errorf("%v with %v", set, err)
		}
	})
}

// FuzzSigned checks the parsers of what comes beside a feed.
func FuzzSigned(f *testing.F) {
	f.Add("MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=")
	f.Add(strings.Repeat("ab", 32) + "  ./a/b.json\n")
	f.Add(strings.Repeat("ab", 32) + " *c.json\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseKey(text)
		if err == nil && check(key, []byte("data"), []byte(text)) == nil {
			t.Error("a key is no signature")
		}
		all, err := parseSums([]byte(text))
		for path := range all {
			if path == "" || err != nil {
				t.Errorf("%q, %v", path, err)
			}
		}
	})
}
