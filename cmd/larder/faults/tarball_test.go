package faults

import (
	"bytes"
	"fmt"
	"net/http"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// tarballFault is one way in which upstream fails to give a tarball.
type tarballFault struct {
	name   string
	faults func(b *bench, pkg string) []upstreamtest.Fault
	want   outcome
}

func tarballFaults() []tarballFault {
	bad := func(reason string) outcome { return outcome{status: http.StatusBadGateway, reason: reason} }
	down := func(reason string) outcome { return outcome{status: http.StatusServiceUnavailable, reason: reason} }
	guarded := func(status int, reason, guard string) outcome {
		return outcome{status: status, reason: reason, guard: guard}
	}
	good := outcome{status: http.StatusOK}
	elsewhere := guarded(http.StatusForbidden, "G52 tarball host", "G52")
	toTarball := func(pick func(*bench) *upstreamtest.Registry) func(*bench, string) []upstreamtest.Fault {
		return func(b *bench, pkg string) []upstreamtest.Fault {
			return []upstreamtest.Fault{upstreamtest.Redirect(http.StatusFound, pick(b).TarballURL(pkg, "1.0.0"))}
		}
	}
	return []tarballFault{
		{"latency before headers", plain(), good},
		{"no length", plain(upstreamtest.Chunked()), good},
		{"truncated again and again", plain(upstreamtest.Truncate(60 << 10)), good},
		{"reset again and again", plain(upstreamtest.Reset(60 << 10)), good},
		{"truncated chunks", plain(upstreamtest.TruncateChunked(60 << 10).Times(2)), good},
		{"truncated chunks for ever", plain(upstreamtest.TruncateChunked(60 << 10)), bad("truncated")},
		{"truncated by a server without ranges", func(b *bench, pkg string) []upstreamtest.Fault {
			return []upstreamtest.Fault{b.reg.NoRange(pkg, "1.0.0"), upstreamtest.Truncate(60 << 10).Times(1)}
		}, good},
		{"truncated for ever", plain(upstreamtest.Truncate(100)), bad("truncated")},
		{"truncated before the first byte", plain(upstreamtest.Truncate(0)), bad("truncated")},
		{"short but framed as whole", plain(upstreamtest.Short(100 << 10)), guarded(http.StatusForbidden, "hash mismatch", "G20")},
		{"empty", plain(upstreamtest.Short(0)), guarded(http.StatusForbidden, "hash mismatch", "G20")},
		{"declares too much", plain(upstreamtest.Length(10)), bad("upstream")},
		{"declares too little", plain(upstreamtest.Length(-10)), guarded(http.StatusForbidden, "hash mismatch", "G20")},
		{"wrong hash at the start", plain(upstreamtest.Flip(0)), guarded(http.StatusForbidden, "hash mismatch", "G20")},
		{"wrong hash in the last byte", plain(upstreamtest.Flip(-1)), guarded(http.StatusForbidden, "hash mismatch", "G20")},
		{"page with 200", plain(upstreamtest.HTML()), bad("a page instead of a tarball")},
		{"reset instead of an answer", plain(upstreamtest.ResetBefore()), down("cannot be reached")},
		{"500", plain(upstreamtest.Status(http.StatusInternalServerError)), down("cannot answer now")},
		{"503", plain(upstreamtest.Status(http.StatusServiceUnavailable)), down("cannot answer now")},
		{"429", plain(upstreamtest.TooMany(90)),
			outcome{status: http.StatusServiceUnavailable, reason: "cannot answer now", retry: "90"}},
		{"404", plain(upstreamtest.Status(http.StatusNotFound)), outcome{status: http.StatusNotFound, reason: "not found"}},
		{"403", plain(upstreamtest.Status(http.StatusForbidden)), bad("credentials")},
		{"redirect to another host", toTarball(func(b *bench) *upstreamtest.Registry { return b.other }), elsewhere},
		{"redirect to a private address", toTarball(func(b *bench) *upstreamtest.Registry { return b.private }),
			guarded(http.StatusBadGateway, "destination not allowed", "G53")},
		{"redirect in a circle", toTarball(func(b *bench) *upstreamtest.Registry { return b.reg }), bad("redirects too often")},
		{"endless", plain(upstreamtest.Endless()), bad("more than the limit")},
	}
}

// TestTarballFaults asks for tarballs whose packument is good. All are small,
// so that each refusal has a status.
func TestTarballFaults(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.counted(t, func(t *testing.T) {
		for _, tt := range tarballFaults() {
			t.Run(tt.name, func(t *testing.T) {
				pkg := b.fresh()
				b.served(t, b.get(packumentPath(pkg)), b.reg, pkg)
				path := upstreamtest.TarballPath(pkg, "1.0.0")
				a := b.during(t, upstreamtest.OnTarball(pkg, "1.0.0"), path, tt.faults(b, pkg)...)
				if tt.want.status == http.StatusOK {
					packed(t, a, b.reg, pkg, "1.0.0")
				} else {
					tt.want.check(t, a)
				}
				b.keeps(t, b.honest)
				b.reg.Heal()
				packed(t, b.get(path), b.reg, pkg, "1.0.0")
			})
		}
	})
}

// TestTarballsThatAreNotWhatTheySay are packages that are wrong at the source.
func TestTarballsThatAreNotWhatTheySay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tests := []struct {
		name    string
		version upstreamtest.Version
		want    outcome
	}{
		{"dist.tarball on another host", upstreamtest.Version{TarballURL: b.other.URL() + "/x/-/x-1.0.0.tgz"},
			outcome{status: http.StatusForbidden, reason: "G52 tarball host", guard: "G52"}},
		{"dist.tarball on an allowed host with a private address", upstreamtest.Version{TarballURL: b.private.URL() + "/x/-/x-1.0.0.tgz"},
			outcome{status: http.StatusBadGateway, reason: "destination not allowed", guard: "G53"}},
		{"another package inside", upstreamtest.Version{Files: map[string]string{"package.json": `{"name":"impostor","version":"1.0.0"}`}},
			outcome{status: http.StatusForbidden, reason: "is not of liar-2@1.0.0", guard: "G22"}},
		{"another version inside", upstreamtest.Version{Files: map[string]string{"package.json": `{"name":"liar-3","version":"9.9.9"}`}},
			outcome{status: http.StatusForbidden, reason: "is not of liar-3@1.0.0", guard: "G22"}},
		{"larger than the limit", upstreamtest.Version{Padding: packageLimit + 1},
			outcome{status: http.StatusBadGateway, reason: "more than the limit"}},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			name := "liar-" + string(rune('0'+i))
			tt.version.Version = "1.0.0"
			b.reg.Add(upstreamtest.Package{Name: name, Versions: []upstreamtest.Version{tt.version}})
			b.honest.document(b.reg, name)
			a := b.get(upstreamtest.TarballPath(name, "1.0.0"))
			tt.want.check(t, a)
			if doc := b.get(packumentPath(name)); doc.status != http.StatusOK ||
				!bytes.Contains(doc.body, []byte(`"tarball":"`+b.url+upstreamtest.TarballPath(name, "1.0.0")+`"`)) {
				t.Errorf("its packument: %v", doc)
			}
			b.keeps(t, b.honest)
		})
	}
	if n := b.other.Count() + b.private.Count(); n > 0 {
		t.Errorf("%d requests went to hosts that must not be asked", n)
	}
}

