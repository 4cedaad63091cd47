package npm

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestRepairTags(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		// versions are separated by spaces; ! marks a deprecated one, - one to
		// omit.
		versions string
		tag      string
		target   string
		want     string
	}{
		{"untouched", "1.0.0 1.1.0", "latest", "1.0.0", "1.0.0"},
		{"dangling upstream stays", "1.0.0", "latest", "9.0.0", "9.0.0"},
		{"next lower", "1.0.0 1.1.0 -1.2.0", "latest", "1.2.0", "1.1.0"},
		{"never up", "1.0.0 -1.1.0 1.2.0", "latest", "1.1.0", "1.0.0"},
		{"only up is left", "-1.1.0 1.2.0", "latest", "1.1.0", ""},
		{"nothing is left", "-1.1.0", "latest", "1.1.0", ""},
		{"numbers, not text", "1.9.0 1.10.0 -1.11.0", "latest", "1.11.0", "1.10.0"},
		{"not the last published", "2.0.0 -2.1.0 0.30.5", "latest", "2.1.0", "2.0.0"},
		{"other major when it must", "1.5.0 -2.0.0 1.6.0", "latest", "2.0.0", "1.6.0"},
		{"deprecated last", "1.0.0 !1.1.0 -1.2.0", "latest", "1.2.0", "1.0.0"},
		{"deprecated last, whatever the order", "!1.1.0 1.0.0 -1.2.0", "latest", "1.2.0", "1.0.0"},
		{"other major before deprecated", "1.0.0 !2.0.0 -2.1.0", "latest", "2.1.0", "1.0.0"},
		{"deprecated when nothing else", "!1.0.0 !1.1.0 -1.2.0", "latest", "1.2.0", "1.1.0"},
		{"deprecated was fine before", "1.0.0 !1.1.0 -!1.2.0", "latest", "1.2.0", "1.1.0"},
		{"no prerelease for a release", "1.0.0 1.1.0-rc.1 -1.1.0", "latest", "1.1.0", "1.0.0"},
		{"only prereleases left", "1.1.0-rc.1 -1.1.0", "latest", "1.1.0", ""},
		{"same major's prerelease before older release", "1.0.0 2.0.0-rc.1 -2.0.0-rc.2", "latest", "2.0.0-rc.2", "2.0.0-rc.1"},
		{"latest may leave its channel", "1.0.0 -2.0.0-rc.2", "latest", "2.0.0-rc.2", "1.0.0"},
		{"other tags stay in their channel", "1.0.0 2.0.0-alpha.9 2.0.0-beta.1 -2.0.0-beta.2", "beta", "2.0.0-beta.2", "2.0.0-beta.1"},
		{"channel is empty", "1.0.0 2.0.0-alpha.9 -2.0.0-beta.2", "beta", "2.0.0-beta.2", ""},
		{"numbers are one channel", "1.0.0-7 -1.0.0-8", "next", "1.0.0-8", "1.0.0-7"},
		{"numbers are no release", "0.9.0 -1.0.0-8", "next", "1.0.0-8", ""},
		{"a release's other tag takes no prerelease", "1.0.0-8 -1.0.0", "next", "1.0.0", ""},
		{"late backport", "0.30.1 1.12.0 1.12.1 -1.12.2 0.30.2", "latest", "1.12.2", "1.12.1"},
		{"late backport is what remains", "0.30.1 -1.12.2 0.30.2 -1.12.1", "latest", "1.12.2", "0.30.2"},
		{"late backport is refused", "1.12.1 -0.30.2 0.30.1", "old", "0.30.2", "0.30.1"},
		{"same major's prerelease though release is newer", "1.9.0 2.0.0-rc.1 -2.0.0-rc.2 1.10.0", "latest", "2.0.0-rc.2", "2.0.0-rc.1"},
		{"release of its major before its prerelease", "2.0.0 2.0.0-rc.1 -2.1.0-rc.1", "latest", "2.1.0-rc.1", "2.0.0"},
		{"build metadata is neither up nor down", "1.0.0 1.1.0+a 1.1.0+c -1.1.0+b", "latest", "1.1.0+b", "1.1.0+a"},
		{"build metadata alone", "1.0.0 -1.1.0+b", "latest", "1.1.0+b", "1.0.0"},
		{"loose spelling", "=v1.0.0 -1.1.0", "latest", "1.1.0", "=v1.0.0"},
		{"target is no version", "1.0.0 -1.1.0", "latest", "nonsense", "nonsense"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var doc bytes.Buffer
			omit := map[string]bool{}
			fmt.Fprintf(&doc, `{"name":"a","dist-tags":{%q:%q,"other":"x"},"versions":{`, tt.tag, tt.target)
			for i, v := range strings.Fields(tt.versions) {
				v, left := strings.CutPrefix(v, "-")
				v, deprecated := strings.CutPrefix(v, "!")
				if left {
					omit[v] = true
				}
				if i > 0 {
					doc.WriteByte(',')
				}
				fmt.Fprintf(&doc, `%q:{"name":"a","version":%q,"deprecated":%v}`, v, v, deprecated)
			}
			doc.WriteString(`}}`)
			p := mustScan(t, doc.Bytes(), "a")
			restrict := map[string]Restriction{}
			for v := range omit {
				restrict[v] = Restriction{Message: "m"}
			}
			for _, f := range []Form{Full, Abbreviated} {
				out := mustScan(t, render(t, p, f, Edit{TarballBase: testBase, Omit: omit}), "a")
				if got, _ := out.Tag(tt.tag); got != tt.want {
					t.Errorf("form %d: %s = %q, want %q", f, tt.tag, got, tt.want)
				}
				if got, _ := out.Tag("other"); got != "x" {
					t.Errorf("form %d: other = %q, want x", f, got)
				}
				out = mustScan(t, render(t, p, f, Edit{TarballBase: testBase, Restrict: restrict}), "a")
				if got, _ := out.Tag(tt.tag); got != tt.want {
					t.Errorf("form %d: restricted: %s = %q, want %q", f, tt.tag, got, tt.want)
				}
			}
		})
	}
}

