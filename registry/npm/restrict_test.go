package npm

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestRestrict(t *testing.T) {
	t.Parallel()
	const (
		one  = `"1.0.0":{"name":"a","version":"1.0.0","x":[1],"dist":{"tarball":"http://up/1","integrity":"i"}}`
		two  = `"2.0.0":{"name":"a","version":"2.0.0","x":[2],"dist":{"shasum":"s","tarball":"http://up/2","y":1},"scripts":{"install":"./x"}}`
		at   = `"time":{"1.0.0":"t1","2.0.0":"t2"}`
		url  = `http://l/a/-/a-`
		our1 = `"1.0.0":{"name":"a","version":"1.0.0","x":[1],"dist":{"tarball":"` + url + `1.0.0.tgz","integrity":"i"}}`
		our2 = `"2.0.0":{"name":"a","version":"2.0.0","x":[2],"dist":{"shasum":"s","tarball":"` + url + `2.0.0.tgz","y":1},"scripts":{"install":"./x"}}`
		few1 = `"1.0.0":{"name":"a","version":"1.0.0","dist":{"tarball":"` + url + `1.0.0.tgz","integrity":"i"}}`
		few2 = `"2.0.0":{"name":"a","version":"2.0.0","dist":{"shasum":"s","tarball":"` + url + `2.0.0.tgz","y":1},"hasInstallScript":true}`
		doc  = `{"name":"a", "z":0,"dist-tags":{"latest":"2.0.0"},"versions":{` + one + `,` + two + `},` + at + ` }`
	)
	young := map[string]Restriction{"2.0.0": {Message: "a@2.0.0 is \"young\""}}
	tests := []struct {
		name string
		doc  string
		form Form
		by   map[string]Restriction
		want string
	}{
		{"full", doc, Full, young, `{"name":"a", "z":0,"dist-tags":{"latest":"1.0.0"},"versions":{` + our1 + `},` + at +
			`,"policyRestrictions":{"message":"a@2.0.0 is \"young\"","versions":{` + our2 + `}} }`},
		{"abbreviated", doc, Abbreviated, young, `{"name":"a","dist-tags":{"latest":"1.0.0"},"versions":{` + few1 + `},` + at +
			`,"policyRestrictions":{"message":"a@2.0.0 is \"young\"","versions":{` + few2 + `}}}`},
		{"bare", doc, Full, map[string]Restriction{"1.0.0": {Message: "m", Bare: true}, "2.0.0": {Message: "m", Bare: true}},
			`{"name":"a", "z":0,"dist-tags":{},"versions":{},` + at + `,"policyRestrictions":{"message":"m","versions":{` +
				`"1.0.0":{"name":"a","version":"1.0.0","dist":{"tarball":"` + url + `1.0.0.tgz","integrity":"i"}},` +
				`"2.0.0":{"name":"a","version":"2.0.0","dist":{"tarball":"` + url + `2.0.0.tgz","shasum":"s"}}}} }`},
		{"not in the document", doc, Full, map[string]Restriction{"3.0.0": {Message: "m"}},
			`{"name":"a", "z":0,"dist-tags":{"latest":"2.0.0"},"versions":{` + our1 + `,` + our2 + `},` + at + ` }`},
		{"in place of upstream's", `{"name":"a","policy\u0052estrictions" : {"message":"EVIL"}, "versions":{` + two + `}}`, Full, young,
			`{"name":"a","policy\u0052estrictions" : {"message":"a@2.0.0 is \"young\"","versions":{` + our2 + `}}, "versions":{},"dist-tags":{}}`},
		{"upstream's stays with nothing to say", `{"name":"a","policyRestrictions":{"message":"m"}}`, Full, young,
			`{"name":"a","policyRestrictions":{"message":"m"},"dist-tags":{},"versions":{}}`},
		{"no dist", `{"name":"a","versions":{"2.0.0":{"name":"a","version":"2.0.0"}}}`, Abbreviated, young,
			`{"name":"a","dist-tags":{},"versions":{},"policyRestrictions":{"message":"a@2.0.0 is \"young\"","versions":{` +
				`"2.0.0":{"name":"a","version":"2.0.0","dist":{"tarball":"` + url + `2.0.0.tgz"}}}}}`},
		{"tag that dangles upstream, all restricted", `{"name":"a","dist-tags":{"latest":"9.0.0"},"versions":{` + two + `}}`, Full, young,
			`{"name":"a","dist-tags":{},"versions":{},"policyRestrictions":{"message":"a@2.0.0 is \"young\"","versions":{` + our2 + `}}}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := string(render(t, mustScan(t, []byte(tt.doc), "a"), tt.form, Edit{TarballBase: "http://l", Restrict: tt.by}))
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestRestrictBareTakesFixedHashes(t *testing.T) {
	t.Parallel()
	p := mustScan(t, versionDoc(`"dist":{"integrity":"old","shasum":"kept"}`), "a")
	e := Edit{Restrict: map[string]Restriction{"1.0.0": {Bare: true}}, Dist: map[string]DistFix{"1.0.0": {Integrity: "new"}}}
	want := `"dist":{"tarball":"/a/-/a-1.0.0.tgz","integrity":"new","shasum":"kept"}}`
	if got := string(render(t, p, Full, e)); !strings.Contains(got, want) {
		t.Errorf("got %s, want %s in it", got, want)
	}
}

// TestRestrictAny restricts and leaves out every combination of a document's
// versions.
func TestRestrictAny(t *testing.T) {
	t.Parallel()
	p := mustScan(t, readGolden(t, "signed.json"), "@acme/widget")
	cases := 1
	for range p.Versions {
		cases *= 3
	}
	for set := range cases {
		e := Edit{TarballBase: testBase, Omit: map[string]bool{}, Restrict: map[string]Restriction{}}
		for i, n := 0, set; i < len(p.Versions); i, n = i+1, n/3 {
			switch key := p.Versions[i].Key; n % 3 {
			case 1:
				e.Omit[key] = true
			case 2:
				// Restrictions win over Omit.
				e.Omit[key] = set%2 == 0
				e.Restrict[key] = Restriction{Message: key + " is refused", Bare: set%5 == 0}
			}
		}
		for _, f := range []Form{Full, Abbreviated} {
			checkRestricted(t, p, f, e)
		}
	}
}

// checkRestricted holds a rendering to what every edit promises.
func checkRestricted(t *testing.T, p *Packument, f Form, e Edit) {
	t.Helper()
	out := render(t, p, f, e)
	got, err := Scan(out, p.name, Limits{})
	if err != nil {
		t.Fatalf("form %d with %v is refused: %v: %s", f, e, err, out)
	}
	restrictions := object(decode(t, out), memberRestrictions)
	restricted := object(restrictions, "versions")
	for i := range p.Versions {
		v := &p.Versions[i]
		by, want := e.Restrict[v.Key]
		m, listed := restricted[v.Key].(map[string]any)
		if listed != want {
			t.Errorf("form %d with %v: %s is listed as restricted: %v", f, e, v.Key, listed)
		}
		if now, ok := got.Version(v.Key); ok == e.gone(v.Key) {
			t.Errorf("form %d with %v: %s is listed: %v", f, e, v.Key, ok)
		} else if ok && now.Published != v.Published {
			t.Errorf("form %d with %v: %s lost its time", f, e, v.Key)
		}
		if !want {
			continue
		}
		if url, _ := object(m, "dist")["tarball"].(string); !strings.HasPrefix(url, e.TarballBase+"/") {
			t.Errorf("form %d with %v: restricted %s points to %q", f, e, v.Key, url)
		}
		if text, _ := restrictions["message"].(string); !strings.Contains(text, by.Message) {
			t.Errorf("form %d with %v: message %q", f, e, text)
		}
		if !v.Deprecated && m["deprecated"] == e.Notice[v.Key] && m["deprecated"] != nil {
			t.Errorf("form %d with %v: restricted %s has a notice", f, e, v.Key)
		}
	}
	checkTags(t, p, got, e)
}

// checkTags demands that tags move down, to versions that are there.
func checkTags(t *testing.T, p, got *Packument, e Edit) {
	t.Helper()
	for _, tag := range got.Tags {
		was, ok := p.Tag(tag.Name)
		if !ok {
			t.Errorf("%v: tag %s was made up", e, tag.Name)
		}
		if tag.Version == was && !e.gone(was) {
			continue
		}
		if _, ok := got.Version(tag.Version); !ok {
			t.Errorf("%v: tag %s points to %s, which is not there", e, tag.Name, tag.Version)
		}
		from, errFrom := ParseLoose(was)
		to, errTo := ParseLoose(tag.Version)
		if errFrom != nil || errTo != nil || to.Compare(from) > 0 {
			t.Errorf("%v: tag %s moved from %s to %s", e, tag.Name, was, tag.Version)
		}
	}
	if len(got.Versions) == 0 && len(p.restricted(e.Restrict)) > 0 && len(got.Tags) > 0 {
		t.Errorf("%v: tags %v, but no versions", e, got.Tags)
	}
}

func TestRestrictMessage(t *testing.T) {
	t.Parallel()
	many := make([]string, maxReasons+3)
	for i := range many {
		many[i] = fmt.Sprintf("1.0.%d=%d", i, i)
	}
	var most []string
	for i := len(many) - 1; i >= 3; i-- {
		most = append(most, fmt.Sprint(i))
	}
	tests := []struct {
		name string
		in   []string // version=message
		want string
	}{
		{"one", []string{"1.0.0=x"}, "x"},
		{"highest first", []string{"1.2.0=b", "1.10.0=c", "1.1.0=a"}, "c\nb\na"},
		{"each once", []string{"1.0.0=x", "1.1.0=y", "1.2.0=x"}, "x\ny"},
		{"nothing to say", []string{"1.0.0=", "1.1.0="}, ""},
		{"too many", many, strings.Join(most, "\n") + "\nand 3 more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var doc bytes.Buffer
			by := map[string]Restriction{}
			doc.WriteString(`{"name":"a","versions":{`)
			for i, in := range tt.in {
				key, message, _ := strings.Cut(in, "=")
				by[key] = Restriction{Message: message}
				if i > 0 {
					doc.WriteByte(',')
				}
				fmt.Fprintf(&doc, `%q:{"name":"a","version":%q}`, key, key)
			}
			doc.WriteString(`}}`)
			p := mustScan(t, doc.Bytes(), "a")
			got := object(decode(t, render(t, p, Full, Edit{Restrict: by})), memberRestrictions)["message"]
			if got != tt.want {
				t.Errorf("message = %q, want %q", got, tt.want)
			}
		})
	}
}

// TestRestrictDeep restricts manifests around the depth that Scan accepts: what
// is rendered must be accepted too.
func TestRestrictDeep(t *testing.T) {
	t.Parallel()
	for _, depth := range []int{50, 56, 57, 58, 59, 60, 61} {
		for _, member := range []string{`"dependencies":`, `"dist":{"tarball":"u","x":`} {
			inner := depth - strings.Count(member, "{")
			doc := versionDoc(member + strings.Repeat("[", inner) + strings.Repeat("]", inner) + strings.Repeat("}", depth-inner))
			p := mustScan(t, doc, "a")
			e := Edit{TarballBase: testBase, Restrict: map[string]Restriction{"1.0.0": {Message: "m"}}}
			for _, f := range []Form{Full, Abbreviated} {
				checkRestricted(t, p, f, e)
			}
			kept := bytes.Contains(render(t, p, Full, e), []byte("[["))
			if want := depth < restrictedDepth; kept != want {
				t.Errorf("depth %d of %s: kept %v, want %v", depth, member, kept, want)
			}
		}
	}
}

func TestRestrictManifest(t *testing.T) {
	t.Parallel()
	p := mustScan(t, versionDoc(`"x":1`), "a")
	e := Edit{Restrict: map[string]Restriction{"1.0.0": {Message: "a@1.0.0 is young"}, "2.0.0": {Message: "gone"}}}
	for version, want := range map[string]string{"1.0.0": "a@1.0.0 is young", "2.0.0": "gone"} {
		var b bytes.Buffer
		var e2 *Error
		err := p.RenderManifest(&b, version, e)
		if !errors.Is(err, ErrBlocked) || !errors.As(err, &e2) || e2.Text != want || b.Len() > 0 {
			t.Errorf("RenderManifest(%s) = %v and %d bytes, want ErrBlocked with %q", version, err, b.Len(), want)
		}
	}
}
