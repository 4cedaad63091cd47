package contract_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/record"
)

// singleRows are rows 74 to 88.
func singleRows() []row {
	lib := func(w *world) ask { return get(w.packagePath("acme/lib", w.known["lib 1.0.0"])) }
	closed := func(t *testing.T, w *world) string {
		return w.packagePath("acme/prv", w.number(t, "acme/prv", "@acme/prv-lib", "1.0.0"))
	}
	status := func(n int, name, status string, want int, body string) row {
		return row{n, name, func(t *testing.T, w *world) {
			list := w.list(t, get(w.packagesOf("goods/shelf")+"?status="+status))
			for _, who := range []string{"", "maintainer", "admin"} {
				r := w.status(t, want, get(w.packagePath("goods/shelf", list[0].ID)).as(who))
				if body != "" && string(r.body) != body {
					t.Errorf("%s, want %s", r.body, body)
				}
			}
		}}
	}
	absent := message("404 Not found")
	return []row{
		{74, "public for the anonymous", func(t *testing.T, w *world) {
			if i := w.one(t, lib(w)); i.ID != w.known["lib 1.0.0"] {
				t.Errorf("package %d", i.ID)
			}
		}},
		{75, "its members", func(t *testing.T, w *world) {
			i := w.one(t, lib(w))
			for _, m := range []string{"id", "name", "version", "package_type", "_links", "created_at", "versions", "status", "tags"} {
				if _, ok := i.members[m]; !ok {
					t.Errorf("no %s", m)
				}
			}
			i.lacks(t, "pipeline", "pipelines", "build_info", "project_id")
		}},
		{76, "the other versions", func(t *testing.T, w *world) {
			versions := w.one(t, lib(w)).Versions
			if !slices.ContainsFunc(versions, func(v item) bool {
				return v.ID == w.known["lib 2.0.0"] && *v.Version == "2.0.0" && v.CreatedAt != ""
			}) {
				t.Errorf("2.0.0 is not among %v", versions)
			}
		}},
		{77, "their order is that of texts", func(t *testing.T, w *world) { w.versionOrder(t, lib(w)) }},
		{78, "other names and types", func(t *testing.T, w *world) {
			for _, v := range w.one(t, lib(w)).Versions {
				if v.ID != w.known["lib 2.0.0"] && v.ID != w.known["lib 10.0.0"] {
					t.Errorf("%d is no version of the package", v.ID)
				}
			}
		}},
		{79, "last_downloaded_at before", func(t *testing.T, w *world) {
			i := w.one(t, get(w.packagePath("acme/pub", w.versions(t, "@acme/row79", "1.0.0")[0])))
			if v, ok := i.members["last_downloaded_at"]; !ok || v != nil {
				t.Errorf("last_downloaded_at is %v", v)
			}
		}},
		{80, "last_downloaded_at after", func(t *testing.T, w *world) { w.downloadIsSeen(t, "@acme/row80") }},
		{81, "no such number", func(t *testing.T, w *world) {
			for _, id := range []string{"999999", "0", "-1"} {
				w.answers(t, http.StatusNotFound, absent, get(w.packagesOf("acme/lib")+"/"+id))
			}
		}},
		{82, "of another project", func(t *testing.T, w *world) {
			w.answers(t, http.StatusNotFound, absent, get(w.packagePath("acme/pub", w.known["lib 1.0.0"])).as("admin"))
		}},
		{83, "no number", func(t *testing.T, w *world) {
			w.answers(t, http.StatusBadRequest, wrong("package_id is invalid"), get(w.packagesOf("acme/lib")+"/abc"))
		}},
		status(84, "status error", "error", http.StatusNotFound, message("Package not found")),
		status(85, "status processing", "processing", http.StatusNotFound, absent),
		status(85, "status hidden", "hidden", http.StatusNotFound, absent),
		status(85, "status pending_destruction", "pending_destruction", http.StatusNotFound, absent),
		status(86, "status deprecated", "deprecated", http.StatusOK, ""),
		{87, "private for the anonymous and strangers", func(t *testing.T, w *world) {
			for _, who := range []string{"", "stranger"} {
				w.answers(t, http.StatusNotFound, message("404 Project Not Found"), get(closed(t, w)).as(who))
			}
		}},
		{88, "private for a guest", func(t *testing.T, w *world) { w.one(t, get(closed(t, w)).as("guest")) }},
	}
}

func (w *world) versionOrder(t *testing.T, a ask) {
	t.Helper()
	var got []string
	for _, v := range w.one(t, a).Versions {
		got = append(got, *v.Version)
	}
	if want := []string{"10.0.0", "2.0.0"}; !slices.Equal(got, want) {
		t.Errorf("versions %v, want %v", got, want)
	}
}

