package faults

import (
	"strings"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestLogHoldsNothingOfUpstream has an upstream send more than it declared,
// which net/http's own logging quotes.
func TestLogHoldsNothingOfUpstream(t *testing.T) {
	t.Parallel()
	reg := upstreamtest.New(t)
	reg.Add(upstreamtest.Simple("leaf", "1.0.0"))
	reg.Fail(upstreamtest.OnTarball("leaf", "1.0.0"), upstreamtest.Length(-20))
	l := start(t, setup{upstream: reg.URL()})
	for range 3 {
		l.get("/leaf/-/leaf-1.0.0.tgz")
	}
	l.stop()
	for line := range strings.Lines(l.log.String()) {
		if !strings.HasPrefix(line, "{") {
			t.Errorf("a line that slog did not write: %s", line)
		}
	}
}
