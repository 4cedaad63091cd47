package npm

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestRenderFullKeepsBytes takes the tarball strings out of a document and of
// its rendering; what is left must be the same bytes.
func TestRenderFullKeepsBytes(t *testing.T) {
	t.Parallel()
	docs := map[string][]byte{
		"@acme/widget": readGolden(t, "signed.json"),
		"poor":         readGolden(t, "poor.json"),
		"bench":        benchDoc(200 << 10),
	}
	for name, doc := range docs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := mustScan(t, doc, name)
			got := render(t, p, Full, Edit{TarballBase: testBase})
			q := mustScan(t, got, name)
			if a, b := withoutTarballs(p), withoutTarballs(q); !bytes.Equal(a, b) {
				t.Errorf("bytes outside of tarball strings differ:\n%s\n%s", a, b)
			}
			for _, v := range q.Versions {
				file := mustName(t, name).TarballFile(v.Key)
				if want := testBase + "/" + name + "/-/" + file; v.Tarball != want {
					t.Errorf("tarball of %s = %s, want %s", v.Key, v.Tarball, want)
				}
			}
		})
	}
}

func withoutTarballs(p *Packument) []byte {
	var out []byte
	var from uint32
	for _, v := range p.Versions {
		out = append(out, p.doc[from:v.tarball.from]...)
		from = v.tarball.to
	}
	return append(out, p.doc[from:]...)
}

// TestRenderOmitsAny leaves every subset of a document's versions out, so that
// each comma is in each position.
func TestRenderOmitsAny(t *testing.T) {
	t.Parallel()
	p := mustScan(t, readGolden(t, "signed.json"), "@acme/widget")
	for set := range 1 << len(p.Versions) {
		omit := map[string]bool{}
		var want []string
		for i, v := range p.Versions {
			if set&(1<<i) != 0 {
				omit[v.Key] = true
			} else {
				want = append(want, v.Key)
			}
		}
		for _, f := range []Form{Full, Abbreviated} {
			got := mustScan(t, render(t, p, f, Edit{TarballBase: testBase, Omit: omit}), p.Name)
			var keys []string
			for _, v := range got.Versions {
				keys = append(keys, v.Key)
				if v.Published == "" {
					t.Errorf("form %d without %v: %s lost its time", f, omit, v.Key)
				}
			}
			if strings.Join(keys, " ") != strings.Join(want, " ") {
				t.Errorf("form %d without %v: versions %v, want %v", f, omit, keys, want)
			}
			for _, tag := range got.Tags {
				if _, ok := got.Version(tag.Version); !ok {
					t.Errorf("form %d without %v: %s dangles", f, omit, tag.Name)
				}
			}
		}
	}
}