// largeTarball is more than larder holds back until it is verified.
const largeTarball = 6 * mebibyte

// TestStreamedTarballFaults asks for tarballs so large that they are streamed
// before they are verified. No client may get a whole body that failed.
func TestStreamedTarballFaults(t *testing.T) {
	t.Parallel()
	b := newBench(t, "LARDER_LIMITS_PACKAGE=16MiB")
	tests := []struct {
		name  string
		fault upstreamtest.Fault
		whole bool
	}{
		{"truncated and resumed", upstreamtest.Truncate(5 * mebibyte), true},
		{"truncated for ever", upstreamtest.Truncate(mebibyte), false},
		{"wrong hash at the start", upstreamtest.Flip(1000), false},
		{"wrong hash in the last byte", upstreamtest.Flip(-1), false},
		{"short but framed as whole", upstreamtest.Short(5 * mebibyte), false},
		{"reset", upstreamtest.Reset(mebibyte), false},
		{"endless", upstreamtest.Endless(), false},
		{"declares too little", upstreamtest.Length(-100), false},
		{"declares too much", upstreamtest.Length(100), false},
	}
	b.counted(t, func(t *testing.T) {
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				name := b.freshOf(largeTarball)
				b.served(t, b.get(packumentPath(name)), b.reg, name)
				path := upstreamtest.TarballPath(name, "1.0.0")
				a := b.during(t, upstreamtest.OnTarball(name, "1.0.0"), path, tt.fault)
				if tt.whole {
					packed(t, a, b.reg, name, "1.0.0")
				} else if a.err == nil || a.status != http.StatusOK || a.header.Get("Content-Length") == fmt.Sprint(len(a.body)) {
					t.Errorf("want an answer that is cut off: status %d, %d bytes, error %v", a.status, len(a.body), a.err)
				}
				b.keeps(t, b.honest)
				b.reg.Heal()
				packed(t, b.get(path), b.reg, name, "1.0.0")
			})
		}
	})
}
