package advisory

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// zipOf makes a zip of files in order: path, text, path, text.
func zipOf(t testing.TB, files ...string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		w, err := z.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestLoadFormats(t *testing.T) {
	t.Parallel()
	record := mal("MAL-2026-1", "evil", `"versions":["1.0.0"]`)
	line := strings.ReplaceAll(record, "\n", " ")
	unnumbered := mal("", "bad", `"versions":["2.0.0"]`)
	dir := tree(t, map[string]string{
		"folder/evil/MAL-2026-1.json":       record,
		"folder/bad/MAL-0000-src-abcd.json": unnumbered,
		"folder/README.md":                  "no record",
		"folder/.git/x.json":                "no record either",
		"feed.jsonl":                        line + "\r\n\n" + strings.ReplaceAll(unnumbered, "\n", " "),
		"feed.zip":                          zipOf(t, "osv/evil/MAL-2026-1.json", record, "osv/bad/MAL-0000-src-abcd.json", unnumbered, "notes.txt", "-"),
	})
	cases := []struct {
		name, path string
		format     Format
		want       string
	}{
		{"folder", "folder", Auto, "MAL-0000-src-abcd"},
		{"zip", "feed.zip", Auto, "MAL-0000-src-abcd"},
		{"lines", "feed.jsonl", Auto, "MAL-0000-"},
		{"lines by name", "feed.jsonl", Lines, "MAL-0000-"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set, err := Load(t.Context(), Source{Path: filepath.Join(dir, c.path), Format: c.format})
			if err != nil {
				t.Fatal(err)
			}
			if got, ok := set.Malware(nameOf(t, "evil"), "1.0.0"); !ok || got.ID != "MAL-2026-1" {
				t.Errorf("evil: %v %v", got, ok)
			}
			if got, ok := set.Malware(nameOf(t, "bad"), "2.0.0"); !ok || !strings.HasPrefix(got.ID, c.want) {
				t.Errorf("bad: %v %v, want %s", got, ok, c.want)
			}
			if size := set.Size(); size.Records != 2 || size.Names != 2 {
				t.Errorf("size %+v", size)
			}
		})
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	good := mal("MAL-2026-1", "evil", `"versions":["1.0.0"]`)
	dir := tree(t, map[string]string{
		"good/a.json":    good,
		"mixed/a.json":   good,
		"mixed/b.json":   "{",
		"mixed/c.json":   ghsa("GHSA-a", "x", events(`{"introduced":"0"},{"fixed":"later"}`)),
		"empty/a.txt":    "",
		"other/a.json":   strings.ReplaceAll(good, `"npm"`, `"PyPI"`),
		"undated/a.json": strings.ReplaceAll(good, "2026-03-31T03:15:49Z", "yesterday"),
		"odd/a.json":     strings.ReplaceAll(good, "MAL-2026-1", `MAL <b>`),
		"start/a.json":   ghsa("GHSA-a", "x", events(`{"fixed":"1.0.0"}`)),
		"cut.zip":        zipOf(t, "a.json", good)[:100],
		"hashes.txt":     "12 IOC-1\n",
	})
	cases := []struct {
		name   string
		source Source
		want   []string
	}{
		{"no file", Source{Path: "none.jsonl"}, []string{"none.jsonl"}},
		{"unknown format", Source{Path: "good", Format: "csv"}, []string{`no format is named "csv"`}},
		{"all broken records", Source{Path: "mixed"}, []string{"b.json: it is no record", `c.json: "later" is no version`}},
		{"nothing in it", Source{Path: "empty"}, []string{"no record about npm"}},
		{"another ecosystem", Source{Path: "other"}, []string{"no record about npm"}},
		{"no date", Source{Path: "undated"}, []string{"when it was modified"}},
		{"odd identifier", Source{Path: "odd"}, []string{"malformed"}},
		{"range without a start", Source{Path: "start"}, []string{"which version introduced it"}},
		{"cut zip", Source{Path: "cut.zip"}, []string{"read zip"}},
		{"folder as a zip", Source{Path: "good", Format: Zip}, []string{"it is no file"}},
		{"bad hash", Source{Path: "hashes.txt", Format: Hashes}, []string{"line 1: it is neither"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.source.Path = filepath.Join(dir, c.source.Path)
			set, err := Load(t.Context(), Source{Path: filepath.Join(dir, "good")}, c.source)
			if err == nil || set != nil {
				t.Fatalf("loaded: %v", set.Size())
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%v, want %q", err, want)
				}
			}
		})
	}
}

func TestLoadBoundsProblems(t *testing.T) {
	t.Parallel()
	lines := make([]string, maxProblems+7)
	for i := range lines {
		lines[i] = "broken"
	}
	_, err := loadLines(t, lines...)
	if err == nil || !strings.Contains(err.Error(), "line 50:") || strings.Contains(err.Error(), "line 51:") ||
		!strings.Contains(err.Error(), "and 8 more problems") {
		t.Errorf("%v", err)
	}
}

