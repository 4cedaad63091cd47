package npm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

var (
	publishedAt = time.Date(2026, 3, 4, 5, 6, 7, 890_999_999, time.UTC)
	ada         = Person{Name: "ada", Email: "ada@example.com"}
)

// composedVersion is a version of a with the given members behind its identity.
func composedVersion(key, members string) ComposedVersion {
	return ComposedVersion{Key: key, Manifest: []byte(`{"name":"a","version":"` + key + `"` + members + `}`),
		SHA512: [64]byte{1}, SHA1: [20]byte{2}, Published: publishedAt, Publisher: ada,
		Facts: TarFacts{FileCount: 3, UnpackedSize: 42}}
}

func compose(t testing.TB, c Composition) []byte {
	t.Helper()
	doc, err := Compose(c)
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestCompose(t *testing.T) {
	t.Parallel()
	first := composedVersion("1.0.0", `,"_id":"wrong","description":"old","readme":"# Old"`)
	second := composedVersion("1.1.0-rc.1", `,"description":"new","readme":"# New","keywords":["k"],"readmeFilename":"R.md"`)
	got := compose(t, Composition{
		Name: mustName(t, "a"), Rev: "7-0", Created: publishedAt, Modified: publishedAt.Add(time.Hour),
		Tags:     []Tag{{"latest", "1.0.0"}, {"next", "1.1.0-rc.1"}},
		Versions: []ComposedVersion{second, first}, Maintainers: []Person{ada}, Stars: []string{"bob", "eve"},
	})
	sri := IntegrityOfSHA512([64]byte{1}).String()
	rest := `"_hasShrinkwrap":false,"_npmUser":{"name":"ada","email":"ada@example.com"},` +
		`"maintainers":[{"name":"ada","email":"ada@example.com"}],"dist":{"integrity":"` + sri + `",` +
		`"shasum":"02` + strings.Repeat("0", 38) + `","tarball":"/a/-/a-%s.tgz","fileCount":3,"unpackedSize":42}}`
	want := `{"_id":"a","_rev":"7-0","name":"a","dist-tags":{"latest":"1.0.0","next":"1.1.0-rc.1"},"versions":{` +
		`"1.1.0-rc.1":{"name":"a","version":"1.1.0-rc.1","description":"new","keywords":["k"],"readmeFilename":"R.md",` +
		`"_id":"a@1.1.0-rc.1",` + fmt.Sprintf(rest, "1.1.0-rc.1") +
		`,"1.0.0":{"name":"a","version":"1.0.0","_id":"a@1.0.0","description":"old",` + fmt.Sprintf(rest, "1.0.0") +
		`},"time":{"created":"2026-03-04T05:06:07.890Z","modified":"2026-03-04T06:06:07.890Z",` +
		`"1.1.0-rc.1":"2026-03-04T05:06:07.890Z","1.0.0":"2026-03-04T05:06:07.890Z"},` +
		`"maintainers":[{"name":"ada","email":"ada@example.com"}],"description":"old","readme":"# Old",` +
		`"users":{"bob":true,"eve":true}}`
	if string(got) != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestComposeManifest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		members string
		edit    func(*ComposedVersion)
		has     []string
		lacks   []string
	}{
		{"unknown members stay as they are", `, "x" : {"b": 1e400,"a":"\u003c\ud800"}, "": [ ]`, nil, []string{`,"x" : {"b": 1e400,"a":"\u003c\ud800"},"": [ ]`}, nil},
		{"bundled dependencies stay", `,"bundledDependencies":["b"]`, nil, []string{`,"bundledDependencies":["b"]`}, nil},
		{"junk goes", `,"_integrity":"i1","integrity":"i2","shasum":"i3","_resolved":"/home/ada","_from":".","__proto__":{"i":4},"constructor":5`, nil, nil,
			[]string{"i1", "i2", "i3", "/home", "_from", "proto", "constructor"}},
		{"dist is replaced in its place", `,"dist":{"tarball":"https://evil.example","attestations":{},"signatures":[1]},"z":1`, nil,
			[]string{`"unpackedSize":42},"z":1`}, []string{"evil", "attestations", "signatures"}},
		{"attestations", ``, func(v *ComposedVersion) { v.Attestations = []byte(`{"url":"u"}`) }, []string{`,"attestations":{"url":"u"}}`}, nil},
		{"signatures", `,"dist":{"signatures":[1]}`, func(v *ComposedVersion) { v.Signatures = []byte(`[{"keyid":"k","sig":"s"}]`) },
			[]string{`,"signatures":[{"keyid":"k","sig":"s"}]}`}, []string{"[1]"}},
		{"publisher is replaced", `,"_npmUser":{"name":"eve","trustedPublisher":{}},"maintainers":["eve"]`, nil, []string{`"_npmUser":{"name":"ada"`}, []string{"eve"}},
		{"deprecated", ``, func(v *ComposedVersion) { v.Deprecated = `use "b"` }, []string{`"deprecated":"use \"b\""`}, nil},
		{"deprecated otherwise", `,"deprecated":"x","z":1`, func(v *ComposedVersion) { v.Deprecated = "y" }, []string{`"deprecated":"y","z":1`}, []string{`"x"`}},
		{"no longer deprecated", `,"deprecated":"x"`, nil, nil, []string{"deprecated"}},
		{"install script", `,"hasInstallScript":false`, func(v *ComposedVersion) { v.Facts.HasInstallScript = true },
			[]string{`"hasInstallScript":true`}, []string{`"hasInstallScript":false`}},
		{"gyp", ``, func(v *ComposedVersion) { v.Facts.HasGyp = true }, []string{`"hasInstallScript":true`}, nil},
		{"no install script", `,"hasInstallScript":true`, nil, nil, []string{"hasInstallScript"}},
		{"shrinkwrap", `,"_hasShrinkwrap":false`, func(v *ComposedVersion) { v.Facts.HasShrinkwrap = true }, []string{`"_hasShrinkwrap":true`}, []string{`"_hasShrinkwrap":false`}},
		{"nobody looked into the tarball", `,"_hasShrinkwrap":true,"hasInstallScript":true`, func(v *ComposedVersion) { v.Facts = TarFacts{} },
			[]string{`"_hasShrinkwrap":true`, `"hasInstallScript":true`}, []string{"fileCount", "unpackedSize"}},
		{"nobody published", `,"_npmUser":{"name":"eve"}`, func(v *ComposedVersion) { v.Publisher = Person{} }, nil, []string{"_npmUser"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			v := composedVersion("1.0.0", tt.members)
			if tt.edit != nil {
				tt.edit(&v)
			}
			doc := compose(t, Composition{Name: mustName(t, "a"), Maintainers: []Person{ada}, Versions: []ComposedVersion{v}})
			var out bytes.Buffer
			if err := mustScan(t, doc, "a").RenderManifest(&out, "1.0.0", Edit{TarballBase: "https://registry.example.com/x"}); err != nil {
				t.Fatal(err)
			}
			for _, s := range append(tt.has, `"tarball":"https://registry.example.com/x/a/-/a-1.0.0.tgz"`) {
				if !strings.Contains(out.String(), s) {
					t.Errorf("%s lacks %s", out.String(), s)
				}
			}
			for _, s := range tt.lacks {
				if strings.Contains(out.String(), s) {
					t.Errorf("%s has %s", out.String(), s)
				}
			}
		})
	}
}

