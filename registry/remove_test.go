package registry_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// TestUnpublishLeavesATombstone deletes a name as npm does and expects that it
// is never forwarded and its numbers never given again (G03, G44).
func TestUnpublishLeavesATombstone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place, name := t.Context(), in("acme/pub"), w.name("@acme/lib")
	w.publish("developer", place, "@acme/lib", "1.0.0")
	doc := w.packument("maintainer", place, "@acme/lib")
	if _, err := w.registry.DeleteRevision(ctx, w.people["developer"], place, registry.Revision{Name: name, Rev: doc.Rev}); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("as developer: %v", err)
	}
	if _, err := w.registry.DeleteRevision(ctx, w.people["maintainer"], place, registry.Revision{Name: name, Rev: "1-0"}); !errors.Is(err, npm.ErrConflict) {
		t.Errorf("with another revision: %v", err)
	}
	_, err := w.registry.DeleteRevision(ctx, w.people["maintainer"], place, registry.Revision{Name: name, Rev: doc.Rev})
	w.must(err)
	for _, p := range []registry.Place{place, {}, {Kind: registry.InstancePlace}} {
		if _, err := w.read("guest", p, "@acme/lib"); !errors.Is(err, npm.ErrNotFound) || !strings.Contains(text(err), "by maintainer") {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if _, err := w.tarball("guest", place, "@acme/lib", "lib-1.0.0.tgz"); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("tarball: %v", err)
	}
	_, err = w.put("developer", place, registrytest.Document{Name: "@acme/lib", Version: "1.0.0"})
	if !errors.Is(err, npm.ErrForbidden) || !strings.Contains(text(err), "previously published versions: 1.0.0") {
		t.Errorf("publish of a burned number: %v", err)
	}
	w.publish("developer", place, "@acme/lib", "1.0.1")
	if doc := w.packument("guest", place, "@acme/lib"); len(doc.Versions) != 1 {
		t.Errorf("versions = %v", doc.Versions)
	}
}

func TestRestoreAndPurge(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place, name := t.Context(), in("acme/pub"), w.name("@acme/lib")
	w.publish("developer", place, "@acme/lib", "1.0.0")
	w.publish("developer", place, "@acme/lib", "2.0.0")
	_, err := w.registry.Delete(ctx, w.people["maintainer"], place, name, "2.0.0")
	w.must(err)
	if doc := w.packument("guest", place, "@acme/lib"); doc.Tags["latest"] != "1.0.0" || len(doc.Versions) != 1 {
		t.Errorf("after delete: %v %v", doc.Tags, doc.Versions)
	}
	_, err = w.registry.Restore(ctx, w.people["maintainer"], name, "2.0.0")
	w.must(err)
	if doc := w.packument("guest", place, "@acme/lib"); len(doc.Versions) != 2 || doc.Tags["latest"] != "2.0.0" {
		t.Errorf("after restore: %v %v", doc.Tags, doc.Versions)
	}
	_, err = w.registry.Delete(ctx, w.people["maintainer"], place, name, "2.0.0")
	w.must(err)
	if n, err := w.registry.Purge(ctx); n != 0 || err != nil {
		t.Errorf("Purge within the grace = %d, %v", n, err)
	}
	w.clock.Move(73 * time.Hour)
	if n, err := w.registry.Purge(ctx); n != 1 || err != nil {
		t.Errorf("Purge = %d, %v", n, err)
	}
	if _, err := w.registry.Restore(ctx, w.people["maintainer"], name, "2.0.0"); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("restore after the purge: %v", err)
	}
	_, err = w.put("developer", place, registrytest.Document{Name: "@acme/lib", Version: "2.0.0"})
	if !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("publish of a purged number: %v", err)
	}
}

// TestRestoreNeedsTheRightToDelete: what brings a version back is held to the
// role and the rules that take it away.
func TestRestoreNeedsTheRightToDelete(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place, name := t.Context(), in("acme/pub"), w.name("@acme/lib")
	w.publish("developer", place, "@acme/lib", "1.0.0")
	_, err := w.registry.Delete(ctx, w.people["maintainer"], place, name, "1.0.0")
	w.must(err)
	if _, err := w.registry.Restore(ctx, w.people["developer"], name, "1.0.0"); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("restore by a developer: %v", err)
	}
	pattern, level := "@acme/*", record.Owner
	_, err = w.registry.CreateRule(ctx, w.people["root"], "acme/pub", registry.RuleInput{Pattern: &pattern, Delete: &level})
	w.must(err)
	if _, err := w.registry.Restore(ctx, w.people["maintainer"], name, "1.0.0"); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("restore by a maintainer whom a rule keeps out: %v", err)
	}
	_, err = w.registry.Restore(ctx, w.people["root"], name, "1.0.0")
	w.must(err)
}

