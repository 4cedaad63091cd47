package npm

import (
	"archive/tar"
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// evil is a package.json of the same version that runs something.
const evil = `{"name":"a","version":"1.0.0","scripts":{"preinstall":"x"},"dependencies":{"b":"git+ssh://x"}}`

func TestSurveyTar(t *testing.T) {
	t.Parallel()
	plain := gunzipped(t, packed(t, entry{name: "package/binding.gyp"}))
	tests := []struct {
		name    string
		archive []byte
		// refused are the guards, in order.
		refused []string
		unclear bool
		scripts ScriptFacts
		gyp     bool
	}{
		{name: "sound", archive: packed(t, entry{name: "package/a"})},
		{name: "sound and runs", archive: gzipped(t, makeTar(t, entry{name: "package/package.json", body: evil})), scripts: ScriptFacts{Preinstall: true}},
		{name: "second member", archive: slices.Concat(packed(t, entry{name: "package/binding.gyp"}), packed(t)), refused: []string{"G25"}, gyp: true},
		{name: "bytes behind the archive", archive: gzipped(t, slices.Concat(plain, bytes.Repeat([]byte("x"), tarBlock))), refused: []string{"G25"}, gyp: true},
		{name: "link before a gyp", archive: packed(t, entry{name: "package/l", kind: tar.TypeSymlink}, entry{name: "package/binding.gyp"}),
			refused: []string{"G23"}, gyp: true, unclear: true},
		{name: "device before a gyp", archive: packed(t, entry{name: "package/l", kind: tar.TypeChar}, entry{name: "package/binding.gyp"}),
			refused: []string{"G23"}, gyp: true},
		{name: "gyp outside", archive: packed(t, entry{name: "package/../binding.gyp"}), refused: []string{"G23"}, gyp: true},
		{name: "gyp with a backslash", archive: packed(t, entry{name: `package\binding.gyp`}), refused: []string{"G23"}, gyp: true},
		{name: "gyp twice", archive: packed(t, entry{name: "package/binding.gyp"}, entry{name: "package/binding.gyp"}), refused: []string{"G23"}, gyp: true},
		{name: "two package.json", archive: packed(t, entry{name: "package/package.json", body: evil}), refused: []string{"G22"},
			unclear: true, scripts: ScriptFacts{Preinstall: true}},
		{name: "two package.json, the evil one first", archive: gzipped(t, makeTar(t, entry{name: "package/package.json", body: evil},
			entry{name: "package/package.json", body: good})), refused: []string{"G22"}, unclear: true, scripts: ScriptFacts{Preinstall: true}},
		{name: "package.json in another case", archive: packed(t, entry{name: "package/Package.json", body: evil}), refused: []string{"G22"},
			unclear: true, scripts: ScriptFacts{Preinstall: true}},
		{name: "package.json of another directory", archive: packed(t, entry{name: "other/package.json", body: evil}), refused: []string{"G23"},
			unclear: true, scripts: ScriptFacts{Preinstall: true}},
		{name: "package.json at the top", archive: packed(t, entry{name: "package.json", body: evil}), refused: []string{"G23"},
			unclear: true, scripts: ScriptFacts{Preinstall: true}},
		{name: "package.json as a link", archive: gzipped(t, makeTar(t, entry{name: "package/package.json", kind: tar.TypeSymlink})),
			refused: []string{"G23", "G22"}, unclear: true},
		{name: "package.json that is no JSON", archive: gzipped(t, makeTar(t, entry{name: "package/package.json", body: "{"})), refused: []string{"G22"}, unclear: true},
		{name: "no package.json", archive: gzipped(t, makeTar(t, entry{name: "package/binding.gyp"})), refused: []string{"G22"}, unclear: true, gyp: true},
		{name: "two of one guard", archive: packed(t, entry{name: "/etc/a"}, entry{name: "/etc/b"}, entry{name: "package/package.json", body: good}),
			refused: []string{"G23", "G22"}, unclear: true},
		{name: "cut", archive: packed(t, entry{name: "package/binding.gyp"})[:60], refused: []string{"G23"}, unclear: true},
		{name: "no archive", archive: []byte("x"), refused: []string{"G23"}, unclear: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := SurveyTar(bytes.NewReader(tt.archive), TarLimits{})
			if err != nil {
				t.Fatal(err)
			}
			var refused []string
			for _, e := range got.Refusals {
				refused = append(refused, e.Guard)
				if !errors.Is(e, ErrUnprocessable) || e.Text == "" {
					t.Errorf("got refusal %+v", e)
				}
			}
			m := got.Manifest
			if !slices.Equal(refused, tt.refused) || m.Unclear != tt.unclear || m.Scripts != tt.scripts || got.Facts.HasGyp != tt.gyp {
				t.Errorf("got refusals %v, facts %+v and %+v, want %+v", refused, got.Facts, m, tt)
			}
			if tt.scripts.RunOnInstall() != got.Facts.HasInstallScript {
				t.Errorf("HasInstallScript is %v", got.Facts.HasInstallScript)
			}
			_, strict := InspectTar(bytes.NewReader(tt.archive), TarLimits{})
			if len(refused) > 0 {
				wantRefusal(t, strict, refused[0], got.Refusals[0].Text)
			} else if strict != nil {
				t.Errorf("InspectTar refuses: %v", strict)
			}
		})
	}
}

