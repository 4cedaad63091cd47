package recordtest

import (
	"testing"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// downloads writes what was downloaded of a package, which nobody who follows
// the store has to look at.
func downloads(t *testing.T, s record.Store) {
	p := aProject(t, s, "acme")
	one := newPackage(t, s, p.ID, "lib", "1.0.0")
	before, err := s.Sequence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	one.LastDownloadedAt, one.Downloads = at().Add(time.Hour), 7
	update(t, s, putPackage(one))
	read := func(tx record.Tx) (record.Package, error) { return tx.Catalog().Package(one.ID) }
	same(t, s, one, read)
	if after, err := s.Sequence(t.Context()); err != nil || after != before {
		t.Errorf("downloads took the sequence from %d to %d, %v", before, after, err)
	}
	one.Downloads, one.Hollow = 8, true
	update(t, s, putPackage(one))
	same(t, s, one, read)
	if after, err := s.Sequence(t.Context()); err != nil || after == before {
		t.Errorf("another write left the sequence at %d, %v", after, err)
	}
}

func pendingFiles(t *testing.T, s record.Store) {
	p := aProject(t, s, "acme")
	one, two := newPackage(t, s, p.ID, "lib", "1.0.0"), newPackage(t, s, p.ID, "lib", "2.0.0")
	var made []record.File
	for _, pkg := range []int64{one.ID, one.ID, two.ID, two.ID} {
		f := file(pkg, "lib.tgz")
		f.Pending, f.DeletedAt = true, at()
		made = append(made, put(t, s, func(tx record.Tx) (record.File, error) { return tx.Catalog().PutFile(f) }))
	}
	pending := func(after int64, limit int) func(record.Tx) ([]record.File, error) {
		return func(tx record.Tx) ([]record.File, error) { return tx.Catalog().PendingFiles(after, limit) }
	}
	ids(t, s, fileID, []int64{made[0].ID, made[1].ID, made[2].ID, made[3].ID}, pending(0, 99))
	ids(t, s, fileID, []int64{made[1].ID, made[2].ID}, pending(made[0].ID, 2))
	same(t, s, made[0], func(tx record.Tx) (record.File, error) { return tx.Catalog().File(made[0].ID) })
	back := made[0]
	back.Pending, back.DeletedAt = false, time.Time{}
	update(t, s, func(tx record.Tx) error { _, err := tx.Catalog().PutFile(back); return err })
	update(t, s, func(tx record.Tx) error { return tx.Catalog().RemoveFile(made[1].ID) })
	ids(t, s, fileID, []int64{made[2].ID, made[3].ID}, pending(0, 99))
	update(t, s, func(tx record.Tx) error { return tx.Catalog().RemovePackage(two.ID) })
	ids(t, s, fileID, []int64{}, pending(0, 99))
}
