package recordtest

import (
	"errors"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// refusal is a write that must fail, and why.
type refusal struct {
	want error
	do   func(record.Tx) error
}

// refused expects that writes fail for their reasons and change nothing.
func refused(t *testing.T, s record.Store, all map[string]refusal) {
	t.Helper()
	before, err := s.Sequence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for name, r := range all {
		if err := s.Update(t.Context(), r.do); !errors.Is(err, r.want) {
			t.Errorf("%s: %v, want %v", name, err, r.want)
		}
	}
	if after, err := s.Sequence(t.Context()); after != before || err != nil {
		t.Errorf("refused writes made changes: %d, %d, %v", before, after, err)
	}
}

// kinds lists which words of the vocabulary an error has.
func kinds(err error) (all []error) {
	for _, kind := range []error{npm.ErrInvalid, npm.ErrNotFound, npm.ErrConflict, npm.ErrTooLarge} {
		if errors.Is(err, kind) {
			all = append(all, kind)
		}
	}
	return all
}

func longText(n int) string { return strings.Repeat("x", n) }

// orphans writes what belongs to something that is not there.
func orphans(t *testing.T, s record.Store) {
	p, other := aProject(t, s, "acme"), aProject(t, s, "other")
	k := newPackage(t, s, p.ID, "lib", "1.0.0")
	file := record.File{PackageID: 99, Name: "f", SHA512: [64]byte{1}}
	moved := put(t, s, func(tx record.Tx) (record.File, error) {
		return tx.Catalog().PutFile(record.File{PackageID: k.ID, Name: "f", SHA512: [64]byte{1}})
	})
	moved.PackageID = newPackage(t, s, p.ID, "lib", "2.0.0").ID
	tag := func(project int64, name string, pkg int64) func(record.Tx) error {
		return func(tx record.Tx) error {
			_, err := tx.Catalog().PutTag(record.Tag{ProjectID: project, Package: name, Name: "latest", PackageID: pkg})
			return err
		}
	}
	text := record.Text{Inline: []byte("{}"), Size: 2}
	refused(t, s, map[string]refusal{
		"package of no project":    {npm.ErrNotFound, func(tx record.Tx) error { _, err := tx.Catalog().PutPackage(pkg(99, "a", "1")); return err }},
		"holding of no project":    {npm.ErrNotFound, func(tx record.Tx) error { return tx.Catalog().PutHolding(record.Holding{ProjectID: 99, Name: "a"}) }},
		"file of no package":       {npm.ErrNotFound, func(tx record.Tx) error { _, err := tx.Catalog().PutFile(file); return err }},
		"file of another package":  {npm.ErrInvalid, func(tx record.Tx) error { _, err := tx.Catalog().PutFile(moved); return err }},
		"manifest of no package":   {npm.ErrNotFound, func(tx record.Tx) error { return tx.Catalog().PutManifest(record.Manifest{PackageID: 99, Text: text}) }},
		"tag of no package":        {npm.ErrNotFound, tag(p.ID, "lib", 99)},
		"tag of another project":   {npm.ErrInvalid, tag(other.ID, "lib", k.ID)},
		"tag of another name":      {npm.ErrInvalid, tag(p.ID, "li", k.ID)},
		"removing no package":      {npm.ErrNotFound, func(tx record.Tx) error { return tx.Catalog().RemovePackage(99) }},
		"removing no file":         {npm.ErrNotFound, func(tx record.Tx) error { return tx.Catalog().RemoveFile(99) }},
		"removing no tag":          {npm.ErrNotFound, func(tx record.Tx) error { return tx.Catalog().RemoveTag(p.ID, "lib", "latest") }},
		"removing no holding":      {npm.ErrNotFound, func(tx record.Tx) error { return tx.Catalog().RemoveHolding(p.ID, "lib") }},
		"an entry without a actor": {npm.ErrInvalid, func(tx record.Tx) error { _, err := tx.Audit().Append(record.Entry{Action: "a"}); return err }},
	})
}