func TestRelease(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place, name := t.Context(), in("acme/pub"), w.name("widget")
	w.publish("developer", place, "widget", "1.0.0")
	if err := w.registry.Release(ctx, w.people["root"], name, ""); !errors.Is(err, npm.ErrConflict) {
		t.Errorf("release of what is published: %v", err)
	}
	_, err := w.registry.Delete(ctx, w.people["maintainer"], place, name, "")
	w.must(err)
	if err := w.registry.Release(ctx, w.people["owner"], name, ""); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("release by an owner: %v", err)
	}
	w.must(w.registry.Release(ctx, w.people["root"], name, "sold"))
	if _, err := w.read("guest", registry.Place{}, "widget"); !errors.Is(err, errForwarded) {
		t.Errorf("a released name: %v", err)
	}
}

// TestRestoreOfAReleasedName deletes a name that an administrator releases and
// another group publishes then: the first group gets no say in it back (G02).
func TestRestoreOfAReleasedName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, name := t.Context(), w.name("widget")
	w.publish("developer", in("acme/pub"), "widget", "1.0.0")
	_, err := w.registry.Delete(ctx, w.people["maintainer"], in("acme/pub"), name, "")
	w.must(err)
	w.must(w.registry.Release(ctx, w.people["root"], name, "sold"))
	w.publish("root", in("local/npm"), "widget", "2.0.0")
	if _, err := w.registry.Restore(ctx, w.people["maintainer"], name, "1.0.0"); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("restore into the name of another group: err = %v, want ErrForbidden", err)
	}
	if doc := w.packument("stranger", registry.Place{}, "widget"); len(doc.Versions) != 1 {
		t.Errorf("versions = %v, want those of local/npm", doc.Versions)
	}
	_, err = w.registry.Restore(ctx, w.people["root"], name, "1.0.0")
	w.must(err)
}

// TestDeleteFileOfAnotherRevision deletes a tarball as a client does that read
// the document before somebody else wrote it.
func TestDeleteFileOfAnotherRevision(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place, name := t.Context(), in("acme/pub"), w.name("@acme/lib")
	w.publish("developer", place, "@acme/lib", "1.0.0")
	stale := registry.Revision{Name: name, Rev: w.packument("guest", place, "@acme/lib").Rev}
	w.publish("developer", place, "@acme/lib", "2.0.0")
	fresh := registry.Revision{Name: name, Rev: w.packument("guest", place, "@acme/lib").Rev}
	for _, step := range []struct {
		what string
		rev  registry.Revision
		want error
		left int
	}{
		{"no revision", registry.Revision{Name: name}, npm.ErrConflict, 2},
		{"an old revision", stale, npm.ErrConflict, 2},
		{"the revision", fresh, nil, 1},
		{"what is gone", stale, nil, 1}, // npm's last step, after it took the version out of the document
	} {
		if _, err := w.registry.DeleteFile(ctx, w.people["maintainer"], place, step.rev, "lib-1.0.0.tgz"); !errors.Is(err, step.want) {
			t.Errorf("%s: err = %v, want %v", step.what, err, step.want)
		}
		if doc := w.packument("guest", place, "@acme/lib"); len(doc.Versions) != step.left {
			t.Errorf("%s: versions = %v, want %d", step.what, doc.Versions, step.left)
		}
	}
}

