package contract_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/larderhq/larder/registry/registrytest"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// services are the routes that hand out no version, but may name one or bring one
// in.
func services() []route {
	return []route{searched(), audited(), published()}
}

// searched is the route of a search.
func searched() route {
	finds := func(t *testing.T, a *arena, k *upstreamtest.Attack) bool {
		t.Helper()
		var found struct {
			Objects []struct {
				Package struct{ Name, Version string }
			}
			Total int
		}
		a.object(t, get("/-/v1/search?size=250&text="+url.QueryEscape(k.Package)), &found)
		if found.Total != len(found.Objects) {
			t.Errorf("a total of %d for %d results", found.Total, len(found.Objects))
		}
		for _, o := range found.Objects {
			if o.Package.Name == k.Package && o.Package.Version == k.Bad {
				return true
			}
		}
		return false
	}
	return route{
		name: "search",
		refused: func(t *testing.T, a *arena, k *upstreamtest.Attack) {
			if finds(t, a, k) {
				t.Errorf("it finds %s@%s", k.Package, k.Bad)
			}
		},
		served: func(t *testing.T, a *arena, k *upstreamtest.Attack) {
			if !finds(t, a, k) {
				t.Errorf("it does not find %s@%s", k.Package, k.Bad)
			}
		},
	}
}

// audited is the route of an audit, which tells of vulnerabilities whatever may
// be installed.
func audited() route {
	ask := func(t *testing.T, a *arena, k *upstreamtest.Attack) {
		r := a.do(t, ask{method: http.MethodPost, path: "/-/npm/v1/security/advisories/bulk",
			body: []byte(`{"` + k.Package + `":["` + k.Bad + `"]}`)}.with("Content-Type: application/json"))
		if r.StatusCode != http.StatusOK || r.Header.Get("X-Guard") != "" {
			t.Errorf("status %d (%.200s)", r.StatusCode, r.body)
		}
	}
	return route{name: "audit", refused: ask, served: ask}
}

// published is the route of a publish: what upstream has is nobody's to publish,
// whatever the guards of versions say.
func published() route {
	ask := func(t *testing.T, a *arena, k *upstreamtest.Attack) {
		r := a.do(t, publish("", registrytest.Document{Name: k.Package, Version: "99.0.0"}).as("admin"))
		if r.StatusCode != http.StatusForbidden || r.Header.Get("X-Guard") != "G05" {
			t.Errorf("status %d by %q (%.200s)", r.StatusCode, r.Header.Get("X-Guard"), r.body)
		}
	}
	return route{name: "publish", refused: ask, served: ask}
}
