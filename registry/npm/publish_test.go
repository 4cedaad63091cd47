package npm

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
)

// sinks receive the tarballs of a publish.
type sinks map[string]*bytes.Buffer

func (s sinks) open(key string) (io.Writer, error) {
	s[key] = &bytes.Buffer{}
	return s[key], nil
}

func readPublish(t testing.TB, body string) (*PublishDocument, sinks) {
	t.Helper()
	s := sinks{}
	p, err := ReadPublish(strings.NewReader(body), PublishOptions{Attachment: s.open})
	if err != nil {
		t.Fatal(err)
	}
	return p, s
}

// wantError checks kind and text of an error.
func wantError(t *testing.T, err, kind error, text string) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, kind) || e.Text != text {
		t.Errorf("got error %v, want %v with the text %q", err, kind, text)
	}
}

// publishClients are the clients whose publishes are kept in testdata, as they
// sent them, but for host names and paths.
var publishClients = []string{"npm", "pnpm", "yarn1", "berry", "bun"}

func readClient(t testing.TB, client string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "publish", client+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestReadPublishOfClients(t *testing.T) {
	t.Parallel()
	name := mustName(t, "@acme/demo")
	const file = "@acme/demo-1.2.3.tgz"
	for _, client := range publishClients {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			p, s := readPublish(t, string(readClient(t, client)))
			v, err := p.CheckPublish(name)
			if err != nil {
				t.Fatal(err)
			}
			if len(s) != 1 || s[file] == nil {
				t.Fatalf("got tarballs %v, want %s", s, file)
			}
			a := p.Attachments[0]
			if size := int64(s[file].Len()); a.Key != file || a.Size != size || a.Length != size || a.ContentType != "application/octet-stream" {
				t.Errorf("got attachment %+v of %d bytes", a, size)
			}
			checkDeclared(t, v, s[file].Bytes())
			report, err := InspectTar(bytes.NewReader(s[file].Bytes()), TarLimits{})
			if err == nil {
				err = report.Check(name, v)
			}
			if err != nil {
				t.Fatal(err)
			}
			facts := report.Facts
			if len(report.Secrets) > 0 {
				t.Errorf("found %v", report.Secrets)
			}
			if !facts.HasInstallScript || facts.HasGyp || facts.HasShrinkwrap || facts.FileCount < 4 {
				t.Errorf("got facts %+v", facts)
			}
		})
	}
}

// checkDeclared verifies a tarball against what its document says.
func checkDeclared(t *testing.T, v PublishVersion, tarball []byte) {
	t.Helper()
	declared, err := v.Integrity()
	if err != nil || len(declared) != 2 {
		t.Fatalf("got hashes %v and error %v, want two", declared, err)
	}
	for _, in := range declared {
		h := NewHasher(in)
		_, _ = h.Write(tarball) // never fails
		if err := in.Verify(h.Sums()); err != nil {
			t.Errorf("%s: %v", in, err)
		}
	}
}

func TestReadPublishDocument(t *testing.T) {
	t.Parallel()
	const body = ` {"_attachments":{"a-1.0.0.tgz":{"data":"aGFsbG8=","length":5},
		"a-1.0.0.sigstore":{"content_type":"x","data":"{\"a\":1}","length":7}, "b":{"data":null}},
		"_id":"a","name":"a","_rev":"3-x","access":"public","readme":"# A\"\u00e9",
		"versions":{"2.0.0":{"deprecated":"old"},"1.0.0":{"deprecated":""},"1.5.0":{},"3.0.0":{"deprecated":false},
		"4.0.0":{"deprecated":true}},
		"dist-tags":{"latest":"1.0.0","next":"2.0.0"},"users":{"ada":true,"bob":false},
		"maintainers":[{"name":"ada","email":"a@example.com"},"bob <b@example.com>"],
		"nested":{"_attachments":{"c.tgz":{"data":"####"}}}, "list":[{"c.tgz":{"data":"##"}}], "data":"##"}`
	p, s := readPublish(t, body)
	if got := s["a-1.0.0.tgz"].String(); len(s) != 1 || got != "hallo" {
		t.Errorf("got tarballs %v", s)
	}
	want := &PublishDocument{Name: "a", ID: "a", Rev: "3-x", Access: "public", Readme: []byte(`"# A\"\u00e9"`),
		Tags: []Tag{{"latest", "1.0.0"}, {"next", "2.0.0"}},
		Attachments: []Attachment{{Key: "a-1.0.0.tgz", Length: 5, Size: 5},
			{Key: "a-1.0.0.sigstore", ContentType: "x", Length: 7, Size: 7, Text: []byte(`{"a":1}`)}, {Key: "b", Length: -1}},
		HasAttachments: true, Users: map[string]bool{"ada": true, "bob": false}, Maintainers: []string{"ada", "bob"},
		Versions: []PublishVersion{{"2.0.0", []byte(`{"deprecated":"old"}`)}, {"1.0.0", []byte(`{"deprecated":""}`)},
			{"1.5.0", []byte(`{}`)}, {"3.0.0", []byte(`{"deprecated":false}`)}, {"4.0.0", []byte(`{"deprecated":true}`)}}}
	if got, want := toJSON(t, p), toJSON(t, want); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	wantList := []Deprecation{{"2.0.0", "old"}, {"1.0.0", ""}, {"3.0.0", ""}, {"4.0.0", "this version is deprecated"}}
	if got, want := toJSON(t, p.Deprecations()), toJSON(t, wantList); got != want {
		t.Errorf("got deprecations %s, want %s", got, want)
	}
}

func toJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestReadPublishOfChanges(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body       string
		users, ownership bool
	}{
		{"nothing", `{}`, false, false},
		{"nulls", `{"_id":null,"versions":null,"dist-tags":null,"users":null,"maintainers":null,"_attachments":null}`, false, false},
		{"star", `{"_id":"a","_rev":"1-0","users":{"ada":true}}`, true, false},
		{"last star gone", `{"users":{}}`, true, false},
		{"owner", `{"maintainers":[]}`, false, true},
		{"document that was read", `{"_attachments":{},"users":{},"maintainers":[{"name":"a"}]}`, true, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, _ := readPublish(t, tt.body)
			if p.HasAttachments || p.Users != nil != tt.users || p.Maintainers != nil != tt.ownership {
				t.Errorf("got %+v", p)
			}
		})
	}
}

// attached is a document with the given text at the place of a tarball's data.
func attached(data string) string { return `{"_attachments":{"a.tgz":{"data":` + data + `}}}` }

func TestReadPublishTarballs(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, data, want string }{
		{"plain", `"+/8="`, "\xfb\xff"},
		{"escaped slash", `"+\/8="`, "\xfb\xff"},
		{"escaped letters", `"\u002b\u002F\u0038="`, "\xfb\xff"},
		{"empty", `""`, ""},
		{"no text", `null`, ""},
		{"number", `12`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, how := range []func(io.Reader) io.Reader{func(r io.Reader) io.Reader { return r }, iotest.OneByteReader, iotest.DataErrReader} {
				s := sinks{}
				p, err := ReadPublish(how(strings.NewReader(attached(tt.data))), PublishOptions{Attachment: s.open})
				if err != nil {
					t.Fatal(err)
				}
				got := ""
				if s["a.tgz"] != nil {
					got = s["a.tgz"].String()
				}
				if got != tt.want || p.Attachments[0].Size != int64(len(tt.want)) {
					t.Errorf("got %q and size %d, want %q", got, p.Attachments[0].Size, tt.want)
				}
			}
		})
	}
}

func TestReadPublishRefuses(t *testing.T) {
	t.Parallel()
	const notBase64, bad = "Attachment data is not base64.", "Invalid json"
	tests := []struct {
		name, body, text string
	}{
		{"nothing", ``, bad},
		{"no json", `not json`, bad},
		{"array", `[]`, "Invalid json: unexpected type of value"},
		{"cut", `{"name":"a"`, bad},
		{"cut in a string", `{"name":"a`, bad},
		{"cut in a tarball", `{"_attachments":{"a.tgz":{"data":"aGFs`, bad},
		{"two documents", `{} {}`, bad},
		{"no UTF-8", "{\"name\":\"\xff\"}", bad},
		{"control character", "{\"name\":\"\n\"}", bad},
		{"name is a number", `{"name":1}`, "Invalid json: name: unexpected type of value"},
		{"name twice", `{"name":"a","n\u0061me":"b"}`, "Invalid json: duplicate name"},
		{"version twice", `{"versions":{"1.0.0":{},"1.0.0":{}}}`, "Invalid json: versions: duplicate name"},
		{"version is no object", `{"versions":{"1.0.0":1}}`, "Invalid json: versions: unexpected type of value"},
		{"tag twice", `{"dist-tags":{"a":"1","a":"2"}}`, "Invalid json: dist-tags: duplicate name"},
		{"attachment twice", `{"_attachments":{"a":{},"a":{}}}`, "Invalid json: _attachments: duplicate name"},
		{"tarball twice", `{"_attachments":{"a.tgz":{"data":"aGFs"},"a.tgz":{"data":"aGFs"}}}`, "Attachment stands twice in the document."},
		{"data twice", `{"_attachments":{"a.tgz":{"data":"aGFs","data":"aGFs"}}}`, "Attachment stands twice in the document."},
		{"negative length", `{"_attachments":{"a.tgz":{"length":-1}}}`, "Invalid json: _attachments: unexpected type of value"},
		{"long key", `{"_attachments":{"` + strings.Repeat("a", maxKey) + `.tgz":{"data":"aGFs"}}}`, "Attachment name is too long."},
		{"no padding", attached(`"aGFsbG8"`), notBase64},
		{"line break", attached("\"aGFs\nbG8=\""), notBase64},
		{"escaped line break", attached(`"aGFs\nbG8="`), notBase64},
		{"URL alphabet", attached(`"-_8="`), notBase64},
		{"bits behind the end", attached(`"+/9="`), notBase64},
		{"padding in the middle", attached(`"+/8=+/8="`), notBase64},
		{"unknown escape", attached(`"\x41AA="`), notBase64},
		{"escaped wide character", attached(`"\u0141AAA"`), notBase64},
		{"half an escape", attached(`"AAA\u00"`), notBase64},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, r := range []io.Reader{strings.NewReader(tt.body), iotest.OneByteReader(strings.NewReader(tt.body))} {
				_, err := ReadPublish(r, PublishOptions{Attachment: sinks{}.open})
				wantError(t, err, ErrInvalid, tt.text)
				if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
					t.Errorf("%v looks like the end of a connection", err)
				}
			}
		})
	}
}

