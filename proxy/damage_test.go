package proxy_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// spoil changes every stored file.
func (l *larder) spoil(t *testing.T, change func([]byte) []byte) {
	t.Helper()
	l.stop()
	check(t, filepath.WalkDir(filepath.Join(l.data, "files"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		return os.WriteFile(path, change(must(os.ReadFile(path))(t)), 0o600)
	}))
	l.open(t)
}

// TestDamagedFilesAreFetchedAgain is about a disk that lost or changed bytes.
// Documents are read, so any change of them shows; of tarballs, which the
// kernel sends, the length does.
func TestDamagedFilesAreFetchedAgain(t *testing.T) {
	t.Parallel()
	cut := func(b []byte) []byte { return b[:len(b)/2] }
	documents := func(l *larder, t *testing.T) []byte { return text(t, must(l.full(t, "leaf"))(t)) }
	tarballs := func(l *larder, t *testing.T) []byte { return must(l.bytesOf(t, "leaf", "1.0.0"))(t) }
	keys := func(l *larder, t *testing.T) []byte { return must(l.Keys(ctx(t)))(t).Body }
	flip := func(at func(int) int) func([]byte) []byte {
		return func(b []byte) []byte {
			b[at(len(b))] ^= 0x10
			return b
		}
	}
	cases := map[string]struct {
		ask    func(*larder, *testing.T) []byte
		change func([]byte) []byte
	}{
		"document cut":               {documents, cut},
		"document emptied":           {documents, func([]byte) []byte { return nil }},
		"document with another head": {documents, flip(func(int) int { return 0 })},
		"document with other text":   {documents, flip(func(n int) int { return n / 2 })},
		"document with another end":  {documents, flip(func(n int) int { return n - 6 })},
		"tarball cut":                {tarballs, cut},
		"keys cut":                   {keys, cut},
	}
	for label, c := range cases {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			up.Add(upstreamtest.Simple("leaf", "1.0.0"))
			l := start(t, up)
			want := c.ask(l, t)
			l.spoil(t, c.change)
			if got := c.ask(l, t); !bytes.Equal(got, want) {
				t.Errorf("got %d bytes, want %d", len(got), len(want))
			}
			up.Down()
			l.restart(t)
			if got := c.ask(l, t); !bytes.Equal(got, want) {
				t.Error("what was fetched again was not stored")
			}
		})
	}
}

// TestDamagedDocumentThatUpstreamConfirms is about bytes that go bad while
// upstream keeps saying that nothing changed.
func TestDamagedDocumentThatUpstreamConfirms(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up)
	must(l.full(t, "leaf"))(t)
	l.spoil(t, func(b []byte) []byte { return append(b, 0) })
	l.clock.forward(6 * 60 * 1e9)
	for _, base := range []string{base, "http://other.example.com"} {
		must(l.Packument(ctx(t), proxy.PackumentRequest{Name: name(t, "leaf"), Base: base}))(t)
	}
}

// incompressible is a packument of almost a megabyte, stored or not.
func incompressible(pkg string) []byte {
	noise := make([]byte, 700<<10)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise) // never fails
	return fmt.Appendf(nil, `{"name":%q,"dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":%q,"version":"1.0.0","dist":{}}},"readme":%q}`,
		pkg, pkg, base64.StdEncoding.EncodeToString(noise))
}

// TestDocumentsThatCannotBeStored is about a full disk: what is answered stays
// at hand, and what has to be kept in memory for that stays bounded.
func TestDocumentsThatCannotBeStored(t *testing.T) {
	t.Parallel()
	const documents = 30
	up := upstreamtest.New(t)
	pkg := func(i int) string { return fmt.Sprintf("pkg-%d", i) }
	for i := range documents {
		up.AddDocument(pkg(i), incompressible(pkg(i)))
	}
	l := start(t, up)
	check(t, os.RemoveAll(filepath.Join(l.data, "files", "tmp")))
	for i := range documents {
		must(l.DistTags(ctx(t), name(t, pkg(i))))(t)
	}
	must(l.full(t, pkg(documents-1)))(t)
	if n := up.Count(); n != documents {
		t.Errorf("%d requests for %d documents that were just fetched", n, documents)
	}
	must(l.full(t, pkg(0)))(t)
	if n := up.Count(); n != documents+1 {
		t.Error("all documents are kept in memory, without a bound")
	}
}

// TestNoRecordOfDocumentsThatCannotBeStored is about one that upstream confirms
// under another tag: its record would name a file that is not there.
func TestNoRecordOfDocumentsThatCannotBeStored(t *testing.T) {
	t.Parallel()
	const documents = 30
	up := upstreamtest.New(t)
	pkg := func(i int) string { return fmt.Sprintf("pkg-%d", i) }
	for i := range documents {
		up.Add(upstreamtest.Simple(pkg(i), "1.0.0"))
	}
	up.Fail(upstreamtest.Everything(), upstreamtest.Change(func(r *upstreamtest.Reply) {
		r.Header.Set("ETag", `"another-node"`)
	}))
	l := start(t, up)
	check(t, os.RemoveAll(filepath.Join(l.data, "files", "tmp")))
	for i := range documents {
		must(l.full(t, pkg(i)))(t)
	}
	up.Heal()
	l.clock.forward(time.Hour)
	for i := range documents {
		must(l.full(t, pkg(i)))(t)
	}
	l.stop()
	recs := must(records.Open(filepath.Join(l.data, "records"), records.Options{}))(t)
	kept := must(recs.Counts())(t)
	check(t, recs.Close())
	if kept.Documents != 0 {
		t.Errorf("%d records of documents without a file", kept.Documents)
	}
}

// TestRereadFindsChangedBytes is about bytes that the disk changed without
// changing their number.
func TestRereadFindsChangedBytes(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up, func(l *larder) { l.opts.Reread = 1 })
	want := must(l.bytesOf(t, "leaf", "1.0.0"))(t)
	l.spoil(t, func(b []byte) []byte {
		b[len(b)/2] ^= 0x10
		return b
	})
	if got := must(l.bytesOf(t, "leaf", "1.0.0"))(t); !bytes.Equal(got, want) {
		t.Error("damaged bytes were served")
	}
	up.Down()
	if got := must(l.bytesOf(t, "leaf", "1.0.0"))(t); !bytes.Equal(got, want) {
		t.Error("what was fetched again was not stored")
	}
}
