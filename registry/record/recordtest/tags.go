package recordtest

import (
	"testing"

	"github.com/larderhq/larder/registry/record"
)

func newTag(t *testing.T, s record.Store, p record.Package, name string) record.Tag {
	t.Helper()
	return put(t, s, func(tx record.Tx) (record.Tag, error) {
		return tx.Catalog().PutTag(record.Tag{ProjectID: p.ProjectID, Package: p.Name, Name: name, PackageID: p.ID, CreatedAt: at(), UpdatedAt: at()})
	})
}

func tags(t *testing.T, s record.Store) {
	p, other := aProject(t, s, "acme"), aProject(t, s, "other")
	one, two := newPackage(t, s, p.ID, "lib", "1.0.0"), newPackage(t, s, p.ID, "lib", "2.0.0")
	next, latest := newTag(t, s, two, "next"), newTag(t, s, one, "latest")
	newTag(t, s, newPackage(t, s, p.ID, "libs", "1.0.0"), "latest")
	newTag(t, s, newPackage(t, s, p.ID, "li", "1.0.0"), "b")
	elsewhere := newTag(t, s, newPackage(t, s, other.ID, "lib", "1.0.0"), "latest")
	list := func(project int64, name string) func(record.Tx) ([]record.Tag, error) {
		return func(tx record.Tx) ([]record.Tag, error) { return tx.Catalog().Tags(project, name) }
	}
	same(t, s, []record.Tag{latest, next}, list(p.ID, "lib"))
	same(t, s, []record.Tag{elsewhere}, list(other.ID, "lib"))
	for _, miss := range []string{"", "lib\x00", "lib\x00l", "none", "LIB"} {
		same(t, s, []record.Tag{}, list(p.ID, miss))
	}
	moved := newTag(t, s, two, "latest")
	if moved.ID != latest.ID || moved.PackageID != two.ID {
		t.Errorf("a moved tag is %+v, was %+v", moved, latest)
	}
	same(t, s, []record.Tag{moved, next}, list(p.ID, "lib"))
	update(t, s, func(tx record.Tx) error { return tx.Catalog().RemoveTag(p.ID, "lib", "latest") })
	same(t, s, []record.Tag{next}, list(p.ID, "lib"))
	same(t, s, []record.Tag{elsewhere}, list(other.ID, "lib"))
	if again := newTag(t, s, one, "latest"); again.ID <= elsewhere.ID {
		t.Errorf("a number was given again: %d", again.ID)
	}
}

func removedPackage(t *testing.T, s record.Store) {
	p := aProject(t, s, "acme")
	gone, kept := newPackage(t, s, p.ID, "lib", "1.0.0"), newPackage(t, s, p.ID, "lib", "2.0.0")
	text := record.Text{Inline: []byte("{}"), Size: 2}
	var made []record.File
	for _, k := range []record.Package{gone, kept} {
		update(t, s, func(tx record.Tx) error {
			return tx.Catalog().PutManifest(record.Manifest{PackageID: k.ID, Text: text})
		})
		made = append(made, put(t, s, func(tx record.Tx) (record.File, error) { return tx.Catalog().PutFile(file(k.ID, "f")) }))
	}
	newTag(t, s, gone, "old")
	latest := newTag(t, s, kept, "latest")
	update(t, s, func(tx record.Tx) error { return tx.Catalog().PutHolding(record.Holding{ProjectID: p.ID, Name: "lib"}) })

	update(t, s, func(tx record.Tx) error { return tx.Catalog().RemovePackage(gone.ID) })
	absent(t, s, func(tx record.Tx) (record.Package, error) { return tx.Catalog().Package(gone.ID) })
	absent(t, s, func(tx record.Tx) (record.Package, error) { return tx.Catalog().PackageOf(p.ID, "lib", "1.0.0") })
	absent(t, s, func(tx record.Tx) (record.Manifest, error) { return tx.Catalog().Manifest(gone.ID) })
	absent(t, s, func(tx record.Tx) (record.File, error) { return tx.Catalog().File(made[0].ID) })
	ids(t, s, fileID, []int64{}, func(tx record.Tx) ([]record.File, error) { return tx.Catalog().Files(gone.ID) })
	same(t, s, []record.Tag{latest}, func(tx record.Tx) ([]record.Tag, error) { return tx.Catalog().Tags(p.ID, "lib") })
	same(t, s, kept, func(tx record.Tx) (record.Package, error) { return tx.Catalog().PackageOf(p.ID, "lib", "2.0.0") })
	same(t, s, made[1], func(tx record.Tx) (record.File, error) { return tx.Catalog().File(made[1].ID) })
	for _, name := range []string{"", "lib"} {
		ids(t, s, packageID, []int64{kept.ID}, func(tx record.Tx) ([]record.Package, error) {
			return tx.Catalog().Packages(record.PackageQuery{ProjectID: p.ID, Name: name, Limit: 9})
		})
	}
	same(t, s, 1, func(tx record.Tx) (int, error) { list, err := tx.Catalog().HoldingsOf("lib"); return len(list), err })
}
