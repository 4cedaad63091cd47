package contract_test

import (
	"bytes"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/registrytest"
)

// ask is one request.
type ask struct {
	method, path string
	// who names the token that is sent; empty for none.
	who    string
	header []string // "Name: value"
	body   []byte
}

// get is the request of a path.
func get(path string) ask { return ask{method: http.MethodGet, path: path} }

// put is a write of a text.
func put(path, body string) ask {
	return ask{method: http.MethodPut, path: path, body: []byte(body)}
}

// post is a question with a text.
func post(path, body string) ask {
	return ask{method: http.MethodPost, path: path, body: []byte(body)}
}

// remove is a deletion.
func remove(path string) ask { return ask{method: http.MethodDelete, path: path} }

// as says who asks.
func (a ask) as(who string) ask {
	a.who = who
	return a
}

// with adds headers.
func (a ask) with(lines ...string) ask {
	a.header = append(append([]string(nil), a.header...), lines...)
	return a
}

// publish is what npm sends to publish.
func publish(prefix string, d registrytest.Document) ask {
	return ask{method: http.MethodPut, path: prefix + "/" + escaped(d.Name), body: d.Body(),
		header: []string{"Content-Type: application/json", "npm-command: publish"}}
}

// deprecate is what npm sends to deprecate versions of a name.
func deprecate(prefix, name, text string, versions ...string) ask {
	all := map[string]any{}
	for _, v := range versions {
		all[v] = map[string]any{"name": name, "version": v, "deprecated": text}
	}
	return ask{method: http.MethodPut, path: prefix + "/" + escaped(name), body: encode(map[string]any{
		"_id": name, "name": name, "versions": all}), header: []string{"npm-command: deprecate"}}
}

// escaped spells a name as npm does in paths.
func escaped(name string) string { return strings.Replace(name, "/", "%2f", 1) }

func encode(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic("BUG: a request cannot be encoded: " + err.Error())
	}
	return text
}

// reply is an answer that was read to its end.
type reply struct {
	*http.Response
	body []byte
}

// do sends a request and reads the answer.
func (w *world) do(t testing.TB, a ask) reply {
	t.Helper()
	resp, err := w.client.Do(w.request(t, a))
	if err != nil {
		t.Fatalf("%s %s: %v", a.method, a.path, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s %s: read answer: %v", a.method, a.path, err)
	}
	return reply{resp, body}
}

func (w *world) request(t testing.TB, a ask) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), a.method, w.url+a.path, bytes.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	if a.who != "" {
		token, ok := w.tokens[a.who]
		if !ok {
			t.Fatalf("nobody is called %s", a.who)
		}
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for _, line := range a.header {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Set(name, value)
	}
	return r
}

// status sends a request whose status alone matters.
func (w *world) status(t testing.TB, want int, a ask) reply {
	t.Helper()
	r := w.do(t, a)
	if r.StatusCode != want {
		t.Errorf("%s %s as %q: status %d, want %d (%.300s)", a.method, a.path, a.who, r.StatusCode, want, r.body)
	}
	return r
}

// refuses sends a request that must be refused with exactly this "error", and
// with this "message" where it is not empty.
func (w *world) refuses(t testing.TB, status int, text, message string, a ask) {
	t.Helper()
	r := w.status(t, status, a)
	e := r.failure(t)
	if e.Error != text {
		t.Errorf("%s %s: error %q, want %q", a.method, a.path, e.Error, text)
	}
	if message != "" && e.Message != message {
		t.Errorf("%s %s: message %q, want %q", a.method, a.path, e.Message, message)
	}
}

// failure is the body of a refusal.
type failure struct {
	Error   string `json:"error"`
	Message string `json:"message"`
	Guard   string `json:"guard"`
}

func (r reply) failure(t testing.TB) failure {
	t.Helper()
	var f failure
	if err := json.Unmarshal(r.body, &f); err != nil {
		t.Errorf("%s: the body %.200q is no JSON: %v", r.Request.URL, r.body, err)
	}
	return f
}

// packument is what tests read of a document.
type packument struct {
	Name     string                    `json:"name"`
	Rev      string                    `json:"_rev"`
	Tags     map[string]string         `json:"dist-tags"`
	Versions map[string]map[string]any `json:"versions"`
	Time     map[string]string         `json:"time"`
}

// dist returns a text of a version's dist.
func (p packument) dist(version, member string) string {
	dist, _ := p.Versions[version]["dist"].(map[string]any)
	text, _ := dist[member].(string)
	return text
}

// packument reads a document that must be there.
func (w *world) packument(t testing.TB, a ask) packument {
	t.Helper()
	var p packument
	w.object(t, a, &p)
	return p
}

// object reads a JSON answer of 200.
func (w *world) object(t testing.TB, a ask, into any) reply {
	t.Helper()
	r := w.status(t, http.StatusOK, a)
	if err := json.Unmarshal(r.body, into); err != nil {
		t.Fatalf("%s %s: %v in %.300s", a.method, a.path, err, r.body)
	}
	return r
}

// tags reads the dist-tags of a name.
func (w *world) tags(t testing.TB, prefix, name, who string) map[string]string {
	t.Helper()
	var tags map[string]string
	w.object(t, get(prefix+"/-/package/"+escaped(name)+"/dist-tags").as(who), &tags)
	return tags
}

// path returns the path of an absolute URL, which must be of this larder.
func (w *world) path(t testing.TB, raw string) string {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil || u.Host != w.address {
		t.Fatalf("%q is no URL of %s", raw, w.address)
	}
	return u.EscapedPath()
}

// publishes publishes over HTTP and must succeed.
func (w *world) publishes(t testing.TB, prefix, who string, d registrytest.Document) {
	t.Helper()
	w.status(t, http.StatusOK, publish(prefix, d).as(who))
}

// stock publishes without HTTP, for tests about something else.
func (w *world) stock(t testing.TB, project string, d registrytest.Document) {
	t.Helper()
	name, err := npm.ParseName(d.Name)
	if err != nil {
		t.Fatal(err)
	}
	place := registry.Place{Kind: registry.ProjectPlace, Ref: project}
	p, err := w.registry.BeginPut(t.Context(), w.caller("admin"), place, name)
	if err == nil {
		_, err = p.Run(t.Context(), registry.Body{Reader: bytes.NewReader(d.Body())})
	}
	if err != nil {
		t.Fatalf("stock %s@%s: %v", d.Name, d.Version, err)
	}
}

// integrityOf is the sha512 of bytes in the form of dist.integrity.
func integrityOf(b []byte) string {
	sum := sha512.Sum512(b)
	return "sha512-" + base64.StdEncoding.EncodeToString(sum[:])
}
