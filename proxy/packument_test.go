package proxy_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

func wantOutcome(t *testing.T, a proxy.Answer, err error, want proxy.Outcome) {
	t.Helper()
	if err != nil || a.Outcome != want {
		t.Fatalf("got outcome %v, error %v; want %v", a.Outcome, err, want)
	}
}

func TestPackumentLifetime(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0", "1.1.0"))
	l := start(t, up)

	a, err := l.full(t, "leaf")
	wantOutcome(t, a, err, proxy.Miss)
	if got := decode(t, a).Versions["1.1.0"].Dist.Tarball; got != base+"/leaf/-/leaf-1.1.0.tgz" {
		t.Errorf("tarball is %s", got)
	}
	b, err := l.full(t, "leaf")
	wantOutcome(t, b, err, proxy.Hit)
	if a.Document != b.Document {
		t.Error("a hit made its document again")
	}
	if n := up.Count(); n != 1 {
		t.Fatalf("%d upstream requests for a miss and a hit", n)
	}

	l.clock.forward(6 * time.Minute)
	c, err := l.full(t, "leaf")
	wantOutcome(t, c, err, proxy.Revalidated)
	if c.Document != a.Document || up.Count() != 2 {
		t.Error("a 304 must move freshness only")
	}
	l.clock.forward(6 * time.Minute)
	up.Release("leaf", upstreamtest.Version{Version: "1.2.0"})
	d, err := l.full(t, "leaf")
	wantOutcome(t, d, err, proxy.Miss)
	if d.ETag == a.ETag || decode(t, d).Tags["latest"] != "1.2.0" {
		t.Error("a new document must have a tag of its own and the new version")
	}
}

func TestPackumentSurvivesRestart(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	up.AddLarge("large", 300, 3<<20)
	l := start(t, up)
	var tags [2]string
	for i, pkg := range []string{"leaf", "large"} {
		a, err := l.full(t, pkg)
		wantOutcome(t, a, err, proxy.Miss)
		tags[i] = a.ETag
	}
	l.restart(t)
	up.Down()
	for i, pkg := range []string{"leaf", "large"} {
		a, err := l.full(t, pkg)
		wantOutcome(t, a, err, proxy.Hit)
		if a.ETag != tags[i] {
			t.Errorf("%s has another tag after a restart", pkg)
		}
	}
}

func TestClockThatWentBack(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up)
	must(l.full(t, "leaf"))(t)
	l.clock.forward(-365 * 24 * time.Hour)
	l.restart(t)
	a, err := l.full(t, "leaf")
	wantOutcome(t, a, err, proxy.Revalidated)
}

func TestFormsAndBasesAreDocumentsOfTheirOwn(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up)
	seen := map[string]bool{}
	for _, r := range []proxy.PackumentRequest{
		{Form: npm.Full, Base: base}, {Form: npm.Abbreviated, Base: base},
		{Form: npm.Full, Base: "https://other.example.com/npm"},
	} {
		r.Name = name(t, "leaf")
		a := must(l.Packument(ctx(t), r))(t)
		if !strings.HasPrefix(decode(t, a).Versions["1.0.0"].Dist.Tarball, r.Base+"/leaf/-/") {
			t.Errorf("%v: wrong base", r)
		}
		if seen[a.ETag] || seen[a.GzipETag] || a.ETag == a.GzipETag {
			t.Errorf("%v: shares a tag with another document", r)
		}
		seen[a.ETag], seen[a.GzipETag] = true, true
	}
	if up.Count() != 1 {
		t.Errorf("%d upstream requests for one document in three shapes", up.Count())
	}
}

func TestInventedHostsAreNotKept(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up)
	for i := range 100 {
		r := proxy.PackumentRequest{Name: name(t, "leaf"), Base: base + strings.Repeat("x", i)}
		must(l.Packument(ctx(t), r))(t)
	}
	if _, n := l.ReadyBytes(); n != 16 {
		t.Errorf("%d documents are kept for 100 hosts, want 16", n)
	}
}

