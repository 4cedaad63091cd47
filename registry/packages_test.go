package registry_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/catalog"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// seed writes a package that was not published here, with a file of that text.
func (w *world) seed(p record.Package, file string) record.Package {
	w.t.Helper()
	if p.Status == "" {
		p.Status = record.StatusDefault
	}
	p.CreatedAt, p.UpdatedAt = w.clock.Now(), w.clock.Now()
	digest := w.keep(file)
	w.must(w.store.Update(w.t.Context(), func(tx record.Tx) (err error) {
		if p, err = tx.Catalog().PutPackage(p); err != nil {
			return err
		}
		_, err = tx.Catalog().PutFile(record.File{PackageID: p.ID, Name: p.Name + ".bin", Size: int64(len(file)), SHA512: digest,
			CreatedAt: w.clock.Now()})
		return err
	}))
	return p
}

// keep stores a blob.
func (w *world) keep(text string) blob.Digest {
	w.t.Helper()
	b, err := w.blobs.Create(w.t.Context())
	w.must(err)
	defer b.Close()
	_, err = b.Write([]byte(text))
	w.must(err)
	sum := b.Sum()
	_, err = b.Commit(w.t.Context(), sum)
	w.must(err)
	return sum
}

// packageOf finds an npm package by name and version.
func (w *world) packageOf(path, name, version string) registry.PackageRef {
	w.t.Helper()
	ref := registry.PackageRef{Project: w.projects[path]}
	w.must(w.store.View(w.t.Context(), func(tx record.Tx) error {
		p, err := tx.Catalog().PackageOf(ref.Project.ID, name, version)
		ref.ID = p.ID
		return err
	}))
	return ref
}

// stored reads a package as it is.
func (w *world) stored(id int64) (p record.Package) {
	w.t.Helper()
	w.must(w.store.View(w.t.Context(), func(tx record.Tx) (err error) {
		p, err = tx.Catalog().Package(id)
		return err
	}))
	return p
}

// spelled writes packages as "name@version".
func spelled(list []registry.PackageItem) string {
	var out []string
	for _, p := range list {
		out = append(out, p.Name+"@"+p.Version)
	}
	return strings.Join(out, " ")
}

func TestListPackages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx := t.Context()
	w.publish("developer", in("acme/pub"), "@acme/lib", "1.0.0")
	w.publish("developer", in("acme/pub"), "@acme/lib", "2.0.0")
	w.publish("developer", in("acme/prv"), "@acme/secret", "1.0.0")
	w.publish("developer", in("acme/int"), "@acme/inner", "1.0.0")
	w.seed(record.Package{ProjectID: w.projects["acme/pub"].ID, Type: "generic", Name: "tool"}, "x")
	_, err := w.accounts.CreateGroup(ctx, console, accounts.NewGroup{Path: "acme/sub", Visibility: record.PublicVisibility})
	w.must(err)
	_, err = w.accounts.CreateProject(ctx, console, accounts.NewProject{Path: "acme/sub/deep", Visibility: record.PublicVisibility})
	w.must(err)
	deep, err := w.accounts.Project(ctx, "acme/sub/deep")
	w.must(err)
	w.seed(record.Package{ProjectID: deep.ID, Type: "maven", Name: "jar", Version: "9"}, "y")
	group, err := w.accounts.Group(ctx, "acme")
	w.must(err)
	pub, prv := w.projects["acme/pub"], w.projects["acme/prv"]
	byName := catalog.Query{Order: catalog.ByName}
	for name, test := range map[string]struct {
		who  string
		q    registry.ListQuery
		want string
		err  error
	}{
		"a project":            {"guest", registry.ListQuery{Project: pub}, "@acme/lib@1.0.0 @acme/lib@2.0.0", nil},
		"to anybody":           {"anonymous", registry.ListQuery{Project: pub}, "@acme/lib@1.0.0 @acme/lib@2.0.0", nil},
		"without versions too": {"guest", registry.ListQuery{Project: pub, Packages: catalog.Query{Versionless: true, Type: "generic"}}, "tool@", nil},
		"a private project":    {"anonymous", registry.ListQuery{Project: prv}, "", npm.ErrNotFound},
		"to a stranger":        {"stranger", registry.ListQuery{Project: prv}, "", npm.ErrNotFound},
		"a group": {"guest", registry.ListQuery{Group: group, Packages: byName},
			"@acme/inner@1.0.0 @acme/lib@1.0.0 @acme/lib@2.0.0 @acme/secret@1.0.0", nil},
		"a group and below": {"guest", registry.ListQuery{Group: group, Subgroups: true, Packages: byName},
			"@acme/inner@1.0.0 @acme/lib@1.0.0 @acme/lib@2.0.0 @acme/secret@1.0.0 jar@9", nil},
		"a group to a stranger": {"stranger", registry.ListQuery{Group: group, Subgroups: true, Packages: byName},
			"@acme/inner@1.0.0 @acme/lib@1.0.0 @acme/lib@2.0.0 jar@9", nil},
		"a group to anybody": {"anonymous", registry.ListQuery{Group: group, Subgroups: true, Packages: byName},
			"@acme/lib@1.0.0 @acme/lib@2.0.0 jar@9", nil},
		"everything": {"root", registry.ListQuery{Packages: byName},
			"@acme/inner@1.0.0 @acme/lib@1.0.0 @acme/lib@2.0.0 @acme/secret@1.0.0 jar@9", nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.q.Window = catalog.Window{Limit: 20}
			page, err := w.registry.ListPackages(t.Context(), w.people[test.who], test.q)
			if !errors.Is(err, test.err) {
				t.Fatalf("err = %v, want %v", err, test.err)
			}
			if got := spelled(page.Packages); got != test.want || page.Total != len(page.Packages) {
				t.Errorf("%d in all: %s, want %s", page.Total, got, test.want)
			}
		})
	}
}

