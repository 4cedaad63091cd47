package proxy_test

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

const padding = 6 << 20 // larger than what is answered only when whole

func ballast(up *upstreamtest.Registry) []byte {
	up.Add(upstreamtest.Package{Name: "ballast", Versions: []upstreamtest.Version{{Version: "1.0.0", Padding: padding}}})
	return up.Bytes("ballast", "1.0.0")
}

func TestTarballIsFetchedOnce(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("@s/leaf", "1.0.0"))
	l := start(t, up)
	for i, want := range []proxy.Outcome{proxy.Miss, proxy.Hit, proxy.Hit} {
		if i == 2 {
			up.Down()
			l.restart(t)
		}
		ball := must(l.tarball(t, "@s/leaf", "1.0.0"))(t)
		got := must(io.ReadAll(ball.Body))(t)
		check(t, ball.Body.Close())
		if !bytes.Equal(got, up.Bytes("@s/leaf", "1.0.0")) || ball.Size != int64(len(got)) || ball.ETag == "" {
			t.Fatalf("answer %d: wrong bytes, size %d or tag %q", i, ball.Size, ball.ETag)
		}
		if ball.Version != "1.0.0" {
			t.Errorf("answer %d is of version %q", i, ball.Version)
		}
		if ball.Outcome != want {
			t.Errorf("answer %d is a %v, want %v", i, ball.Outcome, want)
		}
	}
	if n := up.Count(upstreamtest.KindTarball); n != 1 {
		t.Errorf("%d upstream transfers of one tarball", n)
	}
}

func TestTarballHerd(t *testing.T) {
	t.Parallel()
	for label, stored := range map[string]bool{"small": true, "large": false} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			want := ballast(up)
			if stored {
				up.Add(upstreamtest.Simple("ballast", "1.0.0"))
				want = up.Bytes("ballast", "1.0.0")
			}
			gate := upstreamtest.NewGate()
			up.Fail(upstreamtest.OnTarball("ballast", "1.0.0"), upstreamtest.Hold(gate))
			l := start(t, up)
			var wg sync.WaitGroup
			for range 200 {
				wg.Go(func() {
					ball, err := l.tarball(t, "ballast", "1.0.0")
					if err != nil {
						t.Error(err)
						return
					}
					defer ball.Body.Close()
					same := &comparer{want: want}
					if n, err := io.Copy(same, ball.Body); err != nil || n != int64(len(want)) {
						t.Errorf("%d bytes, %v", n, err)
					}
				})
			}
			<-gate.Arrived()
			gate.Release()
			wg.Wait()
			if n := up.Count(upstreamtest.KindTarball); n != 1 {
				t.Errorf("%d transfers for 200 simultaneous requests", n)
			}
		})
	}
}

func TestReaderThatLeavesStopsNobody(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	want := ballast(up)
	gate := upstreamtest.NewGate()
	up.Fail(upstreamtest.OnTarball("ballast", "1.0.0"), upstreamtest.HoldBody(5<<20, gate))
	l := start(t, up)
	first := must(l.tarball(t, "ballast", "1.0.0"))(t)
	must(io.ReadFull(first.Body, make([]byte, 1<<20)))(t)
	second := must(l.tarball(t, "ballast", "1.0.0"))(t)
	defer second.Body.Close()
	if second.Outcome != proxy.Joined {
		t.Errorf("the second reader is a %v", second.Outcome)
	}
	check(t, first.Body.Close())
	gate.Release()
	if got := must(io.ReadAll(second.Body))(t); !bytes.Equal(got, want) {
		t.Error("the reader that stayed has other bytes")
	}
}

func TestLargeTarballKeepsItsEndUntilVerified(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	want := ballast(up)
	up.Fail(upstreamtest.OnTarball("ballast", "1.0.0"), upstreamtest.Flip(1<<20))
	l := start(t, up)
	got, err := l.bytesOf(t, "ballast", "1.0.0")
	if !errors.Is(err, npm.ErrIntegrity) || len(got) >= len(want) {
		t.Fatalf("%d of %d wrong bytes went out, error %v", len(got), len(want), err)
	}
	if l.counts.failures("hash") != 1 {
		t.Error("the failure is not counted")
	}
	up.Heal()
	if got := must(l.bytesOf(t, "ballast", "1.0.0"))(t); !bytes.Equal(got, want) {
		t.Error("wrong bytes were kept")
	}
}

