package contract_test

import (
	"net/http"
	"testing"

	"github.com/larderhq/larder/registry/record"
)

// readers are rows 44 to 53: who may list what.
func readers() []row {
	list := func(n int, name string, project string, status int, body string, a func(w *world, path string) ask) row {
		return row{n, name, func(t *testing.T, w *world) {
			r := w.status(t, status, a(w, w.packagesOf(project)))
			if body != "" && string(r.body) != body {
				t.Errorf("%s, want %s", r.body, body)
			}
		}}
	}
	as := func(who string) func(*world, string) ask {
		return func(_ *world, path string) ask { return get(path).as(who) }
	}
	gone := message("404 Project Not Found")
	return []row{
		list(44, "private for the anonymous", "acme/prv", http.StatusNotFound, gone, as("")),
		list(45, "private for a stranger", "acme/prv", http.StatusNotFound, gone, as("stranger")),
		list(46, "private for a guest", "acme/prv", http.StatusOK, "", as("guest")),
		list(47, "PRIVATE-TOKEN", "acme/prv", http.StatusOK, "", func(w *world, path string) ask {
			return get(path).with("PRIVATE-TOKEN: " + w.tokens["reporter"])
		}),
		list(48, "private_token", "acme/prv", http.StatusOK, "", func(w *world, path string) ask {
			return get(path + "?private_token=" + w.tokens["reporter"])
		}),
		list(49, "Bearer", "acme/prv", http.StatusOK, "", as("reporter")),
		list(50, "JOB-TOKEN of a member", "acme/prv", http.StatusOK, "", func(w *world, path string) ask {
			return get(path).with("JOB-TOKEN: " + w.tokens["job"])
		}),
		list(50, "job_token of a member", "acme/prv", http.StatusOK, "", func(w *world, path string) ask {
			return get(path + "?job_token=" + w.tokens["job"])
		}),
		list(51, "JOB-TOKEN of somebody else", "acme/prv", http.StatusForbidden, "", func(w *world, path string) ask {
			return get(path).with("JOB-TOKEN: " + w.tokens["job-stranger"])
		}),
		list(52, "a wrong token for what is public", "acme/lib", http.StatusUnauthorized, message("401 Unauthorized"), func(w *world, path string) ask {
			return get(path).with("PRIVATE-TOKEN: " + w.tokens["wrong"])
		}),
		{53, "no such project", func(t *testing.T, w *world) {
			w.answers(t, http.StatusNotFound, gone, get(api+"/projects/999999/packages"))
			w.answers(t, http.StatusNotFound, gone, get(api+"/projects/acme%2Fnone/packages"))
			w.answers(t, http.StatusNotFound, gone, get(api+"/projects/lib/packages"))
		}},
	}
}

// linkRows are rows 54 to 61: what items say.
func linkRows() []row {
	return []row{
		{54, "web_path", func(t *testing.T, w *world) {
			want := "/acme/lib/-/packages/" + text(w.known["lib 1.0.0"])
			if i := w.list(t, get(w.packagesOf("acme/lib")))[0]; i.Links.Web == nil || *i.Links.Web != want {
				t.Errorf("links %v, want %s", i.members["_links"], want)
			}
		}},
		{55, "delete_api_path, absolute (X4)", func(t *testing.T, w *world) { w.deleteByLink(t, "@acme/row55", "maintainer") }},
		{56, "delete_api_path for others", func(t *testing.T, w *world) {
			for _, who := range []string{"", "stranger", "guest", "reporter", "developer"} {
				for _, i := range w.list(t, get(w.packagesOf("acme/lib")).as(who)) {
					if i.Links.Delete != nil {
						t.Errorf("%q is told %s", who, *i.Links.Delete)
					}
				}
			}
		}},
		{57, "web_path of what is hidden", func(t *testing.T, w *world) {
			for _, status := range []string{"hidden", "processing", "error", "pending_destruction"} {
				i := w.list(t, get(w.packagesOf("goods/shelf")+"?status="+status))[0]
				if _, ok := i.members["_links"]; !ok || i.Links.Web != nil {
					t.Errorf("%s: links %v", status, i.members["_links"])
				}
			}
		}},
		{58, "without pipelines (X3)", func(t *testing.T, w *world) {
			for _, i := range w.list(t, get(w.packagesOf("acme/lib"))) {
				i.lacks(t, "pipeline", "pipelines", "build_info")
			}
		}},
		{59, "no versions", func(t *testing.T, w *world) {
			for _, i := range w.list(t, get(w.packagesOf("acme/lib"))) {
				i.lacks(t, "versions", "project_id", "project_path")
			}
		}},
		{60, "tags", func(t *testing.T, w *world) { w.itemTags(t) }},
		{61, "equal times", func(t *testing.T, w *world) {
			list := get(w.packagesOf("acme/ties"))
			const want = "tie@9 tie@8 tie@7 tie@6 tie@5 tie@4"
			w.lists(t, want, list)
			w.lists(t, want, list)
			w.lists(t, reversed(want), get(list.path+"?sort=desc"))
		}},
	}
}

