package npm

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// FuzzReadPublish compares the reading of a stream with that of the whole
// document by another package: the same tarballs come out, and the same
// document remains. What is accepted and may be published must also compose to
// a packument that Scan accepts.
func FuzzReadPublish(f *testing.F) {
	for _, client := range publishClients {
		f.Add(readClient(f, client))
	}
	f.Add([]byte(publishOf()))
	f.Add([]byte(publishOf(`"_id":"a@1.0.0"`, `"maintainers":[1],"dist":{"tarball":1,"tarball":2},"bundledDependencies":["b"],"x":"\ud800"`)))
	f.Add([]byte(attached(`"\u002b\/8="`)))
	f.Add([]byte(`[{"_attachments":{"a.tgz":{"data":"aGFs"}}}]`))
	f.Fuzz(func(t *testing.T, body []byte) {
		s := sinks{}
		d := &diverter{o: PublishOptions{Attachment: s.open}.withDefaults()}
		err := d.readFrom(bytes.NewReader(body))
		if err == nil {
			compareDiverted(t, body, d.doc, s)
		}
		var e *Error
		p, err := ReadPublish(iotest.HalfReader(bytes.NewReader(body)), PublishOptions{Attachment: sinks{}.open})
		switch {
		case err == nil:
			checkComposes(t, p)
		case !errors.As(err, &e) || !errors.Is(err, ErrInvalid) && !errors.Is(err, ErrTooLarge):
			t.Errorf("got error %v of no kind that was promised", err)
		}
		if err == nil && !validJSON(body) {
			t.Errorf("accepted what is no document: %q", body)
		}
	})
}

// validJSON is the strictness of ReadPublish: duplicate names and lone
// surrogates pass.
func validJSON(body []byte) bool {
	v := jsontext.Value(body)
	return utf8.Valid(body) && v.IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
}

// compareDiverted does with the whole document what the diverter does with its
// bytes. Names that stand twice have no meaning to compare.
func compareDiverted(t *testing.T, body, rest []byte, s sinks) {
	t.Helper()
	var whole, remains any
	if v := jsontext.Value(body); !v.IsValid() || json.Unmarshal(body, &whole) != nil {
		if bytes.Equal(rest, body) {
			return
		}
		if validJSON(body) != validJSON(rest) {
			t.Errorf("%q is as wrong as %q", rest, body)
		}
		return
	}
	if err := json.Unmarshal(rest, &remains); err != nil {
		t.Fatalf("what remains is no document: %v: %q", err, rest)
	}
	found := 0
	top, _ := whole.(map[string]any)
	list, _ := top["_attachments"].(map[string]any)
	for key, value := range list {
		a, _ := value.(map[string]any)
		data, ok := a["data"].(string)
		if !ok || !strings.HasSuffix(key, ".tgz") {
			continue
		}
		a["data"] = ""
		want, err := base64.StdEncoding.Strict().DecodeString(data)
		if err != nil || strings.ContainsAny(data, "\r\n") {
			t.Fatalf("accepted the data %q", data)
		}
		if len(want) == 0 {
			continue
		}
		if found++; s[key] == nil || !bytes.Equal(s[key].Bytes(), want) {
			t.Errorf("got the tarball %v, want %q", s[key], want)
		}
	}
	if found != len(s) {
		t.Errorf("got %d tarballs, want %d", len(s), found)
	}
	if !reflect.DeepEqual(whole, remains) {
		t.Errorf("got the document %q of %q", rest, body)
	}
}

// checkComposes composes a packument of what a document publishes.
func checkComposes(t *testing.T, p *PublishDocument) {
	t.Helper()
	name, err := ParseName(p.Name)
	if err != nil {
		return
	}
	v, err := p.CheckPublish(name)
	if err != nil {
		return
	}
	tags := p.Tags
	if len(tags) == 0 {
		tags = []Tag{{"latest", v.Key}}
	}
	doc, err := Compose(Composition{Name: name, Rev: "1-0", Tags: tags, Readme: p.Readme,
		Versions: []ComposedVersion{{Key: v.Key, Manifest: v.Manifest, Deprecated: v.Deprecated()}}})
	if err != nil {
		t.Fatalf("compose: %v", err)
	}
	scanned, err := Scan(doc, name, Limits{})
	if err != nil {
		t.Fatalf("%v: %s", err, doc)
	}
	for _, form := range []Form{Full, Abbreviated} {
		if err := scanned.Render(io.Discard, form, Edit{TarballBase: "https://registry.example.com"}); err != nil {
			t.Error(err)
		}
	}
}
