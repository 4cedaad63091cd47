package records

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/larderhq/larder/cache/kv"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func openStore(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return s
}

func when() time.Time { return time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC) }

func document(seed byte) Document {
	return Document{Digest: [64]byte{1, seed}, GzipSize: 10, Size: 1 << 40, BodyHash: [32]byte{2, seed}, ETag: `W/"abc"`,
		LastModified: "Fri, 02 Jan 2026 03:04:05 GMT", Changed: when(), Checked: when().Add(time.Hour)}
}

func tarball(seed byte) Tarball {
	return Tarball{Digest: [64]byte{4, seed}, Size: 77, SHA1: [20]byte{5, seed}, Stored: when()}
}

func raw(seed byte) Raw {
	return Raw{Digest: [64]byte{6, seed}, Size: 5, ContentType: "application/json", Checked: when()}
}

func must(t *testing.T, errs ...error) {
	t.Helper()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
}

func TestRecordsAreReadAsWritten(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := openStore(t, dir)
	if _, ok, err := s.Document("ns", "react"); ok || err != nil {
		t.Fatalf("Document of an empty store: %v, %v", ok, err)
	}
	must(t, s.PutDocument("ns", "react", document(1)), s.PutDocument("ns", "least", Document{}),
		s.PutTarball("ns", "react", "1.0.0", tarball(1)), s.PutTarball("ns", "react", "2.0.0", Tarball{}),
		s.PutRaw("ns", "/-/npm/v1/keys", raw(1)), s.PutRaw("ns", "least", Raw{}), s.Close())
	s = openStore(t, dir)
	for name, want := range map[string]Document{"react": document(1), "least": {}} {
		if got, ok, err := s.Document("ns", name); got != want || !ok || err != nil {
			t.Errorf("Document(%s) = %+v, %v, %v", name, got, ok, err)
		}
	}
	for version, want := range map[string]Tarball{"1.0.0": tarball(1), "2.0.0": {}} {
		if got, ok, err := s.Tarball("ns", "react", version); got != want || !ok || err != nil {
			t.Errorf("Tarball(%s) = %+v, %v, %v", version, got, ok, err)
		}
	}
	for key, want := range map[string]Raw{"/-/npm/v1/keys": raw(1), "least": {}} {
		if got, ok, err := s.Raw("ns", key); got != want || !ok || err != nil {
			t.Errorf("Raw(%s) = %+v, %v, %v", key, got, ok, err)
		}
	}
	if c, err := s.Counts(); c != (Counts{Documents: 2, Tarballs: 2, Raws: 2}) || err != nil {
		t.Errorf("Counts = %+v, %v", c, err)
	}
	if n, err := s.Size(); n <= 0 || err != nil {
		t.Errorf("Size = %d, %v", n, err)
	}
	must(t, s.Probe(t.Context()))
}

func TestKeysAreExact(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	must(t, s.PutDocument("n1", "ab", document(1)), s.PutTarball("n1", "ab", "1.0.0", tarball(1)),
		s.PutTarball("n1", "ab", "1.0.0-rc.1", tarball(2)), s.PutTarball("n1", "@a/b", "3.0.0", tarball(3)),
		s.PutTarball("n1", "a", "4.0.0", tarball(4)), s.PutTarball("n12", "a", "5.0.0", tarball(5)), s.PutRaw("n1", "ab", raw(1)))
	for _, k := range [][2]string{{"n1", "a"}, {"n1", "abc"}, {"n1", "b"}, {"n", "1ab"}, {"n1a", "b"}, {"n2", "ab"}, {"n1", "AB"}} {
		if _, ok, err := s.Document(k[0], k[1]); ok || err != nil {
			t.Errorf("Document(%q) = %v, %v", k, ok, err)
		}
	}
	for name, want := range map[string][]string{"ab": {"1.0.0", "1.0.0-rc.1"}, "@a/b": {"3.0.0"}, "a": {"4.0.0"}, "@a": {}, "b": {}} {
		if got, err := s.Tarballs("n1", name); !slices.Equal(got, want) || err != nil {
			t.Errorf("Tarballs(%s) = %q, %v", name, got, err)
		}
	}
	if _, ok, err := s.Tarball("n1", "ab", "1.0"); ok || err != nil {
		t.Errorf("Tarball of half a version: %v, %v", ok, err)
	}
	for _, part := range []string{"", "a\x00b", strings.Repeat("x", maxPart+1)} {
		_, _, errRead := s.Document("ns", part)
		_, errList := s.Tarballs(part, "a")
		for i, err := range []error{s.PutDocument(part, "a", document(1)), s.PutTarball("ns", "a", part, tarball(1)),
			s.Touch("ns", part, document(1)), errRead, errList} {
			if !errors.Is(err, errKey) {
				t.Errorf("part of %d bytes, call %d: %v", len(part), i, err)
			}
		}
	}
}

