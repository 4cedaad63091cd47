package contract_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// version is a document of a name.
func version(name, v string) registrytest.Document {
	return registrytest.Document{Name: name, Version: v}
}

// edited is a document whose text is changed last of all.
func edited(name, v string, edit func(doc map[string]any)) registrytest.Document {
	return registrytest.Document{Name: name, Version: v, Change: edit}
}

// other is the same version with other bytes.
func other(name, v string) registrytest.Document {
	return registrytest.Document{Name: name, Version: v, Tarball: upstreamtest.Tarball(name,
		upstreamtest.Version{Version: v, Files: map[string]string{"other.js": "1"}})}
}

func publishRows() []row {
	return []row{
		{159, "a publish as GitLab documents it", func(t *testing.T, w *world) {
			var out struct {
				ID int64 `json:"id"`
			}
			w.object(t, publish(w.in("acme/pub"), edited("@acme/r159", "1.0.0", func(doc map[string]any) {
				doc["description"], doc["readme"] = "A library", "# r159"
				delete(doc, "access")
			})).as("developer"), &out)
			if out.ID == 0 {
				t.Error("the answer has no id")
			}
		}},
		{160, "anonymous", func(t *testing.T, w *world) {
			for _, project := range []string{"acme/pub", "acme/int", "acme/prv"} {
				r := w.status(t, http.StatusUnauthorized, publish(w.in(project), version("@acme/r160", "1.0.0")))
				if f := r.failure(t); f.Message != "401 Unauthorized" || r.Header.Get("WWW-Authenticate") == "" {
					t.Errorf("answer is %v %s", r.Header, r.body)
				}
			}
		}},
		{161, "guest and reporter", func(t *testing.T, w *world) {
			for _, who := range []string{"guest", "reporter"} {
				r := w.status(t, http.StatusForbidden, publish(w.in("acme/prv"), version("@acme/r161", "1.0.0")).as(who))
				if f := r.failure(t); f.Message != "403 Forbidden" {
					t.Errorf("body is %s", r.body)
				}
			}
			w.status(t, http.StatusForbidden, publish(w.in("acme/pub"), version("@acme/r161", "1.0.0")).as("stranger"))
		}},
		{162, "stranger, private", func(t *testing.T, w *world) {
			w.refuses(t, http.StatusNotFound, "Project not found", "404 Project Not Found",
				publish(w.in("acme/prv"), version("@acme/r162", "1.0.0")).as("stranger"))
		}},
		{163, "deploy token that writes", func(t *testing.T, w *world) {
			w.publishes(t, w.in("acme/prv"), "writer", version("@acme/r163", "1.0.0"))
			w.status(t, http.StatusForbidden, publish(w.in("acme/prv"), version("@acme/r163", "2.0.0")).as("reader"))
		}},
		{164, "job token of a developer", func(t *testing.T, w *world) {
			w.publishes(t, w.in("acme/prv"), "job", version("@acme/r164", "1.0.0"))
			w.status(t, http.StatusUnauthorized, publish(w.in("acme/prv"), version("@acme/r164", "2.0.0")).as("finished"))
		}},
		{165, "the same version again: one text of npm's and GitLab's, a retry is 200 (X13)", republish},
		{166, "versions that are none", func(t *testing.T, w *world) {
			for _, v := range []string{"1", "1.2", "v1.0.0", "../../1.2.3", "01.0.0"} {
				w.refuses(t, http.StatusBadRequest, "Validation failed: Version should follow SemVer: https://semver.org", "",
					publish(w.in("acme/pub"), version("@acme/r166", v)).as("developer"))
			}
			w.status(t, http.StatusNotFound, get(w.in("acme/off")+"/@acme/r166"))
		}},
		{167, "a version with build metadata", func(t *testing.T, w *world) {
			w.publishes(t, w.in("acme/pub"), "developer", version("@acme/r167", "1.0.0-rc.1+b5"))
			if p := w.packument(t, get(w.in("acme/pub")+"/@acme/r167")); p.Versions["1.0.0-rc.1+b5"] == nil {
				t.Errorf("document is %+v", p)
			}
		}},
		{168, "names that are none", func(t *testing.T, w *world) {
			for _, name := range []string{"@acme/in@@valid", "@acme/in valid", "@acme/näme"} {
				a := publish(w.in("acme/pub"), version(name, "1.0.0")).as("developer")
				a.path = w.in("acme/pub") + "/" + url.PathEscape(name)
				r := w.status(t, http.StatusBadRequest, a)
				if name != "@acme/in@@valid" {
					continue // these cannot even be a path
				}
				if f := r.failure(t); !strings.HasPrefix(f.Error, "Validation failed: Name") {
					t.Errorf("%s: body is %s", name, r.body)
				}
			}
		}},
		{169, "unscoped names and foreign scopes", func(t *testing.T, w *world) {
			for _, name := range []string{"r169", "@elsewhere/r169"} {
				w.publishes(t, w.in("acme/pub"), "developer", version(name, "1.0.0"))
				w.status(t, http.StatusOK, get(instance+"/"+name))
			}
		}},
		{176, "sibling project, same name, new version", func(t *testing.T, w *world) {
			w.publishes(t, w.in("acme/pub"), "developer", version("@acme/r176", "1.0.0"))
			w.publishes(t, w.in("acme/int"), "developer", version("@acme/r176", "1.1.0"))
		}},
		{177, "sibling project, foreign scope, same name and version", func(t *testing.T, w *world) {
			w.publishes(t, w.in("acme/pub"), "developer", version("@elsewhere/r177", "1.0.0"))
			w.publishes(t, w.in("acme/int"), "developer", version("@elsewhere/r177", "1.0.0"))
		}},
		{179, "with another tag", func(t *testing.T, w *world) {
			w.publishes(t, w.in("acme/pub"), "developer", version("@acme/r179", "1.0.0"))
			d := version("@acme/r179", "2.0.0")
			d.Tag = "beta"
			w.publishes(t, w.in("acme/pub"), "developer", d)
			if tags := w.tags(t, w.in("acme/pub"), "@acme/r179", ""); tags["beta"] != "2.0.0" || tags["latest"] != "1.0.0" {
				t.Errorf("tags are %v", tags)
			}
		}},
		{179, "a lower version is stored and latest stays (X18)", func(t *testing.T, w *world) {
			w.publishes(t, w.in("acme/pub"), "developer", version("@acme/r179b", "2.0.0"))
			w.publishes(t, w.in("acme/pub"), "developer", version("@acme/r179b", "1.0.0"))
			p := w.packument(t, get(w.in("acme/pub")+"/@acme/r179b"))
			if len(p.Versions) != 2 || p.Tags["latest"] != "2.0.0" {
				t.Errorf("there are %d versions and the tags %v", len(p.Versions), p.Tags)
			}
		}},
		{180, "two publishes of one version at once", func(t *testing.T, w *world) { w.race(t, "@acme/r180") }},
		{182, "a huge readme in the version", func(t *testing.T, w *world) {
			d := version("@acme/r182", "1.0.0")
			d.Change = func(doc map[string]any) {
				versions, _ := doc["versions"].(map[string]any)
				v, _ := versions["1.0.0"].(map[string]any)
				v["readme"] = strings.Repeat("Lorem ipsum. ", 200_000)
			}
			w.publishes(t, w.in("acme/pub"), "developer", d)
			w.status(t, http.StatusOK, get(w.in("acme/pub")+"/@acme/r182"))
		}},
	}
}

