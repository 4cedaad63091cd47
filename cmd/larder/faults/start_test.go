package faults

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// Bounds of a start.
const (
	readyWithin = time.Second
	idleMemory  = 50 * mebibyte
)

// TestStartIsFastAndSmall starts the built binary on an empty data folder and
// on one that exists. It asserts the best of some starts, since the others
// measure what else this machine does.
func TestStartIsFastAndSmall(t *testing.T) {
	reg := upstreamtest.New(t)
	fresh, again, idle := []time.Duration{}, []time.Duration{}, []int64{}
	for range 5 {
		l := start(t, setup{upstream: reg.URL()})
		if a := l.get("/-/readiness"); a.status != http.StatusOK {
			t.Errorf("not ready after the ready line: %v", a)
		}
		idle = append(idle, l.memory(t)/mebibyte)
		l.stop()
		second := start(t, setup{data: l.data, upstream: reg.URL()})
		fresh, again = append(fresh, l.took), append(again, second.took)
		second.stop()
	}
	t.Logf("ready: first starts %v, later starts %v; idle memory %v MiB", fresh, again, idle)
	for name, took := range map[string][]time.Duration{"a first": fresh, "a later": again} {
		if best := slices.Min(took); best >= readyWithin {
			t.Errorf("%s start takes %s at best", name, best)
		}
	}
	if best := slices.Min(idle); best >= idleMemory/mebibyte {
		t.Errorf("idle memory is %d MiB at best", best)
	}
}
