package proxy_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

func TestUsedDocumentsAreRefreshedBehind(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("used", "1.0.0"), upstreamtest.Simple("unused", "1.0.0"))
	l := start(t, up)
	must(l.full(t, "unused"))(t)
	must(l.full(t, "used"))(t)
	up.Reset()
	gate := upstreamtest.NewGate()
	up.Fail(upstreamtest.OnKind(upstreamtest.KindPackument), upstreamtest.Hold(gate))
	l.clock.forward(4*time.Minute + 45*time.Second) // due, and not yet expired
	a, err := l.full(t, "used")
	wantOutcome(t, a, err, proxy.Hit)

	run, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- l.Run(run) }()
	<-gate.Arrived()
	gate.Release()
	for l.stillExpires(t, "used") {
		time.Sleep(time.Millisecond)
	}
	stop()
	check(t, <-ended)
	if up.CountOf(upstreamtest.KindPackument, "unused") != 0 || l.counts.behind != 1 {
		t.Errorf("%d background refreshes, requests %v", l.counts.behind, up.Requests())
	}
	l.clock.forward(time.Minute)
	a, err = l.full(t, "used")
	wantOutcome(t, a, err, proxy.Hit) // without the refresh it would have expired
}

// stillExpires tells whether the name was not refreshed since the clock moved.
func (l *larder) stillExpires(t *testing.T, pkg string) bool {
	t.Helper()
	x := must(l.Explain(ctx(t), name(t, pkg), ""))(t)
	return x.Document.Checked.Before(l.clock.Now())
}

func TestExplain(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up, privately)
	must(l.bytesOf(t, "leaf", "1.0.0"))(t)
	x := must(l.Explain(ctx(t), name(t, "leaf"), "1.0.0"))(t)
	if x.Origin != "public" || x.Upstream != "default" || x.Document == nil || !x.Document.Fresh ||
		x.Tarball == nil || x.Pin == nil || x.Pin.Integrity != up.Integrity("leaf", "1.0.0") || x.Verdict != "allow" {
		t.Errorf("got %+v", x)
	}
	if x := must(l.Explain(ctx(t), name(t, "leaf"), "9.0.0"))(t); x.Verdict != "not found" {
		t.Errorf("a missing version: %+v", x)
	}
	if x := must(l.Explain(ctx(t), name(t, "@acme/x"), "1.0.0"))(t); x.Origin != "private" || x.Why == "" || x.Verdict != "" {
		t.Errorf("a private name: %+v", x)
	}
	if up.CountOf(upstreamtest.KindPackument, "leaf") != 1 {
		t.Error("explaining asked upstream")
	}
}

// TestRequestsThatOutliveTheProxy is about clients that are still asking when
// the time to drain is over.
func TestRequestsThatOutliveTheProxy(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	const packages, rounds = 40, 5
	pkg := func(i int) string { return fmt.Sprintf("leaf-%d", i) }
	for i := range packages {
		up.Add(upstreamtest.Simple(pkg(i), "1.0.0"))
	}
	for range rounds {
		l := start(t, up)
		var begun, done sync.WaitGroup
		begun.Add(packages)
		for i := range packages {
			done.Go(func() {
				begun.Done()
				for range 5 { // whatever comes, it comes as an answer
					_, _ = l.full(t, pkg(i))
					_, _ = l.bytesOf(t, pkg(i), "1.0.0")
				}
			})
		}
		begun.Wait()
		l.stop()
		done.Wait()
	}
}