// TestPrivateGroup asks for the packages of a group that the caller cannot see.
func TestPrivateGroup(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	_, err := w.accounts.CreateGroup(t.Context(), console, accounts.NewGroup{Path: "closed"})
	w.must(err)
	g, err := w.accounts.Group(t.Context(), "closed")
	w.must(err)
	_, err = w.registry.ListPackages(t.Context(), w.people["stranger"], registry.ListQuery{Group: g})
	if !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("err = %v, want ErrNotFound", err)
	}
}

// TestLimitedTokens uses a token for some names: it reads those by number, and
// lists nothing.
func TestLimitedTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx := t.Context()
	w.publish("developer", in("acme/pub"), "@acme/lib", "1.0.0")
	w.publish("developer", in("acme/pub"), "other", "1.0.0")
	u, err := w.accounts.UserByName(ctx, "maintainer")
	w.must(err)
	_, secret, err := w.accounts.CreateToken(ctx, console, accounts.NewToken{UserID: u.ID, Name: "ci", Scopes: []string{"api"},
		Packages: []string{"@acme/*"}})
	w.must(err)
	limited := w.signIn(accounts.Credential{Form: accounts.Bearer, Secret: secret})
	if _, err := w.registry.ListPackages(ctx, limited, registry.ListQuery{Project: w.projects["acme/pub"]}); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("list: err = %v, want ErrForbidden", err)
	}
	for name, want := range map[string]error{"@acme/lib": nil, "other": npm.ErrForbidden} {
		q := registry.ListQuery{Project: w.projects["acme/pub"], Packages: catalog.Query{Type: record.NPM, Name: name}}
		if page, err := w.registry.ListPackages(ctx, limited, q); !errors.Is(err, want) || err == nil && page.Total != 1 {
			t.Errorf("versions of %s: %d, %v, want %v", name, page.Total, err, want)
		}
	}
	d, err := w.registry.ShowPackage(ctx, limited, w.packageOf("acme/pub", "@acme/lib", "1.0.0"))
	if err != nil || !d.Destroyable {
		t.Errorf("covered: %+v, %v", d, err)
	}
	other := w.packageOf("acme/pub", "other", "1.0.0")
	if _, err := w.registry.ShowPackage(ctx, limited, other); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("uncovered: err = %v, want ErrForbidden", err)
	}
	if _, err := w.registry.DestroyPackage(ctx, limited, other, time.Time{}); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("delete of what is uncovered: err = %v, want ErrForbidden", err)
	}
	found, total, err := w.registry.Search(ctx, limited, registry.Place{}, registry.SearchQuery{})
	if err != nil || total != 1 || len(found) != 1 || found[0].Package.Name != "@acme/lib" {
		t.Errorf("search found %v, %d in all, %v", found, total, err)
	}
}

