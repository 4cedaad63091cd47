package proxy_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// latest asks for a document and returns where latest points to.
func (l *larder) latest(t *testing.T, pkg string) string {
	t.Helper()
	a, err := l.full(t, pkg)
	check(t, err)
	return decode(t, a).Tags["latest"]
}

func (l *larder) cached(t *testing.T, search string) []proxy.CachedName {
	t.Helper()
	list, next, err := l.Cached(ctx(t), proxy.CachedQuery{Search: search, Limit: 100})
	if err != nil || next != "" {
		t.Fatalf("Cached: next %q, %v", next, err)
	}
	return list
}

func TestPurge(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0", "1.1.0"), upstreamtest.Simple("leaflet", "1.0.0"))
	l := start(t, up)
	for _, pkg := range []string{"leaf", "leaflet"} {
		l.latest(t, pkg)
		must(l.bytesOf(t, pkg, "1.0.0"))(t)
	}
	l.restart(t) // what is stored behind answers is there now
	for _, pkg := range []string{"leaf", "leaflet"} {
		l.latest(t, pkg)
		must(l.bytesOf(t, pkg, "1.0.0"))(t)
	}
	up.Reset()
	done := must(l.Purge(ctx(t), name(t, "leaf")))(t)
	if done.Names != 1 || done.Documents != 1 || done.Tarballs != 1 || done.Bytes <= int64(len(up.Bytes("leaf", "1.0.0"))) {
		t.Errorf("Purge = %+v", done)
	}
	if got := l.cached(t, ""); len(got) != 1 || got[0].Name != "leaflet" {
		t.Errorf("still cached: %+v", got)
	}
	up.Down()
	if _, err := l.full(t, "leaf"); !errors.Is(err, npm.ErrUnavailable) {
		t.Errorf("the document without upstream: %v", err)
	}
	if _, err := l.bytesOf(t, "leaf", "1.0.0"); err == nil {
		t.Error("the tarball came without upstream")
	}
	l.latest(t, "leaflet")
	must(l.bytesOf(t, "leaflet", "1.0.0"))(t)
	up.Up()
	l.latest(t, "leaf")
	must(l.bytesOf(t, "leaf", "1.0.0"))(t)
	if documents, tarballs := up.CountOf(upstreamtest.KindPackument, "leaf"), up.CountOf(upstreamtest.KindTarball, "leaf"); documents == 0 || tarballs == 0 {
		t.Errorf("upstream was asked for %d documents and %d tarballs", documents, tarballs)
	}
	if got := must(l.Purge(ctx(t), name(t, "nothing")))(t); got != (proxy.Purged{}) {
		t.Errorf("a purge of nothing: %+v", got)
	}
}

// TestPurgeKeepsPins: other bytes under a purged version are still refused.
func TestPurgeKeepsPins(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up)
	must(l.bytesOf(t, "leaf", "1.0.0"))(t)
	must(l.Purge(ctx(t), name(t, "leaf")))(t)
	up.Fail(upstreamtest.OnTarball("leaf", "1.0.0"), upstreamtest.Flip(20))
	if _, err := l.bytesOf(t, "leaf", "1.0.0"); !errors.Is(err, npm.ErrIntegrity) {
		t.Errorf("other bytes: %v", err)
	}
	x := must(l.Explain(ctx(t), name(t, "leaf"), "1.0.0"))(t)
	if x.Origin != "public" || x.Pin == nil || x.Tarball != nil {
		t.Errorf("Explain = %+v", x)
	}
}

// TestPurgeDuringFetch purges while an old document and an old tarball are half
// way here. Neither may be there afterwards.
func TestPurgeDuringFetch(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 3 << 20} {
		t.Run(fmt.Sprintf("%d bytes", size), func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			if size == 0 {
				up.Add(upstreamtest.Simple("leaf", "1.0.0"))
			} else {
				up.AddLarge("leaf", 300, size)
			}
			l := start(t, up)
			gate := upstreamtest.NewGate()
			up.Fail(upstreamtest.OnPackument("leaf"), upstreamtest.HoldBody(100, gate).Times(1))
			early := make(chan error, 1)
			go func() {
				_, err := l.Packument(ctx(t), proxy.PackumentRequest{Name: name(t, "leaf"), Base: base})
				early <- err
			}()
			<-gate.Arrived()
			must(l.Purge(ctx(t), name(t, "leaf")))(t)
			up.Release("leaf", upstreamtest.Version{Version: "999.0.0"})
			if got := l.latest(t, "leaf"); got != "999.0.0" {
				t.Errorf("after the purge latest is %s: the old answer was waited for", got)
			}
			gate.Release()
			if err := <-early; err != nil {
				t.Errorf("who asked before the purge: %v", err)
			}
			if got := l.latest(t, "leaf"); got != "999.0.0" {
				t.Errorf("latest is %s: the old answer came back", got)
			}
			l.restart(t)
			up.Down()
			if got := l.latest(t, "leaf"); got != "999.0.0" {
				t.Errorf("after a restart latest is %s", got)
			}
		})
	}
}