func TestLoadLimits(t *testing.T) {
	t.Parallel()
	record := mal("MAL-2026-1", "evil", `"versions":["1.0.0"]`)
	line := strings.ReplaceAll(record, "\n", " ")
	dir := tree(t, map[string]string{
		"folder/a.json": record, "folder/b.json": record,
		"feed.zip":   zipOf(t, "a.json", record, "b.json", record),
		"feed.jsonl": line + "\n" + line,
	})
	base := defaultLimits()
	cases := []struct {
		name string
		most func(*limits)
		ok   bool
	}{
		{"within", func(*limits) {}, true},
		{"record", func(l *limits) { l.record = int64(len(line)) - 10 }, false},
		{"total", func(l *limits) { l.total = int64(len(line)) + 10 }, false},
		{"entries", func(l *limits) { l.entries = 1 }, false},
	}
	for _, path := range []string{"folder", "feed.zip", "feed.jsonl"} {
		for _, c := range cases {
			t.Run(path+" "+c.name, func(t *testing.T) {
				t.Parallel()
				most := base
				c.most(&most)
				_, _, err := (loader{limits: most}).load(t.Context(), []Source{{Path: filepath.Join(dir, path)}})
				if (err == nil) != c.ok || !c.ok && !errors.Is(err, errTooMuch) {
					t.Errorf("%v, want ok %v", err, c.ok)
				}
			})
		}
	}
}

func TestLoadStops(t *testing.T) {
	t.Parallel()
	record := mal("MAL-2026-1", "evil", `"versions":["1.0.0"]`)
	dir := tree(t, map[string]string{
		"folder/a.json": record, "feed.zip": zipOf(t, "a.json", record), "feed.jsonl": strings.ReplaceAll(record, "\n", " "),
	})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, path := range []string{"folder", "feed.zip", "feed.jsonl"} {
		if _, err := Load(ctx, Source{Path: filepath.Join(dir, path)}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestLoadSigned(t *testing.T) {
	t.Parallel()
	key, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	record := mal("MAL-2026-1", "evil", `"versions":["1.0.0"]`)
	line := strings.ReplaceAll(record, "\n", " ")
	packed := zipOf(t, "a.json", record)
	list := fmt.Sprintf("%x  ./a.json\n", sha256.Sum256([]byte(record)))
	sign := func(text string) string { return string(ed25519.Sign(private, []byte(text))) }
	text := func(text string) string { return base64.StdEncoding.EncodeToString([]byte(sign(text))) + "\n" }
	cases := []struct {
		name, path string
		files      map[string]string
		want       string
	}{
		{"lines", "f.jsonl", map[string]string{"f.jsonl": line, "f.jsonl.sig": sign(line)}, ""},
		{"lines in base64", "f.jsonl", map[string]string{"f.jsonl": line, "f.jsonl.sig": text(line)}, ""},
		{"zip", "f.zip", map[string]string{"f.zip": packed, "f.zip.sig": sign(packed)}, ""},
		{"folder", ".", map[string]string{"a.json": record, "SHA256SUMS": list, "SHA256SUMS.sig": sign(list)}, ""},
		{"unlisted file is not read", ".", map[string]string{"a.json": record, "b.json": "{", "SHA256SUMS": list, "SHA256SUMS.sig": sign(list)}, ""},
		{"no signature", "f.jsonl", map[string]string{"f.jsonl": line}, "read signature"},
		{"short signature", "f.jsonl", map[string]string{"f.jsonl": line, "f.jsonl.sig": "abc"}, "neither 64 bytes"},
		{"changed lines", "f.jsonl", map[string]string{"f.jsonl": line + " ", "f.jsonl.sig": sign(line)}, "does not match"},
		{"changed zip", "f.zip", map[string]string{"f.zip": packed, "f.zip.sig": sign(line)}, "does not match"},
		{"changed file", ".", map[string]string{"a.json": record + " ", "SHA256SUMS": list, "SHA256SUMS.sig": sign(list)}, "not what the list says"},
		{"missing file", ".", map[string]string{"SHA256SUMS": list, "SHA256SUMS.sig": sign(list)}, "a.json"},
		{"no list", ".", map[string]string{"a.json": record}, "read list"},
		{"changed list", ".", map[string]string{"a.json": record, "SHA256SUMS": list + "\n", "SHA256SUMS.sig": sign(list)}, "does not match"},
		{"way out of the folder", ".", map[string]string{
			"SHA256SUMS": strings.ReplaceAll(list, "./a", "../a"), "SHA256SUMS.sig": sign(strings.ReplaceAll(list, "./a", "../a")),
		}, "escapes"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			set, err := Load(t.Context(), Source{Path: filepath.Join(tree(t, c.files), c.path), Key: key})
			if c.want == "" {
				if err != nil || set.Size().Records != 1 {
					t.Errorf("%v", err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

func TestLoadFollowsNoLink(t *testing.T) {
	t.Parallel()
	outside := tree(t, map[string]string{"x.json": mal("MAL-2026-2", "other", `"versions":["1.0.0"]`)})
	dir := tree(t, map[string]string{"a.json": mal("MAL-2026-1", "evil", `"versions":["1.0.0"]`)})
	if err := os.Symlink(filepath.Join(outside, "x.json"), filepath.Join(dir, "b.json")); err != nil {
		t.Fatal(err)
	}
	set, err := Load(t.Context(), Source{Path: dir})
	if err != nil || set.Size().Records != 1 {
		t.Errorf("%v", err)
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	// The public key of RFC 8032's first test, with and without its DER form.
	raw := "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
	der := "MCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
	cases := []struct {
		name, in string
		ok       bool
	}{
		{"raw", raw, true},
		{"der", der + "\n", true},
		{"pem", "-----BEGIN PUBLIC KEY-----\n" + der + "\n-----END PUBLIC KEY-----\n", true},
		{"short", "AAAA", false},
		{"text", "key!", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			key, err := ParseKey(c.in)
			if (err == nil) != c.ok || c.ok && base64.StdEncoding.EncodeToString(key) != raw {
				t.Errorf("%x, %v", key, err)
			}
		})
	}
}
