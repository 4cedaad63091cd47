package registry_test

import (
	"errors"
	"testing"

	"github.com/larderhq/larder/registry/npm"
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