func TestSurveyTarStops(t *testing.T) {
	t.Parallel()
	entries := packed(t, entry{name: "package/a"}, entry{name: "package/binding.gyp"})
	for _, tt := range []struct {
		name  string
		limit TarLimits
	}{
		{"at too many entries", TarLimits{Entries: 2}},
		{"at too many bytes", TarLimits{Unpacked: 3 * tarBlock}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := SurveyTar(bytes.NewReader(entries), tt.limit)
			if err != nil || len(got.Refusals) != 1 || got.Refusals[0].Guard != "G24" || !got.Manifest.Unclear || got.Facts.HasGyp {
				t.Errorf("got %+v and error %v", got, err)
			}
		})
	}
	broken := errors.New("broken")
	if got, err := SurveyTar(iotest.ErrReader(broken), TarLimits{}); !errors.Is(err, broken) || got != nil {
		t.Errorf("got %v and error %v of a reader that fails", got, err)
	}
}

func TestTarFactsOfGyp(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		gyp, gypi bool
	}{
		{"binding.gyp", true, false},
		{"BINDING.GYP", true, false},
		{"common.gypi", false, true},
		{"Common.GypI", false, true},
		{"other.gyp", false, true},
		{"deps/common.gypi", false, false},
		{"gypi", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := InspectTar(bytes.NewReader(packed(t, entry{name: "package/" + tt.name})), TarLimits{})
			if err != nil {
				t.Fatal(err)
			}
			if got.Facts.HasGyp != tt.gyp || got.Facts.HasGypi != tt.gypi {
				t.Errorf("got %+v, want %+v", got.Facts, tt)
			}
		})
	}
}

// listed is a document with one version, of these members.
func listed(t *testing.T, members string) (*Packument, *VersionInfo) {
	t.Helper()
	p := mustScan(t, []byte(`{"name":"a","versions":{"1.0.0":{"name":"a","version":"1.0.0"`+members+`}}}`), "a")
	return p, &p.Versions[0]
}

func TestCheckListed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, packed, listed string
		// want is what the refusal begins with, if there is one.
		want string
	}{
		{name: "same", packed: `,"dependencies":{"b":"1"},"scripts":{"install":"x"}`, listed: `,"dependencies":{"b":"1"},"scripts":{"install":"x"}`},
		{name: "abbreviated", packed: `,"scripts":{"install":"x","test":"y"}`, listed: `,"hasInstallScript":true`},
		{name: "abbreviated without its mark", packed: `,"scripts":{"install":"x"}`, listed: `,"hasInstallScript":false`, want: "install scripts in"},
		{name: "other script", packed: `,"scripts":{"install":"x"}`, listed: `,"hasInstallScript":true,"scripts":{"install":"y"}`, want: "install scripts in"},
		{name: "hidden script", packed: `,"scripts":{"postinstall":"x"}`, want: "install scripts in"},
		{name: "hidden dependency", packed: `,"dependencies":{"b":"1"}`, want: "dependencies in"},
		{name: "other range", packed: `,"optionalDependencies":{"b":"2"}`, listed: `,"optionalDependencies":{"b":"1"}`, want: "optionalDependencies in"},
		{name: "hidden peer", packed: `,"peerDependencies":{"b":"1"}`, want: "peerDependencies in"},
		{name: "hidden bundle", packed: `,"bundleDependencies":["b"]`, want: "bundleDependencies in"},
		{name: "hidden program", packed: `,"bin":"x"`, want: "bin in"},
		{name: "twice in the document", listed: `,"dependencies":{"b":"1","b":"2"}`, want: "the published manifest cannot be read"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			report, err := SurveyTar(bytes.NewReader(gzipped(t, makeTar(t, entry{
				name: "package/package.json", body: `{"name":"a","version":"1.0.0"` + tt.packed + `}`,
			}))), TarLimits{})
			if err != nil {
				t.Fatal(err)
			}
			err = report.CheckListed(listed(t, tt.listed))
			if tt.want != "" {
				wantRefusal(t, err, "G22", tt.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCheckListedWithoutManifest(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{"name":"b","version":"1.0.0"}`, `{"name":"a","version":"1.0.0","bin":{"x":"1","x":"2"}}`, "{"} {
		report, err := SurveyTar(bytes.NewReader(gzipped(t, makeTar(t, entry{name: "package/package.json", body: body}))), TarLimits{})
		if err != nil {
			t.Fatal(err)
		}
		if err := report.CheckListed(listed(t, "")); err == nil || !strings.Contains(err.Error(), "package.json") {
			t.Errorf("got error %v of %s", err, body)
		}
	}
}

// FuzzSurveyTar demands of any archive that a survey begins with the refusal of
// InspectTar, and that it finds the same where there is none.
func FuzzSurveyTar(f *testing.F) {
	f.Add(gunzipped(f, packed(f, entry{name: "package/a", body: "x"})))
	f.Add(makeTar(f, entry{name: "other/package.json", body: evil}, entry{name: "package/l", kind: tar.TypeSymlink}, entry{name: "package/package.json", body: good}))
	f.Fuzz(func(t *testing.T, archive []byte) {
		b := gzipped(t, archive)
		got, err := SurveyTar(bytes.NewReader(b), TarLimits{})
		if err != nil {
			t.Fatal(err)
		}
		report, err := InspectTar(bytes.NewReader(b), TarLimits{})
		var refusal *Error
		switch {
		case errors.As(err, &refusal):
			if len(got.Refusals) == 0 || got.Refusals[0].Text != refusal.Text || got.Refusals[0].Guard != refusal.Guard {
				t.Errorf("got refusals %v, want %v first", got.Refusals, err)
			}
		case len(got.Refusals) > 0 || got.Facts != report.Facts || got.Manifest.Scripts != report.Manifest.Scripts:
			t.Errorf("got %+v, want %+v", got, report)
		}
	})
}
