package contract_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// check looks at what one route answers to an attack.
type check func(*testing.T, *arena, *upstreamtest.Attack)

// route is one way to ask for the bad version of an attack.
type route struct {
	name string
	// bytes tells that it hands out the tarball.
	bytes bool
	// refused and served check the answer when the version must not be had, and
	// when it must. warned is served where the answer also tells the reason.
	refused, served, warned check
}

// abbreviated is what clients ask for that install.
const abbreviated = "Accept: application/vnd.npm.install-v1+json"

// routes are all ways to a version.
func routes() []route {
	return []route{
		document("document", "", ""), document("abbreviated document", "", abbreviated), document("document of the instance", instance, ""),
		manifest(), tagged(), tags(),
		tarball("HEAD of the tarball", http.MethodHead), tarball("range of the tarball", http.MethodGet, "Range: bytes=0-9"),
		tarball("tarball", http.MethodGet), tarball("tarball once more", http.MethodGet),
	}
}

// judgedDocument is what the tests read of a document with restrictions.
type judgedDocument struct {
	packument
	Restrictions *struct {
		Message  string                    `json:"message"`
		Versions map[string]map[string]any `json:"versions"`
	} `json:"policyRestrictions"`
}

// document is the route of a document.
func document(name, prefix string, header ...string) route {
	ask := func(k *upstreamtest.Attack) ask {
		a := get(prefix + "/" + escaped(k.Package))
		if header[0] != "" {
			a = a.with(header...)
		}
		return a
	}
	served := func(t *testing.T, a *arena, k *upstreamtest.Attack) reply {
		t.Helper()
		var d judgedDocument
		r := a.object(t, ask(k), &d)
		if d.Versions[k.Bad] == nil || d.Tags["latest"] != k.Bad || d.Restrictions != nil {
			t.Errorf("the document lacks %s, or says that it is restricted: %v, %v", k.Bad, d.Tags, d.Restrictions)
		}
		return r
	}
	return route{
		name: name,
		refused: func(t *testing.T, a *arena, k *upstreamtest.Attack) {
			var d judgedDocument
			a.object(t, ask(k), &d)
			d.without(t, k)
			d.restricted(t, a, k)
		},
		served: func(t *testing.T, a *arena, k *upstreamtest.Attack) {
			if r := served(t, a, k); r.Header.Get("Npm-Notice") != "" {
				t.Errorf("it tells about the version: %s", r.Header.Get("Npm-Notice"))
			}
		},
		warned: func(t *testing.T, a *arena, k *upstreamtest.Attack) {
			r := served(t, a, k)
			if notice := r.Header.Get("Npm-Notice"); !strings.Contains(notice, k.Guard) || !strings.Contains(notice, says(t, k)) {
				t.Errorf("it does not warn of %s: %q", says(t, k), notice)
			}
			if r.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("npm prints only what may not be kept: %q", r.Header.Get("Cache-Control"))
			}
		},
	}
}

// without checks that the document offers everything but the bad version.
func (d *judgedDocument) without(t *testing.T, k *upstreamtest.Attack) {
	t.Helper()
	if d.Versions[k.Bad] != nil {
		t.Errorf("%s is listed", k.Bad)
	}
	for tag, v := range d.Tags {
		if d.Versions[v] == nil {
			t.Errorf("the tag %s points to %s, which is not listed", tag, v)
		}
	}
	if k.Good == "" {
		if len(d.Versions) != 0 || len(d.Tags) != 0 {
			t.Errorf("something is left: %v, %v", d.Versions, d.Tags)
		}
		return
	}
	if d.Versions[k.Good] == nil || d.Tags["latest"] != k.Good || d.Tags["next"] != k.Good || d.Tags["legacy"] != "0.9.9" {
		t.Errorf("%s is not what is left: %v", k.Good, d.Tags)
	}
}

// restricted checks what the document says about the bad version.
func (d *judgedDocument) restricted(t *testing.T, a *arena, k *upstreamtest.Attack) {
	t.Helper()
	if d.Time[k.Bad] == "" && k.Name != "release without a time" {
		t.Errorf("the document has no time of %s any more", k.Bad)
	}
	if d.Restrictions == nil {
		t.Fatal("the document does not say why")
	}
	lines := strings.Split(d.Restrictions.Message, "\n")
	if !slices.ContainsFunc(lines, func(line string) bool {
		return strings.HasPrefix(line, "blocked by registry policy "+k.Guard+" ") && strings.Contains(line, says(t, k)) &&
			strings.Contains(line, k.Bad) && strings.Contains(line, contact)
	}) {
		t.Errorf("the document does not say of %s that %s: %q", k.Bad, says(t, k), lines)
	}
	dist, _ := d.Restrictions.Versions[k.Bad]["dist"].(map[string]any)
	if url, _ := dist["tarball"].(string); !strings.HasPrefix(url, a.url+"/") {
		t.Errorf("the restricted tarball is at %q", url)
	}
}

// manifest is the route of a version's manifest.
func manifest() route {
	ask := func(k *upstreamtest.Attack) ask { return get("/" + escaped(k.Package) + "/" + k.Bad) }
	return route{
		name:    "manifest",
		refused: func(t *testing.T, a *arena, k *upstreamtest.Attack) { a.blocks(t, k, ask(k)) },
		served:  func(t *testing.T, a *arena, k *upstreamtest.Attack) { a.gives(t, k.Bad, ask(k)) },
	}
}

