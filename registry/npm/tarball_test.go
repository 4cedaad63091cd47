package npm

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// packed is a gzipped tarball of the given entries behind a good package.json.
func packed(t testing.TB, entries ...entry) []byte {
	t.Helper()
	return gzipped(t, makeTar(t, append([]entry{{name: "package/package.json", body: good}}, entries...)...))
}

func TestInspectTar(t *testing.T) {
	t.Parallel()
	manifest := func(text string) []byte {
		return gzipped(t, makeTar(t, entry{name: "package/package.json", body: text}))
	}
	long := "package/" + strings.Repeat("directory/", 60) + "x"
	size := int64(len(good))
	tests := []struct {
		name    string
		archive []byte
		want    TarFacts
	}{
		{"usual", packed(t, entry{name: "package/a", body: "abc"}), TarFacts{FileCount: 2, UnpackedSize: size + 3}},
		{"another directory", gzipped(t, makeTar(t, entry{name: "node/package.json", body: good})), TarFacts{FileCount: 1, UnpackedSize: size}},
		{"directories", packed(t, entry{name: "package/d/", kind: tar.TypeDir}, entry{name: "package/d/", kind: tar.TypeDir},
			entry{name: "package/", kind: tar.TypeDir}), TarFacts{FileCount: 1, UnpackedSize: size}},
		{"long path, PAX", packed(t, entry{name: long, format: tar.FormatPAX}), TarFacts{FileCount: 2, UnpackedSize: size}},
		{"long path, GNU", packed(t, entry{name: long, format: tar.FormatGNU}), TarFacts{FileCount: 2, UnpackedSize: size}},
		{"names of many languages", packed(t, entry{name: "package/ünï 日本"}), TarFacts{FileCount: 2, UnpackedSize: size}},
		{"names that differ by case", packed(t, entry{name: "package/A"}, entry{name: "package/a"}), TarFacts{FileCount: 3, UnpackedSize: size}},
		{"bundled package", packed(t, entry{name: "package/node_modules/b/package.json", body: "{"}), TarFacts{FileCount: 2, UnpackedSize: size + 1}},
		{"gyp", packed(t, entry{name: "package/binding.gyp"}), TarFacts{FileCount: 2, UnpackedSize: size, HasGyp: true}},
		{"gyp in another case", packed(t, entry{name: "package/Binding.gyp"}), TarFacts{FileCount: 2, UnpackedSize: size, HasGyp: true}},
		{"gyp further down", packed(t, entry{name: "package/a/binding.gyp"}), TarFacts{FileCount: 2, UnpackedSize: size}},
		{"shrinkwrap", packed(t, entry{name: "package/npm-shrinkwrap.json"}), TarFacts{FileCount: 2, UnpackedSize: size, HasShrinkwrap: true}},
		{"byte order mark", manifest("\uFEFF" + good), TarFacts{FileCount: 1, UnpackedSize: size + 3}},
		{"install script", manifest(`{"name":"a","version":"1.0.0","scripts":{"test":"x","install":"x"}}`), TarFacts{FileCount: 1, UnpackedSize: 67, HasInstallScript: true}},
		{"empty install script", manifest(`{"name":"a","version":"1.0.0","scripts":{"install":""}}`), TarFacts{FileCount: 1, UnpackedSize: 55}},
		{"scripts that are none", manifest(`{"name":"a","version":"1.0.0","scripts":["install"]}`), TarFacts{FileCount: 1, UnpackedSize: 52}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want.Name, tt.want.Version = "a", "1.0.0"
			got, err := InspectTar(bytes.NewReader(tt.archive), TarLimits{})
			if err != nil || got.Facts != tt.want || len(got.Secrets) > 0 {
				t.Fatalf("got %+v and error %v, want %+v", got, err, tt.want)
			}
			if got, err = InspectTar(iotest.OneByteReader(bytes.NewReader(tt.archive)), TarLimits{}); err != nil || got.Facts != tt.want {
				t.Errorf("byte by byte: got %+v and error %v", got, err)
			}
		})
	}
}

