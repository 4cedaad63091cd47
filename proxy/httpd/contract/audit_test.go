package contract_test

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/advisory"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/registrytest"
)

// flawed is a line of a feed about all versions of a package.
func flawed(id, name string) string {
	return `{"id":"` + id + `","modified":"2026-02-01T00:00:00Z","summary":"Pollution in ` + name + `",` +
		`"affected":[{"package":{"ecosystem":"npm","name":"` + name + `"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}]}],` +
		`"database_specific":{"severity":"HIGH","github_reviewed":true}}` + "\n"
}

// advise loads advisories, about a public name and one that is published here,
// and lets them answer audits.
func (w *world) advise(t *testing.T) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "feed.jsonl")
	w.must(os.WriteFile(path, []byte(flawed("GHSA-pad", "left-pad")+flawed("GHSA-lib", "@acme/prv-lib")), 0o600))
	set, err := advisory.Load(t.Context(), advisory.Source{Path: path})
	w.must(err)
	w.proxy.Apply(proxy.Rules{Engine: policy.New(), Feeds: set, Audit: proxy.AuditLocal})
}

// TestAuditFromFeedsWhereNothingIsForwarded audits at every kind of place of a
// larder that forwards nothing: what it knows itself it tells, to whom it told
// that it knows nothing before.
func TestAuditFromFeedsWhereNothingIsForwarded(t *testing.T) {
	t.Parallel()
	w := quiet(t)
	w.stock(t, "acme/prv", registrytest.Document{Name: "@acme/prv-lib", Version: "1.0.0"})
	w.advise(t)
	w.upstream.Reset() // a publish asks whose the name is
	for place, prefix := range map[string]string{"root": "", "instance": instance, "group": w.below("acme"),
		"public project": w.in("acme/pub"), "private project": w.in("acme/prv")} {
		var found map[string][]struct{ Title, Severity string }
		w.object(t, post(prefix+bulk, installed).as("guest"), &found)
		if len(found) != 1 || len(found["left-pad"]) != 1 || found["left-pad"][0].Severity != "high" {
			t.Errorf("%s: found %v", place, found)
		}
		var report struct {
			Advisories map[string]struct {
				Module string `json:"module_name"`
			}
			Metadata struct{ TotalDependencies int }
		}
		w.object(t, post(prefix+quick, tree).as("guest"), &report)
		if len(report.Advisories) != 1 || report.Metadata.TotalDependencies != 2 {
			t.Errorf("%s: reported %+v", place, report)
		}
		for _, a := range report.Advisories {
			if a.Module != "left-pad" {
				t.Errorf("%s: reported %s", place, a.Module)
			}
		}
		w.status(t, http.StatusBadRequest, post(prefix+bulk, "[]").as("guest"))
	}
	for _, path := range []string{bulk, quick} {
		w.status(t, http.StatusUnauthorized, post(w.in("acme/pub")+path, "{}"))
		w.status(t, http.StatusNotFound, post(w.in("acme/prv")+path, "{}").as("stranger"))
	}
	if n := w.upstream.Count(); n != 0 {
		t.Errorf("upstream saw %d requests", n)
	}
}

// TestAuditBeforeFeedsAreLoaded shows that nothing found never means that nothing
// was looked at.
func TestAuditBeforeFeedsAreLoaded(t *testing.T) {
	t.Parallel()
	w := quiet(t)
	w.proxy.Apply(proxy.Rules{Engine: policy.New(), Audit: proxy.AuditLocal})
	for path, body := range audits() {
		for _, prefix := range []string{"", w.below("acme"), w.in("acme/pub")} {
			r := w.status(t, http.StatusServiceUnavailable, post(prefix+path, body).as("guest"))
			if !json.Valid(r.body) || !strings.Contains(string(r.body), "no advisories are loaded") {
				t.Errorf("%s: body %s", prefix+path, r.body)
			}
		}
	}
}