func TestComposeReadme(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ab", maxReadme/2-1)
	tests := []struct {
		name, own, manifest, want string
	}{
		{"of the manifest", ``, `"# A"`, "# A"},
		{"beside the manifest", `"# B"`, `"# A"`, "# B"},
		{"none", ``, `null`, ""},
		{"no text", ``, `{}`, ""},
		{"at the limit", `"` + long + `ab"`, `null`, long + "ab"},
		{"long because of escapes", `"` + strings.Repeat(`\u0061`, 20_000) + `"`, `null`, strings.Repeat("a", 20_000)},
		{"over the limit", `"` + long + `aüx"`, `null`, long + "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := Composition{Name: mustName(t, "a"), Tags: []Tag{{"latest", "1.0.0"}},
				Versions: []ComposedVersion{composedVersion("1.0.0", `,"readme":`+tt.manifest)}}
			if tt.own != "" {
				c.Readme = []byte(tt.own)
			}
			var got struct{ Readme string }
			if err := json.Unmarshal(compose(t, c), &got); err != nil {
				t.Fatal(err)
			}
			if got.Readme != tt.want {
				t.Errorf("got %d bytes, want %d", len(got.Readme), len(tt.want))
			}
		})
	}
}

// TestComposeOfClients serves what clients published in both forms.
func TestComposeOfClients(t *testing.T) {
	t.Parallel()
	name := mustName(t, "@acme/demo")
	for _, client := range publishClients {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			p, _ := readPublish(t, string(readClient(t, client)))
			v, err := p.CheckPublish(name)
			if err != nil {
				t.Fatal(err)
			}
			scanned := mustScan(t, compose(t, Composition{Name: name, Tags: p.Tags, Readme: p.Readme, Modified: publishedAt,
				Versions: []ComposedVersion{{Key: v.Key, Manifest: v.Manifest, Published: publishedAt}}}), name.String())
			for _, form := range []Form{Full, Abbreviated} {
				var out bytes.Buffer
				if err := scanned.Render(&out, form, Edit{TarballBase: "https://registry.example.com"}); err != nil {
					t.Fatal(err)
				}
				checkServed(t, form, out.Bytes())
			}
		})
	}
}

