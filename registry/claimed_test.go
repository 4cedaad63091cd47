package registry_test

import (
	"errors"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// TestPublishOfSeenName publishes a name in the moment after upstream was seen
// to have it, when the claim of that is not stored yet.
func TestPublishOfSeenName(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	for _, name := range []string{"seen-a", "seen-b", "seen-c"} {
		w.must(w.ledger.ClaimPublic(t.Context(), w.name(name), "default"))
		_, err := w.put("owner", in("acme/pub"), registrytest.Document{Name: name, Version: "1.0.0"})
		if !errors.Is(err, npm.ErrForbidden) {
			t.Errorf("publish of %s: %v, want forbidden", name, err)
		}
	}
}

// TestNamesThatDifferInCase publishes names that differ from another only in
// case: folders of some systems, and people, cannot tell them apart (G09).
func TestNamesThatDifferInCase(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place := t.Context(), in("acme/pub")
	w.publish("owner", place, "Widget", "1.0.0")
	w.publish("owner", place, "gadget", "1.0.0")
	for _, name := range []string{"widget", "Gadget"} {
		_, err := w.put("owner", place, registrytest.Document{Name: name, Version: "1.0.0"})
		if !errors.Is(err, npm.ErrForbidden) {
			t.Errorf("publish of %s: err = %v, want ErrForbidden", name, err)
		}
		if origin, err := w.ledger.Origin(ctx, w.name(name)); origin != record.Private || err != nil {
			t.Errorf("origin of %s: %v, %v, want private", name, origin, err)
		}
	}
	_, err := w.registry.Delete(ctx, w.people["owner"], place, w.name("Widget"), "")
	w.must(err)
	w.must(w.registry.Release(ctx, w.people["root"], w.name("Widget"), ""))
	w.publish("owner", place, "widget", "1.0.0")
}
