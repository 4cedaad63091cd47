package faults

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// packumentFault is one way in which upstream fails to give a packument.
type packumentFault struct {
	name   string
	faults func(b *bench, pkg string) []upstreamtest.Fault
	want   outcome
}

// plain are faults that do not depend on the package.
func plain(all ...upstreamtest.Fault) func(*bench, string) []upstreamtest.Fault {
	return func(*bench, string) []upstreamtest.Fault { return all }
}

func redirectTo(pick func(*bench) string) func(*bench, string) []upstreamtest.Fault {
	return func(b *bench, pkg string) []upstreamtest.Fault {
		return []upstreamtest.Fault{upstreamtest.Redirect(http.StatusFound, pick(b)+packumentPath(pkg))}
	}
}

func packumentFaults() []packumentFault {
	bad := func(reason string) outcome { return outcome{status: http.StatusBadGateway, reason: reason} }
	down := func(reason string) outcome { return outcome{status: http.StatusServiceUnavailable, reason: reason} }
	elsewhere := outcome{status: http.StatusBadGateway, reason: "redirects to a host that is not allowed", guard: "G52"}
	impostor := outcome{status: http.StatusBadGateway, reason: "metadata of another package", guard: "G21"}
	return []packumentFault{
		{"latency before headers", plain(upstreamtest.Chunked()), outcome{status: http.StatusOK}},
		{"gzip that nobody announced", plain(upstreamtest.Change(func(p *upstreamtest.Reply) {
			p.Header.Del("Content-Encoding")
		})), outcome{status: http.StatusOK}},
		{"truncated", plain(upstreamtest.Truncate(100)), bad("truncated")},
		{"truncated before the first byte", plain(upstreamtest.Truncate(0)), bad("truncated")},
		{"truncated chunks", plain(upstreamtest.TruncateChunked(100)), bad("truncated")},
		{"short but framed as whole", plain(upstreamtest.Short(100)), bad("truncated")},
		{"short identity but framed as whole", plain(shortIdentity()), bad("upstream")},
		{"declares too much", plain(upstreamtest.Length(10)), bad("truncated")},
		{"declares too little", plain(upstreamtest.Length(-10)), bad("truncated")},
		{"flipped byte", plain(upstreamtest.Flip(-6)), bad("damaged")},
		{"reset in the body", plain(upstreamtest.Reset(100)), bad("truncated")},
		{"reset instead of an answer", plain(upstreamtest.ResetBefore()), down("cannot be reached")},
		{"page with 200", plain(upstreamtest.HTML()), bad("another kind of document than JSON")},
		{"500", plain(upstreamtest.Status(http.StatusInternalServerError)), down("cannot answer now")},
		{"502", plain(upstreamtest.Status(http.StatusBadGateway)), down("cannot answer now")},
		{"503", plain(upstreamtest.Status(http.StatusServiceUnavailable)), down("cannot answer now")},
		{"429", plain(upstreamtest.TooMany(120)),
			outcome{status: http.StatusServiceUnavailable, reason: "cannot answer now", retry: "120"}},
		{"401", plain(upstreamtest.Status(http.StatusUnauthorized)), bad("credentials")},
		{"teapot", plain(upstreamtest.Status(http.StatusTeapot)), bad("of no use")},
		{"redirect to another host", redirectTo(func(b *bench) string { return b.other.URL() }), elsewhere},
		{"redirect to a private address", redirectTo(func(b *bench) string { return b.private.URL() }),
			outcome{status: http.StatusBadGateway, reason: "destination not allowed", guard: "G53"}},
		{"redirect to the cloud's own address", redirectTo(func(*bench) string { return "http://169.254.169.254" }), elsewhere},
		{"redirect in a circle", redirectTo(func(b *bench) string { return b.reg.URL() }), bad("redirects too often")},
		{"endless", plain(upstreamtest.Endless()), bad("upstream")},
		{"endless JSON", plain(endlessJSON(), upstreamtest.Endless()), bad("more than the limit")},
		{"larger than the limit", plain(oversized()), bad("more than the limit")},
		{"gzip bomb", plain(upstreamtest.Bomb(64 * mebibyte)), bad("more than the limit")},
		{"another name", plain(upstreamtest.OtherName("impostor")), impostor},
		{"version under another key", plain(upstreamtest.OtherKey("1.0.0", "6.6.6")), impostor},
		{"version of another name", plain(upstreamtest.OtherManifestName("1.0.0", "impostor")), impostor},
	}
}

