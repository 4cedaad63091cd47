package registry_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// base is where these tests see the registry.
const base = "http://registry.example.com/api"

// packument is what these tests read of a document.
type packument struct {
	Name     string                    `json:"name"`
	Rev      string                    `json:"_rev"`
	Readme   string                    `json:"readme"`
	Tags     map[string]string         `json:"dist-tags"`
	Versions map[string]map[string]any `json:"versions"`
	Time     map[string]string         `json:"time"`
	Users    map[string]bool           `json:"users"`
	People   []struct {
		Name string `json:"name"`
	} `json:"maintainers"`
}

// read returns the packument as somebody, or why not.
func (w *world) read(who string, p registry.Place, name string) (packument, error) {
	l, err := w.registry.Locate(w.t.Context(), w.people[who], p, w.name(name))
	if err != nil {
		return packument{}, err
	}
	if !l.Local() {
		return packument{}, errForwarded
	}
	d, err := w.registry.Packument(w.t.Context(), l, registry.Shape{Base: base})
	if err != nil {
		return packument{}, err
	}
	z, err := gzip.NewReader(bytes.NewReader(d.Gzip))
	w.must(err)
	text, err := io.ReadAll(z)
	w.must(err)
	var doc packument
	w.must(json.Unmarshal(text, &doc))
	return doc, nil
}

var errForwarded = errors.New("the name comes from upstream")

func (w *world) packument(who string, p registry.Place, name string) packument {
	w.t.Helper()
	doc, err := w.read(who, p, name)
	w.must(err)
	return doc
}

func TestPackument(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	d := registrytest.Document{Name: "@acme/lib", Version: "1.0.0", Readme: "# lib", Manifest: map[string]any{
		"dependencies": map[string]any{"lodash": "^4"}, "peerDependencies": map[string]any{"react": "*"},
		"bin": map[string]any{"lib": "cli.js"}, "engines": map[string]any{"node": ">=18"}, "os": []string{"linux"},
		"scripts": map[string]any{"postinstall": "node x.js"}, "libc": []string{"musl"}, "x-unknown": 1,
	}}
	_, err := w.put("developer", in("acme/pub"), d)
	w.must(err)
	doc := w.packument("anonymous", in("acme/pub"), "@acme/lib")
	v := doc.Versions["1.0.0"]
	dist, _ := v["dist"].(map[string]any)
	if dist["tarball"] != base+"/@acme/lib/-/lib-1.0.0.tgz" {
		t.Errorf("tarball = %v", dist["tarball"])
	}
	if s, _ := dist["integrity"].(string); !strings.HasPrefix(s, "sha512-") {
		t.Errorf("integrity = %v", dist["integrity"])
	}
	for _, member := range []string{"dependencies", "peerDependencies", "bin", "engines", "os", "libc", "x-unknown", "scripts"} {
		if v[member] == nil {
			t.Errorf("%s is missing", member)
		}
	}
	if doc.Tags["latest"] != "1.0.0" || doc.Time["1.0.0"] == "" || doc.Time["modified"] == "" || doc.Rev == "" || doc.Readme != "# lib" {
		t.Errorf("document = %+v", doc)
	}
	if len(doc.People) != 1 || doc.People[0].Name != "developer" {
		t.Errorf("maintainers = %v", doc.People)
	}
}

