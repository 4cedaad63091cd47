package npm

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestScanIndexes(t *testing.T) {
	t.Parallel()
	p := mustScan(t, readGolden(t, "signed.json"), "@acme/widget")
	if p.Name != "@acme/widget" || p.Modified != "2026-10-01T12:00:00.000Z" || p.Unpublished() {
		t.Errorf("Name %q, Modified %q, Unpublished %v", p.Name, p.Modified, p.Unpublished())
	}
	wantTags := []Tag{{"latest", "2.0.0"}, {"next", "2.1.0-beta.2"}, {"v1", "1.1.0"}}
	if !reflect.DeepEqual(p.Tags, wantTags) {
		t.Errorf("Tags = %v, want %v", p.Tags, wantTags)
	}
	var keys []string
	for _, v := range p.Versions {
		keys = append(keys, v.Key)
	}
	if got := strings.Join(keys, " "); got != "1.0.0 1.1.0 2.0.0 2.1.0-beta.1 2.1.0-beta.2" {
		t.Errorf("versions = %s", got)
	}
	v, ok := p.Version("1.1.0")
	if !ok {
		t.Fatal("Version(1.1.0) is not there")
	}
	if v.Tarball != "https://registry.example.com/@acme/widget/-/widget-1.1.0.tgz" ||
		!strings.HasPrefix(v.Integrity, "sha512-z4PhNX7v") || v.Shasum != "da39a3ee5e6b4b0d3255bfef95601890afd80709" ||
		v.Published != "2021-02-01T00:00:00.000Z" || !v.Signed || !v.Deprecated || !v.InstallScript {
		t.Errorf("Version(1.1.0) = %+v", v)
	}
	if v, _ := p.Version("1.0.0"); v.Integrity != "" || v.Signed || v.Deprecated || v.InstallScript {
		t.Errorf("Version(1.0.0) = %+v", v)
	}
	if v, _ := p.Version("2.1.0-beta.1"); !v.InstallScript {
		t.Errorf("Version(2.1.0-beta.1) = %+v", v)
	}
	if _, ok := p.Version("3.0.0"); ok {
		t.Error("Version(3.0.0) is there")
	}
	if v, ok := p.Tag("next"); !ok || v != "2.1.0-beta.2" {
		t.Errorf("Tag(next) = %q, %v", v, ok)
	}
	if _, ok := p.Tag("nope"); ok {
		t.Error("Tag(nope) is there")
	}
}

func TestScanUnpublished(t *testing.T) {
	t.Parallel()
	if p := mustScan(t, readGolden(t, "tombstone.json"), "gone"); !p.Unpublished() {
		t.Error("tombstone is not Unpublished")
	}
}

func TestScanFlags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		members                     string
		signed, deprecated, scripts bool
	}{
		{`"x":1`, false, false, false},
		{`"deprecated":""`, false, false, false},
		{`"deprecated":false`, false, false, false},
		{`"deprecated":true`, false, true, false},
		{`"deprecated":"d"`, false, true, false},
		{`"scripts":{"install":""}`, false, false, false},
		{`"scripts":{"install":"x"}`, false, false, true},
		{`"scripts":{"preinstall":"x"}`, false, false, true},
		{`"scripts":{"postin\u0073tall":"x"}`, false, false, true},
		{`"scripts":{"prepare":"x"}`, false, false, false},
		{`"scripts":["install"]`, false, false, false},
		{`"hasInstallScript":true`, false, false, true},
		{`"hasInstallScript":true,"scripts":{}`, false, false, true},
		{`"hasInstallScript":false,"scripts":{"install":"x"}`, false, false, true},
		{`"dist":{"signatures":[{}]}`, true, false, false},
		{`"dist":{"signatures":[ ]}`, false, false, false},
		{`"dist":{"signatures":null}`, false, false, false},
		{`"dist":{"signatures":[ 1]}`, true, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.members, func(t *testing.T) {
			t.Parallel()
			p := mustScan(t, versionDoc(tt.members), "a")
			v, _ := p.Version("1.0.0")
			if v.Signed != tt.signed || v.Deprecated != tt.deprecated || v.InstallScript != tt.scripts {
				t.Errorf("Signed %v, Deprecated %v, InstallScript %v", v.Signed, v.Deprecated, v.InstallScript)
			}
		})
	}
}

// versionDoc is a packument of a@1.0.0 with these further members in its
// manifest.
func versionDoc(members string) []byte {
	return fmt.Appendf(nil, `{"name":"a","versions":{"1.0.0":{"name":"a","version":"1.0.0",%s}}}`, members)
}

