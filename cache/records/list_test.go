package records

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// filled is a store with names in two namespaces, of which one name has tarballs
// alone and one is the beginning of others.
func filled(t *testing.T) *Store {
	t.Helper()
	s := openStore(t, t.TempDir())
	for ns, names := range map[string][]string{"one": {"a", "ab", "@a/b"}, "two": {"a", "c"}, "on": {"z"}} {
		for i, name := range names {
			must(t, s.PutDocument(ns, name, document(byte(i))))
		}
	}
	for i, version := range []string{"1.0.0", "1.0.1", "2.0.0"} {
		must(t, s.PutTarball("one", "b", version, tarball(byte(i))), s.PutTarball("two", "a", version, tarball(byte(i))))
	}
	must(t, s.PutRaw("one", "/-/attestations/a@1.0.0", raw(1)), s.PutRaw("one", "/-/attestations/ab@1.0.0", raw(2)))
	return s
}

func TestNamesOfAllNamespaces(t *testing.T) {
	t.Parallel()
	s := filled(t)
	got, err := s.Namespaces()
	if want := []string{"on", "one", "two"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("Namespaces = %v, %v, want %v", got, err, want)
	}
	short := func(name string) bool { return len(name) == 1 }
	for _, tt := range []struct {
		q    NameQuery
		want string
	}{
		{NameQuery{Limit: 99}, "[@a/b a ab b c z]"},
		{NameQuery{Limit: 3}, "[@a/b a ab]"},
		{NameQuery{Limit: 2, After: "a"}, "[ab b]"},
		{NameQuery{Limit: 2, After: "aa"}, "[ab b]"},
		{NameQuery{Limit: 9, After: "b"}, "[c z]"},
		{NameQuery{Limit: 9, After: "z"}, "[]"},
		{NameQuery{Limit: 2, Match: short}, "[a b]"},
		{NameQuery{Limit: 2, After: "b", Match: short}, "[c z]"},
		{NameQuery{Limit: 0}, "[]"},
	} {
		got, err := s.Names(t.Context(), tt.q)
		if err != nil || fmt.Sprint(got) != tt.want {
			t.Errorf("Names(%+v) = %v, %v, want %s", tt.q, got, err, tt.want)
		}
	}
}

func TestDocumentsAreCounted(t *testing.T) {
	t.Parallel()
	s := filled(t)
	sum, err := s.Totals(t.Context())
	must(t, err)
	if n, err := s.Documents(); err != nil || n != int64(sum.Documents) || n == 0 {
		t.Errorf("Documents = %d, %v, want %d", n, err, sum.Documents)
	}
}

func TestNamespacesOfNothing(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	if got, err := s.Namespaces(); err != nil || len(got) != 0 {
		t.Errorf("Namespaces = %v, %v", got, err)
	}
	if got, err := s.Names(t.Context(), NameQuery{Limit: 9}); err != nil || got == nil || len(got) != 0 {
		t.Errorf("Names = %v, %v", got, err)
	}
}

func TestPurgeTakesOneName(t *testing.T) {
	t.Parallel()
	s := filled(t)
	before, err := s.Totals(t.Context())
	must(t, err)
	done, err := s.Purge([]string{"on", "one", "two"}, "a", "/-/attestations/a@")
	must(t, err)
	want := Purged{Documents: 2, Tarballs: 3, Raws: 1, Bytes: 2*document(0).GzipSize + 3*tarball(0).Size + raw(0).Size}
	if done != want {
		t.Errorf("Purge = %+v, want %+v", done, want)
	}
	after, err := s.Totals(t.Context())
	must(t, err)
	if gone := before.DocumentBytes + before.TarballBytes + before.RawBytes - after.DocumentBytes - after.TarballBytes - after.RawBytes; gone != done.Bytes {
		t.Errorf("%d bytes are gone, want %d", gone, done.Bytes)
	}
	names, err := s.Names(t.Context(), NameQuery{Limit: 99})
	if err != nil || fmt.Sprint(names) != "[@a/b ab b c z]" {
		t.Errorf("left are %v, %v", names, err)
	}
	if _, ok, err := s.Raw("one", "/-/attestations/ab@1.0.0"); !ok || err != nil {
		t.Errorf("the attestations of another name: %t, %v", ok, err)
	}
	must(t, s.Sync())
	if done, err = s.Purge([]string{"one"}, "a", ""); err != nil || done != (Purged{}) {
		t.Errorf("a second purge: %+v, %v", done, err)
	}
}

// TestPurgeTakesMoreThanAPage purges more tarballs than one step reads.
func TestPurgeTakesMoreThanAPage(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	const many = page + 10
	for i := range many {
		must(t, s.PutTarball("ns", "a", fmt.Sprintf("1.0.%d", i), tarball(1)))
	}
	must(t, s.PutTarball("ns", "ab", "1.0.0", tarball(1)))
	if kept, err := s.TarballsOf("ns", "a"); err != nil || len(kept) != many || !strings.HasPrefix(kept[0].Version, "1.0.") {
		t.Errorf("TarballsOf: %d, %v", len(kept), err)
	}
	done, err := s.Purge([]string{"ns"}, "a", "")
	if err != nil || done.Tarballs != many {
		t.Errorf("Purge = %+v, %v", done, err)
	}
	if kept, err := s.TarballsOf("ns", "ab"); err != nil || len(kept) != 1 {
		t.Errorf("TarballsOf another name: %v, %v", kept, err)
	}
}