// wantRefusal checks the guard of a refusal and what its text begins with.
func wantRefusal(t *testing.T, err error, guard, text string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, ErrUnprocessable) || e.Guard != guard || !strings.HasPrefix(e.Text, text) {
		t.Errorf("got error %v, want %s with %q", err, guard, text)
	}
}

func TestInspectTarRefusesPaths(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name        string
		entry       entry
		guard, text string
	}{
		{"absolute", entry{name: "/etc/passwd"}, "G23", "tar: an absolute path: /etc/passwd"},
		{"parent", entry{name: "package/../../x"}, "G23", "tar: a path that leaves the package"},
		{"parent at the top", entry{name: "../x"}, "G23", "tar: a path that leaves the package"},
		{"parent at the end", entry{name: "package/..", kind: tar.TypeDir}, "G23", "tar: a path that leaves the package"},
		{"drive", entry{name: "C:/x"}, "G23", "tar: a path with a drive"},
		{"drive behind the first step", entry{name: "package/c:x"}, "G23", "tar: a path with a drive"},
		{"backslash", entry{name: `package/..\x`}, "G23", "tar: a path with a backslash"},
		{"line break", entry{name: "package/a\nb"}, "G23", "tar: a path with control characters: package/a?b"},
		{"control of the upper half", entry{name: "package/a\u0085b"}, "G23", "tar: a path with control characters"},
		{"no text", entry{name: "package/\xff", format: tar.FormatGNU}, "G23", "tar: a path that is not text: package/?"},
		{"empty step", entry{name: "package//a"}, "G23", "tar: a path with empty steps"},
		{"dot step", entry{name: "./package/a"}, "G23", "tar: a path with empty steps"},
		{"file at the top", entry{name: "a"}, "G23", "tar: a file outside of the package's directory"},
		{"second directory", entry{name: "other/a"}, "G23", "tar: more than one directory at the top: other"},
		{"second directory in another case", entry{name: "Package/a"}, "G23", "tar: more than one directory at the top: Package"},
		{"symlink", entry{name: "package/a", kind: tar.TypeSymlink}, "G23", "tar: a link: package/a"},
		{"hard link", entry{name: "package/a", kind: tar.TypeLink}, "G23", "tar: a link: package/a"},
		{"device", entry{name: "package/a", kind: tar.TypeChar}, "G23", "tar: neither file nor directory"},
		{"block device", entry{name: "package/a", kind: tar.TypeBlock}, "G23", "tar: neither file nor directory"},
		{"fifo", entry{name: "package/a", kind: tar.TypeFifo}, "G23", "tar: neither file nor directory"},
		{"obsolete type", entry{name: "package/a", kind: tar.TypeCont}, "G23", "tar: neither file nor directory"},
		{"second package.json", entry{name: "package/package.json", body: good}, "G22", "tarball has two package.json"},
		{"package.json in another case", entry{name: "package/Package.JSON", body: good}, "G22", "tarball has two package.json"},
		{"package.json as a directory", entry{name: "package/package.json/", kind: tar.TypeDir}, "G22", "tarball has two package.json"},
		{"long path", entry{name: "package/" + strings.Repeat("a", 1024)}, "G24", "tar: a path is too long"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := InspectTar(bytes.NewReader(packed(t, tt.entry)), TarLimits{})
			wantRefusal(t, err, tt.guard, tt.text)
		})
	}
	t.Run("twice", func(t *testing.T) {
		t.Parallel()
		_, err := InspectTar(bytes.NewReader(packed(t, entry{name: "package/a"}, entry{name: "package/a"})), TarLimits{})
		wantRefusal(t, err, "G23", "tar: a path that stands twice: package/a")
	})
	t.Run("file with a slash at its end", func(t *testing.T) {
		t.Parallel()
		// The writer refuses to write it; clients take it for a directory.
		archive := gunzipped(t, packed(t, entry{name: "package/a_"}))
		at := bytes.Index(archive, []byte("package/a_"))
		archive[at+9] = '/'
		sum := archive[at+148 : at+156]
		old, err := strconv.ParseInt(string(sum[:6]), 8, 32)
		if err != nil {
			t.Fatal(err)
		}
		copy(sum, fmt.Sprintf("%06o", old+'/'-'_'))
		_, err = InspectTar(bytes.NewReader(gzipped(t, archive)), TarLimits{})
		wantRefusal(t, err, "G23", "tar: a path with empty steps")
	})
	t.Run("file where a directory is", func(t *testing.T) {
		t.Parallel()
		_, err := InspectTar(bytes.NewReader(packed(t, entry{name: "package/a/", kind: tar.TypeDir}, entry{name: "package/a"})), TarLimits{})
		wantRefusal(t, err, "G23", "tar: a path that stands twice: package/a")
	})
}

