package recordtest

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func packageID(p record.Package) int64 { return p.ID }
func fileID(f record.File) int64       { return f.ID }

func putPackage(p record.Package) func(record.Tx) error {
	return func(tx record.Tx) error { _, err := tx.Catalog().PutPackage(p); return err }
}

func packages(t *testing.T, s record.Store) {
	p := aProject(t, s, "acme")
	full := record.Package{ProjectID: p.ID, Type: record.NPM, Name: "@acme/lib", Version: "1.0.0-rc.1+b", Status: record.StatusDeprecated,
		Deprecated: "use another", CreatorID: 4, Publisher: "ann", PublisherKey: "user:4", Pipelines: []int64{3, 9},
		CreatedAt: at(), UpdatedAt: at(), DeletedAt: at()}
	full.ID = put(t, s, func(tx record.Tx) (record.Package, error) { return tx.Catalog().PutPackage(full) }).ID
	read := func(tx record.Tx) (record.Package, error) { return tx.Catalog().Package(full.ID) }
	of := func(tx record.Tx) (record.Package, error) {
		return tx.Catalog().PackageOf(p.ID, full.Name, full.Version)
	}
	same(t, s, full, read)
	same(t, s, full, of)
	for _, status := range []record.Status{record.StatusHidden, record.StatusProcessing, record.StatusError, record.StatusPendingDestruction} {
		full.Status = status
		update(t, s, putPackage(full))
		same(t, s, full, of)
	}
	absent(t, s, func(tx record.Tx) (record.Package, error) { return tx.Catalog().Package(full.ID + 1) })
	unknown, typeless, statusless := full, full, full
	unknown.ID, typeless.Type, statusless.Status = 99, "tar", "fine"
	refused(t, s, map[string]refusal{
		"unknown number": {npm.ErrNotFound, putPackage(unknown)},
		"unknown type":   {npm.ErrInvalid, putPackage(typeless)},
		"unknown status": {npm.ErrInvalid, putPackage(statusless)},
		"no name":        {npm.ErrInvalid, putPackage(pkg(p.ID, "", "1.0.0"))},
		"NUL in a name":  {npm.ErrInvalid, putPackage(pkg(p.ID, "a\x00b", "1.0.0"))},
	})
}

func uniquePackages(t *testing.T, s record.Store) {
	p, other := aProject(t, s, "acme"), aProject(t, s, "other")
	one := newPackage(t, s, p.ID, "lib", "1.0.0")
	two := newPackage(t, s, p.ID, "lib", "2.0.0")
	newPackage(t, s, other.ID, "lib", "1.0.0")
	generic := pkg(p.ID, "lib", "1.0.0")
	generic.Type = "generic"
	update(t, s, putPackage(generic))
	renamed, changed, moved, turned := one, one, one, one
	renamed.Version, changed.Name, moved.ProjectID, turned.Type = two.Version, "other", other.ID, "generic"
	refused(t, s, map[string]refusal{
		"the same again":       {npm.ErrConflict, putPackage(pkg(p.ID, "lib", "1.0.0"))},
		"another version":      {npm.ErrInvalid, putPackage(renamed)},
		"another name":         {npm.ErrInvalid, putPackage(changed)},
		"another project":      {npm.ErrInvalid, putPackage(moved)},
		"another type":         {npm.ErrInvalid, putPackage(turned)},
		"one of another type":  {npm.ErrConflict, putPackage(generic)},
		"nothing but the case": {npm.ErrInvalid, putPackage(record.Package{})},
	})
	newPackage(t, s, p.ID, "Lib", "1.0.0")
	update(t, s, func(tx record.Tx) error { return tx.Catalog().RemovePackage(one.ID) })
	if again := newPackage(t, s, p.ID, "lib", "1.0.0"); again.ID <= two.ID {
		t.Errorf("a number was given again: %d", again.ID)
	}
}

