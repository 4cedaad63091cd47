package contract_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/registrytest"
)

// deleteRows are rows 114 to 128.
func deleteRows() []row {
	const unknown = "/999999"
	absent, forbidden := message("404 Not found"), message("403 Forbidden")
	refused := func(n int, name, who string, status int, want, project, suffix string) row {
		return row{n, name, func(t *testing.T, w *world) {
			if suffix == "" {
				list := w.list(t, get(w.packagesOf(project)).as("admin"))
				suffix = "/" + text(list[0].ID)
			}
			w.answers(t, status, want, remove(w.packagesOf(project)+suffix).as(who))
		}}
	}
	return []row{
		{114, "as maintainer", func(t *testing.T, w *world) { w.deleted(t, "@acme/row114", "1.0.0") }},
		{115, "then the single package", func(t *testing.T, w *world) {
			one := w.deleted(t, "@acme/row115", "1.0.0")
			for _, suffix := range []string{"", "/pipelines", "/package_files"} {
				w.answers(t, http.StatusNotFound, absent, get(one+suffix).as("admin"))
			}
			w.answers(t, http.StatusNotFound, absent, remove(one).as("maintainer"))
		}},
		{116, "then the list", func(t *testing.T, w *world) {
			w.deleted(t, "@acme/row116", "1.0.0")
			w.lists(t, "", get(w.packagesOf("acme/pub")+"?package_name=row116"))
			w.lists(t, "@acme/row116@1.0.0", get(w.packagesOf("acme/pub")+"?package_name=row116&status=pending_destruction"))
		}},
		{117, "then the document of npm", func(t *testing.T, w *world) {
			const name = "@acme/row117"
			w.deleted(t, name, "1.0.0", "2.0.0")
			p := w.packument(t, get(w.in("acme/pub")+"/"+name))
			if _, ok := p.Versions["2.0.0"]; ok || p.Tags["latest"] != "1.0.0" {
				t.Errorf("versions %v, tags %v", p.Versions, p.Tags)
			}
			w.status(t, http.StatusNotFound, get(w.in("acme/pub")+"/"+name+"/-/row117-2.0.0.tgz"))
		}},
		{118, "the other versions", func(t *testing.T, w *world) {
			const name = "@acme/row118"
			w.deleted(t, name, "1.0.0", "2.0.0")
			w.lists(t, name+"@1.0.0", get(w.packagesOf("acme/pub")+"?package_name=row118"))
			w.status(t, http.StatusOK, get(w.in("acme/pub")+"/"+name+"/-/row118-1.0.0.tgz"))
		}},
		refused(119, "as developer", "developer", http.StatusForbidden, forbidden, "acme/lib", ""),
		refused(120, "no such number", "maintainer", http.StatusNotFound, absent, "acme/lib", unknown),
		refused(121, "no such number as developer", "developer", http.StatusForbidden, forbidden, "acme/lib", unknown),
		refused(122, "public by the anonymous", "", http.StatusForbidden, forbidden, "acme/lib", ""),
		refused(122, "public by a stranger", "stranger", http.StatusForbidden, forbidden, "acme/lib", ""),
		refused(123, "private by the anonymous", "", http.StatusNotFound, message("404 Project Not Found"), "acme/prv", ""),
		refused(123, "private by a stranger", "stranger", http.StatusNotFound, message("404 Project Not Found"), "acme/prv", ""),
		{124, "JOB-TOKEN of a maintainer", func(t *testing.T, w *world) {
			one := w.packagePath("acme/pub", w.versions(t, "@acme/row124", "1.0.0")[0])
			w.status(t, http.StatusNoContent, remove(one).with("JOB-TOKEN: "+w.tokens["job-maintainer"]))
		}},
		{125, "If-Unmodified-Since", func(t *testing.T, w *world) { w.unmodified(t) }},
		{126, "of a protected name", func(t *testing.T, w *world) {
			one := w.packagePath("acme/pub", w.versions(t, "@acme/kept-126", "1.0.0")[0])
			w.refuses(t, http.StatusForbidden, "", "403 Forbidden - Package is deletion protected.", remove(one).as("maintainer"))
			w.one(t, get(one))
			w.answers(t, http.StatusNoContent, "", remove(one).as("owner"))
		}},
		{127, "the number stays burned (X13)", func(t *testing.T, w *world) {
			const name = "@acme/row127"
			w.deleted(t, name, "1.0.0")
			again := publish(w.in("acme/pub"), registrytest.Document{Name: name, Version: "1.0.0"})
			w.refuses(t, http.StatusForbidden,
				"You cannot publish over the previously published versions: 1.0.0. Package already exists.", "", again.as("maintainer"))
			w.status(t, http.StatusNotFound, get(w.in("acme/pub")+"/"+name).as("maintainer"))
		}},
		{128, "by the delete_api_path of a list", func(t *testing.T, w *world) { w.deleteByLink(t, "@acme/row128", "owner") }},
	}
}

// deleted publishes versions and deletes the last of them as a maintainer. It
// returns the path of that.
func (w *world) deleted(t *testing.T, name string, versions ...string) string {
	t.Helper()
	ids := w.versions(t, name, versions...)
	one := w.packagePath("acme/pub", ids[len(ids)-1])
	w.answers(t, http.StatusNoContent, "", remove(one).as("maintainer"))
	return one
}

// unmodified deletes a package and a file under conditions.
func (w *world) unmodified(t *testing.T) {
	t.Helper()
	failed := message("412 Precondition Failed")
	id := w.versions(t, "@acme/row125", "1.0.0")[0]
	one := w.packagePath("acme/pub", id)
	file := one + "/package_files/" + text(w.fileNumbers(t, id)[0])
	before := "If-Unmodified-Since: " + httpTime(w.clock.Now().Add(-time.Hour))
	after := "If-Unmodified-Since: " + httpTime(w.clock.Now().Add(time.Hour))
	w.answers(t, http.StatusPreconditionFailed, failed, remove(one).as("maintainer").with(before))
	w.answers(t, http.StatusPreconditionFailed, failed, remove(file).as("maintainer").with(before))
	// Whoever may not delete is not told when it was changed.
	w.answers(t, http.StatusForbidden, message("403 Forbidden"), remove(one).as("developer").with(before))
	w.answers(t, http.StatusNoContent, "", remove(file).as("maintainer").with(after))
	w.answers(t, http.StatusNoContent, "", remove(one).as("maintainer").with("If-Unmodified-Since: yesterday"))
}
