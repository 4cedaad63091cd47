package advisory

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/klauspost/compress/zip"
)

// generate writes n records to a file, of the size and mix that real feeds
// have: seven reports of malware to one advisory.
func generate(tb testing.TB, n int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "feed.jsonl")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	details := strings.Repeat("The package runs code on install that sends what it finds away. ", 8)
	for i := range n {
		name := fmt.Sprintf("package-%d-of-the-feed", i)
		record := mal(fmt.Sprintf("MAL-2026-%d", i), name, `"versions":["1.0.0","1.0.1"]`)
		if i%8 == 0 {
			record = ghsa(fmt.Sprintf("GHSA-%04d-%04d-aaaa", i/10000, i%10000), fmt.Sprintf("lib-%d", i/80),
				events(`{"introduced":"1.0.0"},{"fixed":"1.2.4"}`))
		} else if i%3 == 0 {
			record = mal(fmt.Sprintf("MAL-2026-%d", i), name, events(everything))
		}
		record = strings.Replace(record, `"Bad."`, `"`+details+`"`, 1)
		if _, err := fmt.Fprintln(f, strings.ReplaceAll(record, "\n", "")); err != nil {
			tb.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

// generateZip is generate with each record in a file of a zip.
func generateZip(tb testing.TB, n int) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "feed.zip")
	f, err := os.Create(path)
	if err != nil {
		tb.Fatal(err)
	}
	z := zip.NewWriter(f)
	lines, err := os.ReadFile(generate(tb, n))
	if err != nil {
		tb.Fatal(err)
	}
	for line := range bytes.Lines(lines) {
		w, err := z.Create(fmt.Sprintf("osv/%x.json", sha256.Sum256(line)))
		if err == nil {
			_, err = w.Write(line)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		tb.Fatal(err)
	}
	return path
}

// BenchmarkLoad loads 200,000 records and tells what the set takes.
func BenchmarkLoad(b *testing.B) {
	for name, write := range map[string]func(testing.TB, int) string{"lines": generate, "zip": generateZip} {
		b.Run(name, func(b *testing.B) { benchmarkLoad(b, write(b, 200_000)) })
	}
}

func benchmarkLoad(b *testing.B, path string) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	var set *Set
	for b.Loop() {
		var err error
		if set, err = Load(b.Context(), Source{Path: path}); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	runtime.GC()
	runtime.ReadMemStats(&after)
	size := set.Size()
	if size.Records != 200_000 {
		b.Fatalf("%+v", size)
	}
	b.ReportMetric(float64(size.Bytes)/float64(size.Records), "B/record")
	b.ReportMetric(float64(size.Bytes)/(1<<20), "MiB-set")
	b.ReportMetric(float64(int64(after.HeapAlloc)-int64(before.HeapAlloc))/(1<<20), "MiB-heap")
	runtime.KeepAlive(set)
}

// BenchmarkMalware asks for names that no feed knows, and for one that has ten
// records.
func BenchmarkMalware(b *testing.B) {
	set, err := Load(b.Context(), Source{Path: generate(b, 20_000)})
	if err != nil {
		b.Fatal(err)
	}
	for name, text := range map[string]string{"unknown": "left-pad", "listed": "lib-7"} {
		b.Run(name, func(b *testing.B) {
			at := nameOf(b, text)
			b.ReportAllocs()
			for b.Loop() {
				set.Malware(at, "1.0.0")
			}
		})
	}
}

// TestLoadIsCompact bounds the memory that a record takes.
func TestLoadIsCompact(t *testing.T) {
	t.Parallel()
	set, err := Load(t.Context(), Source{Path: generate(t, 2_000)})
	if err != nil {
		t.Fatal(err)
	}
	if size := set.Size(); size.Records != 2_000 || size.Bytes > int64(size.Records)*200 {
		t.Errorf("%+v", size)
	}
}
