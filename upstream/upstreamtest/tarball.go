package upstreamtest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"
)

// tarball is the packed form of one version.
type tarball struct {
	bytes     []byte
	integrity string
	shasum    string
	etag      string
	files     int
	unpacked  int
	modified  time.Time
}

// packTime is the modification time that npm gives every packed file.
var packTime = time.Date(1985, time.October, 26, 8, 15, 0, 0, time.UTC)

// zippers lends gzip writers: each takes a megabyte, and tests that publish pack
// thousands of small tarballs.
var zippers = sync.Pool{New: func() any { return gzip.NewWriter(nil) }}

// quick lends writers for padding, which compresses no better for more effort.
var quick = sync.Pool{New: func() any {
	zip, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	must(err)
	return zip
}}

// Tarball packs one version as npm would: gzip, everything below "package/",
// the same bytes on every call.
func Tarball(name string, v Version) []byte { return pack(name, v).bytes }

func pack(name string, v Version) tarball {
	files := contents(name, v)
	if v.Tarball != nil {
		return tarball{files: len(files)}.seal(v.Tarball)
	}
	var raw bytes.Buffer
	pool := &zippers
	if v.Padding > 0 {
		pool = &quick
	}
	zip := pool.Get().(*gzip.Writer)
	defer pool.Put(zip)
	zip.Reset(&raw)
	out := tar.NewWriter(zip)
	t := tarball{files: len(files)}
	executables := binFiles(v.Manifest)
	for _, path := range slices.Sorted(mapKeys(files)) {
		mode := int64(0o644)
		if slices.Contains(executables, path) {
			mode = 0o755
		}
		must(out.WriteHeader(&tar.Header{
			Typeflag: tar.TypeReg, Name: "package/" + path, Mode: mode,
			Size: int64(len(files[path])), ModTime: packTime, Format: tar.FormatUSTAR,
		}))
		_, err := out.Write(files[path])
		must(err)
		t.unpacked += len(files[path])
	}
	must(out.Close())
	must(zip.Close())
	return t.seal(raw.Bytes())
}

func (t tarball) seal(data []byte) tarball {
	long, short, tag := sha512.Sum512(data), sha1.Sum(data), md5.Sum(data)
	t.bytes = data
	t.integrity = "sha512-" + base64.StdEncoding.EncodeToString(long[:])
	t.shasum = hex.EncodeToString(short[:])
	t.etag = `"` + hex.EncodeToString(tag[:]) + `"`
	return t
}

// contents lists the files of the tarball.
func contents(name string, v Version) map[string][]byte {
	files := map[string][]byte{
		"README.md": fmt.Appendf(nil, "# %s\n\nVersion %s.\n", name, v.Version),
		"LICENSE":   []byte("MIT License\n"),
	}
	if len(v.Files) == 0 {
		files["index.js"] = fmt.Appendf(nil, "module.exports = %q;\n", name+"@"+v.Version)
	}
	for path, text := range v.Files {
		files[path] = []byte(text)
	}
	if v.Padding > 0 {
		files["data.bin"] = noise(name+"@"+v.Version, v.Padding)
	}
	if _, own := files["package.json"]; !own {
		var b bytes.Buffer
		must(json.Indent(&b, encode(packageJSON(name, v)), "", "  "))
		b.WriteByte('\n')
		files["package.json"] = b.Bytes()
	}
	return files
}

// packageJSON is the manifest inside the tarball.
func packageJSON(name string, v Version) object {
	o := object{{"name", name}, {"version", v.Version}}
	if _, ok := v.Manifest["main"]; !ok {
		o = append(o, member{"main", "index.js"})
	}
	for _, key := range slices.Sorted(mapKeys(v.Manifest)) {
		o = append(o, member{key, v.Manifest[key]})
	}
	if _, ok := v.Manifest["license"]; !ok {
		o = append(o, member{"license", "MIT"})
	}
	return o
}

func binFiles(manifest map[string]any) []string {
	var out []string
	switch bin := manifest["bin"].(type) {
	case string:
		out = append(out, strings.TrimPrefix(bin, "./"))
	case map[string]string:
		for _, path := range bin {
			out = append(out, strings.TrimPrefix(path, "./"))
		}
	}
	return out
}

// noise is n bytes that no compressor shrinks, equal on every run.
func noise(seed string, n int) []byte {
	h := fnv.New64a()
	_, _ = h.Write([]byte(seed)) // a hash never fails
	r := rand.New(rand.NewPCG(h.Sum64(), 7))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("BUG: packing in memory failed: %v", err))
	}
}
