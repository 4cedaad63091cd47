package registry_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/registrytest"
)

// BenchmarkPublish publishes 2,000 small packages with 16 writers, each durable
// before it is answered.
func BenchmarkPublish(b *testing.B) {
	const packages, writers = 2000, 16
	pattern, err := npm.ParsePattern("@acme/*")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		w := newWorld(b, setup{private: []npm.Pattern{pattern}})
		var bodies [packages][]byte
		for i := range bodies {
			bodies[i] = registrytest.Document{Name: fmt.Sprintf("@acme/p%d", i), Version: "1.0.0"}.Body()
		}
		b.StartTimer()
		start := time.Now()
		var next atomic.Int64
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for i := next.Add(1) - 1; i < packages; i = next.Add(1) - 1 {
					if _, err := w.send(w.people["developer"], in("acme/pub"), fmt.Sprintf("@acme/p%d", i), bodies[i]); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		b.ReportMetric(packages/time.Since(start).Seconds(), "publishes/s")
	}
}

// BenchmarkLocalPackument is a hot document of the private registry: where it
// comes from, and its ready bytes.
func BenchmarkLocalPackument(b *testing.B) {
	w := newWorld(b, setup{})
	w.publish("developer", in("acme/prv"), "@acme/lib", "1.0.0")
	name, guest, shape := w.name("@acme/lib"), w.people["guest"], registry.Shape{Base: base}
	b.ReportAllocs()
	for b.Loop() {
		l, err := w.registry.Locate(b.Context(), guest, registry.Place{}, name)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.registry.Packument(b.Context(), l, shape); err != nil {
			b.Fatal(err)
		}
	}
}
