package main

import (
	"fmt"
	"os"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// The packages that are made for the load alone.
const (
	smallDocument = "small-document"
	largeDocument = "large-document"
	smallTarball  = "small-tarball"
	largeTarball  = "large-tarball"
)

// fixture is the upstream of all that is measured: the registry of larder's
// own tests, outside of a test.
type fixture struct {
	*upstreamtest.Registry
	cleanup []func()
}

// stage is as much of a testing.TB as the registry needs. The embedded
// interface is nil: any other method panics.
type stage struct {
	testing.TB
	fixture *fixture
}

// Helper implements testing.TB.
func (stage) Helper() {}

// Cleanup implements testing.TB.
func (s stage) Cleanup(f func()) { s.fixture.cleanup = append(s.fixture.cleanup, f) }

// Fatalf implements testing.TB.
func (stage) Fatalf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: fixture: "+format+"\n", args...)
	os.Exit(1)
}

func newFixture() *fixture {
	f := &fixture{}
	f.Registry = upstreamtest.New(stage{fixture: f})
	f.Add(upstreamtest.Fixtures()...)
	// Versions and bytes that gzip to about 20 KB and 700 KB, as the full
	// document of an ordinary package and of the largest ones do.
	f.AddLarge(smallDocument, 46, 160<<10)
	f.AddLarge(largeDocument, 1850, 5<<20)
	for name, padding := range map[string]int{smallTarball: 10 << 10, largeTarball: 6 << 20} {
		p := upstreamtest.Simple(name, "1.0.0")
		p.Versions[0].Padding = padding
		f.Add(p)
	}
	return f
}

// names lists every package of the fixture application.
func (f *fixture) names() []string {
	var all []string
	for _, p := range upstreamtest.Fixtures() {
		if !p.Unpublished {
			all = append(all, p.Name)
		}
	}
	return append(all, smallDocument, largeDocument, smallTarball, largeTarball)
}

// tarballs lists the paths of all tarballs.
func (f *fixture) tarballs() []string {
	all := []string{
		upstreamtest.TarballPath(smallTarball, "1.0.0"), upstreamtest.TarballPath(largeTarball, "1.0.0"),
	}
	for _, p := range upstreamtest.Fixtures() {
		for _, v := range p.Versions {
			all = append(all, upstreamtest.TarballPath(p.Name, v.Version))
		}
	}
	return all
}

func (f *fixture) close() {
	for i := len(f.cleanup) - 1; i >= 0; i-- {
		f.cleanup[i]()
	}
}
