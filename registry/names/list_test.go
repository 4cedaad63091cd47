package names_test

import (
	"fmt"
	"testing"

	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/record"
)

// TestListIsDoneInPieces looks for the last of many names: the pages before are
// empty and lead on.
func TestListIsDoneInPieces(t *testing.T) {
	t.Parallel()
	const many = 52_000
	s := openStore(t)
	for from := 0; from < many; from += 4000 {
		if err := s.Update(t.Context(), func(tx record.Tx) error {
			for i := from; i < from+4000; i++ {
				c := record.Claim{Name: fmt.Sprintf("lib%06d", i), Origin: record.Public, By: record.ByUpstream, ClaimedAt: now}
				if err := tx.Names().PutClaim(c); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	last := fmt.Sprintf("lib%06d", many-1)
	l := open(t, s)
	first, next, err := l.List(t.Context(), names.Query{Search: last, Limit: 20})
	if err != nil || len(first) != 0 || next == "" || next == last {
		t.Fatalf("first page: %v, next %q, %v", first, next, err)
	}
	second, end, err := l.List(t.Context(), names.Query{Search: last, Limit: 20, After: next})
	if err != nil || len(second) != 1 || second[0].Name != last || end != "" {
		t.Errorf("second page: %v, next %q, %v", second, end, err)
	}
}

func TestListPicks(t *testing.T) {
	t.Parallel()
	s := openStore(t)
	putClaim(t, s, "react", record.Public)
	putClaim(t, s, "Intern", record.Private)
	putClaim(t, s, "both", record.Dual)
	stone := record.Claim{Name: "gone", Origin: record.Private, By: "publish", ClaimedAt: now, Tombstone: &record.Tombstone{At: now, By: "ann"}}
	if err := s.Update(t.Context(), func(tx record.Tx) error { return tx.Names().PutClaim(stone) }); err != nil {
		t.Fatal(err)
	}
	private, yes, no := record.Private, true, false
	l := open(t, s, "@acme/*")
	for _, tt := range []struct {
		name string
		q    names.Query
		want string
		next string
	}{
		{"all", names.Query{Limit: 9}, "[Intern both gone react]", ""},
		{"a page", names.Query{Limit: 2}, "[Intern both]", "both"},
		{"a page that is just full", names.Query{Limit: 4}, "[Intern both gone react]", ""},
		{"behind a name that is not there", names.Query{Limit: 9, After: "c"}, "[gone react]", ""},
		{"private", names.Query{Limit: 9, Origin: &private}, "[Intern gone]", ""},
		{"in any case", names.Query{Limit: 9, Search: "INT"}, "[Intern]", ""},
		{"with a tombstone", names.Query{Limit: 9, Tombstoned: &yes}, "[gone]", ""},
		{"without one", names.Query{Limit: 9, Tombstoned: &no, Origin: &private}, "[Intern]", ""},
		{"none", names.Query{Limit: 9, Search: "x"}, "[]", ""},
	} {
		found, next, err := l.List(t.Context(), tt.q)
		got := []string{}
		for _, c := range found {
			got = append(got, c.Name)
		}
		if err != nil || fmt.Sprint(got) != tt.want || next != tt.next {
			t.Errorf("%s: %v, next %q, %v, want %s, %q", tt.name, got, next, err, tt.want, tt.next)
		}
	}
	if p, ok := l.DeclaredBy(name(t, "@Acme/x")); !ok || p.String() != "@acme/*" {
		t.Errorf("DeclaredBy = %v, %t", p, ok)
	}
	if _, ok := l.DeclaredBy(name(t, "react")); ok {
		t.Error("react is declared")
	}
}