// TestRenderDropsPoison puts poisonous names in each position of a list.
func TestRenderDropsPoison(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"first", `{"__proto__":{"x":1}, "name":"a" }`, `{"name":"a","dist-tags":{},"versions":{} }`},
		{"last", `{ "name":"a" , "constructor" : 1 }`, `{ "name":"a","dist-tags":{},"versions":{} }`},
		{"escaped", `{"name":"a","\u005f_proto__":1,"x":2}`, `{"name":"a","x":2,"dist-tags":{},"versions":{}}`},
		{"all tags", `{"name":"a","dist-tags":{ "__proto__":"1" , "constructor":"2" },"versions":{}}`,
			`{"name":"a","dist-tags":{ },"versions":{}}`},
		{"tags that are no strings", `{"name":"a","dist-tags":{"x":1,"y":"2","z":{}},"versions":{}}`,
			`{"name":"a","dist-tags":{"y":"2"},"versions":{}}`},
		{"null stays where it means nothing", `{"name":"a","dist-tags":null,"versions":null,"time":null}`,
			`{"name":"a","dist-tags":{},"versions":{},"time":null}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := string(render(t, mustScan(t, []byte(tt.in), "a"), Full, Edit{}))
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestRenderModified(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, members, want string }{
		{"of time", `"time":{"modified":"t"}`, `"modified":"t",`},
		{"of time before the top", `"modified":"m","time":{"modified":"t"}`, `"modified":"t",`},
		{"of the top", `"modified":"m","time":{}`, `"modified":"m",`},
		{"of the top when time has no string", `"modified":"m","time":{"modified":5}`, `"modified":"m",`},
		{"unknown", `"modified":5`, ``},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := mustScan(t, []byte(`{"name":"a",`+tt.members+`}`), "a")
			got := string(render(t, p, Abbreviated, Edit{}))
			if want := `{"name":"a",` + tt.want + `"dist-tags":{}`; !strings.HasPrefix(got, want) {
				t.Errorf("got %s, want %s…", got, want)
			}
		})
	}
}

func TestRenderQuotes(t *testing.T) {
	t.Parallel()
	p := mustScan(t, versionDoc(`"dist":{"tarball":"x"}`), "a")
	base, sri := "http://h/\"\\<&>\n\u2028ü", "sha512-\"<&>"
	out := render(t, p, Full, Edit{TarballBase: base, Dist: map[string]DistFix{"1.0.0": {Integrity: sri}}})
	v, _ := mustScan(t, out, "a").Version("1.0.0")
	if v.Tarball != base+"/a/-/a-1.0.0.tgz" || v.Integrity != sri {
		t.Errorf("tarball %q, integrity %q", v.Tarball, v.Integrity)
	}
	if !bytes.Contains(out, []byte(`<&>`)) {
		t.Errorf("%s escapes what JSON need not escape", out)
	}
}

func TestRenderEscapesSpaceInVersion(t *testing.T) {
	t.Parallel()
	doc := `{"name":"a","versions":{"= 1.0.0":{"name":"a","version":"= 1.0.0"}}}`
	out := mustScan(t, render(t, mustScan(t, []byte(doc), "a"), Full, Edit{TarballBase: testBase}), "a")
	if got := out.Versions[0].Tarball; got != testBase+"/a/-/a-=%201.0.0.tgz" {
		t.Errorf("tarball = %s", got)
	}
}

func TestRenderManifest(t *testing.T) {
	t.Parallel()
	p := mustScan(t, readGolden(t, "signed.json"), "@acme/widget")
	var b bytes.Buffer
	e := Edit{TarballBase: testBase, Omit: map[string]bool{"1.0.0": true}, Dist: map[string]DistFix{"1.1.0": {Shasum: "s"}}}
	if err := p.RenderManifest(&b, "1.1.0", e); err != nil {
		t.Fatal(err)
	}
	got := decode(t, b.Bytes())
	dist := object(got, "dist")
	if got["version"] != "1.1.0" || dist["shasum"] != "s" ||
		dist["tarball"] != testBase+"/@acme/widget/-/widget-1.1.0.tgz" {
		t.Errorf("manifest = %s", b.Bytes())
	}
	for _, version := range []string{"1.0.0", "7.0.0"} {
		var e2 *Error
		if err := p.RenderManifest(&b, version, e); !errors.Is(err, ErrNotFound) || !errors.As(err, &e2) {
			t.Errorf("RenderManifest(%s) = %v, want ErrNotFound", version, err)
		}
	}
}

// brokenWriter fails after a few bytes.
type brokenWriter struct {
	left int
	err  error
}

func (w *brokenWriter) Write(p []byte) (int, error) {
	if w.left < len(p) {
		return w.left, w.err
	}
	w.left -= len(p)
	return len(p), nil
}

func TestRenderReturnsWriteErrors(t *testing.T) {
	t.Parallel()
	p := mustScan(t, benchDoc(300<<10), "bench")
	full := errors.New("disk full")
	for _, left := range []int{0, 100 << 10} {
		for _, f := range []Form{Full, Abbreviated} {
			if err := p.Render(&brokenWriter{left, full}, f, Edit{}); !errors.Is(err, full) {
				t.Errorf("Render form %d after %d bytes = %v, want the writer's error", f, left, err)
			}
		}
	}
	if err := p.RenderManifest(&brokenWriter{0, full}, "1.0.0", Edit{}); !errors.Is(err, full) {
		t.Errorf("RenderManifest = %v, want the writer's error", err)
	}
}

// benchDoc is a full packument of package bench of about this size, with
// manifests of the size and make of real ones (10 KB each).
func benchDoc(size int) []byte {
	var b bytes.Buffer
	b.Grow(size + 64<<10)
	var times bytes.Buffer
	b.WriteString(`{"_id":"bench","_rev":"1-0","name":"bench","dist-tags":{"latest":"1.0.0"},"versions":{`)
	for i := 0; b.Len() < size; i++ {
		version := fmt.Sprintf("%d.%d.%d", 1+i/400, i/20%20, i%20)
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, "%q:", version)
		benchManifest(&b, version, i)
		fmt.Fprintf(&times, `,%q:"2024-01-%02dT%02d:00:00.000Z"`, version, 1+i%28, i%24)
	}
	b.WriteString(`},"time":{"created":"2020-01-01T00:00:00.000Z","modified":"2026-01-01T00:00:00.000Z"`)
	b.Write(times.Bytes())
	readme, err := json.Marshal(strings.Repeat("## A heading\n\nSome text with `code` and \"quotes\".\n", 1200))
	if err != nil {
		panic("BUG: strings can be marshalled")
	}
	fmt.Fprintf(&b, `},"maintainers":[{"name":"alice","email":"a@example.com"}],"license":"MIT","readme":%s}`, readme)
	return b.Bytes()
}

func benchManifest(b *bytes.Buffer, version string, i int) {
	fmt.Fprintf(b, `{"name":"bench","version":%q,"description":"A framework","main":"./dist/index.js",`+
		`"bin":{"bench":"./dist/bin/bench"},"repository":{"type":"git","url":"git+https://example.com/bench.git"},`+
		`"scripts":{"build":"make -j4 all","test":"node --test","postinstall":"node install.js"},"license":"MIT",`+
		`"engines":{"node":">=18.17.0"},"_id":"bench@%s","_nodeVersion":"20.%d.0","_npmVersion":"10.8.1",`+
		`"gitHead":"4f0a3c5d7e9b1a2c3d4e5f60718293a4b5c6d7e8","_hasShrinkwrap":false,`, version, version, i%20)
	for _, group := range []struct {
		name string
		n    int
	}{{"dependencies", 12}, {"devDependencies", 200}, {"peerDependencies", 6}} {
		fmt.Fprintf(b, "%q:{", group.name)
		for j := range group.n {
			if j > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(b, `"@scope-%d/dependency-%s-%d":"^%d.%d.%d"`, j%7, group.name[:3], j, j%9, i%20, j%5)
		}
		b.WriteString("},")
	}
	fmt.Fprintf(b, `"_npmUser":{"name":"alice","email":"alice@example.com"},"directories":{},`+
		`"maintainers":[{"name":"alice","email":"alice@example.com"},{"name":"bob","email":"bob@example.com"}],`+
		`"dist":{"integrity":"sha512-%086d==","shasum":"%040x","tarball":"https://registry.example.com/bench/-/bench-%s.tgz",`+
		`"fileCount":%d,"unpackedSize":%d,"signatures":[{"keyid":"SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA",`+
		`"sig":"MEUCIQD%080d="}]},"_npmOperationalInternal":{"host":"s3://packages","tmp":"tmp/bench_%s_0.123"}}`,
		i, i, version, 8000+i, 90_000_000+i, i, version)
}
