package registry_test

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/cache/blob"
	"github.com/larderhq/larder/cache/blob/disk"
	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// shop is a store and blobs with one project that holds @acme/lib: version
// 1.0.0 is there and tagged, 0.9.0 was deleted.
type shop struct {
	store   *badgerstore.Store
	blobs   *disk.Store
	dir     string
	project record.Project
	lib     record.Package
	gone    record.Package
	tarball record.File
	long    [64]byte
}

var shopTime = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

func newShop(t *testing.T) *shop {
	t.Helper()
	dir := t.TempDir()
	store, err := badgerstore.Open(filepath.Join(dir, "registry"), badgerstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	blobs, err := disk.New(filepath.Join(dir, "blobs"), disk.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &shop{store: store, blobs: blobs, dir: filepath.Join(dir, "blobs")}
	tarball, readme := "the bytes of a tarball", `"`+strings.Repeat("long ", 5000)+`"`
	s.put(t, tarball)
	s.long = s.put(t, readme)
	s.update(t, func(tx record.Tx) (err error) {
		g, err := tx.Spaces().PutGroup(record.Group{Path: "acme", Name: "acme", Visibility: record.PrivateVisibility, CreatedAt: shopTime, UpdatedAt: shopTime})
		if err != nil {
			return err
		}
		s.project, err = tx.Spaces().PutProject(record.Project{GroupID: g.ID, Path: "web", Name: "web", Visibility: record.PrivateVisibility,
			Registry: record.RegistryEnabled, CreatedAt: shopTime, UpdatedAt: shopTime})
		if err != nil {
			return err
		}
		return s.stock(tx, tarball, int64(len(readme)))
	})
	return s
}

// stock adds the packages.
func (s *shop) stock(tx record.Tx, tarball string, readme int64) error {
	c := tx.Catalog()
	var err error
	for _, p := range []struct {
		into    *record.Package
		version string
		status  record.Status
	}{{&s.lib, "1.0.0", record.StatusDefault}, {&s.gone, "0.9.0", record.StatusPendingDestruction}} {
		*p.into, err = c.PutPackage(record.Package{ProjectID: s.project.ID, Type: record.NPM, Name: "@acme/lib", Version: p.version,
			Status: p.status, CreatedAt: shopTime, UpdatedAt: shopTime})
		if err != nil {
			return err
		}
		f := fileRecord(*p.into, tarball)
		kept, fileErr := c.PutFile(f)
		if p.into == &s.lib {
			s.tarball = kept
		}
		m := record.Manifest{PackageID: p.into.ID, Text: inline(fmt.Sprintf(`{"name":"@acme/lib","version":%q}`, p.version)),
			Readme: record.Text{Blob: s.long, Size: readme}}
		if err := errors.Join(fileErr, c.PutManifest(m)); err != nil {
			return err
		}
	}
	_, err = c.PutTag(s.tag(s.lib.ID))
	return errors.Join(err, c.PutHolding(record.Holding{ProjectID: s.project.ID, Name: "@acme/lib", Rev: 1, CreatedAt: shopTime, ModifiedAt: shopTime}),
		tx.Names().PutClaim(record.Claim{Name: "@acme/lib", Origin: record.Private, By: "publish", ClaimedAt: shopTime}),
		tx.Names().PutBurn(record.Burn{Name: "@acme/lib", Version: "0.9.0", Tombstone: record.Tombstone{At: shopTime, By: "ada"}}))
}

func fileRecord(p record.Package, text string) record.File {
	b := []byte(text)
	return record.File{PackageID: p.ID, Name: p.Name + "-" + p.Version + ".tgz", Size: int64(len(b)), MD5: md5.Sum(b),
		SHA1: sha1.Sum(b), SHA256: sha256.Sum256(b), SHA512: sha512.Sum512(b), CreatedAt: shopTime}
}

func (s *shop) tag(id int64) record.Tag {
	return record.Tag{ProjectID: s.project.ID, Package: "@acme/lib", Name: "latest", PackageID: id, CreatedAt: shopTime, UpdatedAt: shopTime}
}

// put stores bytes that are older than any check.
func (s *shop) put(t *testing.T, text string) [64]byte {
	t.Helper()
	w, err := s.blobs.Create(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	sum := w.Sum()
	if _, err := w.Commit(t.Context(), sum); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(s.path(sum), shopTime, shopTime); err != nil {
		t.Fatal(err)
	}
	return sum
}

func (s *shop) path(digest [64]byte) string {
	hex := blob.Digest(digest).Hex()
	return filepath.Join(s.dir, hex[:2], hex)
}

func (s *shop) update(t *testing.T, fn func(record.Tx) error) {
	t.Helper()
	if err := s.store.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func (s *shop) check(t *testing.T) registry.FsckReport {
	t.Helper()
	r, err := registry.Fsck(t.Context(), s.deps(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (s *shop) deps() registry.FsckDeps {
	return registry.FsckDeps{Store: s.store, Blobs: s.blobs, Dual: func(n npm.Name) bool { return n.String() == "left-pad" }}
}

func TestFsckFindsNothing(t *testing.T) {
	t.Parallel()
	r := newShop(t).check(t)
	if r.Wrong != 0 || len(r.Problems) != 0 || r.Unused != 0 || r.Partial {
		t.Errorf("got %+v", r)
	}
	if r.Projects != 1 || r.Names != 1 || r.Packages != 2 || r.Files != 2 || r.Blobs != 2 || r.Bytes != 2*22+2*25002 {
		t.Errorf("looked at %+v", r)
	}
}

// TestFsckFinds damages one thing at a time.
func TestFsckFinds(t *testing.T) {
	t.Parallel()
	const lib, gone = "@acme/lib@1.0.0 in acme/web", "@acme/lib@0.9.0 in acme/web"
	both := func(kind, text string) []registry.FsckProblem {
		return []registry.FsckProblem{{Kind: kind, Subject: lib, Text: text}, {Kind: kind, Subject: gone, Text: text}}
	}
	one := func(kind, subject, text string) []registry.FsckProblem {
		return []registry.FsckProblem{{Kind: kind, Subject: subject, Text: text}}
	}
	file := func(s *shop, edit func(*record.File)) func(record.Tx) error {
		return func(tx record.Tx) error {
			f := s.tarball
			edit(&f)
			_, err := tx.Catalog().PutFile(f)
			return err
		}
	}
	pkg := func(p record.Package, edit func(*record.Package)) func(record.Tx) error {
		return func(tx record.Tx) error {
			edit(&p)
			_, err := tx.Catalog().PutPackage(p)
			return err
		}
	}
	manifest := func(s *shop, edit func(*record.Manifest)) func(record.Tx) error {
		return func(tx record.Tx) error {
			m, err := tx.Catalog().Manifest(s.lib.ID)
			if err != nil {
				return err
			}
			edit(&m)
			return tx.Catalog().PutManifest(m)
		}
	}
	claim := func(c record.Claim) func(record.Tx) error {
		return func(tx record.Tx) error { c.Name, c.By = "@acme/lib", "x"; return tx.Names().PutClaim(c) }
	}
	tarballBlob := func(s *shop) string { return blob.Digest(s.tarball.SHA512).Hex()[:16] }
	tests := []struct {
		name   string
		damage func(*testing.T, *shop)
		want   func(*shop) []registry.FsckProblem
	}{
		{"tarball gone", func(t *testing.T, s *shop) { remove(t, s.path(s.tarball.SHA512)) }, func(s *shop) []registry.FsckProblem {
			p := both("file", "")
			p[0].Text = "file @acme/lib-1.0.0.tgz has no bytes: blob " + tarballBlob(s) + " is missing"
			p[1].Text = "file @acme/lib-0.9.0.tgz has no bytes: blob " + tarballBlob(s) + " is missing"
			return p
		}},
		{"tarball changed", func(t *testing.T, s *shop) { overwrite(t, s.path(s.tarball.SHA512), "the bytes of a tarbaII") }, func(s *shop) []registry.FsckProblem {
			p := both("file", "")
			p[0].Text = "file @acme/lib-1.0.0.tgz has other bytes than were stored: blob " + tarballBlob(s) + " does not hash to its name"
			p[1].Text = "file @acme/lib-0.9.0.tgz has other bytes than were stored: blob " + tarballBlob(s) + " does not hash to its name"
			return p
		}},
		{"size", func(t *testing.T, s *shop) { s.update(t, file(s, func(f *record.File) { f.Size++ })) }, func(*shop) []registry.FsckProblem {
			return one("file", lib, "file @acme/lib-1.0.0.tgz has 22 bytes, its record says 23")
		}},
		{"md5", func(t *testing.T, s *shop) { s.update(t, file(s, func(f *record.File) { f.MD5[0]++ })) }, func(*shop) []registry.FsckProblem {
			return one("file", lib, "file @acme/lib-1.0.0.tgz does not have the md5 of its record")
		}},
		{"sha1", func(t *testing.T, s *shop) { s.update(t, file(s, func(f *record.File) { f.SHA1[0]++ })) }, func(*shop) []registry.FsckProblem {
			return one("file", lib, "file @acme/lib-1.0.0.tgz does not have the sha1 of its record")
		}},
		{"sha256", func(t *testing.T, s *shop) { s.update(t, file(s, func(f *record.File) { f.SHA256[0]++ })) }, func(*shop) []registry.FsckProblem {
			return one("file", lib, "file @acme/lib-1.0.0.tgz does not have the sha256 of its record")
		}},
		{"no tarball", func(t *testing.T, s *shop) {
			s.update(t, func(tx record.Tx) error { return tx.Catalog().RemoveFile(s.tarball.ID) })
		}, func(*shop) []registry.FsckProblem { return one("file", lib, "has no tarball") }},
		{"readme gone", func(t *testing.T, s *shop) { remove(t, s.path(s.long)) }, func(s *shop) []registry.FsckProblem {
			return both("manifest", "readme has no bytes: blob "+blob.Digest(s.long).Hex()[:16]+" is missing")
		}},
		{"readme size", func(t *testing.T, s *shop) {
			s.update(t, manifest(s, func(m *record.Manifest) { m.Readme.Size-- }))
		}, func(*shop) []registry.FsckProblem {
			return one("manifest", lib, "readme has 25002 bytes, its record says 25001")
		}},
		{"readme text", func(t *testing.T, s *shop) {
			s.update(t, manifest(s, func(m *record.Manifest) { m.Readme = inline(`"open`) }))
		}, func(*shop) []registry.FsckProblem { return one("manifest", lib, "readme is not valid JSON") }},
		{"manifest of another", func(t *testing.T, s *shop) {
			s.update(t, manifest(s, func(m *record.Manifest) {
				m.Text = inline(`{"name":"@acme/other","version":"1.0.0"}`)
			}))
		}, func(*shop) []registry.FsckProblem {
			return one("manifest", lib, `manifest is that of "@acme/other"@"1.0.0"`)
		}},
		{"manifest text", func(t *testing.T, s *shop) {
			s.update(t, manifest(s, func(m *record.Manifest) { m.Text = inline(`{"name":`) }))
		}, func(*shop) []registry.FsckProblem {
			return one("manifest", lib, "manifest cannot be read: unexpected end of JSON input")
		}},
		{"tag to a deleted version", func(t *testing.T, s *shop) {
			s.update(t, func(tx record.Tx) error { _, err := tx.Catalog().PutTag(s.tag(s.gone.ID)); return err })
		}, func(*shop) []registry.FsckProblem {
			return one("tag", "@acme/lib in acme/web", "tag latest points to version 0.9.0, which was deleted")
		}},
		{"number not burned", func(t *testing.T, s *shop) {
			s.update(t, func(tx record.Tx) error { return tx.Names().RemoveBurn("@acme/lib", "0.9.0") })
		}, func(*shop) []registry.FsckProblem {
			return one("burn", gone, "was deleted, but its number is not burned")
		}},
		{"number burned", func(t *testing.T, s *shop) {
			s.update(t, pkg(s.gone, func(p *record.Package) { p.Status = record.StatusDefault }))
		}, func(*shop) []registry.FsckProblem { return one("burn", gone, "is there, but its number is burned") }},
		{"holding of nothing", func(t *testing.T, s *shop) {
			s.update(t, func(tx record.Tx) error {
				return errors.Join(tx.Catalog().RemovePackage(s.lib.ID), tx.Catalog().RemovePackage(s.gone.ID))
			})
		}, func(*shop) []registry.FsckProblem {
			return one("holding", "@acme/lib in acme/web", "is held, but no version is there")
		}},
		{"not held", func(t *testing.T, s *shop) {
			s.update(t, func(tx record.Tx) error { return tx.Catalog().RemoveHolding(s.project.ID, "@acme/lib") })
		}, func(*shop) []registry.FsckProblem {
			return one("holding", lib, "is there, but its project does not hold the name")
		}},
		{"claimed as public", func(t *testing.T, s *shop) { s.update(t, claim(record.Claim{Origin: record.Public})) }, func(*shop) []registry.FsckProblem {
			return one("ledger", "@acme/lib", "is held, but its claim says public")
		}},
		{"tombstone", func(t *testing.T, s *shop) {
			s.update(t, claim(record.Claim{Origin: record.Private, Tombstone: &record.Tombstone{At: shopTime, By: "ada"}}))
		}, func(*shop) []registry.FsckProblem {
			return one("ledger", "@acme/lib", "is held, but its claim has a tombstone")
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			tt.damage(t, s)
			got, want := s.check(t), tt.want(s)
			if got.Wrong != len(want) || fmt.Sprint(got.Problems) != fmt.Sprint(want) {
				t.Errorf("got\n%q\nwant\n%q", got.Problems, want)
			}
		})
	}
}

func inline(text string) record.Text {
	return record.Text{Inline: []byte(text), Size: int64(len(text))}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func overwrite(t *testing.T, path, text string) {
	t.Helper()
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestFsckListsOrphans(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	old, bad := s.put(t, "left by a crash"), s.put(t, "left and damaged")
	overwrite(t, s.path(bad), "left and DAMAGED")
	if err := os.Chtimes(s.path(bad), shopTime, shopTime); err != nil {
		t.Fatal(err)
	}
	young := s.put(t, "of a publish that is under way")
	soon := time.Now().Add(time.Minute)
	if err := os.Chtimes(s.path(young), soon, soon); err != nil {
		t.Fatal(err)
	}
	r := s.check(t)
	found := map[string]bool{}
	for _, o := range r.Orphans {
		found[o.Blob] = true
	}
	if r.Unused != 2 || !found[blob.Digest(old).Hex()] || !found[blob.Digest(bad).Hex()] {
		t.Errorf("orphans %+v", r.Orphans)
	}
	want := []registry.FsckProblem{{Kind: "blob", Subject: blob.Digest(bad).Hex(), Text: "is named by no record and has other bytes than were stored: blob " +
		blob.Digest(bad).Hex()[:16] + " does not hash to its name"}}
	if fmt.Sprint(r.Problems) != fmt.Sprint(want) {
		t.Errorf("problems %q, want %q", r.Problems, want)
	}
}

func TestFsckKnowsDualNames(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.update(t, func(tx record.Tx) error {
		p, err := tx.Catalog().PutPackage(record.Package{ProjectID: s.project.ID, Type: record.NPM, Name: "left-pad", Version: "1.0.0-acme.1",
			Status: record.StatusDefault, CreatedAt: shopTime, UpdatedAt: shopTime})
		if err != nil {
			return err
		}
		text := inline(`{"name":"left-pad","version":"1.0.0-acme.1"}`)
		_, err = tx.Catalog().PutFile(fileRecord(p, "the bytes of a tarball"))
		return errors.Join(err, tx.Catalog().PutManifest(record.Manifest{PackageID: p.ID, Text: text}),
			tx.Catalog().PutHolding(record.Holding{ProjectID: s.project.ID, Name: "left-pad", Rev: 1, CreatedAt: shopTime, ModifiedAt: shopTime}))
	})
	if r := s.check(t); r.Wrong != 0 || r.Names != 2 {
		t.Errorf("got %+v", r)
	}
}

// TestFsckPages has more packages and names than one transaction reads.
func TestFsckPages(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	const names, lost = 450, 137
	for i := range names {
		s.update(t, func(tx record.Tx) error {
			name := fmt.Sprintf("@acme/n%04d", i)
			p, err := tx.Catalog().PutPackage(record.Package{ProjectID: s.project.ID, Type: record.NPM, Name: name, Version: "1.0.0",
				Status: record.StatusDefault, CreatedAt: shopTime, UpdatedAt: shopTime})
			if err != nil {
				return err
			}
			text := inline(fmt.Sprintf(`{"name":%q,"version":"1.0.0"}`, name))
			_, err = tx.Catalog().PutFile(fileRecord(p, "the bytes of a tarball"))
			claim := record.Claim{Name: name, Origin: record.Private, By: "publish", ClaimedAt: shopTime}
			if i == lost {
				claim.Origin = record.Public
			}
			return errors.Join(err, tx.Catalog().PutManifest(record.Manifest{PackageID: p.ID, Text: text}),
				tx.Catalog().PutHolding(record.Holding{ProjectID: s.project.ID, Name: name, Rev: 1, CreatedAt: shopTime, ModifiedAt: shopTime}),
				tx.Names().PutClaim(claim))
		})
	}
	r := s.check(t)
	if r.Packages != names+2 || r.Names != names+1 || r.Wrong != 1 || r.Problems[0].Subject != "@acme/n0137" {
		t.Errorf("looked at %d packages and %d names, found %q", r.Packages, r.Names, r.Problems)
	}
}

// unreadable is a store whose manifests cannot be read.
type unreadable struct{ record.Store }

func (s unreadable) View(ctx context.Context, fn func(record.Tx) error) error {
	return s.Store.View(ctx, func(tx record.Tx) error { return fn(unreadableTx{tx}) })
}

type unreadableTx struct{ record.Tx }

func (tx unreadableTx) Catalog() record.Catalog { return unreadableCatalog{tx.Tx.Catalog()} }

type unreadableCatalog struct{ record.Catalog }

func (unreadableCatalog) Manifest(id int64) (record.Manifest, error) {
	return record.Manifest{}, fmt.Errorf("manifest %d: %w", id, record.ErrCorrupt)
}

func TestFsckTellsWhatItCannotRead(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.put(t, "of one of the packages that cannot be read, perhaps")
	d := s.deps()
	d.Store = unreadable{d.Store}
	r, err := registry.Fsck(t.Context(), d, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []registry.FsckProblem{
		{Kind: "record", Subject: "@acme/lib@1.0.0 in acme/web", Text: "manifest 1: record unreadable"},
		{Kind: "record", Subject: "@acme/lib@0.9.0 in acme/web", Text: "manifest 2: record unreadable"},
	}
	if fmt.Sprint(r.Problems) != fmt.Sprint(want) || !r.Partial || r.Unused != 0 {
		t.Errorf("got %+v, want %q, partial and no orphans", r, want)
	}
}

func TestFsckProgressAndEnd(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	var stages []string
	if _, err := registry.Fsck(t.Context(), s.deps(), func(p registry.FsckProgress) { stages = append(stages, p.Stage) }); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(stages) != "[packages names blobs blobs]" {
		t.Errorf("stages %q", stages)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := registry.Fsck(ctx, s.deps(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a check whose context ended: %v", err)
	}
	if _, err := registry.Fsck(t.Context(), registry.FsckDeps{Store: s.store}, nil); err == nil {
		t.Error("a check without blobs began")
	}
}
