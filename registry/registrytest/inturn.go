package registrytest

import (
	"slices"
	"testing"
	"time"
)

// InTurn measures what guards add to a hit: the first of the pair has none, the
// second has all. Both are asked in turn, in small pieces of that many hits, so
// that what else the machine does counts against neither; it reports the median of
// each and their difference.
func InTurn(b *testing.B, piece int, pair [2]func()) {
	var took [2][]time.Duration
	for n := 0; b.Loop(); n++ {
		for k := range pair {
			which := (n + k) % 2
			began := time.Now()
			for range piece {
				pair[which]()
			}
			took[which] = append(took[which], time.Since(began)/time.Duration(piece))
		}
	}
	for which := range took {
		slices.Sort(took[which])
	}
	off, strict := took[0][len(took[0])/2], took[1][len(took[1])/2]
	b.ReportMetric(0, "ns/op") // of a pair of pieces, which tells nothing
	b.ReportMetric(float64(off), "ns-off")
	b.ReportMetric(float64(strict), "ns-strict")
	b.ReportMetric(float64(strict-off), "ns-more")
}
