package proxy_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/larderhq/larder/cache/blob/disk"
	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/badgerstore"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

func benchLarder(tb testing.TB, up *upstreamtest.Registry) *proxy.Proxy {
	tb.Helper()
	ok := func(err error) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	dir := tb.TempDir()
	store, err := badgerstore.Open(filepath.Join(dir, "registry"), badgerstore.Options{})
	ok(err)
	recs, err := records.Open(filepath.Join(dir, "records"), records.Options{})
	ok(err)
	blobs, err := disk.New(filepath.Join(dir, "files"), disk.Options{})
	ok(err)
	ledger, err := names.New(store, names.Options{})
	ok(err)
	set, err := upstream.New([]upstream.Options{{Name: "default", URL: up.URL()}}, upstream.Shared{})
	ok(err)
	p, err := proxy.New(proxy.Deps{Upstreams: set, Names: ledger, Records: recs, Blobs: blobs}, proxy.Options{TTL: time.Hour})
	ok(err)
	p.Apply(proxy.Rules{Engine: policy.New()})
	tb.Cleanup(func() {
		ok(p.Close())
		set.Close()
		ledger.Close()
		ok(recs.Close())
		ok(store.Close())
	})
	return p
}

// BenchmarkReadyHit is a hot packument: allocations do not grow with its size.
func BenchmarkReadyHit(b *testing.B) {
	up := upstreamtest.New(b)
	up.AddLarge("small", 10, 20<<10)
	up.AddLarge("large", 4000, 40<<20)
	p := benchLarder(b, up)
	for _, pkg := range []string{"small", "large"} {
		n, err := npm.ParseName(pkg)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(pkg, func(b *testing.B) {
			r := proxy.PackumentRequest{Name: n, Base: base}
			if _, err := p.Packument(context.Background(), r); err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if a, err := p.Packument(context.Background(), r); err != nil || a.Outcome != proxy.Hit {
					b.Fatal(a.Outcome, err)
				}
			}
		})
	}
}

// BenchmarkIngest is a cold packument: fetched, checked, rendered and stored.
func BenchmarkIngest(b *testing.B) {
	for label, size := range map[string]int{"100KB": 100 << 10, "900KB": 900 << 10, "5MB": 5 << 20, "40MB": 40 << 20} {
		b.Run(label, func(b *testing.B) {
			up := upstreamtest.New(b)
			p := benchLarder(b, up)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				text := fmt.Sprintf("pkg-%d", i)
				up.AddLarge(text, size/10_000, size)
				n, err := npm.ParseName(text)
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				if _, err := p.Packument(context.Background(), proxy.PackumentRequest{Name: n, Base: base}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
