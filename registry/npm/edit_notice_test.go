package npm

import (
	"bytes"
	"testing"
)

func TestNotice(t *testing.T) {
	t.Parallel()
	const dist = `"dist":{"tarball":"/a/-/a-1.0.0.tgz"}`
	tests := []struct {
		name        string
		manifest    string
		full, short string
	}{
		{"none", `{ "name":"a","version":"1.0.0","x":1,` + dist + `}`,
			`{"deprecated":"kept \"here\"", "name":"a","version":"1.0.0","x":1,` + dist + `}`,
			`{"deprecated":"kept \"here\"","name":"a","version":"1.0.0",` + dist + `}`},
		{"no dist", `{"name":"a","version":"1.0.0"}`,
			`{"deprecated":"kept \"here\"","dist":{"tarball":"/a/-/a-1.0.0.tgz"},"name":"a","version":"1.0.0"}`,
			`{"deprecated":"kept \"here\"","name":"a","version":"1.0.0",` + dist + `}`},
		{"no dist, but false", `{"name":"a","deprecated":false,"version":"1.0.0"}`,
			`{"dist":{"tarball":"/a/-/a-1.0.0.tgz"},"name":"a","deprecated":"kept \"here\"","version":"1.0.0"}`,
			`{"name":"a","deprecated":"kept \"here\"","version":"1.0.0",` + dist + `}`},
		{"empty before dist", `{"name":"a","deprecated" :  "" , "version":"1.0.0",` + dist + `}`,
			`{"name":"a","deprecated" :  "kept \"here\"" , "version":"1.0.0",` + dist + `}`,
			`{"name":"a","deprecated" :  "kept \"here\"","version":"1.0.0",` + dist + `}`},
		{"null after dist", `{"name":"a","version":"1.0.0",` + dist + `,"deprec\u0061ted":null}`,
			`{"name":"a","version":"1.0.0",` + dist + `,"deprec\u0061ted":"kept \"here\""}`,
			`{"name":"a","version":"1.0.0",` + dist + `,"deprec\u0061ted":"kept \"here\""}`},
		{"author's goes before", `{"name":"a","version":"1.0.0","deprecated":"old",` + dist + `}`,
			`{"name":"a","version":"1.0.0","deprecated":"old",` + dist + `}`,
			`{"name":"a","version":"1.0.0","deprecated":"old",` + dist + `}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := mustScan(t, []byte(`{"name":"a","dist-tags":{},"versions":{"1.0.0":`+tt.manifest+`}}`), "a")
			e := Edit{Notice: map[string]string{"1.0.0": `kept "here"`, "2.0.0": "x"}}
			for f, want := range map[Form]string{Full: tt.full, Abbreviated: tt.short} {
				got := render(t, p, f, e)
				if want := `{"name":"a","dist-tags":{},"versions":{"1.0.0":` + want + `}}`; string(got) != want {
					t.Errorf("form %d: got  %s\nwant %s", f, got, want)
				}
				if again := render(t, mustScan(t, got, "a"), f, e); tt.name != "no dist" && f == Full && !bytes.Equal(again, got) {
					t.Errorf("form %d rendered twice: %s\nonce: %s", f, again, got)
				}
			}
			var b bytes.Buffer
			if err := p.RenderManifest(&b, "1.0.0", e); err != nil || b.String() != tt.full {
				t.Errorf("RenderManifest = %v: %s\nwant %s", err, b.Bytes(), tt.full)
			}
		})
	}
}

// TestNoticeMovesNoTag tells that a notice is not the author's advice: a tag
// moves to such a version all the same.
func TestNoticeMovesNoTag(t *testing.T) {
	t.Parallel()
	doc := `{"name":"a","dist-tags":{"latest":"1.2.0"},"versions":{"1.0.0":{"name":"a","version":"1.0.0"},` +
		`"1.1.0":{"name":"a","version":"1.1.0"},"1.2.0":{"name":"a","version":"1.2.0"}}}`
	e := Edit{Restrict: map[string]Restriction{"1.2.0": {Message: "m"}}, Notice: map[string]string{"1.1.0": "n", "1.2.0": "n"}}
	p := mustScan(t, []byte(doc), "a")
	out := mustScan(t, render(t, p, Full, e), "a")
	if got, _ := out.Tag("latest"); got != "1.1.0" {
		t.Errorf("latest = %q, want 1.1.0", got)
	}
	checkRestricted(t, p, Full, e)
}
