package proxy_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// theRest is the second part of a broken transfer.
func theRest(q upstreamtest.Request) bool {
	return q.Kind == upstreamtest.KindTarball && q.Header.Get("Range") != ""
}

// startOver answers with another whole body.
func startOver(body []byte) upstreamtest.Fault {
	return upstreamtest.Change(func(p *upstreamtest.Reply) {
		p.Status, p.Body = http.StatusOK, body
		p.Header.Del("Content-Range")
	})
}

// TestOtherLengthAfterABreak is about an upstream whose tarball becomes another
// one in the middle of its transfer.
func TestOtherLengthAfterABreak(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		delta  int
		faults []upstreamtest.Fault
	}{
		"longer":             {delta: 1 << 20},
		"shorter":            {delta: -1 << 20},
		"longer, unsaid":     {delta: 1 << 20, faults: []upstreamtest.Fault{upstreamtest.Chunked()}},
		"too short to go on": {delta: -5 << 20, faults: []upstreamtest.Fault{upstreamtest.Chunked()}},
	}
	for label, c := range cases {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			want := ballast(up)
			other := append(bytes.Clone(want), make([]byte, 1<<20)...)[:len(want)+c.delta]
			up.Fail(upstreamtest.OnTarball("ballast", "1.0.0"), upstreamtest.Truncate(5<<20).Times(1))
			up.Fail(theRest, append(c.faults, startOver(other))...)
			l := start(t, up)
			got, err := l.bytesOf(t, "ballast", "1.0.0")
			if !errors.Is(err, npm.ErrBadUpstream) || len(got) >= len(want) {
				t.Errorf("%d of %d promised bytes went out unverified, error %v", len(got), len(want), err)
			}
			up.Heal()
			if got := must(l.bytesOf(t, "ballast", "1.0.0"))(t); !bytes.Equal(got, want) {
				t.Error("wrong bytes after upstream healed")
			}
		})
	}
}

func TestTagInTransferIsOfThePinnedBytes(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	ballast(up)
	l := start(t, up)
	must(l.bytesOf(t, "ballast", "1.0.0"))(t)
	stored := must(l.tarball(t, "ballast", "1.0.0"))(t)
	check(t, stored.Body.Close())
	other := npm.IntegrityOfSHA512([64]byte{1}).String()
	up.Fail(upstreamtest.OnPackument("ballast"), upstreamtest.Edit(func(doc []byte) []byte {
		return bytes.ReplaceAll(doc, []byte(up.Integrity("ballast", "1.0.0")), []byte(other))
	}))
	gate := upstreamtest.NewGate()
	up.Fail(upstreamtest.OnTarball("ballast", "1.0.0"), upstreamtest.HoldBody(5<<20, gate))
	l.forgetTarballs(t)
	ball := must(l.tarball(t, "ballast", "1.0.0"))(t)
	if ball.ETag != stored.ETag {
		t.Errorf("the tag is %s in transfer and %s once stored", ball.ETag, stored.ETag)
	}
	gate.Release()
	must(io.Copy(io.Discard, ball.Body))(t)
	check(t, ball.Body.Close())
}

// TestDamageWithoutAHash is about bytes that only their own format can prove
// wrong: pinned, they would be wrong for ever.
func TestDamageWithoutAHash(t *testing.T) {
	t.Parallel()
	for label, fault := range map[string]upstreamtest.Fault{
		"short but framed": upstreamtest.Short(60 << 10), "a flipped byte": upstreamtest.Flip(60 << 10),
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			up.Add(upstreamtest.Package{Name: "old", Versions: []upstreamtest.Version{
				{Version: "0.1.0", Hashes: upstreamtest.HashesNone, Padding: 100 << 10}}})
			up.Fail(upstreamtest.OnTarball("old", "0.1.0"), fault)
			l := start(t, up)
			if _, err := l.bytesOf(t, "old", "0.1.0"); !errors.Is(err, npm.ErrBadUpstream) {
				t.Errorf("a damaged tarball: %v", err)
			}
			up.Heal()
			if got := must(l.bytesOf(t, "old", "0.1.0"))(t); !bytes.Equal(got, up.Bytes("old", "0.1.0")) {
				t.Error("wrong bytes after upstream healed")
			}
		})
	}
}
