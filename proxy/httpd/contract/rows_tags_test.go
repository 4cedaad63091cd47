package contract_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// tagPath is where a dist-tag of a name is.
func tagPath(prefix, name, tag string) string {
	return prefix + "/-/package/" + escaped(name) + "/dist-tags/" + tag
}

// tagged publishes versions of a name to a project of acme and returns the
// project's prefix.
func (w *world) tagged(t *testing.T, project, name string, versions ...string) string {
	t.Helper()
	for _, v := range versions {
		w.publishes(t, w.in(project), "developer", version(name, v))
	}
	return w.in(project)
}

func tagRows() []row {
	return []row{
		{187, "the tags through each prefix", func(t *testing.T, w *world) {
			for _, prefix := range []string{w.in("acme/pub"), w.below("acme"), instance, ""} {
				if got := w.tags(t, prefix, "@acme/pub-lib", ""); !reflect.DeepEqual(got, map[string]string{"latest": "1.0.0"}) {
					t.Errorf("%s: tags are %v", prefix, got)
				}
			}
		}},
		{188, "tags of an unknown name", func(t *testing.T, w *world) {
			for _, prefix := range []string{w.in("acme/pub"), w.in("acme/off"), w.below("acme"), instance} {
				w.status(t, http.StatusNotFound, get(prefix+"/-/package/@acme%2fnothing/dist-tags").as("developer"))
			}
		}},
		{189, "tags of a private project, anonymous", func(t *testing.T, w *world) {
			r := w.status(t, http.StatusUnauthorized, get(w.in("acme/prv")+"/-/package/@acme%2fprv-lib/dist-tags"))
			if r.Header.Get("WWW-Authenticate") == "" {
				t.Error("no WWW-Authenticate")
			}
		}},
		{190, "tags of a blank name", func(t *testing.T, w *world) {
			w.refuses(t, http.StatusBadRequest, `"Package Name" not given`, `400 Bad request - "Package Name" not given`,
				get(w.in("acme/pub")+"/-/package/%20/dist-tags").as("developer"))
		}},
		{191, "set a tag as developer", func(t *testing.T, w *world) {
			prefix := w.tagged(t, "acme/pub", "@acme/r191", "1.0.0")
			for _, body := range []string{`"1.0.0"`, "1.0.0", ` "1.0.0" `} {
				if r := w.status(t, http.StatusNoContent, put(tagPath(prefix, "@acme/r191", "stable"), body).as("developer")); len(r.body) > 0 {
					t.Errorf("body is %s", r.body)
				}
			}
			if got := w.tags(t, prefix, "@acme/r191", ""); got["stable"] != "1.0.0" {
				t.Errorf("tags are %v", got)
			}
		}},
		{192, "set a tag again, to another version", func(t *testing.T, w *world) {
			prefix := w.tagged(t, "acme/pub", "@acme/r192", "1.0.0", "2.0.0")
			for _, v := range []string{"2.0.0", "1.0.0"} {
				w.status(t, http.StatusNoContent, put(tagPath(prefix, "@acme/r192", "stable"), `"`+v+`"`).as("developer"))
				if got := w.tags(t, prefix, "@acme/r192", ""); got["stable"] != v || len(got) != 2 {
					t.Errorf("tags are %v", got)
				}
			}
		}},
		{192, "but latest does not move backward (X18)", func(t *testing.T, w *world) {
			prefix := w.tagged(t, "acme/pub", "@acme/r192b", "1.0.0", "2.0.0")
			w.refuses(t, http.StatusForbidden, "latest may not move from 2.0.0 to 1.0.0, which is lower", "",
				put(tagPath(prefix, "@acme/r192b", "latest"), `"1.0.0"`).as("owner"))
			w.status(t, http.StatusNoContent, put(tagPath(prefix, "@acme/r192b", "latest"), `"2.0.0"`).as("developer"))
		}},
		{193, "set a tag without a version", func(t *testing.T, w *world) {
			for _, body := range []string{"", " ", "null", `""`, `" "`} {
				w.refuses(t, http.StatusBadRequest, `"Version" not given`, `400 Bad request - "Version" not given`,
					put(tagPath(w.in("acme/pub"), "@acme/pub-lib", "stable"), body).as("developer"))
			}
		}},
		{194, "set a blank tag", func(t *testing.T, w *world) {
			w.refuses(t, http.StatusBadRequest, `"Tag" not given`, `400 Bad request - "Tag" not given`,
				put(tagPath(w.in("acme/pub"), "@acme/pub-lib", "%20"), `"1.0.0"`).as("developer"))
			r := w.status(t, http.StatusNotFound, put(tagPath(w.in("acme/pub"), "@acme/pub-lib", "")+"/x", `"1.0.0"`).as("developer"))
			if string(r.body) != `{"error":"404 Not Found"}` {
				t.Errorf("body is %s", r.body)
			}
		}},
		{195, "set a tag to an unknown version, or of an unknown name", func(t *testing.T, w *world) {
			for prefix, text := range map[string]string{w.in("acme/pub"): "Package not found",
				w.below("acme"): "Project not found", instance: "Project not found"} {
				w.refuses(t, http.StatusNotFound, text, "404 "+strings.ReplaceAll(text, " not f", " Not F"),
					put(tagPath(prefix, "@acme/pub-lib", "stable"), `"9.9.9"`).as("developer"))
			}
			w.refuses(t, http.StatusNotFound, "Package not found", "404 Package Not Found",
				put(tagPath(w.in("acme/pub"), "@acme/nothing", "stable"), `"1.0.0"`).as("developer"))
		}},
		{196, "set a tag as guest and anonymous", func(t *testing.T, w *world) {
			for _, project := range []string{"pub", "int", "prv"} {
				path := tagPath(w.in("acme/"+project), "@acme/"+project+"-lib", "stable")
				w.status(t, http.StatusForbidden, put(path, `"1.0.0"`).as("guest"))
				w.status(t, http.StatusUnauthorized, put(path, `"1.0.0"`))
			}
		}},
		{197, "set and remove a tag through the group and the instance", func(t *testing.T, w *world) {
			w.tagged(t, "acme/prv", "@acme/r197", "1.0.0")
			for _, prefix := range []string{w.below("acme"), instance} {
				path := tagPath(prefix, "@acme/r197", "stable")
				w.status(t, http.StatusNoContent, put(path, `"1.0.0"`).as("developer"))
				if got := w.tags(t, prefix, "@acme/r197", "guest"); got["stable"] != "1.0.0" {
					t.Errorf("%s: tags are %v", prefix, got)
				}
				w.status(t, http.StatusNoContent, remove(path).as("maintainer"))
				if got := w.tags(t, prefix, "@acme/r197", "guest"); got["stable"] != "" {
					t.Errorf("%s: tags are %v", prefix, got)
				}
			}
		}},
		{198, "remove a tag as maintainer", func(t *testing.T, w *world) {
			prefix := w.tagged(t, "acme/pub", "@acme/r198", "1.0.0")
			path := tagPath(prefix, "@acme/r198", "stable")
			w.status(t, http.StatusNoContent, put(path, `"1.0.0"`).as("developer"))
			if r := w.status(t, http.StatusNoContent, remove(path).as("maintainer")); len(r.body) > 0 {
				t.Errorf("body is %s", r.body)
			}
			if got := w.tags(t, prefix, "@acme/r198", ""); !reflect.DeepEqual(got, map[string]string{"latest": "1.0.0"}) {
				t.Errorf("tags are %v", got)
			}
		}},
		{199, "remove a tag as developer and anonymous", func(t *testing.T, w *world) {
			prefix := w.tagged(t, "acme/pub", "@acme/r199", "1.0.0")
			path := tagPath(prefix, "@acme/r199", "stable")
			w.status(t, http.StatusNoContent, put(path, `"1.0.0"`).as("developer"))
			w.status(t, http.StatusForbidden, remove(path).as("developer"))
			w.status(t, http.StatusUnauthorized, remove(path))
			if got := w.tags(t, prefix, "@acme/r199", ""); got["stable"] != "1.0.0" {
				t.Errorf("tags are %v", got)
			}
		}},
		{200, "remove an unknown tag, or one of another name", func(t *testing.T, w *world) {
			prefix := w.tagged(t, "acme/pub", "@acme/r200", "1.0.0")
			w.tagged(t, "acme/pub", "@acme/r200b", "1.0.0")
			w.status(t, http.StatusNoContent, put(tagPath(prefix, "@acme/r200b", "theirs"), `"1.0.0"`).as("developer"))
			for _, tag := range []string{"stable", "theirs"} {
				w.refuses(t, http.StatusNotFound, "Package tag not found", "404 Package Tag Not Found",
					remove(tagPath(prefix, "@acme/r200", tag)).as("maintainer"))
			}
		}},
		{201, "remove latest, which is computed again", func(t *testing.T, w *world) {
			prefix := w.tagged(t, "acme/pub", "@acme/r201", "1.0.0")
			d := version("@acme/r201", "2.0.0")
			d.Tag = "next"
			w.publishes(t, prefix, "developer", d)
			if got := w.tags(t, prefix, "@acme/r201", ""); got["latest"] != "1.0.0" {
				t.Errorf("tags are %v", got)
			}
			w.status(t, http.StatusNoContent, remove(tagPath(prefix, "@acme/r201", "latest")).as("maintainer"))
			if got := w.tags(t, prefix, "@acme/r201", ""); got["latest"] != "2.0.0" {
				t.Errorf("tags are %v", got)
			}
		}},
	}
}

