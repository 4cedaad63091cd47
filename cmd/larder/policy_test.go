package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// policed is a larder whose administrator decides about versions.
type policed struct {
	*server
	client *http.Client
	token  string
}

// exchange sends a request and returns the answer with its body.
func (p *policed) exchange(t *testing.T, method, path string, form url.Values, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, p.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Private-Token", p.token)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := p.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// order gives an order by the API and returns its number.
func (p *policed) order(t *testing.T, form url.Values) int64 {
	t.Helper()
	r, body := p.exchange(t, http.MethodPost, "api/v4/larder/policy/orders", form)
	var o struct {
		ID int64 `json:"id"`
	}
	if err := json.Unmarshal([]byte(body), &o); err != nil || r.StatusCode != http.StatusCreated {
		t.Fatalf("%v: %d %s, %v", form, r.StatusCode, body, err)
	}
	return o.ID
}

// lift ends an order by the API.
func (p *policed) lift(t *testing.T, id int64) {
	t.Helper()
	if r, body := p.exchange(t, http.MethodDelete, fmt.Sprint("api/v4/larder/policy/orders/", id), nil); r.StatusCode != http.StatusOK {
		t.Fatalf("end of order %d: %d %s", id, r.StatusCode, body)
	}
}

// lists expects the next answer for a document that the client has to be another
// one, with or without a version, and returns its ETag.
func (p *policed) lists(t *testing.T, what, version string, listed bool, etag string) string {
	t.Helper()
	r, body := p.exchange(t, http.MethodGet, "left", nil, "If-None-Match", etag, "Accept", "application/vnd.npm.install-v1+json")
	var d struct {
		Versions map[string]any `json:"versions"`
	}
	if r.StatusCode == http.StatusOK {
		if err := json.Unmarshal([]byte(body), &d); err != nil {
			t.Fatal(err)
		}
	}
	if _, has := d.Versions[version]; r.StatusCode != http.StatusOK || has != listed || r.Header.Get("ETag") == etag {
		t.Fatalf("%s: %d with the ETag %s after %s, %s listed: %v, want %v", what, r.StatusCode, r.Header.Get("ETag"), etag, version, has, listed)
	}
	again, _ := p.exchange(t, http.MethodGet, "left", nil, "If-None-Match", r.Header.Get("ETag"), "Accept", "application/vnd.npm.install-v1+json")
	if again.StatusCode != http.StatusNotModified {
		t.Errorf("%s: the same document again is %d", what, again.StatusCode)
	}
	return r.Header.Get("ETag")
}

// refuses expects the tarball of a version to be served, or to be refused by a
// guard.
func (p *policed) refuses(t *testing.T, what, version, guard string) {
	t.Helper()
	r, body := p.exchange(t, http.MethodGet, "left/-/left-"+version+".tgz", nil)
	want := http.StatusOK
	if guard != "" {
		want = http.StatusForbidden
	}
	if r.StatusCode != want || r.Header.Get("X-Guard") != guard {
		t.Errorf("%s: the tarball of %s is %d by %q, %.300s", what, version, r.StatusCode, r.Header.Get("X-Guard"), body)
	}
}

// newPoliced runs a larder for its administrator.
func newPoliced(t *testing.T, up *upstreamtest.Registry) *policed {
	t.Helper()
	data := t.TempDir()
	p := &policed{server: begin(t, []string{"--data", data, "--listen", "127.0.0.1:0", "--upstream", up.URL()}), client: newClient(t)}
	token, err := os.ReadFile(filepath.Join(data, "registry", "root.token"))
	if err != nil {
		t.Fatal(err)
	}
	p.token = strings.TrimSpace(string(token))
	return p
}

// TestOrdersTakeEffect gives and ends orders about a document that is served
// from memory: the next request sees each of them, also one that has the
// document already.
func TestOrdersTakeEffect(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Package{Name: "left", Versions: []upstreamtest.Version{{Version: "1.0.0"}, {Version: "1.1.0"},
		{Version: "1.2.0", Published: time.Now().Add(-time.Hour)}}})
	p := newPoliced(t, up)
	etag := p.lists(t, "a young version", "1.2.0", false, `"none"`)
	p.refuses(t, "a young version", "1.2.0", "G11")
	p.refuses(t, "before any order", "1.1.0", "")

	block := p.order(t, url.Values{"kind": {"block"}, "match": {"left"}, "versions": {"1.1.0"}, "reason": {"taken over"}})
	etag = p.lists(t, "a block", "1.1.0", false, etag)
	p.refuses(t, "a block", "1.1.0", "G39")
	p.refuses(t, "a block", "1.0.0", "")
	p.lift(t, block)
	etag = p.lists(t, "no block any more", "1.1.0", true, etag)
	p.refuses(t, "no block any more", "1.1.0", "")

	waiver := p.order(t, url.Values{"kind": {"waiver"}, "match": {"left"}, "versions": {"1.2.0"}, "guard": {"cooldown"}, "reason": {"a fix"}})
	etag = p.lists(t, "a waiver", "1.2.0", true, etag)
	p.refuses(t, "a waiver", "1.2.0", "")
	p.lift(t, waiver)
	p.lists(t, "no waiver any more", "1.2.0", false, etag)
	p.refuses(t, "no waiver any more", "1.2.0", "G11")
	if code := p.server.end(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, p.log)
	}
}