// republish publishes a version again: with other bytes, by somebody else, and
// as the retry of a client that got no answer.
func republish(t *testing.T, w *world) {
	const text = "You cannot publish over the previously published versions: 1.0.0. Package already exists."
	prefix := w.in("acme/pub")
	w.publishes(t, prefix, "developer", version("@acme/r165", "1.0.0"))
	w.refuses(t, http.StatusForbidden, text, "403 Forbidden", publish(prefix, other("@acme/r165", "1.0.0")).as("developer"))
	w.refuses(t, http.StatusForbidden, text, "403 Forbidden", publish(prefix, version("@acme/r165", "1.0.0")).as("maintainer"))
	w.publishes(t, prefix, "developer", version("@acme/r165", "1.0.0"))
	if got := w.status(t, http.StatusOK, get(prefix+"/@acme/r165/-/r165-1.0.0.tgz")); string(got.body) != string(version("@acme/r165", "1.0.0").Bytes()) {
		t.Error("the bytes have changed")
	}
	rev := w.packument(t, get(prefix+"/@acme/r165")).Rev
	w.status(t, http.StatusOK, remove(prefix+"/@acme%2fr165/-rev/"+rev).as("maintainer"))
	w.refuses(t, http.StatusForbidden, text, "403 Forbidden", publish(prefix, version("@acme/r165", "1.0.0")).as("developer"))
}