func TestTarballsThatLie(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault upstreamtest.Fault
		want  error
	}{
		"a flipped byte":       {upstreamtest.Flip(60), npm.ErrIntegrity},
		"short but framed":     {upstreamtest.Short(100), npm.ErrIntegrity},
		"cut off":              {upstreamtest.Truncate(10), npm.ErrBadUpstream},
		"a page":               {upstreamtest.HTML(), npm.ErrBadUpstream},
		"gone":                 {upstreamtest.Status(404), npm.ErrNotFound},
		"a server error":       {upstreamtest.Status(500), npm.ErrUnavailable},
		"a redirect elsewhere": {upstreamtest.Redirect(302, "http://127.0.0.1:9/x.tgz"), npm.ErrBlocked},
	}
	for label, c := range cases {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			up.Add(upstreamtest.Simple("leaf", "1.0.0"))
			heal := up.Fail(upstreamtest.OnTarball("leaf", "1.0.0"), c.fault)
			l := start(t, up)
			var said *npm.Error
			if _, err := l.bytesOf(t, "leaf", "1.0.0"); !errors.Is(err, c.want) || !errors.As(err, &said) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			heal()
			if got := must(l.bytesOf(t, "leaf", "1.0.0"))(t); !bytes.Equal(got, up.Bytes("leaf", "1.0.0")) {
				t.Error("wrong bytes after upstream healed")
			}
		})
	}
}

func TestBrokenTransferResumes(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	want := ballast(up)
	up.Fail(upstreamtest.OnTarball("ballast", "1.0.0"), upstreamtest.Truncate(2<<20).Times(1))
	l := start(t, up)
	if got := must(l.bytesOf(t, "ballast", "1.0.0"))(t); !bytes.Equal(got, want) {
		t.Fatal("wrong bytes")
	}
	asked := up.Requests(upstreamtest.KindTarball)
	if len(asked) != 2 || asked[1].Header.Get("Range") == "" || asked[1].Header.Get("If-Range") == "" {
		t.Errorf("the transfer was not resumed by range: %v", asked)
	}
}

func TestHashlessVersionsAreBackfilled(t *testing.T) {
	t.Parallel()
	for label, hashes := range map[string]upstreamtest.Hashes{
		"nothing": upstreamtest.HashesNone, "sha1 alone": upstreamtest.HashesSHA1,
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			up.Add(upstreamtest.Package{Name: "old", Versions: []upstreamtest.Version{{Version: "0.1.0", Hashes: hashes}}})
			l := start(t, up)
			before := must(l.full(t, "old"))(t)
			if decode(t, before).Versions["0.1.0"].Dist.Integrity != "" {
				t.Fatal("integrity before the bytes were seen")
			}
			must(l.bytesOf(t, "old", "0.1.0"))(t)
			for range 2 {
				after := must(l.full(t, "old"))(t)
				if got := decode(t, after).Versions["0.1.0"].Dist; got.Integrity != up.Integrity("old", "0.1.0") || got.Shasum == "" {
					t.Errorf("dist is %+v", got)
				}
				if after.ETag == before.ETag {
					t.Error("other bytes under the same tag")
				}
				l.restart(t)
			}
		})
	}
}

func TestPinDuringARevalidation(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Package{Name: "old", Versions: []upstreamtest.Version{{Version: "0.1.0", Hashes: upstreamtest.HashesNone}}})
	l := start(t, up)
	must(l.full(t, "old"))(t)
	l.clock.forward(6 * time.Minute)
	gate := upstreamtest.NewGate()
	up.Fail(upstreamtest.OnPackument("old"), upstreamtest.Hold(gate))
	waits := make(chan error)
	go func() { _, err := l.full(t, "old"); waits <- err }()
	<-gate.Arrived()
	must(l.bytesOf(t, "old", "0.1.0"))(t)
	gate.Release()
	check(t, <-waits)
	if got := decode(t, must(l.full(t, "old"))(t)).Versions["0.1.0"].Dist; got.Integrity != up.Integrity("old", "0.1.0") {
		t.Errorf("dist is %+v", got)
	}
}

