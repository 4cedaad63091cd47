package advisory

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	a := mal("MAL-2026-1", "a", `"versions":["1.0.0"]`)
	b := ghsa("GHSA-b", "b", events(everything+`,{"fixed":"1.0.0"}`))
	cases := []struct {
		name          string
		before, after []string
		want          string
	}{
		{"same in another order", []string{a, b}, []string{b, a}, ""},
		{"all new", nil, []string{a, b}, "a b"},
		{"all gone", []string{a, b}, nil, "a b"},
		{"one came", []string{b}, []string{a, b}, "a"},
		{"one went", []string{a, b}, []string{a}, "b"},
		{"another version", []string{a, b}, []string{mal("MAL-2026-1", "a", `"versions":["1.0.0","1.0.1"]`), b}, "a"},
		{"another identifier", []string{a, b}, []string{mal("MAL-2026-2", "a", `"versions":["1.0.0"]`), b}, "a"},
		{"another severity", []string{a, b}, []string{a, strings.ReplaceAll(b, "HIGH", "LOW")}, "b"},
		{"no longer reviewed", []string{a, b}, []string{a, strings.ReplaceAll(b, "reviewed\":true", "reviewed\":false")}, "b"},
		{"modified without a change", []string{a, b}, []string{a, strings.ReplaceAll(b, "2026-02-01", "2026-02-02")}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var before, after *Set
			if c.before != nil {
				before = setOf(t, slices.Clone(c.before)...)
			}
			if c.after != nil {
				after = setOf(t, slices.Clone(c.after)...)
			}
			var got []string
			for _, name := range Diff(before, after).Names {
				got = append(got, name.String())
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("%v, want %q", got, c.want)
			}
		})
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	set := setOf(t, mal("MAL-2026-1", "a", `"versions":["1.0.0"]`), mal("MAL-2026-2", "b", `"versions":["1.0.0"]`))
	a, b := set.Digest(nameOf(t, "a")), set.Digest(nameOf(t, "b"))
	if a == b || a == (Digest{}) || a != set.Package(nameOf(t, "a")).Digest() {
		t.Errorf("%x %x", a, b)
	}
	if got := set.Digest(nameOf(t, "c")); got != (Digest{}) {
		t.Errorf("%x for a name that nobody knows", got)
	}
}

func TestHash(t *testing.T) {
	t.Parallel()
	const sri = "sha512-ACz+EB+WV8ZplIt3nj9pYKFQc6k/aq5tOlet20uPBE7Qonlx7NKwDLUWCKXloMy6lI1Y/LPuz85wlJZFZTqnLA=="
	indicated := mal("MAL-2026-1", "a", `"versions":["1.0.0"],"database_specific":{"cwes":[{"cweId":"CWE-506"}],"indicators":{
		"evidence_files":[{"path":"x.js","sha256":"`+strings.Repeat("ab", 32)+`"}],
		"package_integrity":[{"filename":"a-1.0.0.tgz","hashes":{"sha1":"00","sha512_sri":"`+sri+`"}}]}}`)
	list := "# payloads\n\n" + strings.Repeat("CD", 32) + "  IOC-1\r\n" + strings.Repeat("ef", 64) + "\tIOC-2\n" +
		"sha256-q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s= IOC-3"
	dir := tree(t, map[string]string{"f.jsonl": strings.ReplaceAll(indicated, "\n", " "), "hashes.txt": list})
	feed := Source{Path: filepath.Join(dir, "f.jsonl")}
	both, err := Load(t.Context(), feed, Source{Path: filepath.Join(dir, "hashes.txt"), Format: Hashes})
	if err != nil {
		t.Fatal(err)
	}
	cases := []struct{ name, line, want string }{
		{"tarball of a report", sri + " x", "MAL-2026-1"},
		{"sha256", strings.Repeat("cd", 32) + " x", "IOC-1"},
		{"sha512", strings.Repeat("ef", 64) + " x", "IOC-2"},
		{"integrity text", strings.Repeat("ab", 32) + " x", "IOC-3"},
		{"unknown", strings.Repeat("00", 32) + " x", ""},
		{"start of another", strings.Repeat("ef", 32) + " x", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			sum, _, err := parseHash([]byte(c.line))
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := both.Hash([]byte(sum)); got != c.want || ok != (c.want != "") {
				t.Errorf("%q %v, want %q", got, ok, c.want)
			}
		})
	}
	alone, err := Load(t.Context(), feed)
	if err != nil {
		t.Fatal(err)
	}
	if change := Diff(alone, both); !change.Hashes || len(change.Names) != 0 {
		t.Errorf("%+v", change)
	}
	if Diff(both, both).Hashes {
		t.Error("a set differs from itself")
	}
}

func TestParseHashRefuses(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, line string }{
		{"no identifier", strings.Repeat("ab", 32)},
		{"two words", strings.Repeat("ab", 32) + " a b"},
		{"short", "abcd IOC"},
		{"sha1", strings.Repeat("ab", 20) + " IOC"},
		{"sha384 text", "sha384-" + strings.Repeat("A", 64) + " IOC"},
		{"no hash", "name IOC"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if sum, id, err := parseHash([]byte(c.line)); err == nil {
				t.Errorf("%x %q", sum, id)
			}
		})
	}
}