// TestUnpublishOneVersion sends the document back without a version.
func TestUnpublishOneVersion(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	place := in("acme/pub")
	for _, v := range []string{"1.0.0", "1.1.0", "2.0.0"} {
		w.publish("developer", place, "@acme/lib", v)
	}
	doc := w.packument("maintainer", place, "@acme/lib")
	put, err := w.registry.BeginRevision(t.Context(), w.people["maintainer"], place,
		registry.Revision{Name: w.name("@acme/lib"), Rev: doc.Rev})
	w.must(err)
	body := `{"_id":"@acme/lib","_rev":"` + doc.Rev + `","name":"@acme/lib","dist-tags":{"latest":"1.1.0"},` +
		`"versions":{"1.0.0":{"name":"@acme/lib","version":"1.0.0"},"1.1.0":{"name":"@acme/lib","version":"1.1.0"}}}`
	_, err = put.Run(t.Context(), registry.Body{Reader: strings.NewReader(body)})
	w.must(err)
	after := w.packument("maintainer", place, "@acme/lib")
	if len(after.Versions) != 2 || after.Tags["latest"] != "1.1.0" || after.Rev == doc.Rev {
		t.Errorf("after = %+v", after)
	}
	if after.Versions["1.0.0"]["dist"] == nil {
		t.Error("sending a document back changed what was published")
	}
}

