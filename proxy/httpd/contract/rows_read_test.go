package contract_test

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // npm's shasum
	"encoding/hex"
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	"github.com/larderhq/larder/registry/registrytest"
)

// lib is what every project of the rows' world has one of.
func lib(project string) registrytest.Document {
	return registrytest.Document{Name: "@acme/" + project + "-lib", Version: "1.0.0"}
}

func readRows() []row {
	return []row{
		{129, "metadata through the project prefix", func(t *testing.T, w *world) {
			p := w.packument(t, get(w.in("acme/pub")+"/@acme/pub-lib").as("reporter"))
			if p.Name != "@acme/pub-lib" || p.Versions["1.0.0"] == nil || p.Tags["latest"] != "1.0.0" {
				t.Errorf("document is %+v", p)
			}
		}},
		{130, "the same with an encoded slash", func(t *testing.T, w *world) {
			prefix := w.in("acme/pub")
			plain := w.status(t, http.StatusOK, get(prefix+"/@acme/pub-lib"))
			for _, coded := range []string{"@acme%2fpub-lib", "@acme%2Fpub-lib", "%40acme%2fpub-lib"} {
				if r := w.status(t, http.StatusOK, get(prefix+"/"+coded)); !bytes.Equal(plain.body, r.body) {
					t.Errorf("%s differs:\n%s\n%s", coded, plain.body, r.body)
				}
			}
		}},
		{131, "each version says what it is", func(t *testing.T, w *world) {
			p := w.packument(t, get(w.in("acme/pub")+"/@acme/pub-lib"))
			sum := sha1.Sum(lib("pub").Bytes()) //nolint:gosec // npm's shasum
			v := p.Versions["1.0.0"]
			if v["name"] != "@acme/pub-lib" || v["version"] != "1.0.0" || p.dist("1.0.0", "shasum") != hex.EncodeToString(sum[:]) ||
				p.dist("1.0.0", "tarball") == "" {
				t.Errorf("version is %v", v)
			}
		}},
		{132, "tarball URLs of the project prefix", func(t *testing.T, w *world) { w.tarballsFollow(t, w.in("acme/pub")) }},
		{133, "tarball URLs of the instance prefix, which downloads (X1)", func(t *testing.T, w *world) { w.tarballsFollow(t, instance) }},
		{134, "tarball URLs of the group prefix, which downloads (X1)", func(t *testing.T, w *world) { w.tarballsFollow(t, w.below("acme")) }},
		{135, "latest is present", func(t *testing.T, w *world) {
			if p := w.packument(t, get(w.in("acme/pub")+"/@acme/pub-lib")); p.Tags["latest"] != "1.0.0" {
				t.Errorf("tags are %v", p.Tags)
			}
		}},
		{136, "without a stored latest it is the highest version, prereleases included", func(t *testing.T, w *world) {
			for _, v := range []string{"1.0.0", "2.0.0-rc.1", "1.9.0"} {
				w.publishes(t, w.in("acme/pub"), "developer", registrytest.Document{Name: "@acme/r136", Version: v, Tag: "beta"})
			}
			want := map[string]string{"beta": "1.9.0", "latest": "2.0.0-rc.1"}
			if p := w.packument(t, get(w.in("acme/pub")+"/@acme/r136")); !reflect.DeepEqual(p.Tags, want) {
				t.Errorf("tags are %v, want %v", p.Tags, want)
			}
		}},
		{137, "dependencies of all kinds come back", func(t *testing.T, w *world) {
			w.roundTrip(t, "@acme/r137", map[string]any{
				"dependencies": map[string]any{"left-pad": "^1.3.0"}, "devDependencies": map[string]any{"tap": "*"},
				"peerDependencies": map[string]any{"react": ">=18"}, "bundleDependencies": []any{"left-pad"},
				"optionalDependencies": map[string]any{"fsevents": "2"}})
		}},
		{138, "bin, engines, directories and _hasShrinkwrap come back", func(t *testing.T, w *world) {
			w.roundTrip(t, "@acme/r138", map[string]any{
				"bin": map[string]any{"r138": "cli.js"}, "engines": map[string]any{"node": ">=18"},
				"directories": map[string]any{"lib": "lib"}, "_hasShrinkwrap": false})
		}},
		{139, "a postinstall script is told", func(t *testing.T, w *world) {
			w.publishes(t, w.in("acme/pub"), "developer", registrytest.Document{Name: "@acme/r139", Version: "1.0.0",
				Manifest: map[string]any{"scripts": map[string]any{"postinstall": "node build.js"}}})
			p := w.packument(t, get(w.in("acme/pub")+"/@acme/r139"))
			if p.Versions["1.0.0"]["hasInstallScript"] != true {
				t.Errorf("version is %v", p.Versions["1.0.0"])
			}
		}},
		{140, "integrity is of the bytes", func(t *testing.T, w *world) {
			p := w.packument(t, get(w.in("acme/pub")+"/@acme/pub-lib"))
			if got, want := p.dist("1.0.0", "integrity"), integrityOf(lib("pub").Bytes()); got != want {
				t.Errorf("integrity is %q, want %q", got, want)
			}
		}},
		{141, "private, anonymous", func(t *testing.T, w *world) {
			r := w.status(t, http.StatusUnauthorized, get(w.in("acme/prv")+"/@acme/prv-lib"))
			if f := r.failure(t); f.Message != "401 Unauthorized" || r.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("answer is %v %s", r.Header, r.body)
			}
		}},
		{142, "private, stranger", func(t *testing.T, w *world) {
			w.refuses(t, http.StatusNotFound, "Project not found", "404 Project Not Found", get(w.in("acme/prv")+"/@acme/prv-lib").as("stranger"))
		}},
		{143, "private, guest", func(t *testing.T, w *world) {
			w.status(t, http.StatusOK, get(w.in("acme/prv")+"/@acme/prv-lib").as("guest"))
		}},
		{144, "private, deploy token that reads", func(t *testing.T, w *world) {
			w.status(t, http.StatusOK, get(w.in("acme/prv")+"/@acme/prv-lib").as("reader"))
			w.status(t, http.StatusOK, get(w.in("acme/prv")+"/@acme/prv-lib").with("Deploy-Token: "+w.tokens["reader"]))
		}},
		{145, "private, job token that runs or is finished", func(t *testing.T, w *world) {
			for who, want := range map[string]int{"job": http.StatusOK, "finished": http.StatusUnauthorized} {
				w.status(t, want, get(w.in("acme/prv")+"/@acme/prv-lib").as(who))
				w.status(t, want, get(w.in("acme/prv")+"/@acme/prv-lib").with("JOB-TOKEN: "+w.tokens[who]))
				w.status(t, want, get(w.in("acme/prv")+"/@acme/prv-lib?job_token="+w.tokens[who]))
			}
		}},
		{146, "group prefix, the versions of two projects together", groupUnion},
		{147, "group prefix, only in a project that the caller cannot see", func(t *testing.T, w *world) {
			w.status(t, http.StatusForbidden, get(w.below("acme")+"/@acme/prv-lib").as("stranger"))
			w.status(t, http.StatusUnauthorized, get(w.below("acme")+"/@acme/prv-lib"))
		}},
		{148, "instance prefix", func(t *testing.T, w *world) {
			w.status(t, http.StatusOK, get(instance+"/@acme/pub-lib").as("stranger"))
		}},
		{149, "instance prefix, unscoped local name, forwarding off: 200, because it sees every local package", func(t *testing.T, _ *world) {
			w := quiet(t)
			w.publishes(t, w.in("acme/pub"), "developer", registrytest.Document{Name: "r149", Version: "1.0.0"})
			w.status(t, http.StatusOK, get(instance+"/r149"))
			w.refuses(t, http.StatusNotFound, "Project not found", "404 Project Not Found", get(instance+"/left-pad"))
		}},
		{150, "unknown name, forwarding off", func(t *testing.T, w *world) {
			w.refuses(t, http.StatusNotFound, "Packages not found", "404 Packages Not Found", get(w.in("acme/off")+"/left-pad"))
			w.refuses(t, http.StatusNotFound, "Packages not found", "404 Packages Not Found", get(w.below("quiet")+"/left-pad"))
			w.status(t, http.StatusUnauthorized, get(w.in("acme/prvoff")+"/left-pad"))
			w.status(t, http.StatusNotFound, get(w.in("acme/prvoff")+"/left-pad").as("guest"))
		}},
		{151, "unknown name, forwarding on: 200, because it is proxied and never redirected", func(t *testing.T, w *world) {
			for _, prefix := range []string{w.in("acme/pub"), w.below("acme"), instance, ""} {
				p := w.packument(t, get(prefix+"/left-pad"))
				r := w.status(t, http.StatusOK, get(w.path(t, p.dist("1.3.0", "tarball"))))
				if !bytes.Equal(r.body, w.upstream.Bytes("left-pad", "1.3.0")) {
					t.Errorf("%s: the tarball has other bytes", prefix)
				}
			}
		}},
		{152, "a name that is no path", func(t *testing.T, w *world) {
			for _, name := range []string{"my%0d%0aname", "%2e%2e", "@acme%2f..%2f.."} {
				r := w.status(t, http.StatusBadRequest, get(w.in("acme/pub")+"/"+name))
				if string(r.body) != `{"error":"package_name should be a valid file path"}` {
					t.Errorf("%s: body is %s", name, r.body)
				}
			}
		}},
	}
}

