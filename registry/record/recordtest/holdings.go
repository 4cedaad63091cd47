package recordtest

import (
	"fmt"
	"testing"

	"github.com/larderhq/larder/registry/record"
)

func holdings(t *testing.T, s record.Store) {
	p, other := aProject(t, s, "acme"), aProject(t, s, "other")
	full := record.Holding{ProjectID: other.ID, Name: "@a/b", Rev: 1 << 63, CreatedAt: at(), ModifiedAt: at(),
		Maintainers: []string{"ann", "bob"}, Stars: []string{"cyd"}}
	second := record.Holding{ProjectID: p.ID, Name: "@a/b"}
	for _, h := range []record.Holding{full, second, {ProjectID: p.ID, Name: "@a/bb"}, {ProjectID: p.ID, Name: "@a"}} {
		update(t, s, func(tx record.Tx) error { return tx.Catalog().PutHolding(h) })
	}
	read := func(project int64, name string) func(record.Tx) (record.Holding, error) {
		return func(tx record.Tx) (record.Holding, error) { return tx.Catalog().Holding(project, name) }
	}
	same(t, s, full, read(other.ID, "@a/b"))
	full.Rev++
	full.Stars = nil
	update(t, s, func(tx record.Tx) error { return tx.Catalog().PutHolding(full) })
	same(t, s, full, read(other.ID, "@a/b"))
	absent(t, s, read(other.ID, "@a/bb"))
	absent(t, s, read(p.ID, "@a/b\x00"))
	absent(t, s, read(p.ID, ""))
	of := func(name string) func(record.Tx) ([]record.Holding, error) {
		return func(tx record.Tx) ([]record.Holding, error) { return tx.Catalog().HoldingsOf(name) }
	}
	same(t, s, []record.Holding{second, full}, of("@a/b"))
	for _, miss := range []string{"", "@", "@a/", "@a/b\x00", "@A/b"} {
		same(t, s, []record.Holding{}, of(miss))
	}
	update(t, s, func(tx record.Tx) error { return tx.Catalog().RemoveHolding(p.ID, "@a/b") })
	same(t, s, []record.Holding{full}, of("@a/b"))
	absent(t, s, read(p.ID, "@a/b"))
}

func holdingPages(t *testing.T, s record.Store) {
	p, q := aProject(t, s, "acme"), aProject(t, s, "other")
	for project, names := range map[int64][]string{p.ID: {"c", "a", "ab"}, q.ID: {"a", "b", "c"}} {
		for _, name := range names {
			update(t, s, func(tx record.Tx) error {
				return tx.Catalog().PutHolding(record.Holding{ProjectID: project, Name: name})
			})
		}
	}
	for _, tt := range []struct {
		after string
		limit int
		want  string
	}{
		{"", 99, "[a1 a2 ab1 b2 c1 c2]"},
		{"", 2, "[a1 a2]"},
		{"", 1, "[a1 a2]"},
		{"a", 1, "[ab1]"},
		{"a", 3, "[ab1 b2 c1 c2]"},
		{"aa", 2, "[ab1 b2]"},
		{"b", 99, "[c1 c2]"},
		{"c", 99, "[]"},
		{"", 0, "[]"},
	} {
		same(t, s, tt.want, func(tx record.Tx) (string, error) {
			list, err := tx.Catalog().HoldingsAfter(tt.after, tt.limit)
			got := []string{}
			for _, h := range list {
				got = append(got, fmt.Sprint(h.Name, h.ProjectID-p.ID+1))
			}
			return fmt.Sprint(got), err
		})
	}
}
