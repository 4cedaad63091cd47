package sweep

import (
	"crypto/sha512"
	"fmt"
	"testing"
)

func TestMarks(t *testing.T) {
	t.Parallel()
	digest := func(i int) [64]byte { return sha512.Sum512(fmt.Append(nil, i)) }
	var m marks
	if m.has(digest(0)) {
		t.Error("the empty set has something")
	}
	for i := range 1000 {
		m.add(digest(i % 500))
	}
	m.sort()
	for i := range 1000 {
		if got := m.has(digest(i)); got != (i < 500) {
			t.Errorf("has(%d) = %v", i, got)
		}
	}
}
