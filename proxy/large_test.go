package proxy_test

import (
	"errors"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// hugeTable is a number of versions whose table no cache of tables takes.
const hugeTable = 20_000

// TestPinsOfAHugeTable is about a document whose table is too large to be
// remembered, so that its pins need the one that was just made.
func TestPinsOfAHugeTable(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("huge", "1.0.0"))
	l := start(t, up, func(l *larder) { l.opts.RevalidateWait = time.Minute })
	must(l.bytesOf(t, "huge", "1.0.0"))(t) // pins it
	pinned := up.Integrity("huge", "1.0.0")
	up.AddDocument("huge", upstreamtest.LargePackument("huge", hugeTable, 10<<20))
	l.clock.forward(6 * time.Minute)
	for range 2 {
		got := decode(t, must(l.full(t, "huge"))(t))
		if len(got.Versions) != hugeTable || got.Versions["1.0.0"].Dist.Integrity != pinned {
			t.Fatalf("%d versions, the pinned one has %q", len(got.Versions), got.Versions["1.0.0"].Dist.Integrity)
		}
		l.restart(t)
	}
}

// TestHerdOnAStoredDocument counts what all of the process allocates, so it
// runs alone.
func TestHerdOnAStoredDocument(t *testing.T) {
	const size, herd = 12 << 20, 200
	up := upstreamtest.New(t)
	up.AddLarge("huge", hugeTable, size)
	l := start(t, up)
	must(l.full(t, "huge"))(t)
	l.restart(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var wg sync.WaitGroup
	for range herd {
		wg.Go(func() {
			if _, err := l.tarball(t, "huge", "1.0.0"); !errors.Is(err, npm.ErrNotFound) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > herd*size/2 {
		t.Errorf("%d requests for one document allocated %d MiB", herd, took>>20)
	}
}
