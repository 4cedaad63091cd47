package npm

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// FuzzScan holds Scan and Render to their promises for any document: no
// panic, only refusals of the kind promised, and of every accepted document
// renderings that are valid, that are accepted again, and that another
// rendering does not change.
func FuzzScan(f *testing.F) {
	for _, g := range goldens {
		f.Add(readGolden(f, g.file+".json"), "1.0.0")
	}
	f.Add([]byte(`{"name":"a","versions":{"1.0.0":{"name":"a","version":"1.0.0","dist":{}}}}`), "2.0.0")
	f.Add([]byte(`{"name":"a","repository":{"url":"npm/security-holder"},"versions":{"0.0.1-security":{"name":"a","version":"0.0.1-security"}}}`), "1.0.0")
	f.Add([]byte(`{"name":"a","dist-tags":{"__proto__":"1"},"constructor":[]}`), "")
	f.Fuzz(func(t *testing.T, doc []byte, version string) {
		p, err := Scan(bytes.Clone(doc), claimedName(doc), Limits{})
		if err != nil {
			if !errors.Is(err, ErrBadUpstream) {
				t.Fatalf("error %v is not of the kind promised", err)
			}
			return
		}
		fix := map[string]DistFix{version: {Integrity: "sha512-x", Shasum: "y"}}
		checkRenderings(t, p, Edit{TarballBase: testBase})
		checkRenderings(t, p, Edit{TarballBase: testBase, Dist: fix})
		checkRenderings(t, p, Edit{TarballBase: testBase, Omit: map[string]bool{version: true}})
		var b bytes.Buffer
		if err := p.RenderManifest(&b, version, Edit{Dist: fix}); err == nil && !json.Valid(b.Bytes()) {
			t.Fatalf("manifest is not valid: %s", b.Bytes())
		}
		checkFacts(t, p)
		checkCreated(t, p)
		if p.SecurityHolder() && slices.ContainsFunc(p.Versions, func(v VersionInfo) bool { return !strings.HasSuffix(v.Key, "-security") }) {
			t.Fatal("a holder of other versions")
		}
	})
}

// checkFacts demands that what the index notes of a version is what reading it
// says.
func checkFacts(t *testing.T, p *Packument) {
	t.Helper()
	for i := range p.Versions {
		v := &p.Versions[i]
		if !json.Valid(p.Manifest(v)) {
			t.Fatalf("manifest of %s is not valid: %s", v.Key, p.Manifest(v))
		}
		f, err := p.Declared(v)
		if read, bad := ReadManifestFacts(p.Manifest(v)); err != nil || bad != nil || !reflect.DeepEqual(f, read) {
			t.Fatalf("%s declares %+v and error %v, its manifest %+v and error %v", v.Key, f, err, read, bad)
		}
		if runs := f.HasInstallScript || f.Scripts.RunOnInstall(); runs != v.InstallScript && !f.Unclear {
			t.Fatalf("%s runs scripts: %v in the index, %v in the manifest", v.Key, v.InstallScript, runs)
		}
		if s, err := p.Signatures(v); err == nil && v.Signed != (len(s) > 0) {
			t.Fatalf("%s is signed: %v, by %v", v.Key, v.Signed, s)
		}
		p.Publisher(v)
	}
}

// checkCreated demands that a rendering says the same of when the package came
// to be.
func checkCreated(t *testing.T, p *Packument) {
	t.Helper()
	again := mustScan(t, render(t, p, Abbreviated, Edit{TarballBase: testBase}), p.Name)
	if got, want := again.Created(), p.Created(); got != want {
		t.Fatalf("created %q, before %q", got, want)
	}
}

// claimedName is the name that a document gives itself, so that most of what
// the fuzzer makes gets past the comparison of names.
func claimedName(doc []byte) Name {
	var head struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(doc, &head); err != nil {
		return Name{}
	}
	n, err := ParseName(head.Name)
	if err != nil {
		return Name{}
	}
	return n
}

func checkRenderings(t *testing.T, p *Packument, e Edit) {
	t.Helper()
	for _, form := range []Form{Full, Abbreviated} {
		out := render(t, p, form, e)
		if !json.Valid(out) {
			t.Fatalf("form %d is not valid: %s", form, out)
		}
		again, err := Scan(out, p.name, Limits{})
		if err != nil {
			t.Fatalf("form %d is refused: %v: %s", form, err, out)
		}
		if twice := render(t, again, form, e); !bytes.Equal(out, twice) {
			t.Fatalf("form %d changes again: %s\n%s", form, out, twice)
		}
		for _, v := range again.Versions {
			if len(v.Tarball) < len(testBase) || v.Tarball[:len(testBase)] != testBase {
				t.Fatalf("form %d points elsewhere: %s", form, v.Tarball)
			}
		}
	}
}
