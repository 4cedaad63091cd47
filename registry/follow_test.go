package registry_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/registry/registrytest"
)

// another opens a second node over the same store and blobs, and returns what
// lets it catch up with the first.
func (w *world) another() (node *world, catchUp func()) {
	w.t.Helper()
	other := *w
	var err error
	other.ledger, err = names.New(w.store, names.Options{Now: w.clock.Now})
	w.must(err)
	w.t.Cleanup(other.ledger.Close)
	other.accounts, err = accounts.New(w.store, accounts.Options{Key: bytes.Repeat([]byte{7}, 32), Now: w.clock.Now, Forwarding: true})
	w.must(err)
	other.registry, err = registry.New(registry.Deps{Store: w.store, Accounts: other.accounts, Names: other.ledger,
		Blobs: w.blobs, Upstream: w.upstream, Catalog: w.index()}, registry.Options{Now: w.clock.Now})
	w.must(err)
	w.t.Cleanup(func() { w.must(other.registry.Close()) })
	follower := record.NewFollower(w.store, other.ledger, other.accounts, other.registry)
	catchUp = func() {
		w.t.Helper()
		w.must(follower.CatchUp(w.t.Context()))
	}
	catchUp()
	return &other, catchUp
}

// TestAnotherNodeFollows writes at one node and reads at another that remembers
// what was there before.
func TestAnotherNodeFollows(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	ctx, place, name := t.Context(), in("acme/pub"), w.name("@acme/lib")
	node, catchUp := w.another()

	w.publish("developer", place, "@acme/lib", "1.0.0")
	catchUp()
	if doc := node.packument("guest", place, "@acme/lib"); len(doc.Versions) != 1 {
		t.Errorf("versions = %v", doc.Versions)
	}
	w.publish("developer", place, "@acme/lib", "1.1.0")
	catchUp()
	if doc := node.packument("guest", place, "@acme/lib"); doc.Tags["latest"] != "1.1.0" {
		t.Errorf("after a publish: tags = %v", doc.Tags)
	}

	w.must(node.registry.SetTag(ctx, w.people["developer"], place, registry.TagWrite{Name: name, Tag: "next", Version: "1.1.0"}))
	pattern, push := "@acme/*", record.Owner
	_, err := w.registry.CreateRule(ctx, w.people["maintainer"], "acme/pub", registry.RuleInput{Pattern: &pattern, Push: &push})
	w.must(err)
	catchUp()
	if _, err := node.put("developer", place, registrytest.Document{Name: "@acme/lib", Version: "1.2.0"}); !errors.Is(err, npm.ErrForbidden) {
		t.Errorf("after a rule: err = %v, want ErrForbidden", err)
	}

	_, err = w.registry.Delete(ctx, w.people["owner"], place, name, "")
	w.must(err)
	catchUp()
	if _, err := node.read("guest", registry.Place{}, "@acme/lib"); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("after a deletion: err = %v, want ErrNotFound", err)
	}
	if _, err := node.tarball("guest", place, "@acme/lib", "lib-1.1.0.tgz"); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("tarball after a deletion: err = %v, want ErrNotFound", err)
	}
}