// downloadIsSeen downloads a tarball as npm does: the time is told at once, in
// lists too, and after it was written.
func (w *world) downloadIsSeen(t *testing.T, name string) {
	t.Helper()
	one := get(w.packagePath("acme/pub", w.versions(t, name, "1.0.0")[0]))
	head := get(w.in("acme/pub") + "/" + name + "/-/" + strings.TrimPrefix(name, "@acme/") + "-1.0.0.tgz")
	tarball := head
	head.method = http.MethodHead
	w.status(t, http.StatusOK, head)
	if i := w.one(t, one); i.Downloaded != nil {
		t.Errorf("a HEAD counts as a download at %s", *i.Downloaded)
	}
	w.status(t, http.StatusOK, tarball)
	i := w.one(t, one)
	if i.Downloaded == nil || *i.Downloaded <= i.CreatedAt {
		t.Fatalf("last_downloaded_at is %v", i.members["last_downloaded_at"])
	}
	w.must(w.registry.FlushDownloads(t.Context(), true))
	listed := w.list(t, get(w.packagesOf("acme/pub")+"?package_name="+name))[0]
	if listed.Downloaded == nil || *listed.Downloaded != *i.Downloaded {
		t.Errorf("when it is written, last_downloaded_at is %v, before %s", listed.members["last_downloaded_at"], *i.Downloaded)
	}
}

// pipelineRows are rows 89 to 95.
func pipelineRows() []row {
	lines := func(w *world, query string) ask {
		return get(w.packagePath("acme/built", w.known["built"]) + "/pipelines" + query)
	}
	bad := func(n int, name, query string) row {
		return row{n, name, func(t *testing.T, w *world) {
			w.answers(t, http.StatusBadRequest, wrong("per_page does not have a valid value"), lines(w, query))
		}}
	}
	return []row{
		{89, "no pipelines", func(t *testing.T, w *world) {
			w.answers(t, http.StatusOK, "[]", get(w.packagePath("acme/built", w.known["bare"])+"/pipelines"))
		}},
		{90, "the newest first", func(t *testing.T, w *world) {
			var list []map[string]any
			w.shows(t, lines(w, ""), &list)
			if len(list) != 5 || !slices.IsSortedFunc(list, func(a, b map[string]any) int { return -byID(a, b) }) {
				t.Errorf("pipelines %v", list)
			}
		}},
		bad(91, "per_page=21", "?per_page=21"),
		bad(92, "per_page=-2", "?per_page=-2"),
		bad(92, "per_page=0", "?per_page=0"),
		{93, "the headers of the first page", func(t *testing.T, w *world) {
			var list []map[string]any
			r := w.shows(t, lines(w, "?per_page=2"), &list)
			if len(list) != 2 || r.link("next") == "" || r.link("prev") != "" {
				t.Errorf("%d pipelines, Link %q", len(list), r.Header.Get("Link"))
			}
			for name := range r.Header {
				if strings.HasPrefix(name, "X-Total") || strings.HasPrefix(name, "X-Page") || strings.HasPrefix(name, "X-Next") {
					t.Errorf("%s is sent", name)
				}
			}
		}},
		{94, "all pages", func(t *testing.T, w *world) { w.walkLines(t, lines(w, "?per_page=2")) }},
		{95, "pipelines of nothing", func(t *testing.T, w *world) {
			w.answers(t, http.StatusNotFound, message("404 Not found"), get(w.packagesOf("acme/built")+"/0/pipelines"))
		}},
	}
}

func byID(a, b map[string]any) int {
	x, _ := a["id"].(float64)
	y, _ := b["id"].(float64)
	return int(x - y)
}

// walkLines follows the links through all pipelines and back.
func (w *world) walkLines(t *testing.T, a ask) {
	t.Helper()
	seen := map[any]bool{}
	for more := true; more; {
		var list []map[string]any
		r := w.shows(t, a, &list)
		for _, line := range list {
			if seen[line["id"]] {
				t.Errorf("pipeline %v comes twice", line["id"])
			}
			seen[line["id"]] = true
		}
		if a, more = w.next(t, r, a); !more && r.link("prev") == "" {
			t.Error("the last page has no way back")
		}
	}
	if len(seen) != 5 {
		t.Errorf("%d pipelines, want 5", len(seen))
	}
}

// fileList reads the names of a package's files.
func (w *world) fileList(t *testing.T, a ask) string {
	t.Helper()
	var names []string
	for _, f := range w.filesOf(t, a) {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}

// seededFile makes a package of acme/pub with one file and returns the path of
// the package and of the file.
func (w *world) seededFile(name string, p record.Package) (one, file string) {
	p.Name, p.Version = name, "1"
	id := w.seed("acme/pub", p)[0]
	one = w.packagePath("acme/pub", id)
	return one, fmt.Sprintf("%s/package_files/%d", one, w.attach(id, record.File{Name: "f.txt"})[0])
}
