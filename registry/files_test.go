package registry_test

import (
	"crypto/sha256"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// filesOf lists the names of a package's files.
func (w *world) filesOf(ref registry.PackageRef) (string, []record.File) {
	w.t.Helper()
	page, err := w.registry.PackageFiles(w.t.Context(), w.people["guest"], ref, registry.FileQuery{Order: registry.FilesByName, Limit: 9})
	w.must(err)
	var names []string
	for _, f := range page.Files {
		names = append(names, f.Name)
	}
	return strings.Join(names, " "), page.Files
}

func TestFiles(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx := t.Context()
	doc := registrytest.Document{Name: "@acme/lib", Version: "1.0.0", Provenance: `{"mediaType":"application/vnd.dev.sigstore.bundle+json"}`}
	_, err := w.put("developer", in("acme/pub"), doc)
	w.must(err)
	ref := w.packageOf("acme/pub", "@acme/lib", "1.0.0")
	names, files := w.filesOf(ref)
	if names != "@acme/lib-1.0.0.sigstore @acme/lib-1.0.0.tgz" {
		t.Fatalf("files = %s", names)
	}
	opened, err := w.registry.OpenFile(ctx, w.people["guest"], registry.FileRef{PackageRef: ref, FileID: files[1].ID})
	w.must(err)
	if p := opened.Package; p.Name != "@acme/lib" || p.Version != "1.0.0" {
		t.Errorf("the file is of %s@%s", p.Name, p.Version)
	}
	text, err := io.ReadAll(opened.Body)
	w.must(errors.Join(err, opened.Body.Close()))
	if sha256.Sum256(text) != files[1].SHA256 || int64(len(text)) != files[1].Size {
		t.Errorf("%d bytes do not have the hash of the file", len(text))
	}
	for name, q := range map[string]struct {
		registry.FileQuery
		want int
	}{
		"second page": {registry.FileQuery{Offset: 1, Limit: 1}, 1},
		"past it":     {registry.FileQuery{Offset: 9, Limit: 1}, 0},
	} {
		page, err := w.registry.PackageFiles(ctx, w.people["guest"], ref, q.FileQuery)
		if err != nil || len(page.Files) != q.want || page.Total != 2 {
			t.Errorf("%s: %d files of %d, %v", name, len(page.Files), page.Total, err)
		}
	}
}

// TestDestroyFile deletes the tarball of a version: documents lose it, lists keep
// it, and nobody gets the number.
func TestDestroyFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place, lead := t.Context(), in("acme/pub"), w.people["maintainer"]
	w.publish("developer", place, "@acme/lib", "1.0.0")
	w.publish("developer", place, "@acme/lib", "2.0.0")
	ref := w.packageOf("acme/pub", "@acme/lib", "2.0.0")
	_, files := w.filesOf(ref)
	target := registry.FileRef{PackageRef: ref, FileID: files[0].ID}
	other := registry.FileRef{PackageRef: w.packageOf("acme/pub", "@acme/lib", "1.0.0"), FileID: files[0].ID}
	if _, err := w.registry.DestroyFile(ctx, lead, other, time.Time{}); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("file of another package: err = %v, want ErrNotFound", err)
	}
	if _, err := w.registry.DestroyFile(ctx, w.people["developer"], target, time.Time{}); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("as developer: err = %v, want ErrForbidden", err)
	}
	done, err := w.registry.DestroyFile(ctx, lead, target, time.Time{})
	if err != nil || !done.Package.Hollow {
		t.Fatalf("deleted %+v, %v", done, err)
	}
	if _, err := w.registry.DestroyFile(ctx, lead, target, time.Time{}); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("again: err = %v, want ErrNotFound", err)
	}
	if doc := w.packument("guest", place, "@acme/lib"); doc.Tags["latest"] != "1.0.0" || len(doc.Versions) != 1 {
		t.Errorf("document = %v %v", doc.Tags, doc.Versions)
	}
	if _, err := w.tarball("guest", place, "@acme/lib", "lib-2.0.0.tgz"); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("tarball: err = %v, want ErrNotFound", err)
	}
	if names, _ := w.filesOf(ref); names != "" {
		t.Errorf("files = %s, want none", names)
	}
	if _, err := w.registry.ShowPackage(ctx, lead, ref); err != nil {
		t.Errorf("the package: %v", err)
	}
	_, err = w.put("developer", place, registrytest.Document{Name: "@acme/lib", Version: "2.0.0"})
	if !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("publish of that number: err = %v, want ErrForbidden", err)
	}
	w.must(w.registry.SetTag(ctx, w.people["developer"], place, registry.TagWrite{Name: w.name("@acme/lib"), Tag: "latest", Version: "1.0.0"}))
	if r := w.fsck(); r.Wrong != 0 {
		t.Errorf("fsck: %q", r.Problems)
	}
	_, err = w.registry.RestorePackage(ctx, lead, ref.ID)
	w.must(err)
	if doc := w.packument("guest", place, "@acme/lib"); len(doc.Versions) != 2 {
		t.Errorf("after the restore: %v", doc.Versions)
	}
}

// TestDestroyLastFile deletes the only tarball of a name: the name stays private,
// as after the deletion of its package.
func TestDestroyLastFile(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place, lead := t.Context(), in("acme/pub"), w.people["maintainer"]
	w.publish("developer", place, "@acme/lib", "1.0.0")
	ref := w.packageOf("acme/pub", "@acme/lib", "1.0.0")
	_, files := w.filesOf(ref)
	_, err := w.registry.DestroyFile(ctx, lead, registry.FileRef{PackageRef: ref, FileID: files[0].ID}, time.Time{})
	w.must(err)
	if _, err := w.read("guest", registry.Place{}, "@acme/lib"); !errors.Is(err, npm.ErrNotFound) || !strings.Contains(text(err), "tombstone") {
		t.Errorf("document: err = %v, want a tombstone", err)
	}
	w.clock.Move(73 * time.Hour)
	_, err = w.registry.Purge(ctx)
	w.must(err)
	if r := w.fsck(); r.Wrong != 0 || r.Files != 0 {
		t.Errorf("after the purge: %d files, %q", r.Files, r.Problems)
	}
	if _, err := w.registry.RestorePackage(ctx, lead, ref.ID); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("restore after the purge: err = %v, want ErrNotFound", err)
	}
	done, err := w.registry.DestroyPackage(ctx, lead, ref, time.Time{})
	if err != nil || done.Package.Status != record.StatusPendingDestruction {
		t.Errorf("delete of what is hollow: %+v, %v", done, err)
	}
	back, err := w.registry.RestorePackage(ctx, lead, ref.ID)
	if err != nil || !back.Hollow {
		t.Errorf("restored %+v, %v", back, err)
	}
	if r := w.fsck(); r.Wrong != 0 {
		t.Errorf("in the end: %q", r.Problems)
	}
}
