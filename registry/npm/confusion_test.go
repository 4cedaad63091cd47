package npm

import (
	"bytes"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// spelling is what one client published of one package: the package.json in
// its tarball and the manifest beside it, without what no test reads.
type spelling struct {
	Client, Case      string
	Tarball, Manifest json.RawMessage
}

func readSpellings(t testing.TB) []spelling {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "publish", "spellings.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []spelling
	if err := json.Unmarshal(text, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// confusion is what differs between a package.json and a manifest.
func confusion(t testing.TB, tarball, manifest []byte) string {
	t.Helper()
	p, err := readPlan(tarball)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := readPlan(manifest)
	if err != nil {
		t.Fatal(err)
	}
	return p.confused(shown)
}

// TestClientsAreNotConfused publishes packages that spell everything in odd
// ways, as real clients sent them. Adding to what they sent must be noticed.
func TestClientsAreNotConfused(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range readSpellings(t) {
		seen[s.Client] = true
		t.Run(s.Client+" "+s.Case, func(t *testing.T) {
			t.Parallel()
			if got := confusion(t, s.Tarball, s.Manifest); got != "" {
				t.Errorf("%s differ:\n%s\n%s", got, s.Tarball, s.Manifest)
			}
			for _, member := range []string{"dependencies", "optionalDependencies", "peerDependencies", "bin", "scripts"} {
				more := json.RawMessage(`"evil"`)
				for _, side := range []string{"tarball", "manifest"} {
					a, b := addTo(t, s, side, member, more)
					if confusion(t, a, b) == "" {
						t.Errorf("evil %s in the %s were not noticed", member, side)
					}
				}
			}
		})
	}
	if len(seen) != 6 {
		t.Errorf("got the clients %v, want six", seen)
	}
}

// addTo adds a name to a member of one side.
func addTo(t *testing.T, s spelling, side, member string, value json.RawMessage) (tarball, manifest []byte) {
	t.Helper()
	tarball, manifest = s.Tarball, s.Manifest
	into := &tarball
	if side == "manifest" {
		into = &manifest
	}
	var doc, names map[string]json.RawMessage
	if err := json.Unmarshal(*into, &doc); err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal(doc[member], &names) != nil || names == nil {
		names = map[string]json.RawMessage{}
	}
	name := "evil"
	if member == "scripts" {
		name = "preinstall"
	}
	names[name] = value
	doc[member] = json.RawMessage(toJSON(t, names))
	*into = []byte(toJSON(t, doc))
	return tarball, manifest
}

func TestTarReportCheck(t *testing.T) {
	t.Parallel()
	const identity = `{"name":"@acme/a","version":"1.0.0"`
	tests := []struct{ name, tarball, manifest, want string }{
		{"nothing", ``, ``, ""},
		{"the same", `,"dependencies":{"b":"1"}`, `,"dependencies":{"b":"1"}`, ""},
		{"none in many spellings", `,"dependencies":[],"optionalDependencies":false,"peerDependencies":null,"bin":{},"bundleDependencies":false`, `,"dependencies":{}`, ""},
		{"order", `,"dependencies":{"b":"1","c":"2"}`, `,"dependencies":{"c":"2","b":"1"}`, ""},
		{"what nobody installs by", `,"license":"MIT","devDependencies":{"b":"1"},"scripts":{"test":"x","prepare":"y"}`, `,"license":"ISC"`, ""},
		{"hidden dependency", `,"dependencies":{"b":"1","evil":"1"}`, `,"dependencies":{"b":"1"}`, "dependencies"},
		{"all dependencies hidden", `,"dependencies":{"evil":"1"}`, ``, "dependencies"},
		{"dependency that is not there", ``, `,"dependencies":{"evil":"1"}`, "dependencies"},
		{"another range", `,"dependencies":{"b":"^1.0.0"}`, `,"dependencies":{"b":"1.0.0"}`, "dependencies"},
		{"another package by alias", `,"dependencies":{"b":"npm:evil@1"}`, `,"dependencies":{"b":"npm:b@1"}`, "dependencies"},
		{"another host", `,"dependencies":{"b":"git+https://git.example.com/acme/b"}`, `,"dependencies":{"b":"github:acme/b"}`, "dependencies"},
		{"another case", `,"dependencies":{"B":"1"}`, `,"dependencies":{"b":"1"}`, "dependencies"},
		{"moved to optional", `,"dependencies":{"b":"1"}`, `,"optionalDependencies":{"b":"1"}`, "optionalDependencies"},
		{"moved to peers", `,"dependencies":{"b":"1"}`, `,"peerDependencies":{"b":"1"}`, "dependencies"},
		{"hidden optional", `,"optionalDependencies":{"b":"1"}`, ``, "optionalDependencies"},
		{"hidden peer", `,"peerDependencies":{"b":"1"}`, `,"peerDependencies":{}`, "peerDependencies"},
		{"optional dropped by yarn 1", `,"dependencies":{"b":"1"},"optionalDependencies":{"b":"2"}`, `,"optionalDependencies":{"b":"2"}`, ""},
		{"optional added by npm 6", `,"optionalDependencies":{"b":"1"}`, `,"dependencies":{"b":"1"},"optionalDependencies":{"b":"1"}`, ""},
		{"optional with another range", `,"optionalDependencies":{"b":"1"}`, `,"dependencies":{"b":"2"},"optionalDependencies":{"b":"1"}`, "dependencies"},
		{"any version of what is not bundled", ``, `,"dependencies":{"b":"*"}`, "dependencies"},
		{"hidden bundle", `,"dependencies":{"b":"1"},"bundleDependencies":["b"]`, `,"dependencies":{"b":"1"}`, "bundleDependencies"},
		{"hidden bundle of all", `,"dependencies":{"b":"1"},"bundledDependencies":true`, `,"dependencies":{"b":"1"}`, "bundleDependencies"},
		{"bundle as an object", `,"dependencies":{"b":"1"},"bundleDependencies":{"b":1}`, `,"dependencies":{"b":"1"},"bundleDependencies":["b"]`, ""},
		{"hidden program", `,"bin":{"a":"a.js","node":"evil.js"}`, `,"bin":{"a":"a.js"}`, "bin"},
		{"another program", `,"bin":"evil.js"`, `,"bin":{"a":"a.js"}`, "bin"},
		{"program as a list", `,"bin":["./x/a.js"]`, `,"bin":{"a.js":"x/a.js"}`, ""},
		{"program outside, cleaned", `,"bin":{"a":"../../a.js"}`, `,"bin":{"a":"a.js"}`, ""},
		{"program of no directory", `,"directories":{"bin":"bin"}`, `,"bin":{"a":"other/a"}`, "bin"},
		{"program renamed in its directory", `,"directories":{"bin":"bin"}`, `,"bin":{"node":"bin/a"}`, "bin"},
		{"hidden postinstall", `,"scripts":{"postinstall":"evil"}`, ``, "install scripts"},
		{"hidden preinstall", `,"scripts":{"preinstall":"evil","test":"x"}`, `,"scripts":{"test":"x"}`, "install scripts"},
		{"another postinstall", `,"scripts":{"postinstall":"evil"}`, `,"scripts":{"postinstall":"x"}`, "install scripts"},
		{"hidden node-gyp", `,"scripts":{"install":"node-gyp rebuild"}`, ``, "install scripts"},
		{"node-gyp in place of another", `,"scripts":{"install":"evil"}`, `,"scripts":{"install":"node-gyp rebuild"}`, "install scripts"},
		{"node-gyp beside a hidden one", `,"scripts":{"postinstall":"evil"}`, `,"scripts":{"install":"node-gyp rebuild"}`, "install scripts"},
		{"script that is none", `,"scripts":{"install":["x"],"preinstall":""}`, ``, ""},
		{"overrides of publishConfig", `,"publishConfig":{"bin":"x.js"},"bin":"a.js"`, `,"publishConfig":{"bin":"x.js"},"bin":"x.js"`, "bin"},
	}
	name := mustName(t, "@acme/a")
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			archive := gzipped(t, makeTar(t, entry{name: "package/package.json", body: identity + tt.tarball + "}"}))
			report, err := InspectTar(bytes.NewReader(archive), TarLimits{})
			if err != nil {
				t.Fatal(err)
			}
			err = report.Check(name, PublishVersion{Key: "1.0.0", Manifest: []byte(identity + tt.manifest + "}")})
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			wantRefusal(t, err, "G22", tt.want+" in the tarball's package.json differ from the published manifest")
			var e *Error
			if errors.As(err, &e) && e.Code != "E_MANIFEST_CONFUSION" {
				t.Errorf("got the code %q", e.Code)
			}
		})
	}
}