func TestRepairTagsOfNonsense(t *testing.T) {
	t.Parallel()
	doc := `{"name":"a","dist-tags":{"latest":"nonsense"},"versions":{"1.0.0":{"name":"a","version":"1.0.0"}}}`
	p := mustScan(t, []byte(doc), "a")
	out := mustScan(t, render(t, p, Full, Edit{Omit: map[string]bool{"nonsense": true}}), "a")
	if got, ok := out.Tag("latest"); ok {
		t.Errorf("latest = %q, want none", got)
	}
}

func TestTagsAfter(t *testing.T) {
	t.Parallel()
	var members []string
	for _, v := range []string{"1.0.0", "1.1.0", "2.0.0-beta.1", "2.0.0-beta.2"} {
		members = append(members, fmt.Sprintf(`%q:{"name":"a","version":%q}`, v, v))
	}
	p := mustScan(t, []byte(`{"name":"a","dist-tags":{"l\u0061test":"1.1.0","bad":7,"beta":"2.0.0-beta.2","gone":"9.0.0",`+
		`"__proto__":"1.0.0"},"versions":{`+strings.Join(members, ",")+`}}`), "a")
	all := map[string]Restriction{}
	for _, v := range p.Versions {
		all[v.Key] = Restriction{Message: "m"}
	}
	tests := []struct {
		name string
		edit Edit
		want []Tag
	}{
		{"nothing", Edit{}, []Tag{{"latest", "1.1.0"}, {"beta", "2.0.0-beta.2"}, {"gone", "9.0.0"}}},
		{"untagged left out", Edit{Omit: map[string]bool{"1.0.0": true}}, []Tag{{"latest", "1.1.0"}, {"beta", "2.0.0-beta.2"}, {"gone", "9.0.0"}}},
		{"moved", Edit{Omit: map[string]bool{"1.1.0": true}}, []Tag{{"latest", "1.0.0"}, {"beta", "2.0.0-beta.2"}, {"gone", "9.0.0"}}},
		{"dropped", Edit{Omit: map[string]bool{"1.1.0": true, "1.0.0": true}}, []Tag{{"beta", "2.0.0-beta.2"}, {"gone", "9.0.0"}}},
		{"restricted", Edit{Restrict: map[string]Restriction{"2.0.0-beta.2": {}}}, []Tag{{"latest", "1.1.0"}, {"beta", "2.0.0-beta.1"}, {"gone", "9.0.0"}}},
		{"both", Edit{Omit: map[string]bool{"1.1.0": true}, Restrict: map[string]Restriction{"2.0.0-beta.2": {}, "2.0.0-beta.1": {}}},
			[]Tag{{"latest", "1.0.0"}, {"gone", "9.0.0"}}},
		{"all restricted", Edit{Restrict: all}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := p.TagsAfter(tt.edit)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if shown := mustScan(t, render(t, p, Full, tt.edit), "a").Tags; !slices.Equal(got, shown) {
				t.Errorf("got %v, a rendering shows %v", got, shown)
			}
		})
	}
	if got, _ := p.Tag("latest"); got != "1.1.0" {
		t.Errorf("latest is %s afterwards", got)
	}
}

func TestRepairTagsOfAnyVersions(t *testing.T) {
	t.Parallel()
	tags := []Tag{{"latest", "2.0.0"}, {"old", "1.x"}, {"kept", "1.0.0"}, {"dangling", "7.0.0"}}
	remaining := []TagTarget{{Key: "latest"}, {Key: "1.0.0"}, {Key: ""}, {Key: "1.2.3.4"}}
	removed := []TagTarget{{Key: "2.0.0"}, {Key: "1.x"}}
	tests := []struct {
		name               string
		remaining, removed []TagTarget
		want               map[string]string
	}{
		{"what is no version is no target", remaining, removed, map[string]string{"latest": "1.0.0", "old": ""}},
		{"nothing left", nil, removed, map[string]string{"latest": "", "old": ""}},
		{"nothing removed", remaining, nil, map[string]string{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := RepairTags(tags, tt.remaining, tt.removed); !maps.Equal(got, tt.want) {
				t.Errorf("RepairTags = %v, want %v", got, tt.want)
			}
		})
	}
}
