package npm

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"io"
	"testing"
)

// sums256 and sums512 are a list of what is known, by the hex form of its sum.
func sums256(files ...string) map[string]string {
	known := map[string]string{}
	for _, f := range files {
		sum := sha256.Sum256([]byte(f))
		known[hex.EncodeToString(sum[:])] = "256 " + f
	}
	return known
}

func sums512(files ...string) map[string]string {
	known := map[string]string{}
	for _, f := range files {
		sum := sha512.Sum512([]byte(f))
		known[hex.EncodeToString(sum[:])] = "512 " + f
	}
	return known
}

func lookUp(known map[string]string) func([]byte) (string, bool) {
	return func(sum []byte) (string, bool) {
		id, ok := known[hex.EncodeToString(sum)]
		return id, ok
	}
}

func TestSurveyTarKnown(t *testing.T) {
	t.Parallel()
	large := string(bytes.Repeat([]byte("worm\n"), hashBlock))
	two := packed(t, entry{name: "package/a", body: "a"}, entry{name: "package/b/c", body: "b"})
	tests := []struct {
		name    string
		archive []byte
		known   map[string]string
		want    string
	}{
		{"nothing", two, nil, ""},
		{"another", two, sums256("c", "ab"), ""},
		{"by sha256", two, sums256("b"), "256 b"},
		{"by sha512", two, sums512("b"), "512 b"},
		{"the first of two", two, sums512("b", "a"), "512 a"},
		{"package.json", two, sums256(good), "256 " + good},
		{"package.json that is no JSON", gzipped(t, makeTar(t, entry{name: "package/package.json", body: "{"})), sums256("{"), "256 {"},
		{"package.json that is too large", gzipped(t, makeTar(t, entry{name: "package/package.json", body: large + string(make([]byte, maxManifest))})),
			sums256(large + string(make([]byte, maxManifest))), "256 " + large + string(make([]byte, maxManifest))},
		{"larger than a block", packed(t, entry{name: "package/a", body: large}), sums512(large), "512 " + large},
		{"the beginning of a file", packed(t, entry{name: "package/a", body: large}), sums256(large[:hashBlock]), ""},
		{"empty", packed(t, entry{name: "package/a"}), sums256(""), "256 "},
		{"directory", packed(t, entry{name: "package/a/", kind: tar.TypeDir}), sums256(""), ""},
		{"link", packed(t, entry{name: "package/a", kind: tar.TypeSymlink}), sums256(""), ""},
		{"behind a link", packed(t, entry{name: "package/l", kind: tar.TypeSymlink}, entry{name: "package/a", body: "a"}), sums256("a"), "256 a"},
		{"outside", packed(t, entry{name: "package/../../a", body: "a"}), sums256("a"), "256 a"},
		{"contiguous", packed(t, entry{name: "package/a", body: "a", kind: tar.TypeCont}), sums256("a"), "256 a"},
		{"cut", packed(t, entry{name: "package/a", body: large})[:200], sums256(large), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := SurveyTar(bytes.NewReader(tt.archive), TarLimits{Known: lookUp(tt.known)})
			if err != nil || got.Indicator != tt.want {
				t.Errorf("got %.50q and error %v, want %.50q", got.Indicator, err, tt.want)
			}
			plain, err := SurveyTar(bytes.NewReader(tt.archive), TarLimits{})
			if err != nil || plain.Indicator != "" {
				t.Errorf("got %q and error %v where nothing is known", plain.Indicator, err)
			}
			wantSame(t, got, plain)
		})
	}
}

// wantSame demands the same report of a survey, the indicator aside.
func wantSame(t *testing.T, got, want *TarReport) {
	t.Helper()
	same := got.Facts == want.Facts && got.Manifest.Unclear == want.Manifest.Unclear &&
		got.Manifest.Scripts == want.Manifest.Scripts && len(got.Refusals) == len(want.Refusals)
	for i := 0; same && i < len(got.Refusals); i++ {
		same = got.Refusals[i].Guard == want.Refusals[i].Guard && got.Refusals[i].Text == want.Refusals[i].Text
	}
	if !same {
		t.Errorf("got %+v with a list of what is known, %+v without", got, want)
	}
}

// TestSurveyTarKnownSparse would read a terabyte if it read sparse files.
func TestSurveyTarKnownSparse(t *testing.T) {
	t.Parallel()
	records := map[string]string{
		"XNU.sparse.major": "0", "XNU.sparse.minor": "1", "XNU.sparse.numblocks": "0", "XNU.sparse.size": "1099511627776",
	}
	sparse := bytes.ReplaceAll(gunzipped(t, withRecords(t, tar.TypeReg, records)), []byte("XNU.sparse."), []byte("GNU.sparse."))
	got, err := SurveyTar(bytes.NewReader(gzipped(t, sparse)), TarLimits{Known: lookUp(sums256(""))})
	if err != nil || got.Indicator != "" || len(got.Refusals) != 1 || got.Facts.UnpackedSize <= 1<<40 {
		t.Errorf("got %+v and error %v", got, err)
	}
}

func TestInspectTarKnowsNothing(t *testing.T) {
	t.Parallel()
	asked := TarLimits{Known: func([]byte) (string, bool) { return "x", true }}
	got, err := InspectTar(bytes.NewReader(packed(t, entry{name: "package/a"})), asked)
	if err != nil || got.Indicator != "" {
		t.Errorf("got %+v and error %v", got, err)
	}
}

// FuzzSurveyTarKnown demands of any archive that looking for what is known
// changes nothing else, and that each file of a sound one is looked up.
func FuzzSurveyTarKnown(f *testing.F) {
	f.Add(gunzipped(f, packed(f, entry{name: "package/a", body: "x"})))
	f.Add(makeTar(f, entry{name: "other/package.json", body: evil}, entry{name: "/b", body: "b"}, entry{name: "package/package.json", body: good}))
	f.Fuzz(func(t *testing.T, archive []byte) {
		b := gzipped(t, archive)
		asked := map[string]bool{}
		got, err := SurveyTar(bytes.NewReader(b), TarLimits{Known: func(sum []byte) (string, bool) {
			asked[string(sum)] = true
			return "", false
		}})
		if err != nil {
			t.Fatal(err)
		}
		plain, err := SurveyTar(bytes.NewReader(b), TarLimits{})
		if err != nil {
			t.Fatal(err)
		}
		wantSame(t, got, plain)
		if len(got.Refusals) > 0 {
			return
		}
		r := tar.NewReader(bytes.NewReader(archive))
		for {
			h, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(r)
			if err != nil {
				t.Fatal(err)
			}
			short, long := sha256.Sum256(content), sha512.Sum512(content)
			if h.Typeflag == tar.TypeReg && !(asked[string(short[:])] && asked[string(long[:])]) {
				t.Errorf("%q was not looked up", h.Name)
			}
		}
	})
}
