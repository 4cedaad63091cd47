package contract_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// secretive is a document that must stay in its project.
func secretive(name, v string) registrytest.Document {
	return registrytest.Document{Name: name, Version: v, Readme: "# " + secret,
		Manifest: map[string]any{"description": secret, "keywords": []any{secret}}}
}

// strangers are those who may not read the private project.
var strangers = []string{"", "stranger", "elsewhere"}

// newSecret is a team with a secret in acme/prv, and callers who may not know
// it.
func newSecret(t *testing.T) *world {
	t.Helper()
	w := newTeam(t, setup{})
	w.deploy("elsewhere", "acme/pub", accounts.ScopeWriteRegistry)
	w.stock(t, "acme/prv", secretive("@acme/hushed", "1.0.0"))
	return w
}

// inPrivate makes a path of the REST API that leads into the private project or
// its group.
func inPrivate(pattern string) string {
	path := strings.NewReplacer("/projects/:id", "/projects/acme%2Fprv", "/groups/:id", "/groups/acme").Replace(pattern)
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.HasPrefix(part, ":") {
			parts[i] = "1"
		}
	}
	return strings.Join(parts, "/")
}

// TestSecretByRoute asks for a private package through every route that reads.
func TestSecretByRoute(t *testing.T) {
	t.Parallel()
	w := newSecret(t)
	values := strings.NewReplacer(":package@", "@acme%2fhushed@", ":package", "@acme%2fhushed", ":version", "1.0.0",
		":file", "hushed-1.0.0.tgz", ":scope", "acme", ":user", "admin", ":tag", "latest", ":id", "1")
	told := 0
	for _, r := range w.server.Routes() {
		if r.Method != http.MethodGet {
			continue
		}
		paths := []string{values.Replace(r.Path)}
		switch {
		case r.REST:
			paths = []string{"/api/v4" + inPrivate(r.Path)}
		case !r.RootOnly:
			for _, prefix := range []string{instance, w.below("acme"), w.in("acme/pub"), w.in("acme/prv")} {
				paths = append(paths, prefix+paths[0])
			}
		}
		for _, path := range paths {
			for _, query := range []string{"", "?write=true", "?text=hushed", "?search=hushed", "?key=%22admin%22"} {
				told += w.tells(t, path+query)
			}
		}
	}
	if told == 0 {
		t.Error("not even a member is told the secret, so nothing was tested")
	}
}

// repeated is the name as pages repeat it from the request.
var repeated = regexp.MustCompile(`(text|search)(=|%3D)hushed|value="hushed"|“hushed”|<title>hushed`)

// tells asks for a path as everybody who may not know the secret, and returns 1
// if a member is told it there.
func (w *world) tells(t *testing.T, path string) int {
	t.Helper()
	for _, who := range strangers {
		for _, accept := range []string{"application/json", "application/vnd.npm.install-v1+json", "text/html"} {
			r := w.do(t, get(path).as(who).with("Accept: "+accept))
			// The name is in the request, so that a refusal may repeat it, and a page
			// that leads back to itself.
			answer := repeated.ReplaceAll(r.body, nil)
			if bytes.Contains(r.body, []byte(secret)) || r.StatusCode < 300 && bytes.Contains(answer, []byte("hushed")) {
				t.Errorf("%s tells %q: %s", path, who, r.body)
			}
		}
	}
	if r := w.do(t, get(path).as("guest")); bytes.Contains(r.body, []byte(secret)) {
		return 1
	}
	return 0
}

// TestSecretOfView publishes one name in a public and in a private project: its
// documents are others for those who see one than for those who see both, and
// neither tag nor date nor length of the one is good for the other.
func TestSecretOfView(t *testing.T) {
	t.Parallel()
	w := newSecret(t)
	const name = "@acme/shared"
	w.stock(t, "acme/pub", registrytest.Document{Name: name, Version: "1.0.0"})
	w.stock(t, "acme/prv", secretive(name, "2.0.0"))
	for _, prefix := range []string{"", instance, w.below("acme")} {
		for _, suffix := range []string{"/" + name, "/" + name + "?write=true", "/" + name + "/latest",
			"/-/package/@acme%2fshared/dist-tags", "/-/v1/search?text=shared"} {
			w.keepsView(t, prefix+suffix)
		}
		for _, who := range strangers {
			w.status(t, http.StatusNotFound, get(prefix+"/"+name+"/2.0.0").as(who))
			for _, lines := range [][]string{nil, {"Range: bytes=0-9"}} {
				w.status(t, http.StatusNotFound, get(prefix+"/"+name+"/-/shared-2.0.0.tgz").as(who).with(lines...))
			}
		}
		if p := w.packument(t, get(prefix+"/"+name).as("guest")); len(p.Versions) != 2 {
			t.Errorf("%s: a member sees %d versions", prefix, len(p.Versions))
		}
	}
}

// keepsView compares what a member gets with what others get.
func (w *world) keepsView(t *testing.T, path string) {
	t.Helper()
	member := w.status(t, http.StatusOK, get(path).as("guest"))
	tag := member.Header.Get("ETag")
	for _, who := range strangers {
		plain := w.status(t, http.StatusOK, get(path).as(who))
		if bytes.Contains(plain.body, []byte(secret)) || bytes.Contains(plain.body, []byte("2.0.0")) {
			t.Errorf("%s tells %q: %s", path, who, plain.body)
		}
		if tag == "" {
			continue
		}
		if got := plain.Header.Get("ETag"); got == tag {
			t.Errorf("%s has the tag %s for members and for %q", path, tag, who)
		}
		again := w.status(t, http.StatusOK, get(path).as(who).with("If-None-Match: "+tag))
		if !bytes.Equal(again.body, plain.body) {
			t.Errorf("%s: with the tag of a member %q gets another document", path, who)
		}
		head := get(path).as(who)
		head.method = http.MethodHead
		if h := w.status(t, http.StatusOK, head); h.ContentLength != plain.ContentLength || h.Header.Get("ETag") != plain.Header.Get("ETag") {
			t.Errorf("%s: the head for %q is of another document than the body", path, who)
		}
		if vary := plain.Header.Get("Vary"); !strings.Contains(vary, "Authorization") {
			t.Errorf("%s: Vary is %q", path, vary)
		}
		if cached := plain.Header.Get("Cache-Control"); !strings.HasPrefix(cached, "private") && cached != "no-store" {
			t.Errorf("%s: Cache-Control is %q", path, cached)
		}
	}
}

// TestSecretAfterRemoval takes a right away: the next request is refused.
func TestSecretAfterRemoval(t *testing.T) {
	t.Parallel()
	w := newSecret(t)
	read := get(w.in("acme/prv") + "/@acme/hushed").as("guest")
	tag := w.status(t, http.StatusOK, read).Header.Get("ETag")
	w.must(w.accounts.RemoveMember(t.Context(), console, record.Source{Kind: record.GroupSource, ID: w.groups["acme"]}, w.users["guest"]))
	w.status(t, http.StatusNotFound, read)
	w.status(t, http.StatusNotFound, read.with("If-None-Match: "+tag))
	w.status(t, http.StatusNotFound, get(w.in("acme/prv")+"/@acme/hushed/-/hushed-1.0.0.tgz").as("guest"))
}