func TestShowPackage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx := t.Context()
	for _, version := range []string{"9.0.0", "10.0.0", "1.0.0"} {
		w.publish("developer", in("acme/pub"), "@acme/lib", version)
	}
	w.publish("developer", in("acme/pub"), "@acme/other", "1.0.0")
	ref := w.packageOf("acme/pub", "@acme/lib", "9.0.0")
	d, err := w.registry.ShowPackage(ctx, w.people["guest"], ref)
	w.must(err)
	if got := spelled(d.Versions); got != "@acme/lib@1.0.0 @acme/lib@10.0.0" {
		t.Errorf("versions = %s", got)
	}
	if d.Destroyable || !d.LastDownloadedAt.IsZero() {
		t.Errorf("detail = %+v", d)
	}
	if tags := d.Versions[1].Tags; len(tags) != 1 || tags[0].Name != "latest" {
		t.Errorf("tags = %v", tags)
	}
	for status, want := range map[record.Status]error{record.StatusHidden: npm.ErrNotFound, record.StatusProcessing: npm.ErrNotFound,
		record.StatusPendingDestruction: npm.ErrNotFound, record.StatusError: registry.ErrFailed, record.StatusDeprecated: nil} {
		p := w.seed(record.Package{ProjectID: ref.Project.ID, Type: "generic", Name: "tool", Version: string(status), Status: status}, "x")
		_, err := w.registry.ShowPackage(ctx, w.people["guest"], registry.PackageRef{Project: ref.Project, ID: p.ID})
		if !errors.Is(err, want) {
			t.Errorf("%s: err = %v, want %v", status, err, want)
		}
	}
	elsewhere := registry.PackageRef{Project: w.projects["acme/int"], ID: ref.ID}
	if _, err := w.registry.ShowPackage(ctx, w.people["guest"], elsewhere); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("in another project: err = %v, want ErrNotFound", err)
	}
}

// TestDestroyOrder checks what is looked at first.
func TestDestroyOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx := t.Context()
	w.publish("developer", in("acme/pub"), "@acme/lib", "1.0.0")
	w.publish("developer", in("acme/prv"), "@acme/secret", "1.0.0")
	w.publish("developer", in("acme/pub"), "@acme/kept", "1.0.0")
	pattern, owner := "@acme/kept", record.Owner
	_, err := w.registry.CreateRule(ctx, w.people["maintainer"], "acme/pub", registry.RuleInput{Pattern: &pattern, Delete: &owner})
	w.must(err)
	pub, prv := w.packageOf("acme/pub", "@acme/lib", "1.0.0"), w.packageOf("acme/prv", "@acme/secret", "1.0.0")
	kept := w.packageOf("acme/pub", "@acme/kept", "1.0.0")
	unknown := registry.PackageRef{Project: pub.Project, ID: 999}
	for name, test := range map[string]struct {
		who  string
		ref  registry.PackageRef
		want error
		text string
	}{
		"public, anonymous":     {"anonymous", pub, npm.ErrForbidden, ""},
		"public, stranger":      {"stranger", pub, npm.ErrForbidden, ""},
		"public, developer":     {"developer", pub, npm.ErrForbidden, ""},
		"private, anonymous":    {"anonymous", prv, npm.ErrNotFound, ""},
		"private, stranger":     {"stranger", prv, npm.ErrNotFound, ""},
		"private, developer":    {"developer", prv, npm.ErrForbidden, ""},
		"unknown, developer":    {"developer", unknown, npm.ErrForbidden, ""},
		"unknown, maintainer":   {"maintainer", unknown, npm.ErrNotFound, ""},
		"protected, maintainer": {"maintainer", kept, npm.ErrForbidden, "Package is deletion protected."},
		"another project's":     {"maintainer", registry.PackageRef{Project: pub.Project, ID: prv.ID}, npm.ErrNotFound, ""},
	} {
		_, err := w.registry.DestroyPackage(ctx, w.people[test.who], test.ref, time.Time{})
		if !errors.Is(err, test.want) || !strings.Contains(text(err), test.text) {
			t.Errorf("%s: err = %v, want %v %s", name, err, test.want, test.text)
		}
	}
	if _, err := w.registry.DestroyPackage(ctx, w.people["owner"], kept, time.Time{}); err != nil {
		t.Errorf("protected, owner: %v", err)
	}
}