func exactPackages(t *testing.T, s record.Store) {
	p := aProject(t, s, "acme")
	made := map[string]int64{}
	for _, name := range []string{"a", "ab", "a.b", "@a/b", "@a/bb", "A"} {
		made[name] = newPackage(t, s, p.ID, name, "1.0.0").ID
	}
	versionless := put(t, s, func(tx record.Tx) (record.Package, error) { return tx.Catalog().PutPackage(pkg(p.ID, "bare", "")) })
	for name, id := range made {
		ids(t, s, packageID, []int64{id}, func(tx record.Tx) ([]record.Package, error) {
			return tx.Catalog().Packages(record.PackageQuery{ProjectID: p.ID, Name: name, Limit: 9})
		})
	}
	same(t, s, versionless, func(tx record.Tx) (record.Package, error) { return tx.Catalog().PackageOf(p.ID, "bare", "") })
	for _, miss := range [][2]string{{"a", ""}, {"a", "1.0"}, {"@a", "1.0.0"}, {"a\x001.0.0", ""}, {"", "1.0.0"}, {"b", "1.0.0"}, {"a", "1.0.0\x00"}} {
		absent(t, s, func(tx record.Tx) (record.Package, error) { return tx.Catalog().PackageOf(p.ID, miss[0], miss[1]) })
	}
	for _, miss := range []string{"@a/", "aB", "a\x00", "a\x00\x00\x00"} {
		ids(t, s, packageID, []int64{}, func(tx record.Tx) ([]record.Package, error) {
			return tx.Catalog().Packages(record.PackageQuery{ProjectID: p.ID, Name: miss, Limit: 9})
		})
	}
	absent(t, s, func(tx record.Tx) (record.Package, error) { return tx.Catalog().PackageOf(p.ID+1, "a", "1.0.0") })
}

func packagePages(t *testing.T, s record.Store) {
	p, other := aProject(t, s, "acme"), aProject(t, s, "other")
	var lib, every []int64
	for i := range 6 { // versions come in another order than numbers
		k := newPackage(t, s, p.ID, "lib", fmt.Sprintf("%d.0.0", 9-i))
		lib = append(lib, k.ID)
		every = append(every, k.ID, newPackage(t, s, p.ID, fmt.Sprint("other", i), "1.0.0").ID)
		newPackage(t, s, other.ID, "lib", fmt.Sprintf("%d.0.0", i))
	}
	generic := pkg(p.ID, "lib", "1.0.0")
	generic.Type = "generic"
	every = append(every, put(t, s, func(tx record.Tx) (record.Package, error) { return tx.Catalog().PutPackage(generic) }).ID)
	for _, tt := range []struct {
		q    record.PackageQuery
		want []int64
	}{
		{record.PackageQuery{Name: "lib", Limit: 99}, lib},
		{record.PackageQuery{Name: "lib", Limit: 4}, lib[:4]},
		{record.PackageQuery{Name: "lib", After: lib[3], Limit: 4}, lib[4:]},
		{record.PackageQuery{Limit: 99}, every},
		{record.PackageQuery{Limit: 5}, every[:5]},
		{record.PackageQuery{After: every[4], Limit: 99}, every[5:]},
		{record.PackageQuery{After: every[12], Limit: 99}, []int64{}},
		{record.PackageQuery{Name: "none", Limit: 99}, []int64{}},
	} {
		tt.q.ProjectID = p.ID
		ids(t, s, packageID, tt.want, func(tx record.Tx) ([]record.Package, error) { return tx.Catalog().Packages(tt.q) })
	}
}

func allPackages(t *testing.T, s record.Store) {
	p, other := aProject(t, s, "acme"), aProject(t, s, "other")
	every := []int64{}
	for i := range 4 {
		every = append(every, newPackage(t, s, p.ID, fmt.Sprint("lib", 9-i), "1.0.0").ID,
			newPackage(t, s, other.ID, "lib", fmt.Sprintf("%d.0.0", i)).ID)
	}
	update(t, s, func(tx record.Tx) error { return tx.Catalog().RemovePackage(every[1]) })
	every = append(every[:1], every[2:]...)
	full := pkg(p.ID, "Full\"\\<é", "")
	full.Type, full.Status, full.Deprecated, full.DeletedAt = "generic", record.StatusPendingDestruction, "so\n", at()
	full.CreatorID, full.Publisher, full.PublisherKey, full.Pipelines = 1, "ann", "user:1", []int64{3, 1 << 60}
	full.ID = put(t, s, func(tx record.Tx) (record.Package, error) { return tx.Catalog().PutPackage(full) }).ID
	every = append(every, full.ID)
	same(t, s, []record.Package{full}, func(tx record.Tx) ([]record.Package, error) {
		return tx.Catalog().Packages(record.PackageQuery{After: full.ID - 1, Limit: 1})
	})
	for _, tt := range []struct {
		q    record.PackageQuery
		want []int64
	}{
		{record.PackageQuery{Limit: 99}, every},
		{record.PackageQuery{Limit: 3}, every[:3]},
		{record.PackageQuery{After: every[2], Limit: 2}, every[3:5]},
		{record.PackageQuery{After: every[7], Limit: 99}, []int64{}},
		{record.PackageQuery{After: -1, Limit: 1}, every[:1]},
		{record.PackageQuery{}, []int64{}},
		{record.PackageQuery{Name: "lib", Limit: 99}, []int64{}},
	} {
		ids(t, s, packageID, tt.want, func(tx record.Tx) ([]record.Package, error) { return tx.Catalog().Packages(tt.q) })
	}
}