func checkServed(t *testing.T, form Form, doc []byte) {
	t.Helper()
	var got struct {
		Readme   string
		Tags     map[string]string `json:"dist-tags"`
		Time     map[string]string
		Versions map[string]struct {
			Name, Readme     string
			Scripts          map[string]string
			HasInstallScript bool
			Dist             struct{ Tarball, Shasum, Integrity string }
		}
	}
	if err := json.Unmarshal(doc, &got); err != nil {
		t.Fatal(err)
	}
	v := got.Versions["1.2.3"]
	if v.Dist.Tarball != "https://registry.example.com/@acme/demo/-/demo-1.2.3.tgz" || v.Dist.Shasum == "" || v.Dist.Integrity == "" {
		t.Errorf("got dist %+v", v.Dist)
	}
	if v.Readme != "" || got.Tags["latest"] != "1.2.3" || got.Time["1.2.3"] != "2026-03-04T05:06:07.890Z" {
		t.Errorf("got %s", doc)
	}
	if form == Full && (got.Readme != "# demo\n" || v.Scripts["postinstall"] == "") || form == Abbreviated && !v.HasInstallScript {
		t.Errorf("got %s", doc)
	}
}

// TestComposeScans composes packuments of many made manifests: Scan accepts
// each, and what was published and is not replaced is still there.
func TestComposeScans(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // to be the same each time
	fields := []string{"_id", "dist", "deprecated", "scripts", "hasInstallScript", "bundleDependencies", "bundledDependencies",
		"dependencies", "_npmUser", "maintainers", "readme", "integrity", "engines", "os", "__proto__", "description", "x", "", "y"}
	values := []string{`null`, `true`, `0`, `""`, `"a"`, `[]`, `{}`, `["a"]`, `{"install":"x"}`, `{"tarball":1,"tarball":"t"}`, ` { "a" : [ 1 , 2 ] } `}
	for n := range 200 {
		c := Composition{Name: mustName(t, "a"), Created: publishedAt, Modified: publishedAt}
		for i := range r.IntN(5) {
			key := fmt.Sprintf("1.%d.0", i)
			var members string
			for _, f := range r.Perm(len(fields))[:r.IntN(len(fields))] {
				if value := values[r.IntN(len(values))]; fields[f] != "_id" {
					members += `,"` + fields[f] + `":` + value
				}
			}
			p, _ := readPublish(t, publishOf(`1.0.0`, key, `,"_id":"a@1.0.0"`, members))
			v, err := p.CheckPublish(c.Name)
			if err != nil {
				t.Fatal(err)
			}
			c.Versions = append(c.Versions, ComposedVersion{Key: key, Manifest: v.Manifest, Deprecated: v.Deprecated(), Publisher: ada})
			c.Tags = append(c.Tags, Tag{fmt.Sprintf("t%d", i), key})
		}
		scanned, err := Scan(compose(t, c), c.Name, Limits{})
		if err != nil {
			t.Fatalf("%d: %v: %s", n, err, compose(t, c))
		}
		if len(scanned.Versions) != len(c.Versions) || len(scanned.Tags) != len(c.Tags) {
			t.Errorf("%d: got %d versions and %d tags", n, len(scanned.Versions), len(scanned.Tags))
		}
	}
}

func TestComposeRefusesDamage(t *testing.T) {
	t.Parallel()
	for _, manifest := range []string{``, `{`, `[]`, `{"name":"a","name":"a"}`, `{} {}`} {
		if doc, err := Compose(Composition{Name: mustName(t, "a"), Versions: []ComposedVersion{{Key: "1.0.0", Manifest: []byte(manifest)}}}); err == nil {
			t.Errorf("%q became %s", manifest, doc)
		}
	}
}

// BenchmarkCompose composes a packument of 1,000 versions of 4 KB each.
func BenchmarkCompose(b *testing.B) {
	c := Composition{Name: mustName(b, "a"), Tags: []Tag{{"latest", "1.0.0"}}, Maintainers: []Person{ada}}
	members := `,"dependencies":{` + strings.TrimSuffix(strings.Repeat(`"some-package":"^1.2.3",`, 160), ",") + `}`
	for i := range 1000 {
		c.Versions = append(c.Versions, composedVersion(fmt.Sprintf("1.%d.0", i), members))
	}
	b.SetBytes(int64(len(compose(b, c))))
	b.ReportAllocs()
	for b.Loop() {
		compose(b, c)
	}
}