const (
	bulk  = "/-/npm/v1/security/advisories/bulk"
	quick = "/-/npm/v1/security/audits/quick"
	// installed is what somebody installed, in both forms.
	installed = `{"left-pad":["1.3.0"],"@acme/prv-lib":["1.0.0"]}`
	tree      = `{"name":"app","version":"1.0.0","requires":{"left-pad":"1.3.0","@acme/prv-lib":"1.0.0"},
		"dependencies":{"left-pad":{"version":"1.3.0"},"@acme/prv-lib":{"version":"1.0.0"}}}`
)

// audits are the two questions, by the row that they belong to.
func audits() map[string]string { return map[string]string{bulk: installed, quick: tree} }

func auditRows() []row {
	return []row{
		{202, "audit, anonymous: 401, but 200 at the root, where clients send no credentials", func(t *testing.T, w *world) {
			for _, prefix := range []string{w.in("acme/pub"), w.below("acme"), instance} {
				w.status(t, http.StatusUnauthorized, post(prefix+bulk, installed))
			}
			w.status(t, http.StatusOK, post(bulk, installed))
		}},
		{203, "audit, forwarding off, member", func(t *testing.T, w *world) {
			for _, project := range []string{"acme/off", "acme/prvoff"} {
				if r := w.status(t, http.StatusOK, post(w.in(project)+bulk, installed).as("guest")); string(r.body) != "[]" {
					t.Errorf("%s: body is %s", project, r.body)
				}
			}
			w.status(t, http.StatusNotFound, post(w.in("acme/prvoff")+bulk, installed).as("stranger"))
		}},
		{204, "audit, forwarding on: 200, because it is proxied without private names", func(t *testing.T, w *world) {
			for _, prefix := range []string{w.in("acme/pub"), w.in("acme/prv"), w.below("acme"), instance, ""} {
				var found map[string]any
				w.object(t, post(prefix+bulk, installed).as("guest"), &found)
			}
			w.askedNothingPrivate(t)
		}},
		{205, "audit with a gzipped body", func(t *testing.T, w *world) {
			for path, body := range audits() {
				var packed bytes.Buffer
				z := gzip.NewWriter(&packed)
				if _, err := z.Write([]byte(body)); err != nil {
					t.Fatal(err)
				}
				if err := z.Close(); err != nil {
					t.Fatal(err)
				}
				w.status(t, http.StatusOK, post(w.in("acme/pub")+path, packed.String()).as("guest").with("Content-Encoding: gzip"))
			}
		}},
		{206, "the older audit, as rows 202 to 204", func(t *testing.T, w *world) {
			for _, prefix := range []string{w.in("acme/pub"), w.below("acme"), instance} {
				w.status(t, http.StatusUnauthorized, post(prefix+quick, tree))
			}
			if r := w.status(t, http.StatusOK, post(w.in("acme/off")+quick, tree).as("guest")); string(r.body) != "[]" {
				t.Errorf("body is %s", r.body)
			}
			for _, prefix := range []string{w.in("acme/prv"), w.below("acme"), instance, ""} {
				var found map[string]any
				w.object(t, post(prefix+quick, tree).as("guest"), &found)
			}
			w.askedNothingPrivate(t)
		}},
		{207, "audit of group and instance, forwarding off", func(t *testing.T, w *world) {
			silent := quiet(t)
			for path, body := range audits() {
				w.status(t, http.StatusNotFound, post(w.below("quiet")+path, body).as("guest"))
				silent.status(t, http.StatusNotFound, post(instance+path, body).as("guest"))
			}
			if n := silent.upstream.Count(); n != 0 {
				t.Errorf("upstream saw %d requests", n)
			}
		}},
	}
}

