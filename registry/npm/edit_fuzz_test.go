package npm

import (
	"bytes"
	"slices"
	"testing"
)

// FuzzEdit holds Render to its promises for any document and any edit of its
// versions: the result is accepted, lists exactly what it should, and names
// only versions that are there. set has two bits for every version.
func FuzzEdit(f *testing.F) {
	for _, g := range goldens {
		f.Add(readGolden(f, g.file+".json"), uint64(0b11_10_01_00_01_10_11), "reason")
	}
	f.Add([]byte(`{"name":"a","dist-tags":{"latest":"1.0.0"},"policyRestrictions":0,"versions":{`+
		`"1.0.0":{"name":"a","version":"1.0.0","deprecated":"","dist":1}}}`), uint64(1), "\x00\"")
	f.Fuzz(func(t *testing.T, doc []byte, set uint64, text string) {
		p, err := Scan(bytes.Clone(doc), claimedName(doc), Limits{})
		if err != nil || len(p.top) > maxTopMembers-3 {
			return
		}
		e := Edit{
			TarballBase: testBase, Omit: map[string]bool{}, Restrict: map[string]Restriction{}, Notice: map[string]string{},
			Dist: map[string]DistFix{},
		}
		for i := range p.Versions {
			switch key := p.Versions[i].Key; set >> (2 * (i % 32)) & 3 {
			case 1:
				e.Restrict[key] = Restriction{Message: "m" + key, Bare: i%2 == 0}
			case 2:
				e.Notice[key] = text
				e.Dist[key] = DistFix{Shasum: text}
			case 3:
				e.Omit[key] = true
			}
		}
		if len(e.Restrict) > maxReasons {
			return
		}
		for _, form := range []Form{Full, Abbreviated} {
			checkRestricted(t, p, form, e)
			checkNotices(t, p, form, e)
			if got, shown := p.TagsAfter(e), mustScan(t, render(t, p, form, e), p.Name).Tags; !slices.Equal(got, shown) {
				t.Errorf("form %d shows the tags %v, expected %v", form, shown, got)
			}
		}
	})
}

// checkNotices demands that every version with a notice says something.
func checkNotices(t *testing.T, p *Packument, f Form, e Edit) {
	t.Helper()
	got := mustScan(t, render(t, p, f, e), p.Name)
	for key, text := range e.Notice {
		if v, ok := got.Version(key); ok && text != "" && !v.Deprecated {
			t.Errorf("form %d: %s has no notice", f, key)
		}
	}
}
