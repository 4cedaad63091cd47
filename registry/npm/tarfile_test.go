package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// entry is one entry of a made tarball; kind 0 is a regular file.
type entry struct {
	name, body string
	kind       byte
	format     tar.Format
}

func makeTar(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.body)), Typeflag: e.kind, Format: e.format}
		if e.kind == 0 {
			h.Typeflag = tar.TypeReg
		}
		if e.kind == tar.TypeSymlink {
			h.Linkname = "elsewhere"
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, e.body); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return z.Bytes()
}

const good = `{"name":"a","version":"1.0.0"}`

func TestReadTarManifest(t *testing.T) {
	t.Parallel()
	long := "package/" + strings.Repeat("d/", 200) + "x"
	tests := []struct {
		name    string
		entries []entry
		want    TarManifest
	}{
		{"usual", []entry{{name: "package/package.json", body: good}}, TarManifest{"a", "1.0.0"}},
		{"other directory", []entry{{name: "node/package.json", body: good}}, TarManifest{"a", "1.0.0"}},
		{"dot slash", []entry{{name: "./package/package.json", body: good}}, TarManifest{"a", "1.0.0"}},
		{"deeper ones are not it", []entry{
			{name: "package/x/package.json", body: `{"name":"b"}`},
			{name: "package.json", body: `{"name":"b"}`},
			{name: "package/package.json", body: good},
		}, TarManifest{"a", "1.0.0"}},
		{"first one counts", []entry{
			{name: "package/package.json", body: good},
			{name: "package/package.json", body: `{"name":"b"}`},
		}, TarManifest{"a", "1.0.0"}},
		{"directories and links are not it", []entry{
			{name: "package/package.json", kind: tar.TypeSymlink},
			{name: "package/", kind: tar.TypeDir},
			{name: "package/package.json", body: good},
		}, TarManifest{"a", "1.0.0"}},
		{"contiguous file", []entry{{name: "package/package.json", body: good, kind: tar.TypeCont}}, TarManifest{"a", "1.0.0"}},
		{"PAX path before", []entry{
			{name: long + "ü", body: "x", format: tar.FormatPAX},
			{name: "package/package.json", body: good, format: tar.FormatPAX},
		}, TarManifest{"a", "1.0.0"}},
		{"GNU path before", []entry{
			{name: long, body: "x", format: tar.FormatGNU},
			{name: "package/package.json", body: good, format: tar.FormatGNU},
		}, TarManifest{"a", "1.0.0"}},
		{"byte order mark", []entry{{name: "package/package.json", body: "\uFEFF" + good}}, TarManifest{"a", "1.0.0"}},
		{"last duplicate counts, case counts", []entry{{
			name: "package/package.json",
			body: `{"name":"x","NAME":"y","name":"a","version":1,"Version":"2","n\u0061me":"b","x":[{"name":"z"}]}` + "\n",
		}}, TarManifest{"b", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plain := makeTar(t, tt.entries...)
			for _, b := range [][]byte{plain, gzipped(t, plain)} {
				got, err := ReadTarManifest(bytes.NewReader(b))
				if err != nil || got != tt.want {
					t.Errorf("ReadTarManifest = %+v, %v, want %+v", got, err, tt.want)
				}
			}
		})
	}
}

