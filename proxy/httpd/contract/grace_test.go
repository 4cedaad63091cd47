package contract_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/cache/sweep"
	"github.com/larderhq/larder/registry/registrytest"
)

const (
	noticeHeader     = "X-Larder-Notice"
	restorableHeader = "X-Larder-Restorable-Until"
	grace            = 72 * time.Hour
)

// TestDeletionNotice reads what the answer of a deletion tells.
func TestDeletionNotice(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	ids := w.versions(t, "@acme/lib", "1.0.0", "2.0.0")
	one := w.packagePath("acme/pub", ids[0])
	other := w.packagePath("acme/pub", ids[1]) + "/package_files/" + text(w.fileNumbers(t, ids[1])[0])
	jar := w.seed("acme/pub", newJar("jar"))[0]
	for name, test := range map[string]struct {
		path     string
		id       int64
		reserved bool
	}{
		"a version":          {one, ids[0], true},
		"a tarball":          {other, ids[1], true},
		"of another package": {w.packagePath("acme/pub", jar), jar, false},
	} {
		t.Run(name, func(t *testing.T) {
			earliest := w.clock.Now().Add(grace).Truncate(time.Second)
			r := w.status(t, http.StatusNoContent, remove(test.path).as("maintainer"))
			until, err := time.Parse(time.RFC3339, r.Header.Get(restorableHeader))
			if err != nil || until.Before(earliest) || until.After(w.clock.Now().Add(grace)) {
				t.Errorf("%s is %q, want %s", restorableHeader, r.Header.Get(restorableHeader), earliest)
			}
			notice := r.Header.Get(noticeHeader)
			way := "restorable until " + r.Header.Get(restorableHeader) + " with POST " + w.url + api + "/larder/packages/" + text(test.id) + "/restore"
			if !strings.HasSuffix(notice, way) || strings.Contains(notice, "reserved") != test.reserved {
				t.Errorf("%s is %q", noticeHeader, notice)
			}
			w.status(t, http.StatusOK, post(strings.TrimPrefix(notice[strings.Index(notice, w.url):], w.url), "").as("maintainer"))
		})
	}
}

// TestGrace deletes a version, brings it back, deletes it again and lets its time
// run out.
func TestGrace(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	const name = "@acme/lib"
	ids := w.versions(t, name, "1.0.0", "2.0.0")
	one, back := w.packagePath("acme/pub", ids[1]), api+"/larder/packages/"+text(ids[1])+"/restore"
	doc, tarball := get(w.in("acme/pub")+"/"+name), get(w.in("acme/pub")+"/"+name+"/-/lib-2.0.0.tgz")
	w.status(t, http.StatusNoContent, put(tagPath(w.in("acme/pub"), name, "beta"), `"2.0.0"`).as("maintainer"))
	before := w.packument(t, doc)

	w.status(t, http.StatusNoContent, remove(one).as("maintainer"))
	w.clock.Move(grace - time.Hour)
	w.purges(t, 0)
	var restored item
	w.shows(t, post(back, "").as("maintainer"), &restored)
	if restored.ID != ids[1] || restored.Status != "default" || restored.ProjectPath != "acme/pub" {
		t.Errorf("restored %+v", restored)
	}
	w.answers(t, http.StatusNotFound, message("404 Package Not Found"), post(back, "").as("maintainer"))
	w.one(t, get(one))
	after := w.packument(t, doc)
	// Tags went with the deletion and do not come back; latest is computed.
	if len(after.Versions) != 2 || after.Tags["latest"] != "2.0.0" || after.Tags["beta"] != "" {
		t.Errorf("restored: versions %v, tags %v", after.Versions, after.Tags)
	}
	if after.dist("2.0.0", "integrity") != before.dist("2.0.0", "integrity") {
		t.Error("the restored version is another")
	}
	w.status(t, http.StatusOK, tarball)

	w.status(t, http.StatusNoContent, remove(one).as("maintainer"))
	files := w.files()
	w.clock.Move(grace + time.Hour)
	w.purges(t, 1)
	w.answers(t, http.StatusNotFound, message("404 Not found"), post(back, "").as("maintainer"))
	w.lists(t, "", get(w.packagesOf("acme/pub")+"?status=pending_destruction"))
	w.sweeps(t)
	if now := w.files(); now >= files {
		t.Errorf("%d files after the sweep, %d before", now, files)
	}
	w.status(t, http.StatusOK, get(w.in("acme/pub")+"/"+name+"/-/lib-1.0.0.tgz"))
	again := publish(w.in("acme/pub"), registrytest.Document{Name: name, Version: "2.0.0"})
	w.refuses(t, http.StatusForbidden,
		"You cannot publish over the previously published versions: 2.0.0. Package already exists.", "", again.as("maintainer"))
}

// TestGraceOfFile deletes the tarball of a version, brings it back, and lets its
// time run out: the version stays listed, and its bytes go.
func TestGraceOfFile(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	const name = "@acme/lib"
	id := w.versions(t, name, "1.0.0")[0]
	one, back := w.packagePath("acme/pub", id), api+"/larder/packages/"+text(id)+"/restore"
	gone, tarball := remove(one+"/package_files/"+text(w.fileNumbers(t, id)[0])).as("maintainer"), get(w.in("acme/pub")+"/"+name+"/-/lib-1.0.0.tgz")
	w.status(t, http.StatusNoContent, gone)
	w.status(t, http.StatusNotFound, tarball)
	w.status(t, http.StatusOK, post(back, "").as("maintainer"))
	w.status(t, http.StatusOK, tarball)

	w.status(t, http.StatusNoContent, gone)
	files := w.files()
	w.clock.Move(grace + time.Hour)
	w.purges(t, 0)
	w.sweeps(t)
	if now := w.files(); now >= files {
		t.Errorf("%d files after the sweep, %d before", now, files)
	}
	w.one(t, get(one))
	w.answers(t, http.StatusNotFound, message("404 Package Not Found"), post(back, "").as("maintainer"))
	w.status(t, http.StatusNotFound, get(w.in("acme/pub")+"/"+name))
}

// purges removes what is past its time, which must be that many packages.
func (w *world) purges(t *testing.T, want int) {
	t.Helper()
	n, err := w.registry.Purge(t.Context())
	if err != nil || n != want {
		t.Errorf("%d packages purged (%v), want %d", n, err, want)
	}
}

// sweeps removes the bytes that nothing refers to, as the server does.
func (w *world) sweeps(t *testing.T) {
	t.Helper()
	_, err := sweep.New(sweep.Options{Blobs: w.blobs, References: w.store, Now: w.clock.Now}).Sweep(t.Context())
	if err != nil {
		t.Fatal(err)
	}
}
