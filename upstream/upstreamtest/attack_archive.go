package upstreamtest

import (
	"archive/tar"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"io"
	"time"
)

// attacksInArchives are tarballs that clients unpack differently, outside of
// their directory, or to more than there is room for.
func attacksInArchives(now time.Time) []Attack {
	attack := func(guard, name, pkg string, pack func(manifest []byte) []byte) Attack {
		v := sleeper(now)
		v.Tarball = pack(contents(pkg, v)["package.json"])
		return Attack{Name: name, Guard: guard}.released(past(pkg, now), v)
	}
	holding := func(more ...tarEntry) func([]byte) []byte {
		return func(manifest []byte) []byte {
			return archive(append([]tarEntry{{name: "package/package.json", body: manifest}}, more...)...)
		}
	}
	return []Attack{
		attack("G23", "path out of the directory", "tar-dots", holding(tarEntry{name: "package/../../evil.js"})),
		attack("G23", "absolute path", "tar-absolute", holding(tarEntry{name: "/tmp/evil.js"})),
		attack("G23", "symbolic link", "tar-symlink", holding(tarEntry{name: "package/l", kind: tar.TypeSymlink, link: "../../.."},
			tarEntry{name: "package/l/evil.js"})),
		attack("G23", "hard link", "tar-hardlink", holding(tarEntry{name: "package/l", kind: tar.TypeLink, link: "package/package.json"})),
		attack("G23", "path that stands twice", "tar-again", holding(tarEntry{name: "package/index.js"}, tarEntry{name: "package/index.js", body: []byte("evil()")})),
		attack("G22", "manifest in another case", "tar-case", holding(tarEntry{name: "package/Package.json", body: []byte(`{"scripts":{"install":"node ."}}`)})),
		attack("G22", "two manifests", "tar-twice", func(manifest []byte) []byte {
			return archive(tarEntry{name: "package/package.json", body: manifest},
				tarEntry{name: "package/package.json", body: bytes.Replace(manifest, []byte(`"license"`), []byte(`"scripts": {"install": "node ."}, "license"`), 1)})
		}),
		attack("G24", "gibibyte of zeros", "tar-bomb", zeros),
		attack("G25", "second archive behind the first", "tar-members", func(manifest []byte) []byte {
			return append(holding()(manifest), holding(tarEntry{name: "package/evil.js"})(manifest)...)
		}),
	}
}

// tarEntry is one entry of an archive, a file where it has no kind.
type tarEntry struct {
	name string
	kind byte
	link string
	body []byte
}

func (e tarEntry) header(size int64) *tar.Header {
	if e.kind == 0 {
		e.kind = tar.TypeReg
	}
	return &tar.Header{Typeflag: e.kind, Name: e.name, Linkname: e.link, Mode: 0o644, Size: size, ModTime: packTime, Format: tar.FormatUSTAR}
}

// archive packs entries as they are.
func archive(entries ...tarEntry) []byte {
	var plain bytes.Buffer
	out := tar.NewWriter(&plain)
	for _, e := range entries {
		must(out.WriteHeader(e.header(int64(len(e.body)))))
		_, err := out.Write(e.body)
		must(err)
	}
	must(out.Close())
	return zip(plain.Bytes())
}

// The size of the bomb: a gibibyte.
const (
	piece  = 1 << 20
	pieces = 1 << 10
)

// zeros is an archive of the manifest and a file of a gibibyte. It is put
// together of compressed pieces, since compressing that much takes seconds.
func zeros(manifest []byte) []byte {
	var head, out bytes.Buffer
	packer := tar.NewWriter(&head)
	must(packer.WriteHeader(tarEntry{name: "package/package.json"}.header(int64(len(manifest)))))
	_, err := packer.Write(manifest)
	must(err)
	must(packer.WriteHeader(tarEntry{name: "package/zeros"}.header(piece * pieces)))

	out.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255}) // the head of gzip
	deflate, err := flate.NewWriter(&out, flate.BestCompression)
	must(err)
	sum := crc32.NewIEEE()
	write := func(p []byte) {
		_, err := io.MultiWriter(deflate, sum).Write(p)
		must(err)
		must(deflate.Flush())
	}
	block := make([]byte, piece)
	write(head.Bytes())
	write(block)
	from := out.Len()
	write(block) // refers to nothing but zeros before it, so it may be repeated
	again := bytes.Clone(out.Bytes()[from:])
	for range pieces - 2 {
		out.Write(again)
		_, err := sum.Write(block)
		must(err)
	}
	write(block[:2*512]) // the end of the archive
	must(deflate.Close())

	size := head.Len() + piece*pieces + 2*512
	tail := binary.LittleEndian.AppendUint32(nil, sum.Sum32())
	return append(out.Bytes(), binary.LittleEndian.AppendUint32(tail, uint32(size))...) //nolint:gosec // gzip keeps 32 bits
}