// TestDestroyPackage deletes by number as npm's unpublish does by name.
func TestDestroyPackage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place, lead := t.Context(), in("acme/pub"), w.people["maintainer"]
	w.publish("developer", place, "@acme/lib", "1.0.0")
	w.publish("developer", place, "@acme/lib", "2.0.0")
	ref := w.packageOf("acme/pub", "@acme/lib", "2.0.0")
	if _, err := w.registry.DestroyPackage(ctx, lead, ref, w.clock.Now().Add(-time.Second)); !errors.Is(err, registry.ErrModified) {
		t.Errorf("err = %v, want ErrModified", err)
	}
	done, err := w.registry.DestroyPackage(ctx, lead, ref, w.clock.Now())
	w.must(err)
	if want := w.clock.Now().Add(72 * time.Hour); done.RestorableUntil.Sub(want).Abs() > time.Second {
		t.Errorf("restorable until %s, want %s", done.RestorableUntil, want)
	}
	if doc := w.packument("guest", place, "@acme/lib"); doc.Tags["latest"] != "1.0.0" || len(doc.Versions) != 1 {
		t.Errorf("document = %v %v", doc.Tags, doc.Versions)
	}
	page, err := w.registry.ListPackages(ctx, lead, registry.ListQuery{Project: ref.Project, Window: catalog.Window{Limit: 9}})
	if err != nil || spelled(page.Packages) != "@acme/lib@1.0.0" {
		t.Errorf("list = %s, %v", spelled(page.Packages), err)
	}
	if _, err := w.registry.DestroyPackage(ctx, lead, ref, time.Time{}); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("again: err = %v, want ErrNotFound", err)
	}
	_, err = w.put("developer", place, registrytest.Document{Name: "@acme/lib", Version: "2.0.0"})
	if !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("publish of a deleted number: err = %v, want ErrForbidden", err)
	}
	if _, err := w.registry.RestorePackage(ctx, w.people["developer"], ref.ID); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("restore by a developer: err = %v, want ErrForbidden", err)
	}
	back, err := w.registry.RestorePackage(ctx, lead, ref.ID)
	if err != nil || back.Status != record.StatusDefault || back.Project.FullPath != "acme/pub" {
		t.Errorf("restored %+v, %v", back, err)
	}
	if doc := w.packument("guest", place, "@acme/lib"); len(doc.Versions) != 2 {
		t.Errorf("document = %v", doc.Versions)
	}
	if _, err := w.registry.RestorePackage(ctx, lead, ref.ID); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("restore of what is there: err = %v, want ErrNotFound", err)
	}
	if r := w.fsck(); r.Wrong != 0 {
		t.Errorf("fsck: %q", r.Problems)
	}
}

// TestDestroyOtherTypes deletes packages that npm knows nothing of: the ledger
// keeps out of it.
func TestDestroyOtherTypes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, lead := t.Context(), w.people["maintainer"]
	for _, kind := range []record.PackageType{"generic", "terraform_module"} {
		p := w.seed(record.Package{ProjectID: w.projects["acme/pub"].ID, Type: kind, Name: "lodash", Version: "1.0.0"}, "x")
		ref := registry.PackageRef{Project: w.projects["acme/pub"], ID: p.ID}
		_, err := w.registry.DestroyPackage(ctx, lead, ref, time.Time{})
		w.must(err)
		if got := w.stored(p.ID).Status; got != record.StatusPendingDestruction {
			t.Errorf("%s: status = %s", kind, got)
		}
		w.must(w.store.View(ctx, func(tx record.Tx) error {
			if _, err := tx.Names().Claim("lodash"); !errors.Is(err, npm.ErrNotFound) {
				t.Errorf("%s: claim: %v", kind, err)
			}
			if _, err := tx.Names().Burn("lodash", "1.0.0"); !errors.Is(err, npm.ErrNotFound) {
				t.Errorf("%s: burn: %v", kind, err)
			}
			return nil
		}))
		_, err = w.registry.RestorePackage(ctx, lead, p.ID)
		w.must(err)
		_, err = w.registry.DestroyPackage(ctx, lead, ref, time.Time{})
		w.must(err)
	}
	w.clock.Move(73 * time.Hour)
	if n, err := w.registry.Purge(ctx); n != 2 || err != nil {
		t.Errorf("purged %d, %v, want 2", n, err)
	}
}

// TestVersionsStayFast shows one of thousands of versions.
func TestVersionsStayFast(t *testing.T) {
	t.Parallel()
	const versions = 3000
	w := newWorld(t, setup{})
	pr := w.projects["acme/pub"]
	var first record.Package
	for from := 0; from < versions; from += 500 {
		w.must(w.store.Update(t.Context(), func(tx record.Tx) error {
			for i := from; i < from+500; i++ {
				p, err := tx.Catalog().PutPackage(record.Package{ProjectID: pr.ID, Type: record.NPM, Name: "@acme/many",
					Version: fmt.Sprintf("1.%d.0", i), Status: record.StatusDefault, CreatedAt: w.clock.Now(), UpdatedAt: w.clock.Now()})
				if err != nil {
					return err
				}
				if first.ID == 0 {
					first = p
				}
			}
			return nil
		}))
	}
	began := time.Now()
	d, err := w.registry.ShowPackage(t.Context(), w.people["guest"], registry.PackageRef{Project: pr, ID: first.ID})
	w.must(err)
	if len(d.Versions) != versions-1 || slices.ContainsFunc(d.Versions, func(p registry.PackageItem) bool { return p.ID == first.ID }) {
		t.Errorf("%d versions, want %d others", len(d.Versions), versions-1)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("took %s", took)
	}
}