func (i item) lacks(t *testing.T, members ...string) {
	t.Helper()
	for _, m := range members {
		if v, ok := i.members[m]; ok {
			t.Errorf("%s has %s: %v", i, m, v)
		}
	}
}

func (w *world) itemTags(t *testing.T) {
	t.Helper()
	for _, i := range w.list(t, get(w.packagesOf("acme/lib")+"?package_type=npm&package_name=%22@acme/lib%22")) {
		if _, ok := i.members["tags"].([]any); !ok {
			t.Errorf("%s: tags %v", i, i.members["tags"])
		}
		if i.String() != "@acme/lib@10.0.0" {
			continue
		}
		if len(i.Tags) != 1 || i.Tags[0]["name"] != "latest" || i.Tags[0]["package_id"] != float64(i.ID) {
			t.Errorf("%s: tags %v, want latest", i, i.Tags)
		}
	}
}

// deleteByLink deletes a package with the URL of a list.
func (w *world) deleteByLink(t *testing.T, name, who string) {
	t.Helper()
	id := w.versions(t, name, "1.0.0")[0]
	list := get(w.packagesOf("acme/pub") + "?package_name=" + name).as(who)
	i := w.list(t, list)[0]
	if i.Links.Delete == nil || *i.Links.Delete != w.url+w.packagePath("acme/pub", id) {
		t.Fatalf("links %v", i.members["_links"])
	}
	w.status(t, http.StatusNoContent, remove(w.path(t, *i.Links.Delete)).as(who))
	w.lists(t, "", list)
}

// groupRows are rows 62 to 73.
func groupRows() []row {
	const public, all = "b@1 b@2 a@1", "b@1 b@2 a@1 p@1"
	below := func(n int, name, query, who, want string) row {
		return row{n, name, func(t *testing.T, w *world) { w.lists(t, want, get(w.packagesBelow("grp")+query).as(who)) }}
	}
	refused := func(who string) row {
		return row{71, "private for " + who, func(t *testing.T, w *world) {
			w.answers(t, http.StatusNotFound, message("404 Group Not Found"), get(w.packagesBelow("vault")).as(who))
		}}
	}
	rows := []row{
		below(62, "for the anonymous", "", "", public),
		below(62, "for a stranger", "", "stranger", public),
		below(63, "for a member", "", "guest", all),
		below(64, "exclude_subgroups=true", "?exclude_subgroups=true", "guest", "b@1 b@2 p@1"),
		below(65, "exclude_subgroups=false", "?exclude_subgroups=false", "guest", all),
		{66, "the project of an item", func(t *testing.T, w *world) {
			for _, i := range w.list(t, get(w.packagesBelow("grp")).as("guest")) {
				if id, ok := w.projects[i.ProjectPath]; !ok || id != i.ProjectID {
					t.Errorf("%s is of %d, %s", i, i.ProjectID, i.ProjectPath)
				}
			}
		}},
		below(67, "order_by=project_path", "?order_by=project_path", "guest", "a@1 b@2 b@1 p@1"),
		below(68, "order_by=project_path backwards", "?order_by=project_path&sort=desc", "guest", "p@1 b@2 b@1 a@1"),
		refused(""), refused("stranger"), refused("owner"),
		{72, "a project whose registry is off", func(t *testing.T, w *world) {
			w.lists(t, "", get(w.packagesBelow("grp")+"?package_name=o").as("admin"))
			w.answers(t, http.StatusForbidden, message("403 Forbidden"), get(w.packagesOf("grp/off")).as("admin"))
		}},
		{73, "a group by its path", func(t *testing.T, w *world) { w.lists(t, "a@1", get(api+"/groups/grp%2Fsub/packages")) }},
	}
	for _, c := range badValues() {
		if c.number != 12 {
			rows = append(rows, row{69, c.name, func(t *testing.T, w *world) {
				w.answers(t, http.StatusBadRequest, wrong(c.text), get(w.packagesBelow("goods")+"?"+c.query))
			}})
		}
	}
	for _, c := range filters() {
		if c.number >= 19 {
			rows = append(rows, row{70, "row " + text(int64(c.number)) + " of a group, " + c.name, func(t *testing.T, w *world) {
				w.lists(t, c.want, get(w.packagesBelow("goods")+"?"+c.query))
			}})
		}
	}
	return append(rows, row{70, "an item without a version", func(t *testing.T, w *world) {
		i := w.list(t, get(w.packagesBelow("goods")+"?include_versionless=1&package_name=tool&package_type=generic"))[0]
		if version, ok := i.members["version"]; !ok || version != nil || i.Status != string(record.StatusDefault) {
			t.Errorf("version %v", version)
		}
	}})
}