// TestTarReportCheckOfAmbiguousManifests gives manifests that parsers read in
// different ways.
func TestTarReportCheckOfAmbiguousManifests(t *testing.T) {
	t.Parallel()
	report, err := InspectTar(bytes.NewReader(packed(t)), TarLimits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, members string }{
		{"prototype", `"__proto__":{"dependencies":{"evil":"1"}}`},
		{"prototype of dependencies", `"dependencies":{"__proto__":{"evil":"1"}}`},
		{"prototype of programs", `"bin":{"__proto__":"x"}`},
		{"prototype of bundles", `"bundleDependencies":{"__proto__":1}`},
		{"dependency twice", `"dependencies":{"b":"1","b":"2"}`},
		{"dependency twice, escaped", `"dependencies":{"b":"1","\u0062":"2"}`},
		{"script twice", `"scripts":{"install":"x","install":""}`},
		{"dependencies twice", `"dependencies":{},"dependencies":{"b":"1"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := report.Check(mustName(t, "a"), PublishVersion{Key: "1.0.0", Manifest: []byte(`{"name":"a","version":"1.0.0",` + tt.members + `}`)})
			wantRefusal(t, err, "G22", "the published manifest cannot be read")
		})
	}
}

// FuzzReadPlan holds whatever can be read to agree with itself, and never with
// one dependency more.
func FuzzReadPlan(f *testing.F) {
	for _, s := range readSpellings(f) {
		f.Add([]byte(s.Tarball))
		f.Add([]byte(s.Manifest))
	}
	f.Add([]byte(`{"bin":["a","./b/c"],"directories":{"bin":"."},"bundleDependencies":{"x":1},"dependencies":{"a":"b/c"}}`))
	f.Fuzz(func(t *testing.T, object []byte) {
		p, err := readPlan(object)
		if err != nil {
			return
		}
		if what := p.confused(p); what != "" {
			t.Fatalf("%s differ from themselves: %q", what, object)
		}
		for name := range p.bins {
			if name == "" || name == ".." || strings.ContainsAny(name, `/\`) {
				t.Errorf("got the program %q", name)
			}
		}
		other := *p
		other.dependencies = maps.Clone(p.dependencies)
		other.dependencies["evil"] += "?"
		if _, ok := p.optional["evil"]; !ok && (p.confused(&other) == "" || other.confused(p) == "") {
			t.Errorf("a hidden dependency was not noticed in %q", object)
		}
	})
}
