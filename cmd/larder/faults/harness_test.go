package faults

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// Limits of the larder under test, small enough to be reached quickly.
const (
	documentLimit = 2 * mebibyte
	packageLimit  = 3 * mebibyte
)

// The memory that larder may hold beyond what it held before. The tables of the
// records take 20 MiB while they fill, and caches and the runtime theirs.
const (
	memorySlack = 64 * mebibyte
	// againSlack is for work that was done before.
	againSlack = 40 * mebibyte
)

// bench is a larder in front of a registry that will misbehave.
type bench struct {
	*larder
	reg *upstreamtest.Registry
	// other is a registry on another host that nobody allowed.
	other *upstreamtest.Registry
	// private is one whose host is allowed, but whose address is private.
	private *upstreamtest.Registry
	honest  *honest
	count   atomic.Int64
}

func newBench(t *testing.T, env ...string) *bench {
	t.Helper()
	b := &bench{
		reg: upstreamtest.New(t), other: upstreamtest.New(t),
		private: upstreamtest.New(t, upstreamtest.Host("localhost")), honest: newHonest(),
	}
	b.larder = start(t, setup{
		config: fmt.Sprintf("upstreams: [{name: default, url: %q, tarball_hosts: [%q]}]\n", b.reg.URL(), b.private.URL()),
		env: append([]string{
			fmt.Sprintf("LARDER_LIMITS_DOCUMENT=%dMiB", documentLimit/mebibyte),
			fmt.Sprintf("LARDER_LIMITS_PACKAGE=%dMiB", packageLimit/mebibyte),
		}, env...),
	})
	return b
}

// add serves a new package.
func (b *bench) add(p upstreamtest.Package) {
	b.reg.Add(p)
	b.honest.add(b.reg, p)
}

// fresh serves a package that nobody has asked for.
func (b *bench) fresh() string { return b.freshOf(200 << 10) }

// freshOf serves one whose tarballs have about so many bytes.
func (b *bench) freshOf(size int) string {
	name := fmt.Sprintf("@fault/case-%d", b.count.Add(1))
	p := upstreamtest.Simple(name, "1.0.0", "1.1.0")
	p.Versions[0].Padding = size
	b.add(p)
	return name
}

// flowing shows that another package is answered as ever, from upstream.
func (b *bench) flowing(t *testing.T) {
	t.Helper()
	name := b.fresh()
	b.served(t, b.get(packumentPath(name)), b.reg, name)
	packed(t, b.get(upstreamtest.TarballPath(name, "1.0.0")), b.reg, name, "1.0.0")
}

// during makes a request whose upstream request waits at a gate, shows that
// everybody else is served meanwhile, opens the gate, and returns the answer.
func (b *bench) during(t *testing.T, target upstreamtest.Target, path string, faults ...upstreamtest.Fault) answer {
	t.Helper()
	gate := upstreamtest.NewGate()
	b.reg.Fail(target, append([]upstreamtest.Fault{upstreamtest.Hold(gate)}, faults...)...)
	got := make(chan answer, 1)
	go func() { got <- b.get(path) }()
	arrives(t, gate)
	b.flowing(t)
	select {
	case a := <-got:
		t.Errorf("answered while upstream held back: %v", a)
		got <- a
	default:
	}
	gate.Release()
	select {
	case a := <-got:
		return a
	case <-time.After(2 * patience):
		t.Fatalf("no answer for %s", path)
		return answer{}
	}
}

func arrives(t *testing.T, gate *upstreamtest.Gate) {
	t.Helper()
	select {
	case <-gate.Arrived():
	case <-time.After(patience):
		t.Fatal("nothing reached upstream")
	}
}

// outcome is what a client must be told.
type outcome struct {
	status int
	reason string
	guard  string // of the refusal, where a guard refused
	retry  string // Retry-After, where it matters
}

func (o outcome) check(t *testing.T, a answer) {
	t.Helper()
	if o.status == http.StatusOK {
		return // what was served is compared by the caller
	}
	refused(t, a, o.status, o.reason)
	if got := a.header.Get("X-Guard"); !strings.HasPrefix(got, o.guard) || o.guard == "" && got != "" {
		t.Errorf("X-Guard is %q, want %q", got, o.guard)
	}
	if got := a.header.Get("Retry-After"); o.retry != "" && got != o.retry {
		t.Errorf("Retry-After is %q, want %q", got, o.retry)
	}
	if a.header.Get("X-Request-Id") == "" {
		t.Error("a refusal without X-Request-Id")
	}
}

// counted plays a table, and shows that larder holds no more than it did before
// and keeps only what is honest. With time it plays the table again: of memory,
// the first time takes what the work needs, and the second must not add to it.
func (b *bench) counted(t *testing.T, table func(*testing.T)) {
	t.Helper()
	b.flowing(t)
	b.cutOff()
	b.clients.leave()
	before, slack := b.usage(t), int64(memorySlack)
	b.reg.Up()
	t.Run("first", table)
	if patient() {
		before.memory, slack = b.memory(t), againSlack
		t.Run("again", table)
	}
	b.cutOff()
	b.settled(t, before, slack)
	t.Logf("%d files stored", b.keeps(t, b.honest))
}

// cutOff closes every connection between larder and upstream.
func (b *bench) cutOff() { b.reg.Down() }