// withRecords is a tarball with extended records for its second entry.
func withRecords(t testing.TB, kind byte, records map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []*tar.Header{
		{Name: "package/package.json", Typeflag: tar.TypeReg, Size: int64(len(good)), Mode: 0o644},
		{Name: "package/a", Typeflag: kind, PAXRecords: records, Format: tar.FormatPAX},
	} {
		if h.Typeflag == tar.TypeXGlobalHeader {
			h.Name = ""
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Size > 0 {
			if _, err := io.WriteString(w, good); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return gzipped(t, b.Bytes())
}

func TestInspectTarExtendedHeaders(t *testing.T) {
	t.Parallel()
	comment := withRecords(t, tar.TypeXGlobalHeader, map[string]string{"comment": "0123"})
	if _, err := InspectTar(bytes.NewReader(comment), TarLimits{}); err != nil {
		t.Error(err)
	}
	path := withRecords(t, tar.TypeXGlobalHeader, map[string]string{"path": "package/b"})
	_, err := InspectTar(bytes.NewReader(path), TarLimits{})
	wantRefusal(t, err, "G23", "tar: a global header")

	// The writer refuses to write this record, so it is spelled wrong first.
	records := map[string]string{"XNU.sparse.major": "1", "XNU.sparse.minor": "0", "XNU.sparse.name": "package/b"}
	sparse := gunzipped(t, withRecords(t, tar.TypeReg, records))
	sparse = bytes.ReplaceAll(sparse, []byte("XNU.sparse."), []byte("GNU.sparse."))
	_, err = InspectTar(bytes.NewReader(gzipped(t, sparse)), TarLimits{})
	wantRefusal(t, err, "G23", "tar")
}

func gunzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return plain
}

func TestInspectTarRefusesArchives(t *testing.T) {
	t.Parallel()
	const notTar = "tarball is not a gzipped tar archive"
	one := packed(t)
	plain := gunzipped(t, one)
	noManifest := gzipped(t, makeTar(t, entry{name: "package/a"}))
	manifest := func(text string) []byte {
		return gzipped(t, makeTar(t, entry{name: "package/package.json", body: text}))
	}
	tests := []struct {
		name        string
		archive     []byte
		guard, text string
	}{
		{"nothing", nil, "G23", notTar},
		{"text", []byte("hallo"), "G23", notTar},
		{"not gzipped", plain, "G23", notTar},
		{"no tar", gzipped(t, bytes.Repeat([]byte("x"), 2048)), "G23", notTar},
		{"cut", one[:len(one)-10], "G23", notTar},
		{"damaged", append(append([]byte{}, one[:len(one)-8]...), 0, 0, 0, 0, 0, 0, 0, 0), "G23", notTar},
		{"cut in a file", gzipped(t, plain[:520]), "G23", notTar},
		{"cut in the padding of a file", gzipped(t, plain[:600]), "G23", "tar: the archive is cut"},
		{"empty tar", gzipped(t, makeTar(t)), "G22", "tarball has no package.json"},
		{"no package.json", noManifest, "G22", "tarball has no package.json"},
		{"package.json in another case alone", gzipped(t, makeTar(t, entry{name: "package/Package.json", body: good})), "G22", "tarball has no package.json"},
		{"package.json further down", gzipped(t, makeTar(t, entry{name: "package/x/package.json", body: good})), "G22", "tarball has no package.json"},
		{"package.json is no JSON", manifest(`{"name":"a"`), "G22", "package.json in tarball cannot be read"},
		{"package.json is no object", manifest(`[]`), "G22", "package.json in tarball cannot be read"},
		{"package.json says it twice", manifest(`{"name":"b","name":"a","version":"1.0.0"}`), "G22", "package.json in tarball cannot be read"},
		{"dependencies twice", manifest(`{"name":"a","version":"1.0.0","dependencies":{},"dependencies":{"b":"1"}}`), "G22",
			"package.json in tarball cannot be read: dependencies: duplicate name"},
		{"a dependency twice", manifest(`{"name":"a","version":"1.0.0","dependencies":{"b":"1","\u0062":"2"}}`), "G22",
			"package.json in tarball cannot be read: dependencies: duplicate name"},
		{"an install script twice", manifest(`{"name":"a","version":"1.0.0","scripts":{"install":"","install":"x"}}`), "G22",
			"package.json in tarball cannot be read: scripts: duplicate name"},
		{"dependencies as a list", manifest(`{"name":"a","version":"1.0.0","dependencies":["b@1"]}`), "G22",
			"package.json in tarball cannot be read: dependencies: unexpected type of value"},
		{"dependencies as a line", manifest(`{"name":"a","version":"1.0.0","optionalDependencies":"b@1"}`), "G22",
			"package.json in tarball cannot be read: optionalDependencies: unexpected type of value"},
		{"a prototype", manifest(`{"name":"a","version":"1.0.0","__proto__":{"dependencies":{"b":"1"}}}`), "G22",
			"package.json in tarball cannot be read: a member named __proto__"},
		{"a prototype of dependencies", manifest(`{"name":"a","version":"1.0.0","dependencies":{"__proto__":{"b":"1"}}}`), "G22",
			"package.json in tarball cannot be read: dependencies: a member named __proto__"},
		{"second member", append(append([]byte{}, one...), one...), "G25", "gzip: bytes after the end of the archive"},
		{"trailing bytes", append(append([]byte{}, one...), 'x'), "G25", "gzip: bytes after the end of the archive"},
		{"trailing zeros", append(append([]byte{}, one...), 0, 0), "G25", "gzip: bytes after the end of the archive"},
		{"second archive in the tar", gzipped(t, append(append([]byte{}, plain...), plain...)), "G25", "tar: bytes after the end of the archive"},
		{"a byte far behind the tar", gzipped(t, append(append([]byte{}, plain...), append(make([]byte, 9000), 1)...)), "G25", "tar: bytes after the end of the archive"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := InspectTar(bytes.NewReader(tt.archive), TarLimits{})
			wantRefusal(t, err, tt.guard, tt.text)
		})
	}
	t.Run("padding is none of them", func(t *testing.T) {
		t.Parallel()
		padded := gzipped(t, append(append([]byte{}, plain...), make([]byte, 10240)...))
		if _, err := InspectTar(bytes.NewReader(padded), TarLimits{}); err != nil {
			t.Error(err)
		}
	})
}

func TestInspectTarLimits(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("\x00", 16<<20)
	tests := []struct {
		name    string
		archive []byte
		limit   TarLimits
		text    string
	}{
		{"entries", packed(t, entry{name: "package/a"}, entry{name: "package/b"}), TarLimits{Entries: 2}, "tarball has too many entries"},
		{"unpacked", packed(t, entry{name: "package/a", body: zeros[:10000]}), TarLimits{Unpacked: 5000}, "tarball expands beyond the limits"},
		{"unpacked padding", gzipped(t, append(makeTar(t, entry{name: "package/package.json", body: good}), make([]byte, 10000)...)),
			TarLimits{Unpacked: 5000}, "tarball expands beyond the limits"},
		{"ratio", packed(t, entry{name: "package/a", body: zeros}), TarLimits{}, "tarball expands beyond the limits"},
		{"path", packed(t, entry{name: "package/abcdefghijklmnopqrst"}), TarLimits{Path: 20}, "tar: a path is too long"},
		{"package.json", gzipped(t, makeTar(t, entry{name: "package/package.json", body: good + strings.Repeat(" ", maxManifest)})), TarLimits{}, "package.json in tarball is too large"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := InspectTar(bytes.NewReader(tt.archive), tt.limit)
			wantRefusal(t, err, "G24", tt.text)
		})
	}
	t.Run("a ratio that is allowed", func(t *testing.T) {
		t.Parallel()
		a := packed(t, entry{name: "package/a", body: zeros})
		if _, err := InspectTar(bytes.NewReader(a), TarLimits{Ratio: 2000}); err != nil {
			t.Error(err)
		}
	})
}