// eventually waits until something succeeds that happens behind an answer.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for range 2000 {
		if done() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s: it does not come to that", what)
}

// TestAcknowledgeTakesEffect has a name vanish upstream and come back with
// another version: that is refused until somebody accepts it, and served soon
// after that.
func TestAcknowledgeTakesEffect(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("left", "1.0.0", "1.1.0"))
	p := newPoliced(t, up)
	refresh := func() {
		t.Helper()
		if r, body := p.exchange(t, http.MethodPost, "api/v4/larder/cache/left/refresh", nil); r.StatusCode != http.StatusOK {
			t.Fatalf("refresh: %d %s", r.StatusCode, body)
		}
	}
	p.refuses(t, "before", "1.0.0", "")
	etag := p.lists(t, "before", "1.1.0", true, `"none"`)
	up.Remove("left")
	refresh()
	up.Add(upstreamtest.Package{Name: "left", Versions: []upstreamtest.Version{{Version: "1.0.0"}, {Version: "1.1.0"},
		{Version: "2.0.0", Published: time.Now()}}})
	refresh()
	p.order(t, url.Values{"kind": {"waiver"}, "match": {"left"}, "versions": {"2.0.0"}, "guard": {"cooldown"}, "reason": {"not what this is about"}})
	p.refuses(t, "back", "2.0.0", "G38")
	etag = p.lists(t, "back", "2.0.0", false, etag)
	if _, body := p.exchange(t, http.MethodGet, "api/v4/larder/explain/left?version=2.0.0", nil); !strings.Contains(body, `"waive":"larder name acknowledge left, or `) {
		t.Errorf("explain does not say how to go on: %s", body)
	}
	eventually(t, "acknowledge", func() bool { // once what was seen is written
		r, _ := p.exchange(t, http.MethodPost, "api/v4/larder/names/left/acknowledge", nil)
		return r.StatusCode == http.StatusNoContent
	})
	eventually(t, "serve the version", func() bool {
		r, _ := p.exchange(t, http.MethodGet, "left/-/left-2.0.0.tgz", nil)
		return r.StatusCode == http.StatusOK
	})
	p.lists(t, "accepted", "2.0.0", true, etag)
	if code := p.server.end(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, p.log)
	}
}

// TestExplainManyDenied blocks more versions than anybody reads.
func TestExplainManyDenied(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	var versions []string
	for i := range 130 {
		versions = append(versions, fmt.Sprintf("1.%d.0", i))
	}
	up.Add(upstreamtest.Simple("left", versions...))
	p := newPoliced(t, up)
	p.order(t, url.Values{"kind": {"block"}, "match": {"left"}, "versions": {">=1.5.0"}, "reason": {"odd"}})
	p.lists(t, "blocked", "1.129.0", false, `"none"`)
	_, body := p.exchange(t, http.MethodGet, "api/v4/larder/explain/left", nil)
	var x explanation
	if err := json.Unmarshal([]byte(body), &x); err != nil {
		t.Fatal(err)
	}
	if len(x.Denied) != 100 || x.DeniedTotal != 125 || x.Denied[0].Version != "1.129.0" || x.Denied[99].Version != "1.30.0" {
		t.Errorf("%d of %d denied versions: %+v", len(x.Denied), x.DeniedTotal, x.Denied)
	}
	var out strings.Builder
	if err := x.print(&out, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\ntags       latest 1.4.0\n", "\ndenied     1.129.0 by G39: operator: odd\n",
		"\ndenied     1.110.0 by G39: operator: odd\ndenied     and 105 more\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in %s", want, out.String())
		}
	}
	if code := p.server.end(t); code != exitOK {
		t.Errorf("exit code %d: %s", code, p.log)
	}
}
