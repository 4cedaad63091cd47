package proxy_test

import (
	"context"
	"testing"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// BenchmarkJudge judges a decoded document, as happens once for each document
// and whenever rules change: what it takes beside fetching, checking and
// rendering it.
func BenchmarkJudge(b *testing.B) {
	up := upstreamtest.New(b)
	up.AddLarge("small", 100, 1<<20)
	up.AddLarge("large", 4000, 40<<20)
	p := benchLarder(b, up)
	for _, text := range []string{"small", "large"} {
		n, err := npm.ParseName(text)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := p.Packument(context.Background(), proxy.PackumentRequest{Name: n, Base: base}); err != nil {
			b.Fatal(err)
		}
		for _, level := range []string{policy.Standard, policy.Strict} {
			b.Run(text+"/"+level, func(b *testing.B) { benchmarkJudge(b, p, n, level) })
		}
	}
}

func benchmarkJudge(b *testing.B, p *proxy.Proxy, n npm.Name, level string) {
	e, err := policy.Compile(policy.Config{Level: level})
	if err != nil {
		b.Fatal(err)
	}
	p.Apply(proxy.Rules{Engine: e})
	err = p.WithJudging(context.Background(), n, func(judge func() (int, error)) error {
		b.ReportAllocs()
		for b.Loop() {
			if listed, err := judge(); err != nil || listed == 0 {
				b.Fatal(listed, err)
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
}
