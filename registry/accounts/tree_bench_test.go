package accounts

import (
	"fmt"
	"testing"

	"github.com/larderhq/larder/registry/record"
)

// wood fills a store with groups and projects.
func wood(b *testing.B, groups, projects int) *office {
	o := newOffice(b)
	fill := func(n int, put func(record.Spaces, int) error) {
		const step = 500 // of one transaction
		for done := 0; done < n; done += step {
			o.must(o.store.Update(b.Context(), func(tx record.Tx) error {
				for i := done; i < min(done+step, n); i++ {
					if err := put(tx.Spaces(), i); err != nil {
						return err
					}
				}
				return nil
			}))
		}
	}
	fill(groups, func(spaces record.Spaces, i int) error {
		_, err := spaces.PutGroup(record.Group{Path: fmt.Sprint("g", i), Name: "g", Visibility: record.PrivateVisibility,
			ParentID: int64(i) % 10})
		return err
	})
	fill(projects, func(spaces record.Spaces, i int) error {
		_, err := spaces.PutProject(record.Project{Path: fmt.Sprint("p", i), Name: "p", GroupID: int64(1 + i%groups),
			Visibility: record.PrivateVisibility, Registry: record.RegistryEnabled})
		return err
	})
	return o
}

func BenchmarkTree(b *testing.B) {
	for _, size := range [][2]int{{300, 2000}, {3000, 50000}} {
		b.Run(fmt.Sprint(size[1], " projects"), func(b *testing.B) {
			o := wood(b, size[0], size[1])
			tree, err := o.Tree(b.Context())
			o.must(err)
			u := o.user("kim", "")
			o.must(o.store.Update(b.Context(), func(tx record.Tx) error { // each alone would wait for the disk
				for g := int64(1); g <= int64(size[0]); g += 2 {
					err := tx.Spaces().PutMember(record.Member{Source: groupOf(g), UserID: u.ID, Level: record.Developer})
					if err != nil {
						return err
					}
				}
				return nil
			}))
			_, secret := o.token(NewToken{UserID: u.ID})
			half := o.signIn(bearer(secret))
			for _, run := range []struct {
				name string
				fn   func() error
			}{
				{"warm", func() error { _, err := o.Tree(b.Context()); return err }},
				{"one project changed", func() error {
					o.trees.forget(projectOf(7))
					_, err := o.Tree(b.Context())
					return err
				}},
				{"forwarding changed", func() error {
					o.trees.forgetSetting()
					o.trees.last.forwarding.Locked = true
					_, err := o.Tree(b.Context())
					return err
				}},
				{"all", func() error { o.trees.forgetAll(); _, err := o.Tree(b.Context()); return err }},
				{"below", func() error { tree.Below(3, true); return nil }},
				{"readable by half", func() error { o.Readable(half, tree.Projects()); return nil }},
				{"readable by all", func() error { o.Readable(Console(), tree.Projects()); return nil }},
			} {
				b.Run(run.name, func(b *testing.B) {
					b.ReportAllocs()
					for b.Loop() {
						if err := run.fn(); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