// shortIdentity cuts an uncompressed document, so that only its JSON tells.
func shortIdentity() upstreamtest.Fault {
	return upstreamtest.Edit(func(doc []byte) []byte { return doc[:len(doc)-100] })
}

// endlessJSON begins a document that, sent without end, never is one.
func endlessJSON() upstreamtest.Fault {
	return upstreamtest.Change(func(p *upstreamtest.Reply) {
		p.Header.Del("Content-Encoding")
		p.Body = []byte(`{"name":"endless","readme":"`)
	})
}

// oversized pads a good document beyond the limit.
func oversized() upstreamtest.Fault {
	return upstreamtest.Edit(func(doc []byte) []byte {
		padded := make([]byte, documentLimit+1)
		for i := range padded {
			padded[i] = ' '
		}
		copy(padded, doc)
		return padded
	})
}

// TestPackumentFaults asks for packages that larder has never seen.
func TestPackumentFaults(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.counted(t, func(t *testing.T) {
		for _, tt := range packumentFaults() {
			t.Run(tt.name, func(t *testing.T) {
				pkg := b.fresh()
				target, path := upstreamtest.OnPackument(pkg), packumentPath(pkg)
				a := b.during(t, target, path, tt.faults(b, pkg)...)
				if tt.want.status == http.StatusOK {
					b.served(t, a, b.reg, pkg)
				} else {
					tt.want.check(t, a)
				}
				b.keeps(t, b.honest)
				b.reg.Heal()
				b.served(t, b.get(path), b.reg, pkg)
				packed(t, b.get(upstreamtest.TarballPath(pkg, "1.1.0")), b.reg, pkg, "1.1.0")
			})
		}
	})
}

// TestPackumentFaultsWithACopy asks for packages whose document has expired:
// what upstream does wrong must not take away what larder has.
func TestPackumentFaultsWithACopy(t *testing.T) {
	t.Parallel()
	b := newBench(t, "LARDER_CACHE_TTL=50ms", "LARDER_CACHE_REVALIDATE_WAIT=30s")
	b.counted(t, func(t *testing.T) {
		for _, tt := range packumentFaults() {
			t.Run(tt.name, func(t *testing.T) {
				pkg := b.fresh()
				target, path := upstreamtest.OnPackument(pkg), packumentPath(pkg)
				if tt.want.status == http.StatusOK {
					return
				}
				old := b.get(path)
				b.served(t, old, b.reg, pkg)
				b.reg.Fail(target, tt.faults(b, pkg)...)
				// What is new has to be sent: a 304 would have no body to spoil.
				b.reg.Release(pkg, upstreamtest.Version{Version: "1.2.0"})
				b.honest.document(b.reg, pkg)
				b.stale(t, path, old)
				b.keeps(t, b.honest)
				b.reg.Heal()
				b.served(t, b.get(path+"?write=true"), b.reg, pkg)
			})
		}
	})
}

// stale asks for a document until larder says that it has expired and that
// upstream fails. It must be the old document all the time.
func (b *bench) stale(t *testing.T, path string, old answer) {
	t.Helper()
	eventually(t, patience, func() error {
		a := b.get(path)
		if a.status != http.StatusOK || !bytes.Equal(a.body, old.body) {
			t.Errorf("not what it was: %v", a)
		}
		if said := a.header.Get("Cache-Status"); !strings.Contains(said, "stale-if-error") {
			return fmt.Errorf("Cache-Status is %q", said)
		}
		return nil
	})
}