func manifests(t *testing.T, s record.Store) {
	p := aProject(t, s, "acme")
	inline := func(n int, c byte) record.Text {
		return record.Text{Inline: bytes.Repeat([]byte{c}, n), Size: int64(n)}
	}
	blob := record.Text{Blob: [64]byte{1, 63: 2}, Size: 1 << 40}
	write := func(m record.Manifest) func(record.Tx) error {
		return func(tx record.Tx) error { return tx.Catalog().PutManifest(m) }
	}
	for i, m := range []record.Manifest{
		{Text: inline(2, '{')},
		{Text: record.Text{Inline: []byte("{\n\xff\x00\"}\n"), Size: 7}},
		{Text: inline(record.MaxInline, '\n'), Readme: inline(record.MaxInline, '"')},
		{Text: blob},
		{Text: blob, Readme: inline(5, 'r')},
		{Text: inline(5, 't'), Readme: blob},
		{Text: inline(1, 't'), Readme: record.Text{Inline: []byte{}}},
	} {
		m.PackageID = newPackage(t, s, p.ID, "lib", fmt.Sprint(i)).ID
		update(t, s, write(m))
		same(t, s, m, func(tx record.Tx) (record.Manifest, error) { return tx.Catalog().Manifest(m.PackageID) })
		m.Text = inline(3, 'x')
		update(t, s, write(m))
		same(t, s, m, func(tx record.Tx) (record.Manifest, error) { return tx.Catalog().Manifest(m.PackageID) })
	}
	k := newPackage(t, s, p.ID, "none", "1.0.0").ID
	absent(t, s, func(tx record.Tx) (record.Manifest, error) { return tx.Catalog().Manifest(k) })
	both := blob
	both.Inline = []byte("x")
	refused(t, s, map[string]refusal{
		"no text":        {npm.ErrInvalid, write(record.Manifest{PackageID: k})},
		"a long text":    {npm.ErrInvalid, write(record.Manifest{PackageID: k, Text: inline(record.MaxInline+1, 'x')})},
		"a text twice":   {npm.ErrInvalid, write(record.Manifest{PackageID: k, Text: both})},
		"a false length": {npm.ErrInvalid, write(record.Manifest{PackageID: k, Text: record.Text{Inline: []byte("x"), Size: 2}})},
	})
}

func file(pkg int64, name string) record.File {
	return record.File{PackageID: pkg, Name: name, Size: 7, MD5: [16]byte{1, 15: 2}, SHA1: [20]byte{3, 19: 4},
		SHA256: [32]byte{5, 31: 6}, SHA512: [64]byte{7, 63: 8}, CreatedAt: at()}
}

func files(t *testing.T, s record.Store) {
	p := aProject(t, s, "acme")
	one, two := newPackage(t, s, p.ID, "lib", "1.0.0"), newPackage(t, s, p.ID, "lib", "2.0.0")
	made := []record.File{file(one.ID, "@acme/lib-1.0.0.tgz"), file(two.ID, "lib-2.0.0.tgz"), file(one.ID, "lib.sigstore")}
	for i, f := range made {
		made[i].ID = put(t, s, func(tx record.Tx) (record.File, error) { return tx.Catalog().PutFile(f) }).ID
	}
	made[2].Pending = true
	update(t, s, func(tx record.Tx) error { _, err := tx.Catalog().PutFile(made[2]); return err })
	for _, f := range made {
		same(t, s, f, func(tx record.Tx) (record.File, error) { return tx.Catalog().File(f.ID) })
	}
	list := func(id int64) func(record.Tx) ([]record.File, error) {
		return func(tx record.Tx) ([]record.File, error) { return tx.Catalog().Files(id) }
	}
	ids(t, s, fileID, []int64{made[0].ID, made[2].ID}, list(one.ID))
	update(t, s, func(tx record.Tx) error { return tx.Catalog().RemoveFile(made[0].ID) })
	absent(t, s, func(tx record.Tx) (record.File, error) { return tx.Catalog().File(made[0].ID) })
	ids(t, s, fileID, []int64{made[2].ID}, list(one.ID))
	ids(t, s, fileID, []int64{made[1].ID}, list(two.ID))
	ids(t, s, fileID, []int64{}, list(99))
}
