package contract_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestConfusion publishes private names upstream, with a version that is higher
// than all others, and asks every route for them: what the team has is all that
// there is, and upstream never hears of the name.
func TestConfusion(t *testing.T) {
	t.Parallel()
	var o setup
	for _, c := range upstreamtest.Confusions() {
		if c.Declared != "" {
			o.private = append(o.private, c.Declared)
		}
	}
	w := newWorld(t, o)
	for _, c := range upstreamtest.Confusions() {
		if c.Published != "" {
			w.publishes(t, "", "admin", registrytest.Document{Name: c.Package, Version: c.Published})
		}
		if c.Deleted {
			rev := w.packument(t, get("/"+escaped(c.Package)).as("admin")).Rev
			w.status(t, http.StatusOK, remove("/"+escaped(c.Package)+"/-rev/"+rev).as("admin"))
		}
		c.Strike(w.upstream)
	}
	w.upstream.Reset()
	for _, c := range upstreamtest.Confusions() {
		for _, r := range confusedRoutes() {
			t.Run(strings.Join([]string{c.Guard, c.Name, "enforce", r.name}, "/"), func(t *testing.T) {
				r.check(t, w, &c)
				unheard(t, w.upstream, c.Package)
			})
		}
	}
}

// unheard checks that nothing that was sent upstream has a name in it, in any
// spelling.
func unheard(t *testing.T, r *upstreamtest.Registry, name string) {
	t.Helper()
	_, base, scoped := strings.Cut(name, "/")
	if !scoped {
		base = name
	}
	for _, q := range r.Requests() {
		target, err := url.PathUnescape(q.Target)
		if err != nil {
			t.Fatal(err)
		}
		body, err := upstreamtest.Decoded(q)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(strings.ToLower(target+string(body)), strings.ToLower(base)) {
			t.Errorf("upstream was asked %s %s %s", q.Method, target, body)
		}
	}
}

// confusedRoute is one way to ask for a private name.
type confusedRoute struct {
	name  string
	check func(*testing.T, *world, *upstreamtest.Confusion)
}

// local asks for what only the team can have: it is there when it was published
// and not deleted, and else a 404 that names the guard.
func local(name string, ask func(c *upstreamtest.Confusion) ask) confusedRoute {
	return confusedRoute{name, func(t *testing.T, w *world, c *upstreamtest.Confusion) {
		a := ask(c).as("admin")
		if c.Published != "" && !c.Deleted {
			if r := w.status(t, http.StatusOK, a); strings.Contains(string(r.body), upstreamtest.ConfusionVersion) {
				t.Errorf("%s %s has the version of the stranger: %.300s", a.method, a.path, r.body)
			}
			return
		}
		r := w.status(t, http.StatusNotFound, a)
		if a.method == http.MethodHead {
			return
		}
		guard := c.Guard
		if guard == "G09" {
			guard = "G01" // which it is: only the spelling differs
		}
		if f := r.failure(t); f.Guard != guard || !strings.Contains(f.Error, c.Package) {
			t.Errorf("%s %s: %+v", a.method, a.path, f)
		}
	}}
}

// absent asks for what the stranger alone has.
func absent(name string, ask func(c *upstreamtest.Confusion) ask) confusedRoute {
	return confusedRoute{name, func(t *testing.T, w *world, c *upstreamtest.Confusion) {
		w.status(t, http.StatusNotFound, ask(c).as("admin"))
	}}
}

func confusedRoutes() []confusedRoute {
	path := func(suffix string) func(c *upstreamtest.Confusion) ask {
		return func(c *upstreamtest.Confusion) ask { return get("/" + escaped(c.Package) + suffix) }
	}
	stolen := func(method string, header ...string) func(c *upstreamtest.Confusion) ask {
		return func(c *upstreamtest.Confusion) ask {
			return ask{method: method, path: upstreamtest.TarballPath(c.Package, upstreamtest.ConfusionVersion)}.with(header...)
		}
	}
	return []confusedRoute{
		local("document", path("")),
		local("document by HEAD", func(c *upstreamtest.Confusion) ask {
			return ask{method: http.MethodHead, path: "/" + escaped(c.Package)}
		}),
		local("abbreviated document", func(c *upstreamtest.Confusion) ask {
			return get("/" + escaped(c.Package)).with("Accept: application/vnd.npm.install-v1+json")
		}),
		local("manifest of latest", path("/latest")),
		local("document of the instance", func(c *upstreamtest.Confusion) ask { return get(instance + "/" + escaped(c.Package)) }),
		absent("manifest of the stranger", path("/"+upstreamtest.ConfusionVersion)),
		absent("tarball of the stranger", stolen(http.MethodGet)),
		absent("HEAD of the stranger's tarball", stolen(http.MethodHead)),
		absent("range of the stranger's tarball", stolen(http.MethodGet, "Range: bytes=0-9")),
		{"dist-tags", func(t *testing.T, w *world, c *upstreamtest.Confusion) {
			r := w.do(t, get("/-/package/"+escaped(c.Package)+"/dist-tags").as("admin"))
			if strings.Contains(string(r.body), upstreamtest.ConfusionVersion) {
				t.Errorf("dist-tags are %s", r.body)
			}
		}},
		{"audit", func(t *testing.T, w *world, c *upstreamtest.Confusion) {
			w.status(t, http.StatusOK, post("/-/npm/v1/security/advisories/bulk", `{"`+c.Package+`":["1.0.0"],"left-pad":["1.0.0"]}`).as("admin"))
			if w.upstream.Count(upstreamtest.KindAudit) == 0 {
				t.Error("nothing was audited at all")
			}
		}},
		{"search", func(t *testing.T, w *world, c *upstreamtest.Confusion) {
			r := w.status(t, http.StatusOK, get("/-/v1/search?text="+url.QueryEscape(c.Package)).as("admin"))
			if strings.Contains(string(r.body), upstreamtest.ConfusionVersion) {
				t.Errorf("search finds %s", r.body)
			}
		}},
	}
}
