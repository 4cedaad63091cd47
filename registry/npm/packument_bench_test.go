package npm

import (
	"fmt"
	"io"
	"runtime"
	"testing"
)

// benchSizes are a large, a very large and the largest real document, in MB.
var benchSizes = []int{5, 20, 40}

func BenchmarkScan(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(fmt.Sprintf("%dMB", size), func(b *testing.B) {
			doc, name := benchDoc(size<<20), mustName(b, "bench")
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Scan(doc, name, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkRenderFull(b *testing.B) { benchmarkRender(b, Full) }

func BenchmarkRenderAbbreviated(b *testing.B) { benchmarkRender(b, Abbreviated) }

func benchmarkRender(b *testing.B, f Form) {
	for _, size := range benchSizes {
		b.Run(fmt.Sprintf("%dMB", size), func(b *testing.B) {
			doc := benchDoc(size << 20)
			p := mustScan(b, doc, "bench")
			e := Edit{TarballBase: testBase, Omit: map[string]bool{}, Dist: map[string]DistFix{}}
			for i := range p.Versions {
				switch i % 20 {
				case 0:
					e.Omit[p.Versions[i].Key] = true
				case 1:
					e.Dist[p.Versions[i].Key] = DistFix{Integrity: "sha512-x"}
				}
			}
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if err := p.Render(io.Discard, f, e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestIndexIsCompact bounds what an index costs besides the document.
func TestIndexIsCompact(t *testing.T) {
	doc := benchDoc(8 << 20)
	name := mustName(t, "bench")
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	p, err := Scan(doc, name, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	perVersion := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / int64(len(p.Versions))
	t.Logf("%d versions, %d bytes each", len(p.Versions), perVersion)
	if perVersion > 1024 {
		t.Errorf("index costs %d bytes per version, want at most 1024", perVersion)
	}
	runtime.KeepAlive(p)
	runtime.KeepAlive(doc)
}
