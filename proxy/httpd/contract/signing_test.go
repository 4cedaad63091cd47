package contract_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/registry/signature"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// signed is a version as clients read it to check its signatures.
type signed struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	Dist    struct {
		Integrity  string                `json:"integrity"`
		Signatures []signature.Signature `json:"signatures"`
	} `json:"dist"`
}

// verified checks the signatures of a version with the keys of a prefix.
func (w *world) verified(t *testing.T, prefix string, v signed) {
	t.Helper()
	keys, err := signature.ParseKeys(w.status(t, http.StatusOK, get(prefix+"/-/npm/v1/keys")).body)
	if err != nil {
		t.Fatal(err)
	}
	if keys.Len() != 2 {
		t.Errorf("%d keys are listed, want upstream's and ours", keys.Len())
	}
	got := keys.Verify(signature.Subject{Name: v.Name, Version: v.Version, Integrity: v.Dist.Integrity}, v.Dist.Signatures)
	if got.Result != signature.Valid || len(got.Unknown) > 0 {
		t.Errorf("%s@%s: the signatures are %s: %+v", v.Name, v.Version, got.Result, got)
	}
}

// TestSignaturesAtEveryPrefix checks packages of both sides with the keys that
// the same prefix lists, in every document that has a version in it.
func TestSignaturesAtEveryPrefix(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	w.upstream.Add(upstreamtest.Simple("pad-right", "1.0.0"))
	w.publishes(t, w.in("acme/prv"), "developer", registrytest.Document{Name: "@acme/lib", Version: "1.0.0"})
	for where, prefix := range map[string]string{"root": "", "instance": instance, "group": w.below("acme"), "project": w.in("acme/prv")} {
		for _, name := range []string{"@acme/lib", "pad-right"} {
			for form, header := range map[string]string{
				"full": "Accept: application/json", "abbreviated": "Accept: application/vnd.npm.install-v1+json",
			} {
				t.Run(where+" "+name+" "+form, func(t *testing.T) {
					t.Parallel()
					var doc struct {
						Versions map[string]signed `json:"versions"`
					}
					r := w.status(t, http.StatusOK, get(prefix+"/"+escaped(name)).as("developer").with(header))
					if err := json.Unmarshal(r.body, &doc); err != nil {
						t.Fatal(err)
					}
					w.verified(t, prefix, doc.Versions["1.0.0"])
				})
			}
			t.Run(where+" "+name+" manifest", func(t *testing.T) {
				t.Parallel()
				var v signed
				w.object(t, get(prefix+"/"+escaped(name)+"/1.0.0").as("developer"), &v)
				w.verified(t, prefix, v)
			})
		}
	}
}