func TestReadTarManifestRefuses(t *testing.T) {
	t.Parallel()
	whole := gzipped(t, makeTar(t, entry{name: "package/x", body: strings.Repeat("x", 9000)},
		entry{name: "package/package.json", body: good}))
	manifest := func(body string) []byte {
		return makeTar(t, entry{name: "package/package.json", body: body})
	}
	tests := []struct {
		name  string
		in    []byte
		guard string
	}{
		{"empty", nil, "G22"},
		{"one byte", []byte{0x1f}, "G22"},
		{"not an archive", []byte(strings.Repeat("hello ", 200)), "G22"},
		{"gzip of nothing", gzipped(t, nil), "G22"},
		{"damaged gzip", append([]byte{0x1f, 0x8b, 9}, whole[3:]...), "G22"},
		{"truncated", whole[:len(whole)/2], "G22"},
		{"no package.json", makeTar(t, entry{name: "package/index.js", body: "x"}), "G22"},
		{"empty package.json", manifest(""), "G22"},
		{"not JSON", manifest("name: a"), "G22"},
		{"not an object", manifest(`["a"]`), "G22"},
		{"unfinished", manifest(`{"name":"a","version":"1.0.0"`), "G22"},
		{"bytes behind it", manifest(good + "{}"), "G22"},
		{"bad member", manifest(`{"name":"a","x":tru}`), "G22"},
		{"bad name", manifest(`{"name":"a}`), "G22"},
		{"large package.json", manifest(good + strings.Repeat(" ", maxManifest)), "G24"},
		{"expands too far", gzipped(t, makeTar(t, entry{name: "package/x", body: strings.Repeat("\x00", 1<<20)},
			entry{name: "package/package.json", body: good})), "G24"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			limit := int64(maxUnpacked)
			if tt.name == "expands too far" {
				limit = 1 << 20
			}
			_, err := readTarManifest(bytes.NewReader(tt.in), limit)
			var e *Error
			if !errors.As(err, &e) || !errors.Is(err, ErrIntegrity) || e.Guard != tt.guard {
				t.Errorf("error = %v, want ErrIntegrity of %s", err, tt.guard)
			}
		})
	}
}

func TestReadTarManifestPassesReadErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk on fire")
	whole := makeTar(t, entry{name: "package/package.json", body: good})
	for _, b := range [][]byte{nil, whole[:520], gzipped(t, whole)[:40]} {
		r := io.MultiReader(bytes.NewReader(b), iotest.ErrReader(broken))
		if _, err := ReadTarManifest(r); !errors.Is(err, broken) || errors.Is(err, ErrIntegrity) {
			t.Errorf("after %d bytes: error = %v, want the reader's own", len(b), err)
		}
	}
}

func TestTarManifestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		in       TarManifest
		pkg, ver string
		ok       bool
	}{
		{"equal", TarManifest{"@s/a", "1.0.0"}, "@s/a", "1.0.0", true},
		{"leading v", TarManifest{"a", "v1.0.0"}, "a", "1.0.0", true},
		{"loose", TarManifest{"a", "=01.0.0beta"}, "a", "1.0.0-beta", true},
		{"build metadata", TarManifest{"a", "1.0.0+build.5"}, "a", "1.0.0", true},
		{"space", TarManifest{" a ", " 1.0.0 "}, "a", "1.0.0", true},
		{"other version", TarManifest{"a", "1.0.1"}, "a", "1.0.0", false},
		{"prerelease", TarManifest{"a", "1.0.0-1"}, "a", "1.0.0", false},
		{"other name", TarManifest{"b", "1.0.0"}, "a", "1.0.0", false},
		{"other case", TarManifest{"A", "1.0.0"}, "a", "1.0.0", false},
		{"scope dropped", TarManifest{"a", "1.0.0"}, "@s/a", "1.0.0", false},
		{"nothing", TarManifest{}, "a", "1.0.0", false},
		{"no version", TarManifest{"a", "latest"}, "a", "1.0.0", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := tt.in.Check(mustName(t, tt.pkg), tt.ver)
			if tt.ok {
				if err != nil {
					t.Errorf("Check = %v, want nil", err)
				}
				return
			}
			var e *Error
			if !errors.Is(err, ErrIntegrity) || !errors.As(err, &e) || e.Guard != "G22" {
				t.Errorf("Check = %v, want ErrIntegrity of G22", err)
			}
		})
	}
}

func FuzzReadTarManifest(f *testing.F) {
	plain := makeTar(f, entry{name: "package/package.json", body: good})
	f.Add(plain)
	f.Add(gzipped(f, plain))
	f.Add(makeTar(f, entry{name: "p/" + strings.Repeat("x", 150), format: tar.FormatPAX},
		entry{name: "./p/package.json", body: "\uFEFF" + good, format: tar.FormatGNU}))
	f.Add([]byte{0x1f, 0x8b})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := readTarManifest(bytes.NewReader(b), 1<<20)
		if err != nil && !errors.Is(err, ErrIntegrity) {
			t.Errorf("error %v is not of the kind promised", err)
		}
		if err != nil && m != (TarManifest{}) {
			t.Errorf("manifest %+v with error %v", m, err)
		}
	})
}