// groupUnion publishes one name in a public and in a private project.
func groupUnion(t *testing.T, w *world) {
	const name = "@acme/r146"
	w.publishes(t, w.in("acme/pub"), "developer", registrytest.Document{Name: name, Version: "1.0.0"})
	w.publishes(t, w.in("acme/prv"), "developer", registrytest.Document{Name: name, Version: "2.0.0"})
	for who, want := range map[string]map[string]string{
		"":          {"latest": "1.0.0"},
		"stranger":  {"latest": "1.0.0"},
		"developer": {"latest": "2.0.0"},
	} {
		p := w.packument(t, get(w.below("acme")+"/"+name).as(who))
		if len(p.Versions) != 1+len(who)/len("developer") || !reflect.DeepEqual(p.Tags, want) {
			t.Errorf("as %q there are %d versions and the tags %v", who, len(p.Versions), p.Tags)
		}
	}
}

// tarballsFollow checks that a document's tarball URLs keep the prefix that was
// asked, and lead to the bytes.
func (w *world) tarballsFollow(t *testing.T, prefix string) {
	t.Helper()
	p := w.packument(t, get(prefix+"/@acme/pub-lib"))
	path := w.path(t, p.dist("1.0.0", "tarball"))
	if want := prefix + "/@acme/pub-lib/-/pub-lib-1.0.0.tgz"; path != want {
		t.Errorf("tarball is at %s, want %s", path, want)
	}
	if r := w.status(t, http.StatusOK, get(path)); !bytes.Equal(r.body, lib("pub").Bytes()) {
		t.Errorf("the tarball has other bytes")
	}
}