func TestFirstSeenIntegrityStands(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up)
	want := must(l.bytesOf(t, "leaf", "1.0.0"))(t)
	first := up.Integrity("leaf", "1.0.0")
	up.Add(upstreamtest.Package{Name: "leaf", Versions: []upstreamtest.Version{
		{Version: "1.0.0", Files: map[string]string{"index.js": "evil()"}}}})
	l.clock.forward(6 * time.Minute)
	if got := decode(t, must(l.full(t, "leaf"))(t)).Versions["1.0.0"].Dist.Integrity; got != first {
		t.Errorf("the document now says %s, first seen was %s", got, first)
	}
	if got := must(l.bytesOf(t, "leaf", "1.0.0"))(t); !bytes.Equal(got, want) {
		t.Error("the first seen bytes are no longer served")
	}
	l.forgetTarballs(t)
	if _, err := l.bytesOf(t, "leaf", "1.0.0"); !errors.Is(err, npm.ErrIntegrity) {
		t.Errorf("changed bytes: %v", err)
	}
	if l.counts.failures("pin") == 0 || l.counts.change == 0 {
		t.Error("nobody is told")
	}
}

func TestTarballsOnOtherHosts(t *testing.T) {
	t.Parallel()
	for label, allowed := range map[string]bool{"allowed": true, "not allowed": false} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			up, cdn := upstreamtest.New(t), upstreamtest.New(t, upstreamtest.Host("localhost"))
			cdn.Add(upstreamtest.Simple("leaf", "1.0.0"))
			up.Add(upstreamtest.Package{Name: "leaf", Versions: []upstreamtest.Version{
				{Version: "1.0.0", TarballURL: cdn.TarballURL("leaf", "1.0.0")}}})
			l := start(t, up, func(l *larder) {
				if allowed {
					l.allow, l.allowPrivate = []string{cdn.URL()}, true
				}
			})
			if got := decode(t, must(l.full(t, "leaf"))(t)).Versions["1.0.0"].Dist.Tarball; got != base+"/leaf/-/leaf-1.0.0.tgz" {
				t.Errorf("clients are sent to %s", got)
			}
			got, err := l.bytesOf(t, "leaf", "1.0.0")
			if allowed && (err != nil || !bytes.Equal(got, cdn.Bytes("leaf", "1.0.0"))) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
			if !allowed && (!errors.Is(err, npm.ErrBlocked) || cdn.Count() != 0) {
				t.Errorf("error %v, %d requests", err, cdn.Count())
			}
		})
	}
}

func TestTarballOfANewVersion(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up)
	must(l.full(t, "leaf"))(t)
	up.Release("leaf", upstreamtest.Version{Version: "1.1.0"})
	must(l.bytesOf(t, "leaf", "1.1.0"))(t) // a lockfile knows it, the cache does not yet
	if _, err := l.bytesOf(t, "leaf", "6.6.6"); !errors.Is(err, npm.ErrNotFound) {
		t.Error(err)
	}
}

func TestOffline(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0", "1.1.0", "2.0.0"))
	l := start(t, up)
	must(l.bytesOf(t, "leaf", "1.1.0"))(t)
	l.opts.Offline = true
	l.restart(t)
	before := up.Count()
	l.clock.forward(365 * 24 * time.Hour)
	got := decode(t, must(l.full(t, "leaf"))(t))
	if len(got.Versions) != 1 || got.Tags["latest"] != "1.1.0" {
		t.Errorf("offline shows versions %v and tags %v", got.Versions, got.Tags)
	}
	must(l.bytesOf(t, "leaf", "1.1.0"))(t)
	_, notStored := l.bytesOf(t, "leaf", "2.0.0")
	_, notCached := l.full(t, "other")
	if !errors.Is(notStored, npm.ErrOffline) || !errors.Is(notCached, npm.ErrOffline) {
		t.Errorf("not stored: %v; not cached: %v", notStored, notCached)
	}
	if up.Count() != before {
		t.Error("offline mode asked upstream")
	}
}

// comparer is a writer that fails on bytes other than the wanted ones.
type comparer struct{ want []byte }

func (c *comparer) Write(b []byte) (int, error) {
	if !bytes.HasPrefix(c.want, b) {
		return 0, errors.New("other bytes than wanted")
	}
	c.want = c.want[len(b):]
	return len(b), nil
}
