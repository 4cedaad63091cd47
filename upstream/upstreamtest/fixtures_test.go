package upstreamtest_test

import (
	"encoding/json"
	"testing"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

func TestFixtures(t *testing.T) {
	t.Parallel()
	all := upstreamtest.Fixtures()
	reg := upstreamtest.New(t)
	reg.Add(all...)
	seen := map[string]bool{}
	for _, p := range all {
		if seen[p.Name] {
			t.Errorf("%s is there twice", p.Name)
		}
		seen[p.Name] = true
		// This one also refuses names that are there twice.
		if !jsontext.Value(reg.Document(p.Name)).IsValid() {
			t.Errorf("%s: no proper JSON", p.Name)
		}
	}
	if len(all) < 60 {
		t.Errorf("%d packages, want 60 or more", len(all))
	}
	var app map[string]any
	if err := json.Unmarshal(upstreamtest.App(upstreamtest.TildeName), &app); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"dependencies", "devDependencies", "optionalDependencies"} {
		set, ok := app[key].(map[string]any)
		if !ok {
			t.Fatalf("no %s", key)
		}
		for name := range set {
			if !seen[name] && name != "leaf-alias" {
				t.Errorf("the application wants %s, which is no fixture", name)
			}
		}
		if _, ok := set[upstreamtest.TildeName]; ok {
			t.Error("left-out package is still there")
		}
	}
}
