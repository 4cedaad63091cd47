package faults

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// clients makes requests of larder. Each request may come on a connection of
// its own, as from many machines.
type clients struct{ transport *http.Transport }

func newClients() *clients {
	return &clients{&http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 8}}
}

// leave closes the connections that wait for a next request.
func (c *clients) leave() { c.transport.CloseIdleConnections() }

// answer is what a client got. err is set when the body did not end well.
type answer struct {
	status int
	header http.Header
	body   []byte
	err    error
}

func (a answer) String() string {
	text := a.body
	if len(text) > 300 {
		text = text[:300]
	}
	return fmt.Sprintf("status %d, %d bytes, error %v: %s", a.status, len(a.body), a.err, text)
}

// open sends a GET and hands out the answer with its body unread.
func (l *larder) open(ctx context.Context, path string, header http.Header) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, l.url+path, nil)
	if err != nil {
		return nil, err
	}
	for key, values := range header {
		req.Header[key] = values
	}
	return l.clients.transport.RoundTrip(req)
}

// get makes a whole request. header holds names and values in turn.
func (l *larder) get(path string, header ...string) answer {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	h := http.Header{}
	for pair := range slices.Chunk(header, 2) {
		h.Set(pair[0], pair[1])
	}
	resp, err := l.open(ctx, path, h)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{status: resp.StatusCode, header: resp.Header, body: body, err: err}
}

// packumentPath is where larder has a packument, in npm's spelling.
func packumentPath(name string) string { return "/" + strings.ReplaceAll(name, "/", "%2f") }

// served checks that an answer is the whole packument of the registry, with
// only the tarball URLs changed.
func (l *larder) served(t *testing.T, a answer, reg *upstreamtest.Registry, name string) {
	t.Helper()
	if a.err != nil || a.status != http.StatusOK {
		t.Errorf("packument of %s: %v", name, a)
		return
	}
	if !bytes.Equal(a.body, l.packument(reg, name)) {
		t.Errorf("packument of %s is not what upstream has: %v", name, a)
	}
}

// packument is the packument of the registry as larder must show it.
func (l *larder) packument(reg *upstreamtest.Registry, name string) []byte {
	return bytes.ReplaceAll(reg.Document(name), []byte(`"`+reg.URL()+"/"), []byte(`"`+l.url+"/"))
}

// packed checks that an answer is the whole tarball of the registry.
func packed(t *testing.T, a answer, reg *upstreamtest.Registry, name, version string) {
	t.Helper()
	if a.err != nil || a.status != http.StatusOK || !bytes.Equal(a.body, reg.Bytes(name, version)) {
		t.Errorf("tarball of %s@%s: %v", name, version, a)
	}
}

// refused checks a status and the reason that npm prints.
func refused(t *testing.T, a answer, status int, reason string) {
	t.Helper()
	var text struct {
		Error, Message string
	}
	switch {
	case a.err != nil || a.status != status:
		t.Errorf("want status %d because %q: %v", status, reason, a)
	case !strings.HasPrefix(a.header.Get("Content-Type"), "application/json"):
		t.Errorf("refusal of type %q: %v", a.header.Get("Content-Type"), a)
	case json.Unmarshal(a.body, &text) != nil || !strings.Contains(text.Error, reason) || text.Message == "":
		t.Errorf("want the reason %q: %v", reason, a)
	}
}

// gunzip undoes gzip, and reports what is not gzip.
func gunzip(body []byte) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(z)
}
