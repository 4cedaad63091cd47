package contract_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// entry is one entry of an archive.
type entry struct {
	name string
	kind byte // a regular file where it is zero
	link string
	body []byte
}

// manifestOf is the package.json of a version, where clients look for it.
func manifestOf(name, v string) entry {
	return entry{name: "package/package.json", body: []byte(`{"name":"` + name + `","version":"` + v + `"}`)}
}

// packed makes a tarball of entries.
func packed(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	archive := tar.NewWriter(z)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Typeflag: e.kind, Linkname: e.link, Size: int64(len(e.body)), Mode: 0o644}
		if h.Typeflag == 0 {
			h.Typeflag = tar.TypeReg
		}
		if err := archive.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write(e.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// hostile is a tarball that no client may get.
type hostile struct {
	name, guard string
	// reason is what the refusal says.
	reason string
	bytes  func(t *testing.T, name string) []byte
}

// made makes a hostile tarball of a fine manifest and something else.
func made(more ...entry) func(*testing.T, string) []byte {
	return func(t *testing.T, name string) []byte {
		t.Helper()
		return packed(t, append([]entry{manifestOf(name, "1.0.0")}, more...)...)
	}
}

// hostiles are what the guards G22 to G25 are for.
func hostiles() []hostile {
	appended := func(what []byte) func(*testing.T, string) []byte {
		return func(t *testing.T, name string) []byte { return append(made()(t, name), what...) }
	}
	return []hostile{
		{"another name", "G22", "package.json in tarball is not of", func(t *testing.T, _ string) []byte {
			return packed(t, manifestOf("@acme/other", "1.0.0"))
		}},
		{"another version", "G22", "package.json in tarball is not of", func(t *testing.T, name string) []byte {
			return packed(t, manifestOf(name, "1.0.1"))
		}},
		{"no package.json", "G22", "tarball has no package.json", func(t *testing.T, _ string) []byte {
			return packed(t, entry{name: "package/index.js"})
		}},
		{"two package.json", "G22", "tarball has two package.json", func(t *testing.T, name string) []byte {
			return packed(t, manifestOf(name, "1.0.0"), manifestOf(name, "1.0.0"))
		}},
		{"a second package.json in another folder", "G23", "tar: more than one directory at the top: evil", made(entry{name: "evil/package.json", body: []byte(`{"name":"evil"}`)})},
		{"a second package.json in another case", "G22", "tarball has two package.json", made(entry{name: "package/Package.json", body: []byte(`{"name":"evil"}`)})},
		{"traversal", "G23", "", made(entry{name: "package/../../evil.js"})},
		{"absolute path", "G23", "", made(entry{name: "/etc/evil"})},
		{"backslashes", "G23", "", made(entry{name: `package\..\..\evil.js`})},
		{"symbolic link", "G23", "", made(entry{name: "package/l", kind: tar.TypeSymlink, link: "/etc/passwd"})},
		{"hard link", "G23", "", made(entry{name: "package/l", kind: tar.TypeLink, link: "package/package.json"})},
		{"device", "G23", "", made(entry{name: "package/null", kind: tar.TypeChar})},
		{"pipe", "G23", "", made(entry{name: "package/pipe", kind: tar.TypeFifo})},
		{"one path twice", "G23", "", made(entry{name: "package/a"}, entry{name: "package/a"})},
		{"bomb", "G24", "tarball expands beyond the limits", made(entry{name: "package/zeros", body: make([]byte, 24<<20)})},
		{"package.json of 5 MiB", "G24", "package.json in tarball is too large", func(t *testing.T, name string) []byte {
			e := manifestOf(name, "1.0.0")
			e.body = append(e.body, bytes.Repeat([]byte(" "), 5<<20)...)
			return packed(t, e)
		}},
		{"bytes behind the gzip", "G25", "gzip: bytes after the end of the archive", appended([]byte("more"))},
		{"two gzip members", "G25", "gzip: bytes after the end of the archive", func(t *testing.T, name string) []byte {
			return append(made()(t, name), packed(t, manifestOf("@acme/other", "1.0.0"))...)
		}},
		{"cut in the middle", "G23", "tarball is not a gzipped tar archive", func(_ *testing.T, name string) []byte {
			whole := upstreamtest.Tarball(name, upstreamtest.Version{Version: "1.0.0", Padding: 4 << 10})
			return whole[:len(whole)-3000]
		}},
		{"no archive", "G23", "tarball is not a gzipped tar archive", func(*testing.T, string) []byte {
			return []byte(fmt.Sprintf("%1000d", 1))
		}},
	}
}
