package npm

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files")

const testBase = "http://localhost:4873/npm"

// goldens are the documents under testdata/packument and the edit that each
// is rendered with besides the plain one.
var goldens = []struct {
	file, name string
	edit       Edit
}{
	{"signed", "@acme/widget", Edit{
		Omit: map[string]bool{"2.0.0": true, "2.1.0-beta.2": true, "9.9.9": true},
		Dist: map[string]DistFix{
			"1.0.0":        {Integrity: "sha512-<&>\"", Shasum: "x"},
			"1.1.0":        {Integrity: "sha512-new"},
			"2.1.0-beta.1": {Shasum: "new"},
		},
	}},
	{"adversarial", "hard", Edit{Dist: map[string]DistFix{"1.0.0": {Integrity: "sha512-i", Shasum: "s"}}}},
	{"tombstone", "gone", Edit{Omit: map[string]bool{"1.0.0": true}}},
	{"poor", "poor", Edit{
		Omit: map[string]bool{"1.0.0": true},
		Dist: map[string]DistFix{"1.0.1": {Shasum: "s"}},
	}},
	{"bare", "bare", Edit{
		Omit: map[string]bool{"0.0.1": true, "0.0.3": true},
		Dist: map[string]DistFix{
			"0.0.2": {Integrity: "i"}, "0.0.4": {Integrity: "i", Shasum: "s"},
			"0.0.5": {Integrity: "i", Shasum: "s"}, "0.0.6": {Shasum: "s"},
		},
	}},
}

func mustName(t testing.TB, s string) Name {
	t.Helper()
	n, err := ParseName(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func mustScan(t testing.TB, doc []byte, name string) *Packument {
	t.Helper()
	p, err := Scan(doc, mustName(t, name), Limits{})
	if err != nil {
		t.Fatalf("Scan: %v", err)
	}
	return p
}

func readGolden(t testing.TB, file string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "packument", file))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func render(t testing.TB, p *Packument, f Form, e Edit) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := p.Render(&b, f, e); err != nil {
		t.Fatalf("Render: %v", err)
	}
	return b.Bytes()
}

func TestRenderGolden(t *testing.T) {
	t.Parallel()
	for _, g := range goldens {
		doc := readGolden(t, g.file+".json")
		plain, edited := Edit{TarballBase: testBase}, g.edit
		edited.TarballBase = testBase
		for _, c := range []struct {
			suffix string
			form   Form
			edit   Edit
		}{
			{"full", Full, plain},
			{"abbreviated", Abbreviated, plain},
			{"edited-full", Full, edited},
			{"edited-abbreviated", Abbreviated, edited},
		} {
			t.Run(g.file+"/"+c.suffix, func(t *testing.T) {
				t.Parallel()
				got := render(t, mustScan(t, bytes.Clone(doc), g.name), c.form, c.edit)
				file := g.file + "." + c.suffix + ".golden"
				if *update {
					if err := os.WriteFile(filepath.Join("testdata", "packument", file), got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				if want := readGolden(t, file); !bytes.Equal(got, want) {
					t.Errorf("rendering differs from %s:\n%s", file, got)
				}
				checkAgainstMaps(t, doc, got, c.form, c.edit)
				again := render(t, mustScan(t, got, g.name), c.form, c.edit)
				if !bytes.Equal(again, got) {
					t.Errorf("rendering twice differs:\n%s\n%s", got, again)
				}
			})
		}
	}
}

// checkAgainstMaps compares a rendering with the same edit made on decoded
// maps. The tags of the goldens are repaired by hand in wantTags.
func checkAgainstMaps(t *testing.T, doc, got []byte, f Form, e Edit) {
	t.Helper()
	want := decode(t, doc)
	name, _ := want["name"].(string)
	versions := object(want, "versions")
	for key, v := range versions {
		m := v.(map[string]any)
		if e.Omit[key] {
			delete(versions, key)
			continue
		}
		editManifest(m, name, key, f, e)
	}
	tags := object(want, "dist-tags")
	for tag, v := range tags {
		if e.Omit[v.(string)] {
			delete(tags, tag)
			if moved := wantTags[name][tag]; moved != "" {
				tags[tag] = moved
			}
		}
	}
	for _, m := range []map[string]any{want, tags} {
		delete(m, "__proto__")
		delete(m, "constructor")
	}
	if f == Abbreviated {
		abbreviateMap(want)
	}
	if g := decode(t, got); !reflect.DeepEqual(g, want) {
		t.Errorf("got  %v\nwant %v", g, want)
	}
}

var wantTags = map[string]map[string]string{
	"@acme/widget": {"latest": "1.0.0", "next": "2.1.0-beta.1"},
}

func editManifest(m map[string]any, name, key string, f Form, e Edit) {
	dist := object(m, "dist")
	base := name[bytes.LastIndexByte([]byte(name), '/')+1:]
	dist["tarball"] = fmt.Sprintf("%s/%s/-/%s-%s.tgz", e.TarballBase, name, base, key)
	if fix := e.Dist[key]; fix.Integrity != "" {
		dist["integrity"] = fix.Integrity
	}
	if fix := e.Dist[key]; fix.Shasum != "" {
		dist["shasum"] = fix.Shasum
	}
	if f == Full {
		return
	}
	scripts, _ := m["scripts"].(map[string]any)
	if m["hasInstallScript"] == false {
		delete(m, "hasInstallScript")
	}
	if scripts["postinstall"] != nil {
		m["hasInstallScript"] = true
	}
	if b, ok := m["bundledDependencies"]; ok {
		m["bundleDependencies"] = b
	}
	only(m, "name", "version", "deprecated", "dependencies", "acceptDependencies",
		"optionalDependencies", "devDependencies", "bundleDependencies", "peerDependencies",
		"peerDependenciesMeta", "bin", "directories", "dist", "engines", "_hasShrinkwrap",
		"hasInstallScript", "funding", "cpu", "os", "libc")
}

func abbreviateMap(m map[string]any) {
	if at, ok := m["time"].(map[string]any); ok {
		if at["modified"] != nil {
			m["modified"] = at["modified"]
		}
	} else {
		delete(m, "time")
	}
	only(m, "name", "modified", "dist-tags", "versions", "time")
}

func only(m map[string]any, keys ...string) {
	for k := range m {
		if !slices.Contains(keys, k) {
			delete(m, k)
		}
	}
}

// object is the member of m of that name, made when it is missing or null.
func object(m map[string]any, key string) map[string]any {
	o, ok := m[key].(map[string]any)
	if !ok {
		o = map[string]any{}
		m[key] = o
	}
	return o
}

func decode(t testing.TB, doc []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	var m map[string]any
	if err := d.Decode(&m); err != nil {
		t.Fatalf("not valid JSON: %v\n%s", err, doc)
	}
	return m
}
