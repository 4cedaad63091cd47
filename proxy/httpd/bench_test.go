package httpd

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/valyala/fasthttp/fasthttputil"

	"github.com/larderhq/larder/metrics"
	"github.com/larderhq/larder/registry/npm"
)

// memoryServer is a server on an in-memory listener, with metrics and without
// an access log, as the ready path is to be measured.
func memoryServer(tb testing.TB) (*harness, net.Conn) {
	tb.Helper()
	h := newHarness(tb, Options{Metrics: metrics.New(metrics.Build{}), Logger: slog.New(slog.DiscardHandler)})
	ln := fasthttputil.NewInmemoryListener()
	h.run(ln)
	c, err := ln.Dial()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { c.Close() })
	return h, c
}

// incompressible returns a document whose gzip form is about size bytes.
func incompressible(size int) string {
	const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"
	random := rand.New(rand.NewPCG(1, 2))
	var b strings.Builder
	for range size * 4 / 3 {
		b.WriteByte(digits[random.IntN(len(digits))])
	}
	return `{"name":"` + b.String() + `"}`
}

// hit sends one request and reads its answer without allocating.
func hit(tb testing.TB, c net.Conn, in *bufio.Reader, request []byte) {
	if _, err := c.Write(request); err != nil {
		tb.Fatal(err)
	}
	length := 0
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			tb.Fatal(err)
		}
		if len(line) == 2 {
			break
		}
		if name, value, ok := strings.Cut(string(line), ": "); ok && name == "Content-Length" {
			for _, d := range strings.TrimSpace(value) {
				length = length*10 + int(d-'0')
			}
		}
	}
	if _, err := in.Discard(length); err != nil {
		tb.Fatal(err)
	}
}

func readyHits(tb testing.TB) map[string]struct {
	text, request string
} {
	tb.Helper()
	// Upstream has the name, as it has every name whose document is ready.
	below, err := shared.open()
	if err != nil {
		tb.Fatal(err)
	}
	name, err := npm.ParseName("left-pad")
	if err == nil {
		err = below.ledger.ClaimPublic(context.Background(), name, "default")
	}
	if err != nil {
		tb.Fatal(err)
	}
	gzipped := requestText("GET", "/left-pad", npmAccept, npmCoding)
	return map[string]struct{ text, request string }{
		"small/gzip":     {`{"name":"left-pad"}`, gzipped},
		"small/identity": {`{"name":"left-pad"}`, requestText("GET", "/left-pad", npmAccept)},
		"3MB/gzip":       {incompressible(3 << 20), gzipped},
		"3MB/identity":   {incompressible(3 << 20), requestText("GET", "/left-pad", npmAccept)},
		"3MB/304":        {incompressible(3 << 20), requestText("GET", "/left-pad", npmCoding, "If-None-Match: *")},
	}
}

// BenchmarkReadyHit measures the whole way of a ready document through the
// server.
func BenchmarkReadyHit(b *testing.B) {
	for name, c := range readyHits(b) {
		b.Run(name, func(b *testing.B) {
			h, conn := memoryServer(b)
			h.packages.doc = document(c.text)
			in := bufio.NewReaderSize(conn, 64<<10)
			request := []byte(c.request)
			b.ReportAllocs()
			for b.Loop() {
				hit(b, conn, in, request)
				h.packages.packuments = h.packages.packuments[:0]
			}
		})
	}
}

// TestReadyHitAllocationsDoNotGrow: what a ready document costs must not depend
// on its size. It goes through the kernel, because pipes in memory allocate for
// the bytes that pass.
func TestReadyHitAllocationsDoNotGrow(t *testing.T) {
	cost := make(map[string]float64)
	for name, c := range readyHits(t) {
		h := startServer(t, Options{Metrics: metrics.New(metrics.Build{}), Logger: slog.New(slog.DiscardHandler)})
		h.packages.doc = document(c.text)
		conn := h.dial()
		defer conn.Close()
		in := bufio.NewReaderSize(conn, 64<<10)
		request := []byte(c.request)
		// What runs behind the server allocates too, and more of it falls into the
		// longer answers; the quietest of some rounds is the request's own.
		cost[name] = math.Inf(1)
		for range 10 {
			cost[name] = min(cost[name], testing.AllocsPerRun(20, func() {
				hit(t, conn, in, request)
				h.packages.packuments = h.packages.packuments[:0]
			}))
		}
	}
	t.Logf("allocations: %v", cost)
	for _, kind := range []string{"gzip", "identity"} {
		if small, large := cost["small/"+kind], cost["3MB/"+kind]; large > small+4+poolsForget {
			t.Errorf("a large %s document costs %v allocations, a small one %v", kind, large, small)
		}
	}
}

// BenchmarkTarball measures a stored tarball over a real socket.
func BenchmarkTarball(b *testing.B) {
	h := startServer(b, Options{Logger: slog.New(slog.DiscardHandler)})
	h.packages.tarball = stored(b, content(), nil)
	c := h.dial()
	defer c.Close()
	in := bufio.NewReaderSize(c, 256<<10)
	request := requestText("GET", tgz)
	b.SetBytes(1 << 20)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.WriteString(c, request); err != nil {
			b.Fatal(err)
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, resp.Body); err != nil || n != 1<<20 {
			b.Fatal(n, err)
		}
	}
}