// race publishes one version with different bytes by several at once.
func (w *world) race(t *testing.T, name string) {
	t.Helper()
	var won, lost atomic.Int32
	var group sync.WaitGroup
	for i := range 6 {
		group.Go(func() {
			d := registrytest.Document{Name: name, Version: "1.0.0", Tarball: upstreamtest.Tarball(name,
				upstreamtest.Version{Version: "1.0.0", Padding: 1000 * i})}
			switch r := w.do(t, publish(w.in("acme/pub"), d).as("developer")); {
			case r.StatusCode == http.StatusOK:
				won.Add(1)
			case r.StatusCode >= 400 && r.StatusCode < 500:
				lost.Add(1)
			default:
				t.Errorf("status %d: %s", r.StatusCode, r.body)
			}
		})
	}
	group.Wait()
	if won.Load() != 1 || lost.Load() != 5 {
		t.Errorf("%d publishes won and %d were refused, want 1 and 5", won.Load(), lost.Load())
	}
	list := w.shown(t, name)
	if len(list) != 1 {
		t.Fatalf("there are %d packages, want 1", len(list))
	}
	p := w.packument(t, get(w.in("acme/pub")+"/"+name))
	got := w.status(t, http.StatusOK, get(w.path(t, p.dist("1.0.0", "tarball"))))
	if integrityOf(got.body) != p.dist("1.0.0", "integrity") {
		t.Error("the bytes are not those that the document names")
	}
}

// shown lists the packages of a name as the records have them.
func (w *world) shown(t *testing.T, name string) []record.Package {
	t.Helper()
	parsed, err := npm.ParseName(name)
	if err != nil {
		t.Fatal(err)
	}
	list, err := w.registry.Show(t.Context(), w.caller("admin"), parsed)
	if err != nil {
		t.Fatal(err)
	}
	var out []record.Package
	for _, l := range list {
		out = append(out, l.Package)
	}
	return out
}

func refusedRows() []row {
	bad := func(d registrytest.Document) func(*testing.T, *world, string) {
		return func(t *testing.T, w *world, want string) {
			t.Helper()
			w.refuses(t, http.StatusBadRequest, want, "", publish(w.in("acme/pub"), d).as("developer"))
		}
	}
	return []row{
		{170, "attachment without data, or under another key", func(t *testing.T, w *world) {
			for _, change := range []func(doc map[string]any){
				func(doc map[string]any) { delete(doc, "_attachments") },
				func(doc map[string]any) { doc["_attachments"] = map[string]any{} },
				func(doc map[string]any) {
					doc["_attachments"] = map[string]any{"@acme/r170-1.0.0.tgz": map[string]any{"data": ""}}
				},
				func(doc map[string]any) {
					doc["_attachments"] = map[string]any{"@acme/r170-9.0.0.tgz": map[string]any{"data": "YWJj"}}
				},
			} {
				bad(edited("@acme/r170", "1.0.0", change))(t, w, "Attachment data is empty.")
			}
		}},
		{171, "no versions", func(t *testing.T, w *world) {
			bad(edited("@acme/r171", "1.0.0", func(doc map[string]any) { delete(doc, "versions") }))(t, w,
				"Versions key is missing from the JSON upload")
		}},
		{172, "no version in versions", func(t *testing.T, w *world) {
			bad(edited("@acme/r172", "1.0.0", func(doc map[string]any) { doc["versions"] = map[string]any{} }))(t, w, "Version is empty.")
		}},
		{173, "a body that is no JSON", func(t *testing.T, w *world) {
			for _, body := range []string{"npm", "{", `{"name":"@acme/r173",}`, ""} {
				w.refuses(t, http.StatusBadRequest, "Invalid json", "", put(w.in("acme/pub")+"/@acme%2fr173", body).as("developer"))
			}
		}},
		{174, "over the size limit: 413, because nothing is wrong but the size (X14)", func(t *testing.T, _ *world) {
			w := newTeam(t, setup{packageLimit: 16 << 10})
			d := registrytest.Document{Name: "@acme/r174", Version: "1.0.0",
				Tarball: upstreamtest.Tarball("@acme/r174", upstreamtest.Version{Version: "1.0.0", Padding: 20 << 10})}
			w.refuses(t, http.StatusRequestEntityTooLarge, "File is too large.", "413 File Is Too Large.",
				publish(w.in("acme/pub"), d).as("developer"))
			w.publishes(t, w.in("acme/pub"), "developer", version("@acme/r174", "1.0.0"))
		}},
		{175, "sibling project, same name and version, scope of the namespace", func(t *testing.T, w *world) {
			w.publishes(t, w.in("acme/int"), "developer", version("@acme/r175", "1.0.0"))
			bad(version("@acme/r175", "1.0.0"))(t, w, "Validation failed: Package already exists")
		}},
		{178, "a name that a rule protects, by a developer and by a deploy token", func(t *testing.T, w *world) {
			w.status(t, http.StatusCreated, w.rule("acme/prv", "@acme/r178*", "maintainer", ""))
			for _, who := range []string{"developer", "writer", "job"} {
				w.refuses(t, http.StatusForbidden, "Package protected.", "403 Forbidden - Package protected.",
					publish(w.in("acme/prv"), version("@acme/r178", "1.0.0")).as(who))
			}
			w.publishes(t, w.in("acme/prv"), "maintainer", version("@acme/r178", "1.0.0"))
		}},
		{181, "the tarball is of another package: 422, because the document is fine (X15)", func(t *testing.T, w *world) {
			for _, inside := range []registrytest.Document{version("@acme/evil", "1.0.0"), version("@acme/r181", "9.9.9")} {
				d := registrytest.Document{Name: "@acme/r181", Version: "1.0.0", Tarball: inside.Bytes()}
				r := w.status(t, http.StatusUnprocessableEntity, publish(w.in("acme/pub"), d).as("developer"))
				if r.Header.Get("X-Guard") != "G22" || r.failure(t).Error != "package.json in tarball is not of @acme/r181@1.0.0" {
					t.Errorf("answer is %v %s", r.Header, r.body)
				}
			}
			w.status(t, http.StatusNotFound, get(w.in("acme/off")+"/@acme/r181").as("developer"))
		}},
	}
}