// TestRevisionOfAnotherTime publishes a version while the document of a write
// is on its way. That document lacks the version because it is older, not
// because somebody wants it gone.
func TestRevisionOfAnotherTime(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"unpublish": `{"_id":"@acme/lib","versions":{"1.0.0":{"name":"@acme/lib","version":"1.0.0"}}}`,
		"owner":     `{"_id":"@acme/lib","maintainers":[{"name":"owner"}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			place := in("acme/pub")
			w.publish("developer", place, "@acme/lib", "1.0.0")
			rev := registry.Revision{Name: w.name("@acme/lib"), Rev: w.packument("guest", place, "@acme/lib").Rev}
			put, err := w.registry.BeginRevision(t.Context(), w.people["maintainer"], place, rev)
			w.must(err)
			w.publish("developer", place, "@acme/lib", "2.0.0")
			if _, err = put.Run(t.Context(), registry.Body{Reader: strings.NewReader(body)}); !errors.Is(err, npm.ErrConflict) {
				t.Errorf("err = %v, want ErrConflict", err)
			}
			if doc := w.packument("guest", place, "@acme/lib"); len(doc.Versions) != 2 {
				t.Errorf("versions = %v", doc.Versions)
			}
		})
	}
}

// TestWriteWithoutRevision wants to know of every write of a document that was
// read which document that was.
func TestWriteWithoutRevision(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place, c := t.Context(), in("acme/pub"), w.people["maintainer"]
	w.publish("developer", place, "@acme/lib", "1.0.0")
	for _, rev := range []string{"", "0-0", "1-0", " "} {
		r := registry.Revision{Name: w.name("@acme/lib"), Rev: rev}
		if _, err := w.registry.BeginRevision(ctx, c, place, r); !errors.Is(err, npm.ErrConflict) {
			t.Errorf("revise %q: err = %v, want ErrConflict", rev, err)
		}
		if _, err := w.registry.DeleteRevision(ctx, c, place, r); !errors.Is(err, npm.ErrConflict) {
			t.Errorf("delete %q: err = %v, want ErrConflict", rev, err)
		}
	}
	if doc := w.packument("guest", place, "@acme/lib"); len(doc.Versions) != 1 {
		t.Errorf("versions = %v", doc.Versions)
	}
}

func TestRevisionWithoutVersionsDeletesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	place := in("acme/pub")
	w.publish("developer", place, "@acme/lib", "1.0.0")
	rev := registry.Revision{Name: w.name("@acme/lib"), Rev: w.packument("guest", place, "@acme/lib").Rev}
	for _, body := range []string{`{}`, `{"_id":"@acme/lib"}`, `{"versions":null}`, `{"versions":{}}`} {
		put, err := w.registry.BeginRevision(t.Context(), w.people["maintainer"], place, rev)
		w.must(err)
		if _, err = put.Run(t.Context(), registry.Body{Reader: strings.NewReader(body)}); !errors.Is(err, npm.ErrInvalid) {
			t.Errorf("%s: err = %v, want ErrInvalid", body, err)
		}
	}
	if doc := w.packument("guest", place, "@acme/lib"); len(doc.Versions) != 1 {
		t.Errorf("versions = %v", doc.Versions)
	}
}

// TestLatestStaysWithoutItsTag publishes a lower version while latest is no tag
// but the highest version (X18).
func TestLatestStaysWithoutItsTag(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	place, name := in("acme/pub"), w.name("@acme/lib")
	for _, version := range []string{"1.0.0", "2.0.0", "3.0.0"} {
		w.publish("developer", place, "@acme/lib", version)
	}
	_, err := w.registry.Delete(t.Context(), w.people["maintainer"], place, name, "3.0.0")
	w.must(err)
	for _, step := range []struct{ version, latest string }{{"1.0.1", "2.0.0"}, {"2.0.1", "2.0.1"}, {"2.0.0-rc.1", "2.0.1"}} {
		w.publish("developer", place, "@acme/lib", step.version)
		if doc := w.packument("guest", place, "@acme/lib"); doc.Tags["latest"] != step.latest {
			t.Errorf("after %s: latest = %s, want %s", step.version, doc.Tags["latest"], step.latest)
		}
	}
}

// interposed is a store in which something else is written just before the next
// write.
type interposed struct {
	record.Store
	once   sync.Once
	before func()
}

// Update implements record.Store.
func (s *interposed) Update(ctx context.Context, fn func(record.Tx) error) error {
	s.once.Do(s.before)
	return s.Store.Update(ctx, fn)
}

// TestPurgeSparesTheRestored restores a version between the moment at which it
// is found to be over and that at which it would go.
func TestPurgeSparesTheRestored(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place, name := t.Context(), in("acme/pub"), w.name("@acme/lib")
	w.publish("developer", place, "@acme/lib", "1.0.0")
	_, err := w.registry.Delete(ctx, w.people["maintainer"], place, name, "1.0.0")
	w.must(err)
	w.clock.Move(73 * time.Hour)
	late := &interposed{Store: w.store, before: func() {
		_, err := w.registry.Restore(ctx, w.people["maintainer"], name, "1.0.0")
		w.must(err)
	}}
	purging, err := registry.New(registry.Deps{Store: late, Accounts: w.accounts, Names: w.ledger, Blobs: w.blobs, Upstream: w.upstream,
		Catalog: w.index()}, registry.Options{Now: w.clock.Now})
	w.must(err)
	t.Cleanup(func() { w.must(purging.Close()) })
	_, err = purging.Purge(ctx)
	w.must(err)
	if doc := w.packument("guest", place, "@acme/lib"); len(doc.Versions) != 1 {
		t.Errorf("versions = %v", doc.Versions)
	}
}

// TestPurgeSparesTheDeletedAgain restores something in that moment and deletes it
// once more: its grace begins anew.
func TestPurgeSparesTheDeletedAgain(t *testing.T) {
	t.Parallel()
	for name, remove := range map[string]func(w *world, ref registry.PackageRef) error{
		"a package": func(w *world, ref registry.PackageRef) error {
			_, err := w.registry.DestroyPackage(w.t.Context(), w.people["maintainer"], ref, time.Time{})
			return err
		},
		"a file": func(w *world, ref registry.PackageRef) error {
			_, files := w.filesOf(ref)
			_, err := w.registry.DestroyFile(w.t.Context(), w.people["maintainer"], registry.FileRef{PackageRef: ref, FileID: files[0].ID}, time.Time{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, setup{})
			ctx := t.Context()
			w.publish("developer", in("acme/pub"), "@acme/lib", "1.0.0")
			ref := w.packageOf("acme/pub", "@acme/lib", "1.0.0")
			w.must(remove(w, ref))
			w.clock.Move(73 * time.Hour)
			restore := func() {
				_, err := w.registry.RestorePackage(ctx, w.people["maintainer"], ref.ID)
				w.must(err)
			}
			late := &interposed{Store: w.store, before: func() { restore(); w.must(remove(w, ref)) }}
			purging, err := registry.New(registry.Deps{Store: late, Accounts: w.accounts, Names: w.ledger, Blobs: w.blobs,
				Upstream: w.upstream, Catalog: w.index()}, registry.Options{Now: w.clock.Now})
			w.must(err)
			t.Cleanup(func() { w.must(purging.Close()) })
			_, err = purging.Purge(ctx)
			w.must(err)
			restore()
			if _, err := w.tarball("guest", in("acme/pub"), "@acme/lib", "lib-1.0.0.tgz"); err != nil {
				t.Errorf("its file is gone: %v", err)
			}
		})
	}
}