func TestTouchMovesOnlyForward(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	must(t, s.Touch("ns", "absent", document(1)), s.PutDocument("ns", "react", document(1)))
	if _, ok, err := s.Document("ns", "absent"); ok || err != nil {
		t.Errorf("Touch made a record: %v, %v", ok, err)
	}
	want := document(1)
	for _, step := range []time.Duration{time.Hour, -2 * time.Hour, time.Minute} {
		checked := document(1).Checked.Add(step)
		confirmed := document(1)
		confirmed.Checked, confirmed.ETag = checked, step.String()
		must(t, s.Touch("ns", "react", confirmed))
		want.ETag = confirmed.ETag
		if checked.After(want.Checked) {
			want.Checked = checked
		}
		if got, _, err := s.Document("ns", "react"); got != want || err != nil {
			t.Errorf("after %v: %+v, %v", step, got, err)
		}
	}
	other := document(2)
	other.Checked = want.Checked.Add(time.Hour)
	must(t, s.Touch("ns", "react", other))
	if got, _, err := s.Document("ns", "react"); got != want || err != nil {
		t.Errorf("after another document: %+v, %v", got, err)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	must(t, s.PutDocument("ns", "a", document(1)), s.PutTarball("ns", "a", "1.0.0", tarball(1)))
	for range 2 {
		must(t, s.DeleteDocument("ns", "a"), s.DeleteTarball("ns", "a", "1.0.0"))
	}
	if c, err := s.Counts(); c != (Counts{}) || err != nil {
		t.Errorf("Counts = %+v, %v", c, err)
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	want := map[[64]byte]bool{}
	err := s.db.Update(t.Context(), func(x *kv.Txn) error {
		for i := range page + 7 { // more than a page
			tb := Tarball{Digest: [64]byte{9, byte(i), byte(i >> 8)}}
			want[tb.Digest] = true
			k, err := key(tableTarball, "ns", "many", fmt.Sprint(i))
			if err := errors.Join(err, x.Set(k, tb.encode())); err != nil {
				return err
			}
		}
		return nil
	})
	must(t, err, s.PutDocument("ns", "a", document(1)), s.PutDocument("ns", "b", document(2)), s.PutRaw("other", "k", raw(1)))
	for _, d := range [][64]byte{document(1).Digest, document(2).Digest, raw(1).Digest} {
		want[d] = true
	}
	seen := 0
	err = s.References(func(d [64]byte) error {
		seen++
		if !want[d] {
			t.Errorf("unknown digest %x", d[:3])
		}
		delete(want, d)
		return nil
	})
	if err != nil || len(want) != 0 {
		t.Errorf("References: %v, %d of %d missing", err, len(want), seen)
	}
	boom := errors.New("boom")
	if err := s.References(func([64]byte) error { return boom }); !errors.Is(err, boom) {
		t.Errorf("References: %v", err)
	}
}

func TestUnreadableRecordIsAbsent(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	k, err := key(tableDocument, "ns", "a")
	if err != nil {
		t.Fatal(err)
	}
	good := document(1).encode()
	for name, value := range map[string][]byte{"empty": {}, "newer layout": append([]byte{layout + 1}, good[1:]...),
		"cut": good[:len(good)-1], "longer": append(slices.Clone(good), 0), "noise": []byte("\x01noise")} {
		must(t, s.db.Update(t.Context(), func(x *kv.Txn) error { return x.Set(k, value) }))
		if d, ok, err := s.Document("ns", "a"); ok || err != nil || d != (Document{}) {
			t.Errorf("%s: %+v, %v, %v", name, d, ok, err)
		}
		must(t, s.Touch("ns", "a", document(1)), s.References(func([64]byte) error { return errors.New("a reference") }))
	}
	must(t, s.PutDocument("ns", "a", document(1)))
	if d, ok, err := s.Document("ns", "a"); !ok || err != nil || d != document(1) {
		t.Errorf("after writing again: %+v, %v, %v", d, ok, err)
	}
}

func TestLongTextIsDropped(t *testing.T) {
	t.Parallel()
	s := openStore(t, t.TempDir())
	d := document(1)
	d.ETag = strings.Repeat("e", 1<<20)
	must(t, s.PutDocument("ns", "a", d))
	d.ETag = ""
	if got, ok, err := s.Document("ns", "a"); got != d || !ok || err != nil {
		t.Errorf("Document = %v, %v", ok, err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(document(1).encode())
	f.Add(tarball(1).encode())
	f.Add(raw(1).encode())
	f.Add([]byte{layout, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, ok := decodeDocument(b); ok {
			if again, ok := decodeDocument(d.encode()); !ok || again != d {
				t.Errorf("document %+v became %+v", d, again)
			}
		}
		if r, ok := decodeTarball(b); ok {
			if again, ok := decodeTarball(r.encode()); !ok || again != r {
				t.Errorf("tarball %+v became %+v", r, again)
			}
		}
		if r, ok := decodeRaw(b); ok {
			if again, ok := decodeRaw(r.encode()); !ok || again != r {
				t.Errorf("raw %+v became %+v", r, again)
			}
		}
	})
}

func BenchmarkDocument(b *testing.B) {
	s := openStore(b, b.TempDir())
	for i := range 10_000 {
		if err := s.PutDocument("0123456789abcdef", fmt.Sprint("package-", i), document(1)); err != nil {
			b.Fatal(err)
		}
	}
	i := 0
	for b.Loop() {
		i++
		if _, ok, err := s.Document("0123456789abcdef", fmt.Sprint("package-", i*7919%10_000)); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func BenchmarkTouch(b *testing.B) {
	s := openStore(b, b.TempDir())
	if err := s.PutDocument("ns", "a", document(1)); err != nil {
		b.Fatal(err)
	}
	confirmed := document(1)
	for b.Loop() {
		confirmed.Checked = confirmed.Checked.Add(time.Second)
		if err := s.Touch("ns", "a", confirmed); err != nil {
			b.Fatal(err)
		}
	}
}
