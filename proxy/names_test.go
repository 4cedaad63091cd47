package proxy_test

import (
	"errors"
	"testing"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestNamesThatDifferByCase: npm has legacy packages that only their capitals
// tell apart, and file systems that do not see the difference.
func TestNamesThatDifferByCase(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("JSONStream", "1.0.0"), upstreamtest.Simple("jsonstream", "1.0.0", "2.0.0"))
	l := start(t, up)
	look := func(when string) {
		for pkg, versions := range map[string]int{"JSONStream": 1, "jsonstream": 2} {
			d := decode(t, must(l.full(t, pkg))(t))
			if d.Name != pkg || len(d.Versions) != versions || d.Versions["1.0.0"].Dist.Tarball != base+"/"+pkg+"/-/"+pkg+"-1.0.0.tgz" {
				t.Errorf("%s: %s is %+v", when, pkg, d)
			}
			if got := must(l.bytesOf(t, pkg, "1.0.0"))(t); string(got) != string(up.Bytes(pkg, "1.0.0")) {
				t.Errorf("%s: the tarball of %s is another", when, pkg)
			}
		}
	}
	look("first")
	l.restart(t)
	up.Down()
	look("stored")
	if _, err := l.full(t, "JsonStream"); errors.Is(err, npm.ErrNotFound) || err == nil {
		t.Errorf("a third spelling is %v, want a failure of upstream", err)
	}
}

// TestDocumentThatMayBeWrittenBackIsNeverStale: clients change what they get
// for ?write=true and put it back, which would undo what happened meanwhile.
func TestDocumentThatMayBeWrittenBackIsNeverStale(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up)
	ask := func() (proxy.Answer, error) {
		return l.Packument(ctx(t), proxy.PackumentRequest{Name: name(t, "leaf"), Base: base, Fresh: true})
	}
	must(l.full(t, "leaf"))(t)
	up.Release("leaf", upstreamtest.Version{Version: "1.1.0"})
	if d := decode(t, must(l.full(t, "leaf"))(t)); len(d.Versions) != 1 {
		t.Fatalf("within its lifetime the document has %d versions, want 1", len(d.Versions))
	}
	d := decode(t, must(ask())(t))
	if got := d.Versions["1.1.0"].Dist.Tarball; got != base+"/leaf/-/leaf-1.1.0.tgz" {
		t.Errorf("the new version's tarball is %q", got)
	}
	up.Fail(upstreamtest.OnPackument("leaf"), upstreamtest.Status(500))
	if _, err := ask(); !errors.Is(err, npm.ErrUnavailable) {
		t.Errorf("while upstream fails: %v, want ErrUnavailable and no stale document", err)
	}
	must(l.full(t, "leaf"))(t)
}
