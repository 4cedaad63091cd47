package proxy

import (
	"testing"
	"time"
)

// TestAllowance has documents take what they may need, one after the other, and give
// back what they did not.
func TestAllowance(t *testing.T) {
	t.Parallel()
	p := &Proxy{ctx: t.Context()}
	a := (&lookahead{documents: 1, bytes: 100}).allowance()
	may := Prefetch{Size: 60, Wait: time.Minute}
	for i, step := range []struct{ got, used, left int64 }{
		{60, 10, 90}, {60, 60, 30}, {30, 0, 30}, {30, 50, 0}, {0, 0, 0}, // a transfer may be larger than was known
	} {
		x := p.newAhead(may, a)
		if got := x.left.Load(); got != step.got {
			t.Errorf("document %d may take %d bytes, want %d", i, got, step.got)
		}
		x.left.Add(-step.used)
		x.stop()
		if left := a.bytes.Load(); left != step.left {
			t.Errorf("after document %d there are %d bytes left, want %d", i, left, step.left)
		}
	}
	if !a.document() || a.document() {
		t.Error("there is more or less than one document")
	}
}
