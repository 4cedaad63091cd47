package policy

import "github.com/larderhq/larder/registry/npm"

// matched is something that applies to the names of a pattern.
type matched interface{ pattern() npm.Pattern }

// index finds what applies to a name without looking at all there is.
type index[T matched] struct {
	exact    map[string][]T
	patterns []T
}

func indexed[T matched](all []T) index[T] {
	x := index[T]{exact: map[string][]T{}}
	for _, one := range all {
		if stem, exact := one.pattern().Stem(); exact {
			x.exact[stem] = append(x.exact[stem], one)
		} else {
			x.patterns = append(x.patterns, one)
		}
	}
	return x
}

func (x index[T]) empty() bool { return len(x.exact) == 0 && len(x.patterns) == 0 }

// of returns what applies to exactly that name, and what may apply to it as one
// of many.
func (x index[T]) of(name npm.Name) (exact, patterns []T) {
	if len(x.exact) > 0 {
		exact = x.exact[name.Fold()]
	}
	return exact, x.patterns
}
