package policy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestDependenciesHas compares the lookup with a look at everything, for lists
// that are the same, reordered, longer, shorter or of nothing in common.
func TestDependenciesHas(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	list := func(n int) []Dependency {
		out := make([]Dependency, n)
		for i := range out {
			out[i] = Dependency{Name: fmt.Sprint("d", random.IntN(2*n)), Exotic: []Exotic{FromRegistry, FromGit}[random.IntN(2)]}
		}
		return out
	}
	change := map[string]func([]Dependency) []Dependency{
		"the same": slices.Clone[[]Dependency],
		"one more": func(l []Dependency) []Dependency {
			return slices.Insert(slices.Clone(l), len(l)/2, Dependency{Name: "new"})
		},
		"one less":    func(l []Dependency) []Dependency { return slices.Delete(slices.Clone(l), len(l)/3, len(l)/3+1) },
		"backward":    func(l []Dependency) []Dependency { l = slices.Clone(l); slices.Reverse(l); return l },
		"others":      func(l []Dependency) []Dependency { return list(len(l)) },
		"a tarball's": func(l []Dependency) []Dependency { return l[:len(l)/2] },
	}
	for how, changed := range change {
		for _, n := range []int{2, 6, fewDependencies, 200} {
			before := &VersionFacts{Declared: &Manifest{Dependencies: list(n)}, Packed: &Manifest{Dependencies: list(n / 2)}}
			d := dependenciesOf(before)
			all := append(slices.Clone(before.Declared.Dependencies), before.Packed.Dependencies...)
			for _, m := range before.manifests() {
				for _, one := range changed(m.Dependencies) {
					want := slices.ContainsFunc(all, func(x Dependency) bool { return x.Name == one.Name && x.Exotic == one.Exotic })
					if got := d.has(&one); got != want {
						t.Fatalf("%s of %d: %s from %q: %t, want %t", how, n, one.Name, one.Exotic, got, want)
					}
				}
				if !d.includes(m) || d.includes(&Manifest{Dependencies: []Dependency{{Name: "new"}}}) {
					t.Fatalf("%s of %d: includes a list that is not its own, or not its own", how, n)
				}
			}
		}
	}
}