func TestHerdMakesOneUpstreamRequest(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	gate := upstreamtest.NewGate()
	up.Fail(upstreamtest.OnPackument("leaf"), upstreamtest.Hold(gate))
	l := start(t, up)
	var wg sync.WaitGroup
	for range 200 {
		wg.Go(func() {
			if _, err := l.full(t, "leaf"); err != nil {
				t.Error(err)
			}
		})
	}
	<-gate.Arrived()
	gate.Release()
	wg.Wait()
	if up.Count() != 1 {
		t.Errorf("%d upstream requests for 200 simultaneous ones", up.Count())
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up)
	must(l.full(t, "leaf"))(t)
	up.Fail(upstreamtest.Everything(), upstreamtest.Status(500))
	l.clock.forward(6 * time.Minute)
	a, err := l.full(t, "leaf")
	wantOutcome(t, a, err, proxy.StaleError)
	before := up.Count()
	a, err = l.full(t, "leaf")
	wantOutcome(t, a, err, proxy.StaleError)
	if up.Count() != before {
		t.Error("a failed refresh is tried again at once")
	}
	l.clock.forward(8 * 24 * time.Hour)
	if _, err := l.full(t, "leaf"); !errors.Is(err, npm.ErrUnavailable) {
		t.Errorf("past the bound of staleness: %v", err)
	}
	up.Heal()
	l.clock.forward(time.Minute)
	a, err = l.full(t, "leaf")
	wantOutcome(t, a, err, proxy.Revalidated)
}

func TestExpiredWaitsALittle(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up, func(l *larder) { l.opts.RevalidateWait = time.Millisecond })
	must(l.full(t, "leaf"))(t)
	gate := upstreamtest.NewGate()
	up.Fail(upstreamtest.OnPackument("leaf"), upstreamtest.Hold(gate))
	up.Release("leaf", upstreamtest.Version{Version: "2.0.0"})
	l.clock.forward(6 * time.Minute)
	a, err := l.full(t, "leaf")
	wantOutcome(t, a, err, proxy.StaleRefreshing)
	gate.Release()
	for decode(t, a).Tags["latest"] != "2.0.0" { // the refresh goes on by itself
		a = must(l.full(t, "leaf"))(t)
	}
}

func TestAbsence(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	l := start(t, up)
	for range 3 {
		if _, err := l.full(t, "ghost"); !errors.Is(err, npm.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if up.Count() != 1 {
		t.Errorf("%d requests for a name that upstream said it does not have", up.Count())
	}
	up.Add(upstreamtest.Simple("ghost", "1.0.0"))
	l.clock.forward(2 * time.Minute)
	a, err := l.full(t, "ghost")
	wantOutcome(t, a, err, proxy.Miss)
}

func TestRemovedNamesStayAwayAfterARestart(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("ghost", "1.0.0"))
	l := start(t, up)
	must(l.full(t, "ghost"))(t)
	up.Remove("ghost")
	l.clock.forward(6 * time.Minute)
	if _, err := l.full(t, "ghost"); !errors.Is(err, npm.ErrNotFound) {
		t.Fatal(err)
	}
	up.Down()
	l.restart(t)
	if _, err := l.full(t, "ghost"); !errors.Is(err, npm.ErrUnavailable) {
		t.Errorf("what upstream removed is back: %v", err)
	}
	up.Up()
	up.Add(upstreamtest.Simple("ghost", "1.1.0"))
	l.clock.forward(6 * time.Minute)
	must(l.full(t, "ghost"))(t)
	up.Down()
	l.restart(t)
	must(l.full(t, "ghost"))(t)
}

func TestDocumentsThatLie(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		fault upstreamtest.Fault
		want  error
	}{
		"another name":       {upstreamtest.OtherName("evil"), npm.ErrBadUpstream},
		"another key":        {upstreamtest.OtherKey("1.0.0", "9.9.9"), npm.ErrBadUpstream},
		"another manifest":   {upstreamtest.OtherManifestName("1.0.0", "evil"), npm.ErrBadUpstream},
		"a page":             {upstreamtest.HTML(), npm.ErrBadUpstream},
		"truncated":          {upstreamtest.Short(40), npm.ErrBadUpstream},
		"a server error":     {upstreamtest.Status(503), npm.ErrUnavailable},
		"too many requests":  {upstreamtest.TooMany(7), npm.ErrUnavailable},
		"304 out of nowhere": {upstreamtest.Status(304), npm.ErrBadUpstream},
	}
	for label, c := range cases {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			up := upstreamtest.New(t)
			up.Add(upstreamtest.Simple("leaf", "1.0.0"), upstreamtest.Simple("other", "1.0.0"))
			heal := up.Fail(upstreamtest.OnPackument("leaf"), c.fault)
			l := start(t, up)
			_, err := l.full(t, "leaf")
			var said *npm.Error
			if !errors.Is(err, c.want) || !errors.As(err, &said) || said.Text == "" {
				t.Fatalf("got %v, want %v with a reason", err, c.want)
			}
			must(l.full(t, "other"))(t)
			heal()
			l.clock.forward(time.Minute)
			must(l.full(t, "leaf"))(t)
		})
	}
}