// TestViews merges the projects of a group that the caller may read, and those
// alone.
func TestViews(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.publish("developer", in("acme/pub"), "@other/lib", "1.0.0")
	w.publish("developer", in("acme/prv"), "@other/lib", "2.0.0")
	w.publish("developer", in("acme/prv"), "@acme/secret", "1.0.0")
	group := registry.Place{Kind: registry.GroupPlace, Ref: "acme"}
	root := registry.Place{}
	tests := []struct {
		name, who, pkg string
		place          registry.Place
		versions       int
		kind           error
	}{
		{"group as a member", "guest", "@other/lib", group, 2, nil},
		{"group as nobody", "anonymous", "@other/lib", group, 1, nil},
		{"group as a stranger", "stranger", "@other/lib", group, 1, nil},
		{"root as a member", "guest", "@other/lib", root, 2, nil},
		{"root as nobody", "anonymous", "@other/lib", root, 1, nil},
		{"one project", "guest", "@other/lib", in("acme/prv"), 1, nil},
		{"only in a hidden project, nobody", "anonymous", "@acme/secret", group, 0, npm.ErrUnauthenticated},
		{"only in a hidden project, stranger", "stranger", "@acme/secret", group, 0, npm.ErrForbidden},
		{"hidden project, nobody", "anonymous", "@acme/secret", in("acme/prv"), 0, npm.ErrUnauthenticated},
		{"hidden project, stranger", "stranger", "@acme/secret", in("acme/prv"), 0, npm.ErrNotFound},
		{"a project that does not exist, nobody", "anonymous", "@acme/secret", in("acme/none"), 0, npm.ErrUnauthenticated},
		{"a project that does not exist, stranger", "stranger", "@acme/secret", in("acme/none"), 0, npm.ErrNotFound},
		{"held elsewhere is not forwarded", "guest", "@acme/secret", in("acme/pub"), 0, npm.ErrNotFound},
		{"nobody's name is forwarded", "guest", "left-pad", root, 0, errForwarded},
		{"internal, nobody", "anonymous", "@acme/x", in("acme/int"), 0, npm.ErrUnauthenticated},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc, err := w.read(tt.who, tt.place, tt.pkg)
			if tt.kind != nil && !errors.Is(err, tt.kind) || tt.kind == nil && err != nil || len(doc.Versions) != tt.versions {
				t.Errorf("%d versions, %v; want %d, %v", len(doc.Versions), err, tt.versions, tt.kind)
			}
		})
	}
}

// TestForwardingOff asks places that must not send names upstream.
func TestForwardingOff(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	off, ctx := false, t.Context()
	g, err := w.accounts.Group(ctx, "acme")
	w.must(err)
	_, err = w.accounts.UpdateGroup(ctx, console, g.ID, accounts.GroupChange{Forwarding: &record.Forwarding{Enabled: &off, Locked: true}})
	w.must(err)
	for _, p := range []registry.Place{in("acme/pub"), {Kind: registry.GroupPlace, Ref: "acme"}} {
		if _, err := w.read("guest", p, "left-pad"); !errors.Is(err, npm.ErrNotFound) || text(err) != "Packages not found" {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if _, err := w.read("guest", registry.Place{}, "left-pad"); !errors.Is(err, errForwarded) {
		t.Errorf("root: %v", err)
	}
	w.must(w.accounts.SetForwarding(ctx, console, false))
	if _, err := w.read("guest", registry.Place{Kind: registry.InstancePlace}, "left-pad"); text(err) != "Project not found" {
		t.Errorf("instance: %v", err)
	}
}

// TestProvenance keeps the attestation that was published beside a tarball and
// tells where it is.
func TestProvenance(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	bundle := `{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","dsseEnvelope":{"payload":"` +
		base64.StdEncoding.EncodeToString([]byte(`{"predicateType":"https://slsa.dev/provenance/v1"}`)) + `"}}`
	_, err := w.put("developer", in("acme/pub"), registrytest.Document{Name: "@acme/lib", Version: "1.0.0", Provenance: bundle})
	w.must(err)
	w.publish("developer", in("acme/pub"), "@acme/lib", "1.1.0")
	doc := w.packument("guest", in("acme/pub"), "@acme/lib")
	dist, _ := doc.Versions["1.0.0"]["dist"].(map[string]any)
	attestations, _ := dist["attestations"].(map[string]any)
	if attestations["url"] != base+"/-/npm/v1/attestations/@acme/lib@1.0.0" {
		t.Errorf("dist = %v", dist)
	}
	l, err := w.registry.Locate(t.Context(), w.people["guest"], in("acme/pub"), w.name("@acme/lib"))
	w.must(err)
	list, err := w.registry.Attestations(t.Context(), l, "1.0.0")
	if err != nil || len(list) != 1 || string(list[0].Bundle) != bundle || list[0].PredicateType != "https://slsa.dev/provenance/v1" {
		t.Errorf("attestations = %+v, %v", list, err)
	}
	if _, err := w.registry.Attestations(t.Context(), l, "1.1.0"); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("of a version without: %v", err)
	}
}