func TestScanRefuses(t *testing.T) {
	t.Parallel()
	deep := func(n int) string { return strings.Repeat(`[`, n) + strings.Repeat(`]`, n) }
	tests := []struct {
		name, doc, guard string
	}{
		{"empty", ``, ""},
		{"space", ` `, ""},
		{"HTML", `<html></html>`, ""},
		{"array", `[]`, ""},
		{"null", `null`, ""},
		{"string", `"a"`, ""},
		{"truncated", `{"name":"a"`, ""},
		{"truncated string", `{"name":"a`, ""},
		{"truncated versions", `{"name":"a","versions":{"1.0.0":{"name":"a","version":"1.0.0"`, ""},
		{"truncated tag", `{"name":"a","dist-tags":{"x":`, ""},
		{"truncated tags", `{"name":"a","dist-tags":{"x":"1"`, ""},
		{"truncated time", `{"name":"a","time":{"x":`, ""},
		{"truncated scripts", string(versionDoc(`"scripts":{`))[:70], ""},
		{"truncated script", string(versionDoc(`"scripts":{"x":`))[:74], ""},
		{"truncated dist", string(versionDoc(`"dist":{`))[:67], ""},
		{"truncated tarball", string(versionDoc(`"dist":{"tarball":`))[:77], ""},
		{"bad literal instead of versions", `{"name":"a","versions":x}`, ""},
		{"bad literal instead of a version", `{"name":"a","versions":{"1.0.0":x}}`, ""},
		{"trailing comma", `{"name":"a",}`, ""},
		{"missing comma", `{"name":"a" "x":1}`, ""},
		{"trailing garbage", `{"name":"a"}x`, ""},
		{"second document", `{"name":"a"}{}`, ""},
		{"byte order mark", "\uFEFF" + `{"name":"a"}`, ""},
		{"control character", "{\"name\":\"a\",\"x\":\"\x01\"}", ""},
		{"invalid UTF-8", "{\"name\":\"a\",\"x\":\"\xff\"}", ""},
		{"invalid UTF-8 in a key", "{\"name\":\"a\",\"\xc0\x80\":1}", ""},
		{"encoded surrogate", "{\"name\":\"a\",\"x\":\"\xed\xa0\x80\"}", ""},
		{"bad escape", `{"name":"a","x":"\x"}`, ""},
		{"bad number", `{"name":"a","x":01}`, ""},
		{"bad literal", `{"name":"a","x":nul}`, ""},
		{"single quotes", `{'name':'a'}`, ""},
		{"number as key", `{"name":"a",1:1}`, ""},
		{"duplicate top member", `{"name":"a","x":1,"x":2}`, ""},
		{"duplicate versions", `{"name":"a","versions":{},"versions":{}}`, ""},
		{"duplicate name, escaped", `{"name":"a","n\u0061me":"a"}`, ""},
		{"duplicate version", `{"name":"a","versions":{"1.0.0":{"name":"a","version":"1.0.0"},"1.0.\u0030":{"name":"a","version":"1.0.0"}}}`, ""},
		{"duplicate tag", `{"name":"a","dist-tags":{"x":"1.0.0","\u0078":"1.0.0"}}`, ""},
		{"duplicate time", `{"name":"a","time":{"1.0.0":"x","1.0.0":"y"}}`, ""},
		{"duplicate time of a version", `{"name":"a","versions":{"1.0.0":{"name":"a","version":"1.0.0"}},"time":{"1.0.0":"x","1.0.0":"y"}}`, ""},
		{"duplicate field", string(versionDoc(`"bin":"a","bin":"b"`)), ""},
		{"duplicate dist", string(versionDoc(`"dist":{},"dist":null`)), ""},
		{"duplicate tarball", string(versionDoc(`"dist":{"tarball":"x","tarball":"y"}`)), ""},
		{"duplicate integrity", string(versionDoc(`"dist":{"integrity":null,"integr\u0069ty":"y"}`)), ""},
		{"versions is an array", `{"name":"a","versions":[]}`, ""},
		{"dist-tags is a string", `{"name":"a","dist-tags":"latest"}`, ""},
		{"time is a number", `{"name":"a","time":1}`, ""},
		{"version is null", `{"name":"a","versions":{"1.0.0":null}}`, ""},
		{"version is a string", `{"name":"a","versions":{"1.0.0":"x"}}`, ""},
		{"no name", `{}`, "G21"},
		{"other name", `{"name":"b"}`, "G21"},
		{"other case", `{"name":"A"}`, "G21"},
		{"name is no string", `{"name":["a"]}`, "G21"},
		{"other _id", `{"_id":"b","name":"a"}`, "G21"},
		{"_id is null", `{"_id":null,"name":"a"}`, "G21"},
		{"key is no version", `{"name":"a","versions":{"../x":{"name":"a","version":"../x"}}}`, "G21"},
		{"key is a tag", `{"name":"a","versions":{"latest":{"name":"a","version":"latest"}}}`, "G21"},
		{"version has another name", `{"name":"a","versions":{"1.0.0":{"name":"b","version":"1.0.0"}}}`, "G21"},
		{"version has another version", `{"name":"a","versions":{"1.0.0":{"name":"a","version":"1.0.1"}}}`, "G21"},
		{"version spelled otherwise", `{"name":"a","versions":{"1.0.0":{"name":"a","version":"v1.0.0"}}}`, "G21"},
		{"version without name", `{"name":"a","versions":{"1.0.0":{"version":"1.0.0"}}}`, "G21"},
		{"version without version", `{"name":"a","versions":{"1.0.0":{"name":"a"}}}`, "G21"},
		{"version has another _id", string(versionDoc(`"_id":"a@1.0.1"`)), "G21"},
		{"version's _id is no string", string(versionDoc(`"_id":1`)), "G21"},
		{"deep", `{"name":"a","x":` + deep(64) + `}`, "G24"},
		{"deep in a version", string(versionDoc(`"x":` + deep(62))), "G24"},
		{"deep in dist", string(versionDoc(`"dist":{"x":` + deep(61) + `}`)), "G24"},
		{"very deep", `{"name":"a","x":` + deep(20_000) + `}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := Scan([]byte(tt.doc), mustName(t, "a"), Limits{})
			var e *Error
			if p != nil || !errors.Is(err, ErrBadUpstream) || !errors.As(err, &e) {
				t.Fatalf("Scan = %v, %v, want ErrBadUpstream", p, err)
			}
			if e.Guard != tt.guard || e.Package != "a" {
				t.Errorf("Guard %q, Package %q; want %q, a (%v)", e.Guard, e.Package, tt.guard, err)
			}
		})
	}
}

func TestScanNeverEchoes(t *testing.T) {
	t.Parallel()
	for _, doc := range []string{`{"name":"EVIL"}`, `{"name":"a","EVIL":1,"EVIL":2}`, `{"name":"a","x":EVIL}`} {
		_, err := Scan([]byte(doc), mustName(t, "a"), Limits{})
		var e *Error
		if !errors.As(err, &e) || strings.Contains(e.Text, "EVIL") {
			t.Errorf("Scan(%s): text %q repeats upstream", doc, e.Text)
		}
	}
}

func TestScanLimits(t *testing.T) {
	t.Parallel()
	doc := func(n int, format string) []byte {
		var b bytes.Buffer
		for i := range n {
			if i > 0 {
				b.WriteByte(',')
			}
			fmt.Fprintf(&b, format, i)
		}
		return b.Bytes()
	}
	wrap := func(key string, members []byte) []byte {
		return fmt.Appendf(nil, `{"name":"a",%q:{%s}}`, key, members)
	}
	version := `"1.0.%[1]d":{"name":"a","version":"1.0.%[1]d"}`
	tests := []struct {
		name string
		doc  []byte
		ok   bool
	}{
		{"versions at limit", wrap("versions", doc(10, version)), true},
		{"versions over it", wrap("versions", doc(11, version)), false},
		{"tags at limit", wrap("dist-tags", doc(10, `"t%d":"1.0.0"`)), true},
		{"tags over it", wrap("dist-tags", doc(11, `"t%d":"1.0.0"`)), false},
		{"times at limit", wrap("time", doc(40, `"1.0.%d":"x"`)), true},
		{"times over it", wrap("time", doc(41, `"1.0.%d":"x"`)), false},
		{"members at limit", fmt.Appendf(nil, `{"name":"a",%s}`, doc(maxTopMembers-1, `"k%d":1`)), true},
		{"members over it", fmt.Appendf(nil, `{"name":"a",%s}`, doc(maxTopMembers, `"k%d":1`)), false},
		{"depth at limit", []byte(`{"name":"a","x":[[["]{[\"[{","[[[["]]]}`), true},
		{"depth over it", []byte(`{"name":"a","x":[[[{}],{}]]}`), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Scan(tt.doc, mustName(t, "a"), Limits{Versions: 10, Depth: 4})
			var e *Error
			switch {
			case tt.ok && err != nil:
				t.Errorf("Scan = %v, want nil", err)
			case !tt.ok && (!errors.As(err, &e) || e.Guard != "G24"):
				t.Errorf("Scan = %v, want a refusal of G24", err)
			}
		})
	}
}
