package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"hash"
	"hash/crc64"
	"io"
	"net/http"
	"sync"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// The largest public packuments, and what serving one may take above idle.
const (
	largeSize     = 40 * mebibyte
	largeVersions = 4000
	largeMemory   = 300 * mebibyte
)

const abbreviated = "application/vnd.npm.install-v1+json"

// TestLargestPackument lets 200 clients ask at once for the largest packument,
// in both forms, with gzip and without.
func TestLargestPackument(t *testing.T) {
	reg := upstreamtest.New(t)
	reg.AddLarge("colossus", largeVersions, largeSize)
	l := start(t, setup{upstream: reg.URL()})
	if a := l.get("/-/ping"); a.status != http.StatusOK {
		t.Fatal(a)
	}
	idle := l.memory(t)
	watch := l.watchMemory(t)
	shapes := make([]string, herdSize)
	var wait sync.WaitGroup
	for i := range shapes {
		wait.Go(func() { shapes[i] = l.fingerprint(t, i) })
	}
	wait.Wait()
	peak := watch.highest()
	t.Logf("idle %d MiB, peak %d MiB: %d MiB above", idle/mebibyte, peak/mebibyte, (peak-idle)/mebibyte)
	if peak-idle >= largeMemory {
		t.Errorf("200 clients cost %d MiB", (peak-idle)/mebibyte)
	}
	if n := reg.CountOf(upstreamtest.KindPackument, "colossus"); n != 1 {
		t.Errorf("%d upstream requests", n)
	}
	for i, s := range shapes {
		if s != shapes[i%len(largeShapes())] {
			t.Errorf("client %d got other bytes than client %d", i, i%len(largeShapes()))
		}
	}
	l.largeIsRight(t, reg)
}

// largeShapes are the request headers in turn, names and values.
func largeShapes() [][]string {
	return [][]string{
		{"Accept-Encoding", "gzip", "Accept", "application/json"},
		{"Accept-Encoding", "identity", "Accept", "application/json"},
		{"Accept-Encoding", "gzip", "Accept", abbreviated},
		{"Accept-Encoding", "identity", "Accept", abbreviated},
	}
}

// fingerprint asks for the packument and sums what comes without keeping it.
func (l *larder) fingerprint(t *testing.T, client int) string {
	header := http.Header{}
	shapes := largeShapes()
	for i, s := 0, shapes[client%len(shapes)]; i < len(s); i += 2 {
		header.Set(s[i], s[i+1])
	}
	resp, err := l.open(context.Background(), "/colossus", header)
	if err != nil {
		t.Errorf("client %d: %v", client, err)
		return ""
	}
	defer resp.Body.Close()
	var sum hash.Hash = crc64.New(crc64.MakeTable(crc64.ECMA))
	n, err := io.Copy(sum, resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("client %d: status %d, %v", client, resp.StatusCode, err)
	}
	return fmt.Sprintf("%d bytes %x %s", n, sum.Sum(nil), resp.Header.Get("ETag"))
}

// largeIsRight compares one answer of each shape with what upstream has. All
// others are equal to it.
func (l *larder) largeIsRight(t *testing.T, reg *upstreamtest.Registry) {
	t.Helper()
	shapes := largeShapes()
	full := l.get("/colossus", shapes[1]...)
	l.served(t, full, reg, "colossus")
	short := l.get("/colossus", shapes[3]...)
	var doc struct {
		Name     string
		Versions map[string]struct {
			Dist struct{ Tarball string }
		}
	}
	if err := json.Unmarshal(short.body, &doc); err != nil || doc.Name != "colossus" || len(doc.Versions) != largeVersions {
		t.Errorf("abbreviated: %v, %q with %d versions", err, doc.Name, len(doc.Versions))
	}
	if got, want := doc.Versions["1.0.0"].Dist.Tarball, l.url+"/colossus/-/colossus-1.0.0.tgz"; got != want {
		t.Errorf("abbreviated: tarball at %q, want %q", got, want)
	}
	for packed, plain := range map[int]answer{0: full, 2: short} {
		a := l.get("/colossus", shapes[packed]...)
		if body, err := gunzip(a.body); err != nil || !bytes.Equal(body, plain.body) {
			t.Errorf("gzip is another document than identity: %v", err)
		}
	}
}
