package registry_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/registry/signature"
)

// signedDist is what signatures need of a dist.
type signedDist struct {
	Integrity  string          `json:"integrity"`
	Signatures json.RawMessage `json:"signatures"`
}

// distOf reads the dist of a version in a document.
func distOf(t *testing.T, p packument, version string) signedDist {
	t.Helper()
	var d signedDist
	text, err := json.Marshal(p.Versions[version]["dist"])
	if err == nil {
		err = json.Unmarshal(text, &d)
	}
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (w *world) verdict(d signedDist, name, version string) signature.Verdict {
	w.t.Helper()
	if d.Signatures == nil {
		return signature.Verdict{}
	}
	list, err := signature.ParseSignatures(d.Signatures)
	w.must(err)
	return w.keys.Keys().Verify(signature.Subject{Name: name, Version: version, Integrity: d.Integrity}, list)
}

func TestLocalVersionsAreSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	const name = "@acme/lib"
	claimed := registrytest.Document{Name: name, Version: "1.0.0", Manifest: map[string]any{
		"dist": map[string]any{"signatures": []map[string]string{{"keyid": "SHA256:eve", "sig": "AAAA"}}}}}
	_, err := w.put("developer", in("acme/pub"), claimed)
	w.must(err)
	first := distOf(t, w.packument("anonymous", in("acme/pub"), name), "1.0.0")
	w.publish("developer", in("acme/pub"), name, "1.1.0")
	doc := w.packument("anonymous", in("acme/pub"), name)
	for _, version := range []string{"1.0.0", "1.1.0"} {
		if got := w.verdict(distOf(t, doc, version), name, version); got.Result != signature.Valid || len(got.Unknown) > 0 {
			t.Errorf("the signatures of %s are %s: %+v", version, got.Result, got)
		}
	}
	if again := distOf(t, doc, "1.0.0"); string(again.Signatures) != string(first.Signatures) {
		t.Errorf("a further version changes the signature of the first: %s, then %s", first.Signatures, again.Signatures)
	}
	if got := w.verdict(distOf(t, doc, "1.0.0"), name, "1.1.0"); got.Result != signature.Invalid {
		t.Errorf("the signature of one version is %s for another", got.Result)
	}
}

// TestDualVersionsAreSigned: of a name that is on both sides only our versions
// carry our signature.
func TestDualVersionsAreSigned(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{dual: []registry.Dual{{Name: "lodash", Versions: "*-acme.*"}}})
	const ours = "4.17.21-acme.1"
	w.publish("developer", in("acme/pub"), "lodash", ours)
	doc := w.packument("guest", registry.Place{}, "lodash")
	if got := w.verdict(distOf(t, doc, ours), "lodash", ours); got.Result != signature.Valid {
		t.Errorf("the signatures of our version are %s", got.Result)
	}
	if got := w.verdict(distOf(t, doc, "4.17.21"), "lodash", "4.17.21"); got.Result != signature.Missing {
		t.Errorf("the signatures of upstream's version are %s", got.Result)
	}
}

func TestMergeKeys(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	other := newWorld(t, setup{})
	ours, err := w.registry.SigningKeys()
	w.must(err)
	theirs, err := other.registry.SigningKeys()
	w.must(err)
	ourID, theirID := w.keys.Keys().All()[0].ID, other.keys.Keys().All()[0].ID
	forged := strings.Replace(string(theirs), theirID, ourID, 1)
	tests := []struct {
		name, upstream string
		want           []string
		refused        error
	}{
		{"another's", string(theirs), []string{ourID, theirID}, nil},
		{"ours again", string(ours), []string{ourID}, nil},
		{"none", `{"keys":[]}`, []string{ourID}, nil},
		{"another's that calls itself ours", forged, nil, npm.ErrBadUpstream},
		{"nothing", ``, nil, npm.ErrBadUpstream},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, err := w.registry.MergeKeys([]byte(tt.upstream))
			if tt.refused != nil {
				if !errors.Is(err, tt.refused) {
					t.Errorf("got %v, want %v", err, tt.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			keys, err := signature.ParseKeys(text)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, k := range keys.All() {
				got = append(got, k.ID)
			}
			if strings.Join(got, " ") != strings.Join(tt.want, " ") {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}
