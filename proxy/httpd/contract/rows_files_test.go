package contract_test

import (
	"crypto/md5"  //nolint:gosec // GitLab tells it
	"crypto/sha1" //nolint:gosec // GitLab tells it
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"testing"

	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// fileRows are rows 96 to 106.
func fileRows() []row {
	lib := func(w *world) string { return w.packagePath("acme/lib", w.known["lib 1.0.0"]) + "/package_files" }
	filed := func(w *world, query string) ask {
		return get(w.packagePath("acme/built", w.known["filed"]) + "/package_files" + query)
	}
	sorted := func(n int, name, query, want string) row {
		return row{n, name, func(t *testing.T, w *world) {
			if got := w.fileList(t, filed(w, query)); got != want {
				t.Errorf("%s: %s, want %s", query, got, want)
			}
		}}
	}
	return []row{
		{96, "the files of a package", func(t *testing.T, w *world) {
			list := w.filesOf(t, get(lib(w)))
			if len(list) != 1 || list[0].PackageID != w.known["lib 1.0.0"] || list[0].ID < 1 || list[0].CreatedAt == "" {
				t.Errorf("files %+v", list)
			}
		}},
		{97, "file_sha256", func(t *testing.T, w *world) {
			if f := w.filesOf(t, get(lib(w)))[0]; len(f.SHA256) != 64 {
				t.Errorf("file_sha256 %q", f.SHA256)
			}
		}},
		{98, "the name and size of a tarball", func(t *testing.T, w *world) {
			want := len(registrytest.Document{Name: "@acme/lib", Version: "1.0.0"}.Bytes())
			if f := w.filesOf(t, get(lib(w)))[0]; f.Name != "@acme/lib-1.0.0.tgz" || f.Size != want {
				t.Errorf("%s of %d bytes, want %d", f.Name, f.Size, want)
			}
		}},
		{99, "the hashes of what is downloaded", func(t *testing.T, w *world) {
			f := w.filesOf(t, get(lib(w)))[0]
			for _, path := range []string{lib(w) + "/" + text(f.ID) + "/download", w.in("acme/lib") + "/@acme/lib/-/lib-1.0.0.tgz"} {
				f.hashes(t, w.status(t, http.StatusOK, get(path)).body)
			}
		}},
		sorted(100, "a page", "?per_page=2&page=2", "a.txt"),
		sorted(101, "order_by=file_name backwards", "?order_by=file_name&sort=desc", "c.txt b.txt a.txt"),
		sorted(101, "order_by=file_name", "?order_by=file_name", "a.txt b.txt c.txt"),
		sorted(101, "order_by=created_at backwards", "?order_by=created_at&sort=desc", "a.txt c.txt b.txt"),
		{101, "order_by=size", func(t *testing.T, w *world) {
			w.answers(t, http.StatusBadRequest, wrong("order_by does not have a valid value"), filed(w, "?order_by=size"))
		}},
		{102, "files of nothing", func(t *testing.T, w *world) {
			w.answers(t, http.StatusNotFound, message("404 Not found"), get(w.packagesOf("acme/lib")+"/0/package_files"))
		}},
		{103, "private for the anonymous", func(t *testing.T, w *world) {
			id := w.number(t, "acme/prv", "@acme/prv-lib", "1.0.0")
			w.answers(t, http.StatusNotFound, message("404 Project Not Found"), get(w.packagePath("acme/prv", id)+"/package_files"))
		}},
		sorted(104, "without the deleted one", "", "b.txt c.txt a.txt"),
		{105, "download", func(t *testing.T, w *world) {
			r := w.status(t, http.StatusOK, get(lib(w)+"/"+text(w.filesOf(t, get(lib(w)))[0].ID)+"/download"))
			if got := r.Header.Get("Content-Type"); got != "application/octet-stream" {
				t.Errorf("Content-Type is %q", got)
			}
		}},
		{106, "download of no file", func(t *testing.T, w *world) {
			other := w.fileNumbers(t, w.known["lib 2.0.0"])[0]
			for _, id := range []string{"999999", "0", text(other)} {
				w.answers(t, http.StatusNotFound, message("404 Not found"), get(lib(w)+"/"+id+"/download"))
			}
			w.answers(t, http.StatusBadRequest, wrong("package_file_id is invalid"), get(lib(w)+"/x/download"))
		}},
	}
}

// hashes compares the hashes of a file with its bytes.
func (f file) hashes(t *testing.T, b []byte) {
	t.Helper()
	five, one, two := md5.Sum(b), sha1.Sum(b), sha256.Sum256(b) //nolint:gosec // see the imports
	for _, h := range []struct{ got, want string }{{f.MD5, hex.EncodeToString(five[:])}, {f.SHA1, hex.EncodeToString(one[:])},
		{f.SHA256, hex.EncodeToString(two[:])}} {
		if h.got != h.want {
			t.Errorf("hash %s, want %s", h.got, h.want)
		}
	}
}

// fileDeleteRows are rows 107 to 113.
func fileDeleteRows() []row {
	absent := message("404 Not found")
	return []row{
		{107, "as maintainer", func(t *testing.T, w *world) {
			one, file := w.seededFile("row107", record.Package{})
			w.answers(t, http.StatusNoContent, "", remove(file).as("maintainer"))
			w.answers(t, http.StatusOK, "[]", get(one+"/package_files"))
			w.one(t, get(one))
		}},
		{108, "as developer", func(t *testing.T, w *world) {
			_, file := w.seededFile("row108", record.Package{})
			w.answers(t, http.StatusForbidden, message("403 Forbidden"), remove(file).as("developer"))
		}},
		{109, "no such file", func(t *testing.T, w *world) {
			one, _ := w.seededFile("row109", record.Package{})
			w.answers(t, http.StatusNotFound, absent, remove(one+"/package_files/999999").as("maintainer"))
		}},
		{110, "of another package", func(t *testing.T, w *world) {
			one, _ := w.seededFile("row110", record.Package{})
			other := w.fileNumbers(t, w.versions(t, "@acme/row110", "1.0.0")[0])[0]
			w.answers(t, http.StatusNotFound, absent, remove(one+"/package_files/"+text(other)).as("maintainer"))
		}},
		{111, "twice", func(t *testing.T, w *world) {
			_, file := w.seededFile("row111", record.Package{})
			w.status(t, http.StatusNoContent, remove(file).as("maintainer"))
			w.answers(t, http.StatusNotFound, absent, remove(file).as("maintainer"))
		}},
		{112, "of a protected name", func(t *testing.T, w *world) {
			_, file := w.seededFile("@acme/kept-112", record.Package{Type: "npm"})
			w.refuses(t, http.StatusForbidden, "", "403 Forbidden - Package is deletion protected.", remove(file).as("maintainer"))
		}},
		{113, "the only file of an npm version", func(t *testing.T, w *world) {
			const name = "@acme/row113"
			ids := w.versions(t, name, "1.0.0", "2.0.0")
			one := w.packagePath("acme/pub", ids[1])
			w.status(t, http.StatusNoContent, remove(one+"/package_files/"+text(w.fileNumbers(t, ids[1])[0])).as("maintainer"))
			p := w.packument(t, get(w.in("acme/pub")+"/"+name))
			if _, ok := p.Versions["2.0.0"]; ok || len(p.Versions) != 1 || p.Tags["latest"] != "1.0.0" {
				t.Errorf("versions %v, tags %v", p.Versions, p.Tags)
			}
			w.one(t, get(one))
		}},
	}
}