// TestInspectTarPassesErrors checks that a disk that fails is not the
// package's fault.
func TestInspectTarPassesErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	b := packed(t)
	for _, at := range []int{0, 1, 20, len(b) - 4, len(b)} {
		r := io.MultiReader(bytes.NewReader(b[:at]), iotest.ErrReader(broken))
		if _, err := InspectTar(r, TarLimits{}); !errors.Is(err, broken) || errors.Is(err, ErrUnprocessable) {
			t.Errorf("at %d: got %v, want the reader's error", at, err)
		}
	}
}

func TestTarFactsCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, version string
		want          bool
	}{
		{"a", "1.0.0", true},
		{"a", "v1.0.0", true},
		{"a", "1.0.0+build", true},
		{"a", "1.0.1", false},
		{"b", "1.0.0", false},
		{"A", "1.0.0", false},
		{"", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name+"@"+tt.version, func(t *testing.T) {
			t.Parallel()
			err := TarFacts{Name: tt.name, Version: tt.version}.Check(mustName(t, "a"), "1.0.0")
			if tt.want && err != nil {
				t.Error(err)
			}
			if !tt.want {
				wantRefusal(t, err, "G22", "package.json in tarball is not of a@1.0.0")
			}
		})
	}
}

// TestInspectTarOfNPM packs a package with the npm that is installed.
func TestInspectTarOfNPM(t *testing.T) {
	t.Parallel()
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("npm is not installed")
	}
	dir := t.TempDir()
	long := filepath.Join(dir, strings.Repeat("directory-with-a-long-name/", 12))
	writeFile(t, filepath.Join(dir, "package.json"), `{"name":"a","version":"1.0.0","scripts":{"postinstall":"x"}}`)
	for i := range 20 {
		writeFile(t, filepath.Join(long, "ünï"+strconv.Itoa(i)+".js"), "x")
	}
	cmd := exec.CommandContext(t.Context(), npm, "pack", "--ignore-scripts", "--offline", "--cache", t.TempDir())
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	report, err := InspectTar(openFile(t, filepath.Join(dir, "a-1.0.0.tgz")), TarLimits{})
	if err != nil {
		t.Fatal(err)
	}
	facts := report.Facts
	if facts.FileCount != 21 || !facts.HasInstallScript || facts.Check(mustName(t, "a"), "1.0.0") != nil {
		t.Errorf("got %+v", facts)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func openFile(t *testing.T, path string) io.Reader {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// FuzzInspectTar demands of any archive one of the errors that are promised,
// or facts that the proxy's own check of the same archive shares.
func FuzzInspectTar(f *testing.F) {
	f.Add(gunzipped(f, packed(f, entry{name: "package/a", body: "x"})))
	f.Add(makeTar(f, entry{name: "package/" + strings.Repeat("d/", 200) + "x", format: tar.FormatPAX}, entry{name: "package/package.json", body: good}))
	f.Add(makeTar(f, entry{name: "package/" + strings.Repeat("d/", 200) + "x", format: tar.FormatGNU}, entry{name: "package/package.json", body: good}))
	f.Fuzz(func(t *testing.T, archive []byte) {
		b := gzipped(t, archive)
		report, err := InspectTar(bytes.NewReader(b), TarLimits{})
		if err != nil {
			if !errors.Is(err, ErrUnprocessable) {
				t.Fatalf("got error %v of no kind that was promised", err)
			}
			return
		}
		facts := report.Facts
		m, err := ReadTarManifest(bytes.NewReader(b))
		if err != nil || m.Name != facts.Name || m.Version != facts.Version {
			t.Errorf("got %+v and %v of what was inspected as %+v", m, err, facts)
		}
	})
}
