package policy

import (
	"strings"

	"github.com/larderhq/larder/registry/npm"
)

// Lookalikes finds the private name that a public one resembles. It never
// changes. A look-up goes through all names of about the same length, which
// takes milliseconds where there are hundreds of thousands; it is for the first
// sight of a public name.
type Lookalikes struct{ byLength map[int][]lookalike }

type lookalike struct{ skeleton, name string }

// minDistance is the least length at which one typing error counts: shorter
// names all resemble each other.
const minDistance = 5

// NewLookalikes makes a Lookalikes of the private names.
func NewLookalikes(private []npm.Name) *Lookalikes {
	l := &Lookalikes{byLength: map[int][]lookalike{}}
	for _, n := range private {
		s := skeleton(n)
		l.byLength[len(s)] = append(l.byLength[len(s)], lookalike{s, n.String()})
	}
	return l
}

// Find tells whether a public name resembles a private one. They resemble each
// other when they are the same but for case, separators and characters that
// look alike, or but for one typing error. Of several the closest counts, then
// the first in alphabetical order.
func (l *Lookalikes) Find(public npm.Name) Resemblance {
	s := skeleton(public)
	best, near := "", 2
	for n := len(s) - 1; n <= len(s)+1; n++ {
		for _, private := range l.byLength[n] {
			d := distance(s, private.skeleton)
			closer := d < near || d == near && best != "" && private.name < best
			if closer && d < 2 && (d == 0 || min(n, len(s)) >= minDistance) && private.name != public.String() {
				best, near = private.name, d
			}
		}
	}
	if best == "" {
		return Resemblance{State: No}
	}
	return Resemblance{Yes, best}
}

// lookSame replaces what looks like something else.
func lookSame() *strings.Replacer {
	return strings.NewReplacer("rn", "m", "vv", "w", "0", "o", "1", "l", "5", "s")
}

// skeleton is a name without what people do not look at: case, separators, and
// which of the characters that look alike it has.
func skeleton(n npm.Name) string {
	plain := strings.Map(func(c rune) rune {
		switch c {
		case '@', '/', '-', '_', '.', '~':
			return -1
		}
		return c
	}, n.Fold())
	return lookSame().Replace(plain)
}

// distance is 0 for equal texts, 1 for those that one missing, additional or
// wrong character or one exchange of neighbours separates, else 2.
func distance(a, b string) int {
	if a == b {
		return 0
	}
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	a, b = a[i:], b[i:]
	switch len(a) - len(b) {
	case 0:
		swapped := len(a) >= 2 && a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
		if a[1:] == b[1:] || swapped {
			return 1
		}
	case 1:
		if a[1:] == b {
			return 1
		}
	case -1:
		if a == b[1:] {
			return 1
		}
	}
	return 2
}