func TestPoorUpstream(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t, upstreamtest.Poor())
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up)
	must(l.full(t, "leaf"))(t)
	l.clock.forward(6 * time.Minute)
	a, err := l.full(t, "leaf")
	wantOutcome(t, a, err, proxy.Revalidated) // the same bytes count as a 304
	r := proxy.PackumentRequest{Name: name(t, "leaf"), Form: npm.Abbreviated, Base: base}
	if got := decode(t, must(l.Packument(ctx(t), r))(t)); got.Versions["1.0.0"].Dist.Integrity == "" {
		t.Error("no abbreviated form from a poor upstream")
	}
}

func TestSameBytesUnderAnotherTag(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	up.Fail(upstreamtest.OnPackument("leaf"), upstreamtest.Change(func(p *upstreamtest.Reply) {
		p.Header.Set("ETag", `"another-node"`)
	}).Times(1))
	l := start(t, up)
	must(l.full(t, "leaf"))(t)
	for range 2 {
		l.restart(t)
		l.clock.forward(6 * time.Minute)
		a, err := l.full(t, "leaf")
		wantOutcome(t, a, err, proxy.Revalidated)
	}
	asked := up.Requests(upstreamtest.KindPackument)
	if len(asked) != 3 || asked[2].Header.Get("If-None-Match") == asked[1].Header.Get("If-None-Match") {
		t.Error("an outdated tag is asked with for ever")
	}
}

func TestPrivateNamesNeverReachUpstream(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("@acme/x", "99.0.0"), upstreamtest.Simple("intern-tool", "99.0.0"))
	l := start(t, up, func(l *larder) { l.private = []string{"@acme/*", "intern-*"} })
	for _, pkg := range []string{"@acme/x", "@ACME/x", "@Acme/X", "intern-tool", "Intern-Tool"} {
		n := name(t, pkg)
		_, packument := l.full(t, pkg)
		_, tarball := l.tarball(t, pkg, "99.0.0")
		_, manifest := l.Manifest(ctx(t), proxy.ManifestRequest{Name: n, Selector: "latest", Base: base})
		_, tags := l.DistTags(ctx(t), n)
		_, attestations := l.Attestations(ctx(t), n, "99.0.0")
		for route, err := range map[string]error{"packument": packument, "tarball": tarball,
			"manifest": manifest, "dist-tags": tags, "attestations": attestations} {
			if !errors.Is(err, npm.ErrNotFound) {
				t.Errorf("%s of %s: %v", route, pkg, err)
			}
		}
	}
	if n := up.Count(); n != 0 {
		t.Errorf("%d requests for private names reached upstream: %v", n, up.Requests())
	}
}

func TestManifestsAndTags(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0", "1.1.0"))
	l := start(t, up)
	ask := func(selector string) (proxy.Answer, error) {
		return l.Manifest(ctx(t), proxy.ManifestRequest{Name: name(t, "leaf"), Selector: selector, Base: base})
	}
	for selector, want := range map[string]string{"1.0.0": `"version":"1.0.0"`, "latest": `"version":"1.1.0"`} {
		if got := string(text(t, must(ask(selector))(t))); !strings.Contains(got, want) ||
			!strings.Contains(got, base+"/leaf/-/") {
			t.Errorf("%s: %s", selector, got)
		}
	}
	if got := string(text(t, must(l.DistTags(ctx(t), name(t, "leaf")))(t))); got != `{"latest":"1.1.0"}` {
		t.Errorf("dist-tags are %s", got)
	}
	if _, err := ask("^1.0.0"); !errors.Is(err, npm.ErrNotFound) {
		t.Errorf("a range: %v", err)
	}
	up.Release("leaf", upstreamtest.Version{Version: "1.2.0"})
	must(ask("1.2.0"))(t) // a version that the fresh document lacks
	before := up.Count()
	for range 5 {
		if _, err := ask("7.0.0"); !errors.Is(err, npm.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if n := up.Count() - before; n != 1 {
		t.Errorf("%d upstream requests for a version that does not exist", n)
	}
	if _, err := ask(strings.Repeat("9", 600)); !errors.Is(err, npm.ErrNotFound) || up.Count()-before != 1 {
		t.Errorf("what cannot be a version: %v, %d requests", err, up.Count()-before)
	}
}
