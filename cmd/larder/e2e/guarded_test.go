package e2e

import (
	"crypto/sha512"
	"encoding/base64"
	"io"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// guarded is a larder before a registry, with settings of its own.
type guarded struct {
	*larder
	data string
	// team is nil where nobody signs in.
	team *team
}

// startWith starts larder with files in the folder of its data, and waits until
// its policy is in force.
func startWith(t *testing.T, reg *upstreamtest.Registry, files map[string]string) *guarded {
	t.Helper()
	g := &guarded{data: t.TempDir()}
	write(t, g.data, files)
	g.larder = start(t, g.data, reg.URL())
	deadline := time.Now().Add(readyWait)
	for {
		r := g.get(t, "/-/readiness")
		if r.status == http.StatusOK {
			return g
		}
		if time.Now().After(deadline) {
			t.Fatalf("larder does not get ready: %d %s", r.status, r.body)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// response is an answer of larder to somebody who is no client.
type response struct {
	status int
	header http.Header
	body   []byte
}

// integrity is the sha512 of the body in SRI form.
func (r response) integrity() string {
	sum := sha512.Sum512(r.body)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}

// get asks for a path as nobody.
func (g *guarded) get(t *testing.T, path string) response {
	t.Helper()
	return g.ask(t, path, "")
}

// ask asks for a path with a token, or as nobody where it is empty.
func (g *guarded) ask(t *testing.T, path, token string) response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, g.url+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response{resp.StatusCode, resp.Header, body}
}

// oneOfEach are the newest of each family of clients.
func oneOfEach(t *testing.T) []victim {
	t.Helper()
	return slices.DeleteFunc(victims(t), func(v victim) bool { return v.name == "npm 11" || v.name == "yarn 1" })
}

// console runs a command of larder on the data.
func (g *guarded) console(t *testing.T, input string, args ...string) string {
	t.Helper()
	return console(t, g.data, input, args...)
}
