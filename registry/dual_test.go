package registry_test

import (
	"errors"
	"testing"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/registrytest"
)

// TestDual publishes a patched version of a public name by an explicit rule
// (G06).
func TestDual(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{dual: []registry.Dual{{Name: "lodash", Versions: "*-acme.*"}}})
	w.upstream.names["lodash"] = append(w.upstream.names["lodash"], "4.17.21-acme.2")
	for version, want := range map[string]error{"4.17.21": npm.ErrConflict, "4.17.22": npm.ErrConflict,
		"4.17.21-acme.1": nil, "4.17.21-acme.2": npm.ErrConflict} {
		_, err := w.put("developer", in("acme/pub"), registrytest.Document{Name: "lodash", Version: version})
		if want != nil && !errors.Is(err, want) || want == nil && err != nil {
			t.Errorf("%s: %v, want %v", version, err, want)
		}
	}
	l, err := w.registry.Locate(t.Context(), w.people["guest"], registry.Place{}, w.name("lodash"))
	if err != nil || !l.Local() || !l.Forward {
		t.Errorf("location = %+v, %v", l, err)
	}
	// Upstream's part changes without ours, which is all that a date could tell.
	d, err := w.registry.Packument(t.Context(), l, registry.Shape{Base: "http://larder.example.com"})
	if err != nil || !d.Modified.IsZero() {
		t.Errorf("document of both sides: %+v, %v", d, err)
	}
}
