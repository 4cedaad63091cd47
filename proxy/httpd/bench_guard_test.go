package httpd

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net"
	"net/http"
	"path/filepath"
	"testing"
	"time"

	"github.com/valyala/fasthttp/fasthttputil"

	"github.com/larderhq/larder/cache/blob/disk"
	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/metrics"
	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/upstream"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// client is a connection to a larder, with room to read its answers in.
type client struct {
	net.Conn
	in *bufio.Reader
}

func (c client) ask(tb testing.TB, request []byte) { hit(tb, c, c.in, request) }

// heat sends a request until its answer is hot: what is learnt of a tarball has
// its document judged again.
func (c client) heat(tb testing.TB, request []byte) {
	tb.Helper()
	for range 3 {
		if _, err := c.Write(request); err != nil {
			tb.Fatal(err)
		}
		resp, err := http.ReadResponse(c.in, nil)
		if err != nil || resp.StatusCode != http.StatusOK {
			tb.Fatal(resp, err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			tb.Fatal(err)
		}
	}
}

// guardedClient is connected to the front end of a real proxy that judges by the
// rules of a level.
func guardedClient(tb testing.TB, up *upstreamtest.Registry, level string) client {
	tb.Helper()
	o := Options{Metrics: metrics.New(metrics.Build{}), Logger: slog.New(slog.DiscardHandler)}
	h := bareHarness(tb, &o)
	below, err := shared.open()
	if err != nil {
		tb.Fatal(err)
	}
	h.server, err = New(o, Sources{Packages: guardedProxy(tb, below, up, level), Services: h.services, Accounts: below.accounts,
		Registry: below.registry, API: below.api, Site: below.site})
	if err != nil {
		tb.Fatal(err)
	}
	ln := fasthttputil.NewInmemoryListener()
	h.run(ln)
	c, err := ln.Dial()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	return client{c, bufio.NewReaderSize(c, 64<<10)}
}

func guardedProxy(tb testing.TB, below *rooms, up *upstreamtest.Registry, level string) *proxy.Proxy {
	tb.Helper()
	ok := func(err error) {
		if err != nil {
			tb.Fatal(err)
		}
	}
	engine, err := policy.Compile(policy.Config{Level: level})
	ok(err)
	dir := tb.TempDir()
	recs, err := records.Open(filepath.Join(dir, "records"), records.Options{})
	ok(err)
	files, err := disk.New(filepath.Join(dir, "files"), disk.Options{})
	ok(err)
	set, err := upstream.New([]upstream.Options{{Name: "default", URL: up.URL()}}, upstream.Shared{})
	ok(err)
	p, err := proxy.New(proxy.Deps{Upstreams: set, Names: below.ledger, Records: recs, Blobs: files}, proxy.Options{TTL: time.Hour})
	ok(err)
	p.Apply(proxy.Rules{Engine: engine})
	tb.Cleanup(func() {
		set.Close()
		ok(errors.Join(p.Close(), recs.Close()))
	})
	return p
}

// guardedPairs are hot requests to a larder without guards and to one with all
// of them, for a package that nobody objects to and for one of whose versions the
// last are too young.
func guardedPairs(tb testing.TB) map[string][2]func() {
	tb.Helper()
	up := upstreamtest.New(tb)
	clean, young := upstreamtest.Simple("clean", "1.0.0", "1.1.0"), upstreamtest.Simple("young", "1.0.0", "1.1.0")
	for i := range 5 {
		young.Versions = append(young.Versions, upstreamtest.Version{Version: fmt.Sprintf("2.%d.0", i), Published: time.Now().Add(-time.Hour)})
	}
	up.Add(clean, young)
	off, strict := guardedClient(tb, up, policy.NoLevel), guardedClient(tb, up, policy.Strict)
	all := make(map[string][2]func())
	for _, pkg := range []string{"clean", "young"} {
		for _, what := range []string{"/tarball", "/document"} {
			request := []byte(requestText("GET", "/"+pkg, npmAccept, npmCoding))
			if what == "/tarball" {
				request = []byte(requestText("GET", "/"+pkg+"/-/"+pkg+"-1.0.0.tgz"))
			}
			off.heat(tb, request)
			strict.heat(tb, request)
			all[pkg+what] = [2]func(){func() { off.ask(tb, request) }, func() { strict.ask(tb, request) }}
		}
	}
	return all
}

// BenchmarkGuardedHit tells what guards add to a hot request on its whole way.
// Both larders are asked in turn, in small pieces: what else the machine does
// counts against neither.
func BenchmarkGuardedHit(b *testing.B) {
	for what, pair := range guardedPairs(b) {
		b.Run(what, func(b *testing.B) { registrytest.InTurn(b, 20, pair) })
	}
}

// TestGuardedHitAllocations: guards must not cost memory for each request.
func TestGuardedHitAllocations(t *testing.T) {
	for what, pair := range guardedPairs(t) {
		t.Run(what, func(t *testing.T) {
			cost := [2]float64{math.Inf(1), math.Inf(1)}
			// What runs behind the requests allocates too; the quietest round is
			// theirs.
			for range 10 {
				for which, ask := range pair {
					cost[which] = min(cost[which], testing.AllocsPerRun(20, ask))
				}
			}
			if cost[1] > cost[0]+poolsForget {
				t.Errorf("%v allocations without guards, %v with all of them", cost[0], cost[1])
			}
			t.Logf("allocations: %v", cost)
		})
	}
}