// tagged is the route of the manifest that a tag points to.
func tagged() route {
	ask := func(k *upstreamtest.Attack) ask { return get("/" + escaped(k.Package) + "/latest") }
	return route{
		name: "manifest of latest",
		refused: func(t *testing.T, a *arena, k *upstreamtest.Attack) {
			if k.Good != "" {
				a.gives(t, k.Good, ask(k))
				return
			}
			if r := a.do(t, ask(k)); r.StatusCode != http.StatusForbidden && r.StatusCode != http.StatusNotFound {
				t.Errorf("status %d", r.StatusCode)
			}
		},
		served: func(t *testing.T, a *arena, k *upstreamtest.Attack) { a.gives(t, k.Bad, ask(k)) },
	}
}

// gives asks for a manifest, which must be of a version.
func (a *arena) gives(t *testing.T, version string, ask ask) {
	t.Helper()
	var m struct {
		Version string `json:"version"`
	}
	a.object(t, ask, &m)
	if m.Version != version {
		t.Errorf("%s gives %s, want %s", ask.path, m.Version, version)
	}
}

// tags is the route of dist-tags.
func tags() route {
	return route{
		name: "dist-tags",
		refused: func(t *testing.T, a *arena, k *upstreamtest.Attack) {
			got := a.tags(t, "", k.Package, "")
			if got["latest"] != k.Good || got["next"] != k.Good {
				t.Errorf("tags %v, want %q", got, k.Good)
			}
		},
		served: func(t *testing.T, a *arena, k *upstreamtest.Attack) {
			if got := a.tags(t, "", k.Package, ""); got["latest"] != k.Bad {
				t.Errorf("tags %v, want %s", got, k.Bad)
			}
		},
	}
}

// tarball is a route of the tarball.
func tarball(name, method string, header ...string) route {
	ask := func(k *upstreamtest.Attack) ask {
		return ask{method: method, path: tarballPath(k)}.with(header...)
	}
	return route{
		name: name, bytes: true,
		refused: func(t *testing.T, a *arena, k *upstreamtest.Attack) { a.blocks(t, k, ask(k)) },
		served: func(t *testing.T, a *arena, k *upstreamtest.Attack) {
			r := a.do(t, ask(k))
			want := http.StatusOK
			if len(header) > 0 {
				want = http.StatusPartialContent
			}
			if r.StatusCode != want || r.Header.Get("X-Guard") != "" {
				t.Fatalf("status %d, want %d (%.300s)", r.StatusCode, want, r.body)
			}
			if k.Unlisted || method == http.MethodHead {
				return
			}
			if whole := a.upstream.Bytes(k.Package, k.Bad); !bytes.Equal(r.body, whole[:len(r.body)]) || len(header) == 0 && len(r.body) != len(whole) {
				t.Errorf("%d bytes, which are not those of upstream", len(r.body))
			}
		},
	}
}

// blocked is the body of a policy's refusal.
type blocked struct {
	failure
	Code    string `json:"code"`
	Package string `json:"package"`
	Version string `json:"version"`
}

// blocks asks for what must be refused by the guard of an attack, with all that
// tells why.
func (a *arena) blocks(t *testing.T, k *upstreamtest.Attack, ask ask) {
	t.Helper()
	r := a.status(t, http.StatusForbidden, ask)
	g, _ := policy.ParseGuard(k.Guard)
	want := "blocked by registry policy " + k.Guard + " "
	_, phrase, _ := strings.Cut(r.Status, " ")
	if r.Header.Get("X-Guard") != k.Guard || r.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(phrase, want) {
		t.Errorf("%s: guard %q, %q, %q", ask.method, r.Header.Get("X-Guard"), r.Header.Get("Cache-Control"), phrase)
	}
	if ask.method == http.MethodHead {
		return
	}
	var f blocked
	if err := json.Unmarshal(r.body, &f); err != nil {
		t.Fatalf("%v in %.300q", err, r.body)
	}
	if f.Guard != k.Guard || f.Code != g.Code() || f.Package != k.Package || f.Version != k.Bad {
		t.Errorf("refused as %+v, want %s %s of %s@%s", f, k.Guard, g.Code(), k.Package, k.Bad)
	}
	if !strings.HasPrefix(f.Error, want) || !strings.Contains(f.Error, says(t, k)) || len(f.Error) > 400 {
		t.Errorf("refused with %q, want %q", f.Error, says(t, k))
	}
}

// says is a part of the reason that a guard gives.
func says(t *testing.T, k *upstreamtest.Attack) string {
	t.Helper()
	reasons := map[string]string{
		"G08": "resembles private acme-utils", "G39": "it steals tokens", "G34": "malicious " + k.Package + "@" + k.Bad,
		"G35": "content matches indicator IOC-900", "G36": "security holding package", "G37": "removed upstream 4d after publish",
		"G38": "name reappeared upstream", "G19": "integrity", "G22": "tarball", "G23": "tar: ", "G24": "expands beyond the limits",
		"G25": "gzip: bytes after the end", "G18": "publish time not trustworthy", "G11": "minimum 24h", "G17": "burst hold: ",
		"G14": "new install script (", "G15": "new exotic dependency ", "G16": "adds dependency plain-cipher first published",
		"G28": "registry signature invalid", "G29": "signature missing; upstream signed earlier versions",
		"G32": "trust downgrade: previous 1.1.0 had provenance", "G33": "first version by new publisher mallory",
		"G41": "license GPL-3.0-only not allowed",
	}
	text, ok := reasons[k.Guard]
	if !ok {
		t.Errorf("nobody knows what %s says", k.Guard)
	}
	return text
}
