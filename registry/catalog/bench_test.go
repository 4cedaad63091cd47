package catalog

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/record"
)

const (
	benchRows     = 1_000_000
	benchProjects = 2000
)

var benchTable = sync.OnceValue(func() *table {
	t := newTable(few, chunkSize)
	rows(benchRows, t.appendAll)
	t.arrange()
	return t
})

func (t *table) appendAll(p record.Package) { t.append(p) }

// rows makes packages as a big registry has them: names with 1 to 40 versions,
// a few of other types and statuses.
func rows(n int, each func(record.Package)) {
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"core", "react", "utils", "lib", "server", "node", "plugin", "babel", "webpack", "types", "cli", "data", "ui", "form"}
	created := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for id := int64(1); id <= int64(n); {
		project := int64(1 + r.IntN(benchProjects))
		name := fmt.Sprintf("@team-%d/%s-%s-%d", project%300, words[r.IntN(len(words))], words[r.IntN(len(words))], r.IntN(100_000))
		for v := range 1 + r.IntN(40) {
			p := record.Package{ID: id, ProjectID: project, Type: record.NPM, Name: name, Version: fmt.Sprintf("%d.%d.%d", v/10, v%10, r.IntN(4)),
				Status: record.StatusDefault, CreatedAt: created}
			switch dice := r.IntN(100); {
			case dice < 5:
				p.Type = "generic"
			case dice < 10:
				p.Status = record.StatusDeprecated
			case dice < 13:
				p.Status = record.StatusHidden
			}
			created = created.Add(time.Duration(r.IntN(3)) * time.Millisecond)
			each(p)
			id++
		}
	}
}

func half() []int64 {
	var ids []int64
	for id := int64(1); id <= benchProjects; id += 2 {
		ids = append(ids, id)
	}
	return ids
}

// BenchmarkPage measures pages of 20 rows of a million, of queries whose filter
// is known and of such that never were asked before.
func BenchmarkPage(b *testing.B) {
	readers := []struct {
		name string
		q    Query
	}{{"all", Query{All: true}}, {"half", Query{Projects: half()}}, {"one", Query{Projects: []int64{77}}}}
	shapes := []struct {
		name string
		q    Query
		w    Window
	}{
		{"first", Query{}, Window{}},
		{"name", Query{Order: ByName}, Window{}},
		{"version-desc", Query{Order: ByVersion, Desc: true}, Window{}},
		{"type", Query{Order: ByType}, Window{}},
		{"path", Query{Order: ByProjectPath}, Window{}},
		{"hidden", Query{Statuses: []record.Status{"hidden"}, Order: ByName}, Window{}},
		{"search", Query{Search: "react plugin", Order: ByName, Desc: true}, Window{}},
		{"rare-search", Query{Search: "team-17/ react-cli", Order: ByType}, Window{}},
		{"page-10000", Query{Order: ByName}, Window{Offset: 200_000}},
	}
	for _, reader := range readers {
		for _, s := range shapes {
			q := s.q
			q.All, q.Projects = reader.q.All, reader.q.Projects
			s.w.Limit = 20
			t := benchTable()
			measure(b, reader.name+"/"+s.name+"/warm", func(int) { benchPage(b, t, q, s.w) })
			measure(b, reader.name+"/"+s.name+"/cold", func(int) {
				t.filters = newFilters()
				benchPage(b, t, q, s.w)
			})
		}
	}
}

func benchPage(b *testing.B, t *table, q Query, w Window) Page {
	p, err := t.page(q, w)
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// BenchmarkKeyset goes on behind rows at any depth.
func BenchmarkKeyset(b *testing.B) {
	t := benchTable()
	r := rand.New(rand.NewPCG(3, 4))
	for _, o := range []Order{ByCreated, ByName, ByVersion, ByType, ByProjectPath} {
		q := Query{All: true, Order: o, Desc: o%2 == 1}
		measure(b, fmt.Sprint(o), func(int) {
			after := t.position(kept(o, q.Desc), uint32(r.IntN(benchRows)))
			benchPage(b, t, q, Window{Limit: 20, After: after})
		})
	}
	rare := Query{All: true, Search: "team-17/ react", Order: ByName}
	measure(b, "rare", func(int) {
		benchPage(b, t, rare, Window{Limit: 20, After: t.position(ByName, uint32(r.IntN(benchRows)))})
	})
}

// BenchmarkCounts counts what was just written to.
func BenchmarkCounts(b *testing.B) {
	t := benchTable()
	measure(b, "counts", func(int) { t.writes++; t.rows(Query{All: true}).count(t) })
	measure(b, "names", func(int) { t.writes++; t.rows(Query{All: true, Type: record.NPM}).names(t) })
}

// BenchmarkWrite puts rows in while 32 filters are kept.
func BenchmarkWrite(b *testing.B) {
	t := newTable(few, chunkSize)
	rows(benchRows, t.appendAll)
	t.arrange()
	for i := range keptFilters {
		benchPage(b, t, Query{All: true, Search: fmt.Sprint(i)}, Window{Limit: 1})
	}
	last := t.ids[len(t.ids)-1]
	measure(b, "new", func(i int) {
		last++
		p := record.Package{ID: last, ProjectID: int64(1 + i%benchProjects), Type: record.NPM, Name: fmt.Sprint("new-", i%5000),
			Version: fmt.Sprint("1.0.", i), Status: record.StatusDefault, CreatedAt: time.Now()}
		if err := t.put(p); err != nil {
			b.Fatal(err)
		}
	})
	measure(b, "removed", func(i int) { t.remove(int64(1 + i)) })
}

// BenchmarkArrange measures what a load does besides reading, and how much
// memory a row takes.
func BenchmarkArrange(b *testing.B) {
	var t *table
	before := heap()
	for b.Loop() {
		t = newTable(few, chunkSize)
		rows(benchRows, t.appendAll)
	}
	began := time.Now()
	t.arrange()
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "arrange-ms")
	began = time.Now()
	t.moved()
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "moved-ms")
	began = time.Now()
	t.compact()
	b.ReportMetric(float64(time.Since(began).Milliseconds()), "compact-ms")
	b.ReportMetric(float64(heap()-before)/benchRows, "B/row")
	b.ReportMetric(float64(len(t.names.list)), "names")
	runtime.KeepAlive(t)
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// measure runs fn and tells the 99th percentile of its time.
func measure(b *testing.B, name string, fn func(i int)) {
	b.Run(name, func(b *testing.B) {
		var took []time.Duration
		fn(0)
		b.ResetTimer()
		for i := range b.N {
			began := time.Now()
			fn(i + 1)
			took = append(took, time.Since(began))
		}
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-us")
	})
}

// BenchmarkSearch measures searches that nobody made before, in what others
// searched in.
func BenchmarkSearch(b *testing.B) {
	t := benchTable()
	words := []string{"core", "react", "server", "plugin", "babel", "types", "re", "form-1", "team-17/", "-cli-"}
	for _, reader := range []Query{{All: true}, {Projects: half()}} {
		measure(b, fmt.Sprintf("all=%t", reader.All), func(i int) {
			q := reader
			q.Search, q.Order, q.Desc = words[i%len(words)]+fmt.Sprintf(" %d", i%7), Order(i%5), i%2 == 0
			if i%2 == 0 {
				q.Search = words[i/2%len(words)]
			}
			benchPage(b, t, q, Window{Limit: 20})
		})
	}
}