// askedNothingPrivate looks for private names in what upstream was asked.
func (w *world) askedNothingPrivate(t *testing.T) {
	t.Helper()
	asked := w.upstream.Requests(upstreamtest.KindAudit)
	if len(asked) == 0 {
		t.Error("upstream was not asked")
	}
	for _, q := range asked {
		body := q.Body
		if z, err := gzip.NewReader(bytes.NewReader(body)); err == nil {
			var plain bytes.Buffer
			if _, err := plain.ReadFrom(z); err != nil {
				t.Error(err)
			}
			body = plain.Bytes()
		}
		if bytes.Contains(body, []byte("prv-lib")) || !bytes.Contains(body, []byte("left-pad")) {
			t.Errorf("upstream was asked %s", body)
		}
	}
}

func spaceRows() []row {
	return []row{
		{208, "forwarding that is locked off above", func(t *testing.T, w *world) {
			w.status(t, http.StatusNotFound, get(w.in("locked/p")+"/left-pad").as("admin"))
			w.status(t, http.StatusNotFound, get(w.in("locked/p")+"/left-pad/-/left-pad-1.3.0.tgz").as("admin"))
			w.status(t, http.StatusNotFound, get(w.below("locked")+"/left-pad").as("admin"))
			// Another larder, so that no other row asks this upstream.
			alone := newRowWorld(t)
			for _, path := range []string{"/left-pad", "/left-pad/1.3.0", "/left-pad/-/left-pad-1.3.0.tgz", "/-/package/left-pad/dist-tags"} {
				alone.status(t, http.StatusNotFound, get(alone.in("locked/p")+path).as("admin"))
			}
			if asked := alone.upstream.Requests(upstreamtest.KindPackument, upstreamtest.KindTarball); len(asked) != 0 {
				for _, q := range asked {
					if q.Package == "left-pad" {
						t.Errorf("upstream was asked %s %s", q.Method, q.Target)
					}
				}
			}
		}},
		{209, "the last local version is deleted, forwarding on: 404 for ever, because upstream's package of that name is another", buried},
		{210, "protection rules as maintainer and developer", protectionRules},
	}
}