func TestReadPublishLimits(t *testing.T) {
	t.Parallel()
	tarball := attached(`"` + strings.Repeat("AAAA", 1000) + `"`)
	text := `{"_attachments":{"a":{"data":"` + strings.Repeat("A", maxAttachmentText) + `"}}}`
	deep := `{"versions":{"1.0.0":{"a":` + strings.Repeat("[", 62) + strings.Repeat("]", 62) + `}}}`
	tests := []struct {
		name, body, text string
		o                PublishOptions
	}{
		{"tarball", tarball, "File is too large.", PublishOptions{MaxAttachment: 2999}},
		{"tarball at its limit", tarball, "", PublishOptions{MaxAttachment: 3000, MaxDocument: 40}},
		{"document", `{"name":"` + strings.Repeat("a", 100) + `"}`, "Package document is too large.", PublishOptions{MaxDocument: 110}},
		{"document at its limit", `{"name":"` + strings.Repeat("a", 100) + `"}`, "", PublishOptions{MaxDocument: 111}},
		{"text", text, "File is too large.", PublishOptions{}},
		{"depth", deep, "Package document is over the limits.", PublishOptions{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.o.Attachment = sinks{}.open
			_, err := ReadPublish(strings.NewReader(tt.body), tt.o)
			if tt.text != "" {
				wantError(t, err, ErrTooLarge, tt.text)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestReadPublishPassesErrors checks that what is not the document's fault is
// not blamed on it.
func TestReadPublishPassesErrors(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	cut := io.MultiReader(strings.NewReader(`{"name":`), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, err := ReadPublish(cut, PublishOptions{}); !errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, ErrInvalid) {
		t.Errorf("got %v, want the reader's error", err)
	}
	body := attached(`"aGFs"`)
	tests := []struct {
		name string
		o    PublishOptions
	}{
		{"opening", PublishOptions{Attachment: func(string) (io.Writer, error) { return nil, broken }}},
		{"writing", PublishOptions{Attachment: func(string) (io.Writer, error) { return failingWriter{broken}, nil }}},
		{"memory", PublishOptions{Attachment: sinks{}.open, Grow: func(int64) error { return broken }}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := ReadPublish(strings.NewReader(body), tt.o); !errors.Is(err, broken) {
				t.Errorf("got %v, want the error of %s", err, tt.name)
			}
		})
	}
}

type failingWriter struct{ err error }

func (b failingWriter) Write([]byte) (int, error) { return 0, b.err }

// TestReadPublishMemory checks that what is held is what Grow was told, and
// that the tarball is no part of it.
func TestReadPublishMemory(t *testing.T) {
	t.Parallel()
	var told int64
	tarball := bytes.Repeat([]byte("tarball "), 1<<17)
	body := `{"readme":` + strconv.Quote(strings.Repeat("r", 100_000)) + `,"_attachments":{"a.tgz":{"data":"` +
		base64.StdEncoding.EncodeToString(tarball) + `"}}}`
	s := sinks{}
	p, err := ReadPublish(strings.NewReader(body), PublishOptions{Attachment: s.open,
		Grow: func(n int64) error { told += n; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(s["a.tgz"].Bytes(), tarball) {
		t.Error("the tarball came out wrong")
	}
	if int64(len(p.Readme)) > told || told > 300_000 {
		t.Errorf("told of %d bytes for a document of about 100,000", told)
	}
}