// rule is the request of a maintainer for a protection rule; an empty level
// protects nothing.
func (w *world) rule(project, pattern, push, remove string) ask {
	body := map[string]any{"package_name_pattern": pattern, "package_type": "npm"}
	if push != "" {
		body["minimum_access_level_for_push"] = push
	}
	if remove != "" {
		body["minimum_access_level_for_delete"] = remove
	}
	path := strings.TrimSuffix(w.in(project), "npm") + "protection/rules"
	return post(path, string(encode(body))).as("maintainer").with("Content-Type: application/json")
}

func deprecateRows() []row {
	return []row{
		{183, "deprecate as maintainer", func(t *testing.T, w *world) {
			w.publishes(t, w.in("acme/prv"), "developer", version("@acme/r183", "1.0.0"))
			w.publishes(t, w.in("acme/prv"), "developer", version("@acme/r183", "2.0.0"))
			w.status(t, http.StatusOK, deprecate(w.in("acme/prv"), "@acme/r183", "use 2", "1.0.0", "7.7.7").as("maintainer"))
			w.deprecated(t, "@acme/r183", map[string]string{"1.0.0": "use 2", "2.0.0": ""})
		}},
		{184, "deprecate as developer", func(t *testing.T, w *world) {
			w.publishes(t, w.in("acme/prv"), "developer", version("@acme/r184", "1.0.0"))
			w.status(t, http.StatusForbidden, deprecate(w.in("acme/prv"), "@acme/r184", "no", "1.0.0").as("developer"))
			w.deprecated(t, "@acme/r184", map[string]string{"1.0.0": ""})
		}},
		{185, "deprecate without saying so", func(t *testing.T, w *world) {
			w.publishes(t, w.in("acme/prv"), "developer", version("@acme/r185", "1.0.0"))
			a := put(w.in("acme/prv")+"/@acme%2fr185", `{"name":"@acme/r185","versions":{"1.0.0":{"name":"@acme/r185","version":"1.0.0"}}}`)
			w.refuses(t, http.StatusBadRequest, `"package versions to deprecate" not given`,
				`400 Bad request - "package versions to deprecate" not given`, a.as("maintainer").with("npm-command: deprecate"))
		}},
		{186, "deprecate with an empty text", func(t *testing.T, w *world) {
			w.publishes(t, w.in("acme/prv"), "developer", version("@acme/r186", "1.0.0"))
			w.status(t, http.StatusOK, deprecate(w.in("acme/prv"), "@acme/r186", "old", "1.0.0").as("maintainer"))
			w.deprecated(t, "@acme/r186", map[string]string{"1.0.0": "old"})
			w.status(t, http.StatusOK, deprecate(w.in("acme/prv"), "@acme/r186", "", "1.0.0").as("maintainer"))
			w.deprecated(t, "@acme/r186", map[string]string{"1.0.0": ""})
		}},
	}
}

// deprecated checks the texts of a name's versions in its document, and what
// status they have.
func (w *world) deprecated(t *testing.T, name string, want map[string]string) {
	t.Helper()
	p := w.packument(t, get(w.in("acme/prv")+"/"+name).as("guest"))
	for v, text := range want {
		got, there := p.Versions[v]["deprecated"]
		if there != (text != "") || there && got != text {
			t.Errorf("%s@%s: deprecated is %v, want %q", name, v, got, text)
		}
	}
	for _, pkg := range w.shown(t, name) {
		status := record.StatusDefault
		if want[pkg.Version] != "" {
			status = record.StatusDeprecated
		}
		if pkg.Status != status {
			t.Errorf("%s@%s: status is %s, want %s", name, pkg.Version, pkg.Status, status)
		}
	}
}