// buried deletes all of a name that upstream has as well.
func buried(t *testing.T, w *world) {
	const name = "r209"
	prefix := w.in("acme/pub")
	w.publishes(t, prefix, "developer", version(name, "1.0.0"))
	w.upstream.Add(upstreamtest.Simple(name, "1.0.0", "6.6.6"))
	before := w.upstream.CountOf(upstreamtest.KindPackument, name)
	rev := w.packument(t, get(prefix+"/"+name)).Rev
	w.status(t, http.StatusOK, remove(prefix+"/"+name+"/-rev/"+rev).as("maintainer"))
	for _, at := range []string{prefix, w.below("acme"), instance, ""} {
		for _, path := range []string{"/" + name, "/" + name + "/6.6.6", "/" + name + "/-/" + name + "-6.6.6.tgz", "/-/package/" + name + "/dist-tags"} {
			r := w.status(t, http.StatusNotFound, get(at+path).as("developer"))
			if text := r.failure(t).Error; !strings.HasPrefix(text, "tombstone: "+name+" was deleted") {
				t.Errorf("%s%s: error is %q", at, path, text)
			}
		}
	}
	if after := w.upstream.CountOf(upstreamtest.KindPackument, name); after != before {
		t.Errorf("upstream was asked %d times", after-before)
	}
}

