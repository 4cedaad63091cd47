package names_test

import (
	"fmt"
	"sync"
	"testing"
)

// BenchmarkPin64 is 64 pins at the same time; one alone costs one sync.
func BenchmarkPin64(b *testing.B) {
	l := open(b, openStore(b))
	round := 0
	for b.Loop() {
		round++
		var wg sync.WaitGroup
		for i := range 64 {
			wg.Go(func() {
				if _, err := l.Pin(b.Context(), pin("react", fmt.Sprintf("%d.%d.0", round, i), 1)); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
}

func BenchmarkPinAlone(b *testing.B) {
	l := open(b, openStore(b))
	round := 0
	for b.Loop() {
		round++
		if _, err := l.Pin(b.Context(), pin("react", fmt.Sprintf("%d.0.0", round), 1)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOriginKnown(b *testing.B) {
	l := open(b, openStore(b), "@acme/*", "intern-*")
	n := name(b, "react")
	if err := l.ClaimPublic(b.Context(), n, "default"); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := l.Origin(b.Context(), n); err != nil {
			b.Fatal(err)
		}
	}
}
