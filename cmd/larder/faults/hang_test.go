package faults

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// hang is an upstream that falls silent for longer than larder waits.
type hang struct {
	name    string
	tarball bool
	padding int
	fault   func(*upstreamtest.Gate) upstreamtest.Fault
	want    outcome
	cut     bool // the answer has begun and breaks off
}

func hangs() []hang {
	head := upstreamtest.Hold
	body := func(sent, times int) func(*upstreamtest.Gate) upstreamtest.Fault {
		return func(g *upstreamtest.Gate) upstreamtest.Fault { return upstreamtest.HoldBody(sent, g).Times(times) }
	}
	late := func(reason string) outcome { return outcome{status: http.StatusGatewayTimeout, reason: reason} }
	good := outcome{status: http.StatusOK}
	return []hang{
		{name: "packument before its head", fault: head, want: late("did not answer in time")},
		{name: "packument in its body", fault: body(100, 0), want: late("stopped sending")},
		{name: "packument before its body", fault: body(0, 0), want: late("stopped sending")},
		{name: "tarball before its head", tarball: true, fault: head, want: late("did not answer in time")},
		{name: "tarball before its body", tarball: true, fault: body(0, 0), want: late("stopped sending")},
		{name: "tarball in its body, once", tarball: true, fault: body(60<<10, 1), want: good},
		{name: "tarball that drips", tarball: true, fault: body(100, 0), want: late("stopped sending")},
		{name: "large tarball in its body, once", tarball: true, padding: largeTarball, fault: body(5*mebibyte, 1), want: good},
		{name: "large tarball in its body, for ever", tarball: true, padding: largeTarball, fault: body(mebibyte, 0), cut: true},
	}
}

// TestHangsUntilTheDeadline waits for larder's deadlines, which are no setting:
// half a minute, and two minutes where a transfer is resumed. All cases run at
// once.
func TestHangsUntilTheDeadline(t *testing.T) {
	t.Parallel()
	if !patient() {
		t.Skip("larder's deadlines are waited for with LARDER_E2E=1")
	}
	b := newBench(t, "LARDER_LIMITS_PACKAGE=16MiB")
	b.flowing(t)
	b.clients.leave()
	before := b.usage(t)
	stop, flowed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(flowed)
		for {
			b.flowing(t)
			select {
			case <-stop:
				return
			case <-time.After(time.Second): // for as long as the others hang
			}
		}
	}()
	t.Run("cases", func(t *testing.T) {
		for _, h := range hangs() {
			name := b.freshOf(200<<10 + h.padding)
			t.Run(h.name, func(t *testing.T) {
				t.Parallel()
				b.hangs(t, h, name)
			})
		}
	})
	close(stop)
	<-flowed
	b.cutOff()
	b.settled(t, before, memorySlack)
	b.keeps(t, b.honest)
}

// hangs asks once while upstream is silent, and once after it has healed.
func (b *bench) hangs(t *testing.T, h hang, name string) {
	path, target := packumentPath(name), upstreamtest.OnPackument(name)
	if h.tarball {
		b.served(t, b.get(path), b.reg, name)
		path, target = upstreamtest.TarballPath(name, "1.0.0"), upstreamtest.OnTarball(name, "1.0.0")
	}
	heal := b.reg.Fail(target, h.fault(upstreamtest.NewGate()))
	began := time.Now()
	a := b.get(path)
	t.Logf("answered after %s", time.Since(began).Round(time.Second))
	switch {
	case h.cut:
		if a.err == nil || a.status != http.StatusOK {
			t.Errorf("want an answer that is cut off: status %d, %d bytes", a.status, len(a.body))
		}
	case h.want.status == http.StatusOK:
		packed(t, a, b.reg, name, "1.0.0")
	default:
		h.want.check(t, a)
	}
	b.keeps(t, b.honest)
	heal()
	if h.tarball {
		packed(t, b.get(path), b.reg, name, "1.0.0")
	} else {
		b.served(t, b.get(path), b.reg, name)
	}
}

// TestHangWithACopy shows that nobody waits for a silent upstream whose answer
// is only a newer one: a moment at first, and then not at all.
func TestHangWithACopy(t *testing.T) {
	t.Parallel()
	b := newBench(t, "LARDER_CACHE_TTL=50ms", "LARDER_CACHE_REVALIDATE_WAIT=1s")
	names := []string{b.fresh(), b.fresh(), b.fresh()}
	var old []answer
	for _, name := range names {
		old = append(old, b.get(packumentPath(name)))
		b.served(t, old[len(old)-1], b.reg, name)
	}
	gate := upstreamtest.NewGate()
	b.reg.Fail(upstreamtest.OnKind(upstreamtest.KindPackument), upstreamtest.Hold(gate))
	b.expired(t, packumentPath(names[0]), old[0])
	began := time.Now()
	for i, name := range names {
		b.expired(t, packumentPath(name), old[i])
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("three stale packuments took %s", took)
	}
	gate.Release()
	for _, name := range names {
		b.served(t, b.get(packumentPath(name)), b.reg, name)
	}
}

// expired asks until larder says that the document has expired and that
// upstream is being asked.
func (b *bench) expired(t *testing.T, path string, old answer) {
	t.Helper()
	eventually(t, patience, func() error {
		a := b.get(path)
		if a.status != http.StatusOK || string(a.body) != string(old.body) {
			t.Errorf("not what it was: %v", a)
		}
		if said := a.header.Get("Cache-Status"); !strings.Contains(said, "stale-while-revalidate") {
			return fmt.Errorf("Cache-Status is %q", said)
		}
		return nil
	})
}