// protectionRules makes, reads, changes and removes a rule.
func protectionRules(t *testing.T, w *world) {
	all := strings.TrimSuffix(w.in("acme/int"), "npm") + "protection/rules"
	create := w.rule("acme/int", "@acme/r210*", "maintainer", "owner")
	for who, want := range map[string]int{"": http.StatusUnauthorized, "stranger": http.StatusForbidden,
		"guest": http.StatusForbidden, "developer": http.StatusForbidden} {
		w.status(t, want, get(all).as(who))
		w.status(t, want, create.as(who))
		w.status(t, want, ask{method: http.MethodPatch, path: all + "/1", body: []byte(`{}`), who: who, header: create.header})
		w.status(t, want, remove(all+"/1").as(who))
	}
	type rule struct {
		ID      int64   `json:"id"`
		Project int64   `json:"project_id"`
		Pattern string  `json:"package_name_pattern"`
		Type    string  `json:"package_type"`
		Push    *string `json:"minimum_access_level_for_push"`
		Delete  *string `json:"minimum_access_level_for_delete"`
	}
	var made, changed rule
	if err := json.Unmarshal(w.status(t, http.StatusCreated, create).body, &made); err != nil {
		t.Fatal(err)
	}
	if made.ID == 0 || made.Project != w.projects["acme/int"] || made.Pattern != "@acme/r210*" || made.Type != "npm" ||
		made.Push == nil || *made.Push != "maintainer" || made.Delete == nil || *made.Delete != "owner" {
		t.Errorf("the rule is %+v", made)
	}
	w.status(t, http.StatusUnprocessableEntity, create)
	one := all + "/" + strconv.FormatInt(made.ID, 10)
	patch := ask{method: http.MethodPatch, path: one, body: []byte(`{"minimum_access_level_for_push":"admin"}`), who: "maintainer", header: create.header}
	w.object(t, patch, &changed)
	if changed.ID != made.ID || changed.Push == nil || *changed.Push != "admin" || changed.Delete == nil || *changed.Delete != "owner" {
		t.Errorf("the rule is now %+v", changed)
	}
	w.status(t, http.StatusForbidden, publish(w.in("acme/int"), version("@acme/r210", "1.0.0")).as("owner"))
	var list []rule
	if w.object(t, get(all).as("maintainer"), &list); len(list) != 1 || !reflect.DeepEqual(list[0], changed) {
		t.Errorf("the rules are %+v", list)
	}
	w.status(t, http.StatusNoContent, remove(one).as("maintainer"))
	w.status(t, http.StatusNotFound, remove(one).as("maintainer"))
	w.publishes(t, w.in("acme/int"), "developer", version("@acme/r210", "1.0.0"))
}