// roundTrip publishes members of a manifest and reads them back.
func (w *world) roundTrip(t *testing.T, name string, members map[string]any) {
	t.Helper()
	w.publishes(t, w.in("acme/pub"), "developer", registrytest.Document{Name: name, Version: "1.0.0", Manifest: members})
	p := w.packument(t, get(w.in("acme/pub")+"/"+name))
	var want map[string]any
	if err := json.Unmarshal(encode(members), &want); err != nil {
		t.Fatal(err)
	}
	for member, value := range want {
		if got := p.Versions["1.0.0"][member]; !reflect.DeepEqual(got, value) {
			t.Errorf("%s is %v, want %v", member, got, value)
		}
	}
}

func tarballRows() []row {
	const file = "/@acme/pub-lib/-/pub-lib-1.0.0.tgz"
	return []row{
		{153, "tarball through the project prefix", func(t *testing.T, w *world) {
			r := w.status(t, http.StatusOK, get(w.in("acme/pub")+file))
			if !bytes.Equal(r.body, lib("pub").Bytes()) || r.Header.Get("Content-Type") != "application/octet-stream" {
				t.Errorf("%d bytes of %s", len(r.body), r.Header.Get("Content-Type"))
			}
		}},
		{154, "tarball with the scope in its file name", func(t *testing.T, w *world) {
			for _, path := range []string{"/@acme/pub-lib/-/@acme/pub-lib-1.0.0.tgz", "/@acme%2fpub-lib/-/@acme%2fpub-lib-1.0.0.tgz"} {
				if r := w.status(t, http.StatusOK, get(w.in("acme/pub")+path)); !bytes.Equal(r.body, lib("pub").Bytes()) {
					t.Errorf("%s: the tarball has other bytes", path)
				}
			}
		}},
		{155, "unknown tarball", func(t *testing.T, w *world) {
			r := w.status(t, http.StatusNotFound, get(w.in("acme/pub")+"/@acme/pub-lib/-/pub-lib-9.9.9.tgz"))
			if r.failure(t).Error == "" {
				t.Errorf("body is %s", r.body)
			}
			w.status(t, http.StatusNotFound, get(w.in("acme/off")+"/nothing/-/nothing-1.0.0.tgz"))
		}},
		{156, "private tarball, anonymous: 401, because 404 hides nothing that metadata does not tell (X10)", func(t *testing.T, w *world) {
			r := w.status(t, http.StatusUnauthorized, get(w.in("acme/prv")+"/@acme/prv-lib/-/prv-lib-1.0.0.tgz"))
			if r.Header.Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
			w.status(t, http.StatusNotFound, get(w.in("acme/prv")+"/@acme/prv-lib/-/prv-lib-1.0.0.tgz").as("stranger"))
		}},
		{157, "private project whose packages everybody may pull", func(t *testing.T, w *world) {
			for _, path := range []string{"/@acme/open-lib", "/-/package/@acme%2fopen-lib/dist-tags", "/@acme/open-lib/-/open-lib-1.0.0.tgz"} {
				w.status(t, http.StatusOK, get(w.in("acme/open")+path))
			}
			w.status(t, http.StatusForbidden, publish(w.in("acme/open"), registrytest.Document{Name: "@acme/open-lib", Version: "2.0.0"}).as("stranger"))
		}},
		{158, "published, then read at once", func(t *testing.T, w *world) {
			for _, v := range []string{"1.0.0", "1.0.1", "1.0.2"} {
				w.publishes(t, w.in("acme/prv"), "developer", registrytest.Document{Name: "@acme/r158", Version: v})
				for _, prefix := range []string{w.in("acme/prv"), w.below("acme"), instance, ""} {
					if p := w.packument(t, get(prefix+"/@acme/r158").as("guest")); p.Versions[v] == nil || p.Tags["latest"] != v {
						t.Errorf("%s: %s is not there: %v", prefix, v, p.Tags)
					}
				}
			}
		}},
	}
}
