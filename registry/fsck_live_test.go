package registry_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/registrytest"
)

func (w *world) fsck() registry.FsckReport {
	w.t.Helper()
	r, err := registry.Fsck(w.t.Context(), registry.FsckDeps{Store: w.store, Blobs: w.blobs,
		Dual: func(n npm.Name) bool { return w.ledger.Dual(n) }}, nil)
	w.must(err)
	return r
}

// TestFsckBesideWrites checks again and again while packages are published,
// deleted, restored and purged: nothing of that may look wrong.
func TestFsckBesideWrites(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	const writers, rounds = 4, 12
	var writing sync.WaitGroup
	for i := range writers {
		writing.Go(func() {
			name := fmt.Sprintf("@acme/live-%d", i)
			for n := range rounds {
				if err := w.liveRound(name, n); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { writing.Wait(); close(done) }()
	checks := 0
	for over := false; !over; checks++ {
		select {
		case <-done:
			over = true // one more, of what is there in the end
		default:
		}
		if r := w.fsck(); r.Wrong != 0 || r.Partial {
			t.Fatalf("check %d found %q", checks, r.Problems)
		}
	}
	if r := w.fsck(); r.Names != writers || r.Packages == 0 || checks < 2 {
		t.Errorf("%d checks, in the end %+v", checks, r)
	}
	w.clock.Move(100 * time.Hour)
	if _, err := w.registry.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := w.fsck(); r.Wrong != 0 {
		t.Errorf("after the purge: %q", r.Problems)
	}
}

// liveRound publishes a version, every other with a long readme and an
// attestation, deletes every third and restores every sixth.
func (w *world) liveRound(name string, n int) error {
	version := fmt.Sprintf("1.%d.0", n)
	d := registrytest.Document{Name: name, Version: version, Tag: fmt.Sprintf("tag-%d", n%3)}
	if n%2 == 0 {
		d.Readme, d.Provenance = strings.Repeat("long ", 5000), `{"mediaType":"application/vnd.dev.sigstore.bundle+json"}`
	}
	if _, err := w.put("owner", in("acme/prv"), d); err != nil {
		return fmt.Errorf("publish %s@%s: %w", name, version, err)
	}
	if n%3 != 0 {
		return nil
	}
	parsed, err := npm.ParseName(name)
	if err != nil {
		return err
	}
	if _, err := w.registry.Delete(w.t.Context(), w.people["owner"], in("acme/prv"), parsed, version); err != nil {
		return fmt.Errorf("delete %s@%s: %w", name, version, err)
	}
	if n%6 == 0 {
		if _, err := w.registry.Restore(w.t.Context(), w.people["root"], parsed, version); err != nil {
			return fmt.Errorf("restore %s@%s: %w", name, version, err)
		}
	}
	return nil
}
