package recordtest

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/record"
)

// noted runs one Update and returns the changes that it made, without numbers.
func noted(t *testing.T, s record.Store, fn func(record.Tx) error) []record.Change {
	t.Helper()
	before, err := s.Sequence(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, fn)
	return withoutNumbers(t, changesAfter(t, s, before), before)
}

func notes(t *testing.T, s record.Store) {
	ann, p := newUser(t, s, "ann"), aProject(t, s, "acme")
	tk := newToken(t, s, token(record.PersonalToken, ann.ID, 1))
	used, revoked := tk, tk
	used.LastUsedAt = at()
	revoked.LastUsedAt, revoked.RevokedAt = at().Add(time.Second), at()
	k := newPackage(t, s, p.ID, "lib", "1.0.0")
	member := record.Member{Source: fromProject(p), UserID: ann.ID, Level: record.Owner}
	change := func(kind record.Kind, key any) record.Change { return record.Change{Kind: kind, Key: fmt.Sprint(key)} }
	user, ofToken := change(record.UserChanged, ann.ID), change(record.TokenChanged, tk.ID)
	role, space := change(record.MemberChanged, ann.ID), change(record.SpaceChanged, fmt.Sprint("project/", p.ID))
	lib, rules := change(record.PackageChanged, "lib"), change(record.RuleChanged, p.ID)
	one := record.Change{Kind: record.PackageChanged, Key: "lib", Number: k.ID}
	for _, tt := range []struct {
		name string
		do   func(record.Tx) error
		want []record.Change
	}{
		{"user", func(tx record.Tx) error { _, err := tx.Accounts().PutUser(ann); return err }, []record.Change{user}},
		{"used token", putToken(used), nil},
		{"revoked token", putToken(revoked), []record.Change{ofToken}},
		{"login", func(tx record.Tx) error { return tx.Accounts().PutLogin(record.Login{Digest: [32]byte{1}}) }, nil},
		{"project", putProject(p), []record.Change{space}},
		{"group", func(tx record.Tx) error {
			g, err := tx.Spaces().Group(p.GroupID)
			return errors.Join(err, putGroup(g)(tx))
		},
			[]record.Change{change(record.SpaceChanged, fmt.Sprint("group/", p.GroupID))}},
		{"member", func(tx record.Tx) error { return tx.Spaces().PutMember(member) }, []record.Change{role}},
		{"rule", func(tx record.Tx) error { _, err := tx.Spaces().PutRule(rule(p.ID, "*")); return err }, []record.Change{rules}},
		{"pipeline", func(tx record.Tx) error { _, err := tx.Spaces().PutPipeline(pipeline(p.ID)); return err }, nil},
		{"audit entry", func(tx record.Tx) error {
			_, err := tx.Audit().Append(record.Entry{Actor: "a", Action: "b"})
			return err
		}, nil},
		{"all of a publish", publish(p.ID, k), []record.Change{one}},
		{"burn", func(tx record.Tx) error { return tx.Names().PutBurn(burn("lib", "3.0.0")) }, []record.Change{lib}},
		{"no burn to remove", func(tx record.Tx) error { return tx.Names().RemoveBurn("lib", "4.0.0") }, nil},
		{"removed burn", func(tx record.Tx) error { return tx.Names().RemoveBurn("lib", "3.0.0") }, []record.Change{lib}},
		{"removed tag", func(tx record.Tx) error { return tx.Catalog().RemoveTag(p.ID, "lib", "latest") }, []record.Change{lib}},
		{"removed holding", func(tx record.Tx) error { return tx.Catalog().RemoveHolding(p.ID, "lib") }, []record.Change{lib}},
		{"removed package", func(tx record.Tx) error { return tx.Catalog().RemovePackage(k.ID) }, []record.Change{one}},
		{"removed project", func(tx record.Tx) error { return tx.Spaces().RemoveProject(p.ID) }, []record.Change{role, rules, space}},
		{"removed user", func(tx record.Tx) error { return tx.Accounts().RemoveUser(ann.ID) }, []record.Change{ofToken, user}},
	} {
		if got := noted(t, s, tt.do); !slices.Equal(got, tt.want) {
			t.Errorf("%s: changes %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// numberedNotes says which package was written, and nothing twice.
func numberedNotes(t *testing.T, s record.Store) {
	p := aProject(t, s, "acme")
	k := newPackage(t, s, p.ID, "lib", "1.0.0")
	one := record.Change{Kind: record.PackageChanged, Key: "lib", Number: k.ID}
	lib := record.Change{Kind: record.PackageChanged, Key: "lib"}
	put := func(tx record.Tx) error { _, err := tx.Catalog().PutPackage(k); return err }
	tag := func(tx record.Tx) error {
		_, err := tx.Catalog().PutTag(record.Tag{ProjectID: p.ID, Package: "lib", Name: "next", PackageID: k.ID})
		return err
	}
	for _, tt := range []struct {
		name string
		do   func(record.Tx) error
		want []record.Change
	}{
		{"package", put, []record.Change{one}},
		{"package before its tag", func(tx record.Tx) error { return errors.Join(put(tx), tag(tx)) }, []record.Change{one}},
		{"tag before its package", func(tx record.Tx) error { return errors.Join(tag(tx), put(tx)) }, []record.Change{lib, one}},
		{"tag", tag, []record.Change{lib}},
		{"removed package", func(tx record.Tx) error { return tx.Catalog().RemovePackage(k.ID) }, []record.Change{one}},
	} {
		if got := noted(t, s, tt.do); !slices.Equal(got, tt.want) {
			t.Errorf("%s: changes %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// publish writes every record of one package name.
func publish(project int64, k record.Package) func(record.Tx) error {
	return func(tx record.Tx) error {
		_, errPackage := tx.Catalog().PutPackage(k)
		_, errFile := tx.Catalog().PutFile(file(k.ID, "f"))
		_, errTag := tx.Catalog().PutTag(record.Tag{ProjectID: project, Package: k.Name, Name: "latest", PackageID: k.ID})
		text := record.Text{Inline: []byte("{}"), Size: 2}
		return errors.Join(errPackage, errFile, errTag, tx.Catalog().PutManifest(record.Manifest{PackageID: k.ID, Text: text}),
			tx.Catalog().PutHolding(record.Holding{ProjectID: project, Name: k.Name}))
	}
}