// TestPurgeForGood purges while a document is on its way that nobody asks for
// again: nothing of it may be stored.
func TestPurgeForGood(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up)
	gate := upstreamtest.NewGate()
	up.Fail(upstreamtest.OnTarball("leaf", "1.0.0"), upstreamtest.HoldBody(100, gate))
	early := make(chan error, 1)
	go func() {
		n := name(t, "leaf")
		ball, err := l.Tarball(ctx(t), proxy.TarballRequest{Name: n, File: n.TarballFile("1.0.0"), Whole: true})
		if err == nil {
			err = ball.Body.Close()
		}
		early <- err
	}()
	<-gate.Arrived()
	must(l.Purge(ctx(t), name(t, "leaf")))(t)
	gate.Release()
	if err := <-early; err != nil {
		t.Errorf("who asked before the purge: %v", err)
	}
	l.restart(t)
	if got := l.cached(t, ""); len(got) != 0 {
		t.Errorf("cached after all: %+v", got)
	}
}

func TestPurgeMatching(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	var all []string
	for i := range 3 {
		all = append(all, fmt.Sprintf("@acme/lib%d", i), fmt.Sprintf("left-%d", i))
	}
	l := start(t, up)
	for _, pkg := range all {
		up.Add(upstreamtest.Simple(pkg, "1.0.0"))
		l.latest(t, pkg)
	}
	if done := must(l.PurgeMatching(ctx(t), must(npm.ParsePattern("@acme/*"))(t)))(t); done.Names > 3 {
		t.Errorf("PurgeMatching = %+v", done)
	}
	up.Reset()
	for _, pkg := range all {
		l.latest(t, pkg)
	}
	for _, pkg := range all {
		want := 0
		if pkg[0] == '@' {
			want = 1
		}
		if got := up.CountOf(upstreamtest.KindPackument, pkg); got != want {
			t.Errorf("upstream was asked %d times for %s, want %d", got, pkg, want)
		}
	}
	l.restart(t)
	if done := must(l.PurgeMatching(ctx(t), must(npm.ParsePattern("**"))(t)))(t); done.Names != 6 || done.Documents != 6 {
		t.Errorf("PurgeMatching = %+v", done)
	}
	if got := l.cached(t, ""); len(got) != 0 {
		t.Errorf("still cached: %+v", got)
	}
}

func TestCachedPages(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	l := start(t, up)
	for i := range 7 {
		pkg := fmt.Sprintf("leaf%d", i)
		up.Add(upstreamtest.Simple(pkg, "1.0.0"))
		l.latest(t, pkg)
	}
	must(l.bytesOf(t, "leaf3", "1.0.0"))(t)
	l.restart(t)
	var seen []string
	q := proxy.CachedQuery{Search: "EAF", Limit: 3}
	for pages := 1; ; pages++ {
		list, next, err := l.Cached(ctx(t), q)
		check(t, err)
		for _, n := range list {
			seen = append(seen, n.Name)
			if n.Upstream != "default" || n.Document == nil || n.Document.FreshUntil.Sub(n.Document.CheckedAt) != 5*time.Minute {
				t.Errorf("%+v", n)
			}
		}
		if q.After = next; next == "" {
			if pages != 3 {
				t.Errorf("%d pages", pages)
			}
			break
		}
	}
	if got, want := fmt.Sprint(seen), "[leaf0 leaf1 leaf2 leaf3 leaf4 leaf5 leaf6]"; got != want {
		t.Errorf("pages hold %s, want %s", got, want)
	}
	rows := must(l.CachedVersions(ctx(t), name(t, "leaf3")))(t)
	if len(rows) != 1 || len(rows[0].Versions) != 1 || rows[0].Versions[0].Integrity != up.Integrity("leaf3", "1.0.0") ||
		rows[0].TarballBytes != int64(len(up.Bytes("leaf3", "1.0.0"))) {
		t.Errorf("CachedVersions = %+v", rows)
	}
	usage := must(l.CachedUsage(ctx(t)))(t)
	if usage.Documents != 7 || usage.Tarballs != 1 || usage.TarballBytes != rows[0].TarballBytes || usage.DocumentBytes == 0 {
		t.Errorf("CachedUsage = %+v", usage)
	}
}

func TestLook(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up, func(l *larder) { l.private = []string{"@acme/*"} })
	look := func(pkg, want string) {
		t.Helper()
		got, err := l.Look(ctx(t), name(t, pkg))
		if err != nil || got.Result != want || got.Upstream != "default" || (got.Reason != "") != (want == "failed") {
			t.Errorf("Look(%s) = %+v, %v, want %s", pkg, got, err, want)
		}
	}
	look("leaf", "changed")
	look("leaf", "unchanged")
	up.Release("leaf", upstreamtest.Version{Version: "1.1.0"})
	look("leaf", "changed")
	if got := l.latest(t, "leaf"); got != "1.1.0" {
		t.Errorf("latest is %s", got)
	}
	look("nobody", "not found")
	up.Down()
	look("leaf", "failed")
	before := up.Count()
	if _, err := l.Look(ctx(t), name(t, "@acme/x")); !errors.Is(err, npm.ErrNotFound) || up.Count() != before {
		t.Errorf("a private name: %v", err)
	}
}
