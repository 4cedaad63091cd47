package upstreamtest_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// answer is what a client saw.
type answer struct {
	*http.Response
	body []byte
	err  error // of reading the body
}

func client(t *testing.T) *http.Client {
	t.Helper()
	tr := &http.Transport{DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{
		Transport:     tr,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func get(t *testing.T, url string, header ...string) answer {
	t.Helper()
	a, err := try(t, url, header...)
	if err != nil {
		t.Fatalf("get %s: %v", url, err)
	}
	return a
}

func try(t *testing.T, url string, header ...string) (answer, error) {
	t.Helper()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		q.Header.Set(header[i], header[i+1])
	}
	res, err := client(t).Do(q)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	return answer{res, body, err}, nil
}

func gunzip(t *testing.T, b []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	out, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

const corgi = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"

func TestRichPackument(t *testing.T) {
	t.Parallel()
	reg := upstreamtest.New(t)
	reg.Add(upstreamtest.Package{Name: "@oak/leaf", Versions: []upstreamtest.Version{{
		Version: "1.0.0", Manifest: map[string]any{"scripts": map[string]string{"install": "node -v"}},
	}, {Version: "1.1.0-rc.1"}}})

	full := get(t, reg.URL()+"/@oak%2fleaf", "Accept", "application/json")
	for _, h := range []string{"ETag", "Last-Modified", "Cache-Control", "Vary", "Set-Cookie"} {
		if full.Header.Get(h) == "" {
			t.Errorf("no header %s", h)
		}
	}
	var doc struct {
		Name     string
		Tags     map[string]string         `json:"dist-tags"`
		Versions map[string]map[string]any `json:"versions"`
		Time     map[string]string
	}
	if err := json.Unmarshal(full.body, &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Name != "@oak/leaf" || doc.Tags["latest"] != "1.0.0" || doc.Time["1.0.0"] == "" || len(doc.Versions) != 2 {
		t.Errorf("document: %+v", doc)
	}

	short := get(t, reg.URL()+"/@oak/leaf", "Accept", corgi, "Accept-Encoding", "gzip")
	if got := short.Header.Get("Content-Type"); got != "application/vnd.npm.install-v1+json" {
		t.Errorf("type of the abbreviated form: %q", got)
	}
	body := string(gunzip(t, short.body))
	if !strings.Contains(body, `"hasInstallScript":true`) || strings.Contains(body, "readme") {
		t.Errorf("abbreviated form: %s", body)
	}
	again := get(t, reg.URL()+"/@oak%2Fleaf", "If-None-Match", full.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || len(again.body) != 0 {
		t.Errorf("conditional request: %d with %d bytes", again.StatusCode, len(again.body))
	}
	if n := reg.CountOf(upstreamtest.KindPackument, "@oak/leaf"); n != 3 {
		t.Errorf("logged %d packument requests, want 3", n)
	}
}

func TestPoorRegistry(t *testing.T) {
	t.Parallel()
	reg := upstreamtest.New(t, upstreamtest.Poor())
	p := upstreamtest.Simple("leaf", "1.0.0", "2.0.0")
	p.Tags = map[string]string{"next": "2.0.0", "latest": "1.0.0"}
	reg.Add(p)
	a := get(t, reg.URL()+"/leaf", "Accept", corgi, "Accept-Encoding", "gzip")
	for _, h := range []string{"ETag", "Last-Modified", "Cache-Control", "Vary", "Content-Encoding"} {
		if got := a.Header.Get(h); got != "" {
			t.Errorf("header %s: %q", h, got)
		}
	}
	if !strings.Contains(string(a.body), `"dist-tags": {"latest": "1.0.0"}`) {
		t.Errorf("document: %s", a.body)
	}
	if !json.Valid(a.body) {
		t.Error("document is no JSON")
	}
	if got := get(t, reg.URL()+"/-/v1/search?text=leaf").StatusCode; got != http.StatusNotFound {
		t.Errorf("search: %d", got)
	}
}

func TestTarball(t *testing.T) {
	t.Parallel()
	reg := upstreamtest.New(t)
	reg.Add(upstreamtest.Package{Name: "@oak/leaf", Versions: []upstreamtest.Version{{Version: "1.0.0", Padding: 5000}}})
	url := reg.TarballURL("@oak/leaf", "1.0.0")
	whole := get(t, url)
	if !bytes.Equal(whole.body, reg.Bytes("@oak/leaf", "1.0.0")) || len(whole.body) < 5000 {
		t.Fatalf("tarball of %d bytes differs", len(whole.body))
	}
	tests := []struct {
		name   string
		header []string
		status int
		want   []byte
	}{
		{"from an offset", []string{"Range", "bytes=100-"}, 206, whole.body[100:]},
		{"in the middle", []string{"Range", "bytes=10-19"}, 206, whole.body[10:20]},
		{"the end", []string{"Range", "bytes=-7"}, 206, whole.body[len(whole.body)-7:]},
		{"beyond the end", []string{"Range", "bytes=999999-"}, 416, nil},
		{"If-Range that fits", []string{"Range", "bytes=10-19", "If-Range", whole.Header.Get("ETag")}, 206, whole.body[10:20]},
		{"If-Range that does not", []string{"Range", "bytes=10-19", "If-Range", `"other"`}, 200, whole.body},
		{"If-None-Match", []string{"If-None-Match", whole.Header.Get("ETag")}, 304, nil},
	}
	for _, tt := range tests {
		a := get(t, url, tt.header...)
		if a.StatusCode != tt.status || !bytes.Equal(a.body, tt.want) {
			t.Errorf("%s: %d with %d bytes, want %d with %d", tt.name, a.StatusCode, len(a.body), tt.status, len(tt.want))
		}
	}
	if !bytes.Equal(upstreamtest.Tarball("@oak/leaf", upstreamtest.Version{Version: "1.0.0", Padding: 5000}), whole.body) {
		t.Error("packing twice gives different bytes")
	}
}

func TestSpecialRoutes(t *testing.T) {
	t.Parallel()
	reg := upstreamtest.New(t, upstreamtest.Prefix("npm/public"))
	p := upstreamtest.Simple("leaf", "1.0.0")
	p.Versions[0].Attested = true
	reg.Add(p)
	reg.Advise("leaf", upstreamtest.Advisory{ID: 7, Severity: "high", VulnerableVersions: "<2.0.0"})
	for path, want := range map[string]string{
		"/-/ping":                             "{}",
		"/-/v1/search?text=lea":               `"maintainers":[`,
		"/-/npm/v1/keys":                      `"keyid":"SHA256:`,
		"/-/npm/v1/attestations/leaf@1.0.0":   "slsa.dev",
		"/-/package/leaf/dist-tags":           `{"latest":"1.0.0"}`,
		"/leaf/latest":                        `"version":"1.0.0"`,
		"/leaf/-/leaf-1.0.0.tgz":              "\x1f\x8b",
		"/leaf":                               reg.URL() + "/leaf/-/leaf-1.0.0.tgz",
		"/-/npm/v1/attestations/leaf%401.0.0": "slsa.dev",
		"/-/npm/v1/attestations/absent@1.0.0": "Not found",
		"/-/npm/v1/security/advisories/bulk":  "not allowed",
		"/leaf/9.9.9":                         `"version not found: 9.9.9"`,
	} {
		if got := get(t, reg.URL()+path); !strings.Contains(string(got.body), want) {
			t.Errorf("%s: %.200q, want %q in it", path, got.body, want)
		}
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	_, _ = z.Write([]byte(`{"leaf":["1.0.0"],"oak":["1.0.0"]}`))
	_ = z.Close()
	q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, reg.URL()+"/-/npm/v1/security/advisories/bulk", &zipped)
	if err != nil {
		t.Fatal(err)
	}
	q.Header.Set("Content-Encoding", "gzip")
	res, err := client(t).Do(q)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || !strings.HasPrefix(string(body), `{"leaf":[{"id":7,`) {
		t.Errorf("bulk audit: %s, %v", body, err)
	}
	last := slices.Collect(slices.Values(reg.Requests(upstreamtest.KindAudit)))
	if text, err := upstreamtest.Decoded(last[len(last)-1]); err != nil || !strings.Contains(string(text), "oak") {
		t.Errorf("recorded body: %s, %v", text, err)
	}
}

func TestTokenAndTLS(t *testing.T) {
	t.Parallel()
	reg := upstreamtest.New(t, upstreamtest.Token("secret"))
	reg.Add(upstreamtest.Simple("leaf", "1.0.0"))
	if got := get(t, reg.URL()+"/leaf").StatusCode; got != http.StatusUnauthorized {
		t.Errorf("without a token: %d", got)
	}
	if got := get(t, reg.URL()+"/leaf", "Authorization", "Bearer secret").StatusCode; got != http.StatusOK {
		t.Errorf("with the token: %d", got)
	}
	secure := upstreamtest.New(t, upstreamtest.TLS())
	if _, err := try(t, secure.URL()+"/leaf"); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("https without the certificate: %v", err)
	}
	if secure.CAFile() == "" {
		t.Error("no certificate file")
	}
}

func TestDownAndUp(t *testing.T) {
	t.Parallel()
	reg := upstreamtest.New(t)
	reg.Add(upstreamtest.Simple("leaf", "1.0.0"))
	reg.Down()
	if _, err := try(t, reg.URL()+"/leaf"); err == nil {
		t.Error("a registry that is down answers")
	}
	reg.Up()
	if got := get(t, reg.URL()+"/leaf").StatusCode; got != http.StatusOK {
		t.Errorf("up again: %d", got)
	}
}

func TestLargePackument(t *testing.T) {
	t.Parallel()
	doc := upstreamtest.LargePackument("large", 500, 5_000_000)
	if len(doc) < 4_500_000 || len(doc) > 5_500_000 {
		t.Errorf("%d bytes", len(doc))
	}
	var top struct {
		Versions map[string]struct{ Version string }
		Time     map[string]string
	}
	if err := json.Unmarshal(doc, &top); err != nil {
		t.Fatal(err)
	}
	if len(top.Versions) != 500 || len(top.Time) != 502 {
		t.Errorf("%d versions, %d times", len(top.Versions), len(top.Time))
	}
	for key, v := range top.Versions {
		if key != v.Version {
			t.Errorf("%s filed under %s", v.Version, key)
		}
	}
}

func TestReleaseAndRemove(t *testing.T) {
	t.Parallel()
	reg := upstreamtest.New(t)
	reg.Add(upstreamtest.Simple("leaf", "1.0.0"))
	before := get(t, reg.URL()+"/leaf").Header.Get("ETag")
	reg.Release("leaf", upstreamtest.Version{Version: "1.0.1"})
	if get(t, reg.URL()+"/leaf").Header.Get("ETag") == before {
		t.Error("a release left the document as it was")
	}
	reg.Remove("leaf")
	if got := get(t, reg.URL()+"/leaf").StatusCode; got != http.StatusNotFound {
		t.Errorf("removed package: %d", got)
	}
	if len(reg.Requests()) != 3 {
		t.Errorf("logged %d requests", len(reg.Requests()))
	}
	reg.Reset()
	if len(reg.Requests()) != 0 {
		t.Error("Reset left entries")
	}
}
