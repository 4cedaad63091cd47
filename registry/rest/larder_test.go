package rest

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/cache/blob/disk"
	"github.com/larderhq/larder/cache/records"
	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/registry/record"
	"github.com/larderhq/larder/upstream"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// explainer is what the proxy alone explains.
type explainer struct{ *proxy.Proxy }

func (e explainer) Explain(ctx context.Context, name npm.Name, version string) (any, error) {
	return e.Proxy.Explain(ctx, name, version)
}

// withCache gives the house a cache in front of a registry.
func (h *house) withCache(t *testing.T, up *upstreamtest.Registry) *proxy.Proxy {
	t.Helper()
	dir := t.TempDir()
	recs, err := records.Open(filepath.Join(dir, "records"), records.Options{})
	h.must(err)
	blobs, err := disk.New(filepath.Join(dir, "files"), disk.Options{})
	h.must(err)
	ledger, err := names.New(h.store, names.Options{})
	h.must(err)
	set, err := upstream.New([]upstream.Options{{Name: "default", URL: up.URL()}}, upstream.Shared{InstanceID: "test",
		Sleep: func(context.Context, time.Duration) error { return nil }})
	h.must(err)
	p, err := proxy.New(proxy.Deps{Upstreams: set, Names: ledger, Records: recs, Blobs: blobs}, proxy.Options{})
	h.must(err)
	p.Apply(proxy.Rules{Engine: policy.New()})
	t.Cleanup(func() {
		h.must(p.Close())
		set.Close()
		ledger.Close()
		h.must(recs.Close())
	})
	h.api, err = New(Deps{Registry: h.registry, Accounts: h.accounts, Cache: p, Explainer: explainer{p}}, Options{})
	h.must(err)
	return p
}

// fetch has the cache fetch a document.
func (h *house) fetch(p *proxy.Proxy, text string) {
	h.tb.Helper()
	name, err := npm.ParseName(text)
	h.must(err)
	_, err = p.Packument(h.tb.Context(), proxy.PackumentRequest{Name: name, Base: "https://npm.example.com"})
	h.must(err)
}

// TestLarderIsForAdministrators asks every path as everybody else.
func TestLarderIsForAdministrators(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.withCache(t, upstreamtest.New(t))
	for _, route := range larderRoutes() {
		path := strings.ReplaceAll(route.Path, ":name", "lib") + "?pattern=**&reason=x"
		for who, want := range map[string]int{nobody: 401, stranger: 403, owner: 403} {
			if got := h.call(who, route.Method, path, ""); got.status != want {
				t.Errorf("%s %s by %q: %d %s", route.Method, path, who, got.status, got.body)
			}
		}
	}
	if got := h.call(admin, "GET", "/larder/audit?action=cache.purge", ""); got.body != "[]" {
		t.Errorf("the refused have purged: %s", got.body)
	}
}

// TestLarderWithoutRooms: an API that was made without a cache or a policy says
// so.
func TestLarderWithoutRooms(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for _, tt := range []struct{ method, path string }{{"GET", "/larder/cache"}, {"GET", "/larder/cache/lib"}, {"GET", "/larder/cache_usage"},
		{"DELETE", "/larder/cache?pattern=**"}, {"DELETE", "/larder/cache/lib"}, {"POST", "/larder/cache/lib/refresh"}, {"GET", "/larder/explain/lib"},
		{"GET", ordersPath}, {"POST", ordersPath}, {"DELETE", ordersPath + "/1"}, {"GET", "/larder/policy/served?name=lib"},
		{"GET", "/larder/policy/decisions"}, {"POST", "/larder/names/lib/acknowledge"}} {
		if got := h.call(admin, tt.method, tt.path, ""); got.status != 404 {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, got.status, got.body)
		}
	}
}

func TestLarderRefusals(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.withCache(t, upstreamtest.New(t))
	wrong := func(text string) string { return `{"error":"` + text + `"}` }
	h.refuses(t, []refusalCase{
		{"no such origin", admin, "GET", "/larder/names?origin=mine", "", 400, wrong("origin does not have a valid value")},
		{"no truth", admin, "GET", "/larder/names?tombstoned=2", "", 400, wrong("tombstoned is invalid")},
		{"no rows", admin, "GET", "/larder/names?per_page=0", "", 400, wrong("per_page has a value not allowed")},
		{"no name", admin, "GET", "/larder/names/..%2Fx", "", 400, wrong("name is invalid")},
		{"unknown name", admin, "GET", "/larder/names/lib", "", 404, `{"message":"404 Name Not Found"}`},
		{"release without a reason", admin, "POST", "/larder/names/lib/release", "", 400, wrong("reason is missing")},
		{"release with an empty reason", admin, "POST", "/larder/names/lib/release", "reason=+", 400, wrong("reason is empty")},
		{"release with a long reason", admin, "POST", "/larder/names/lib/release", "reason=" + strings.Repeat("x", 1025), 400, wrong("reason is invalid")},
		{"nothing cached", admin, "GET", "/larder/cache/lib", "", 404, `{"message":"404 Name Not Found"}`},
		{"purge of nothing said", admin, "DELETE", "/larder/cache", "", 400, wrong("pattern is missing")},
		{"purge of an empty pattern", admin, "DELETE", "/larder/cache?pattern=", "", 400, wrong("pattern is invalid")},
		{"purge of no pattern", admin, "DELETE", "/larder/cache?pattern=a*b", "", 400, wrong("pattern is invalid")},
		{"no version", admin, "GET", "/larder/explain/lib?version=one", "", 400, wrong("version is invalid")},
		{"no time", admin, "GET", "/larder/audit?created_after=yesterday", "", 400, wrong("created_after is invalid")},
		{"no number", admin, "GET", "/larder/audit?id_before=x", "", 400, wrong("id_before is invalid")},
		{"a low number", admin, "GET", "/larder/audit?id_before=0", "", 400, wrong("id_before does not have a valid value")},
	})
}

// TestLarderNames walks the ledger by pages, looks into it and releases a name.
func TestLarderNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at := h.clock.Now()
	h.must(h.store.Update(t.Context(), func(tx record.Tx) error {
		for i := range 5 {
			c := record.Claim{Name: fmt.Sprintf("up%d", i), Origin: record.Public, By: record.ByUpstream, Upstream: "default", ClaimedAt: at}
			if err := tx.Names().PutClaim(c); err != nil {
				return err
			}
		}
		burn := record.Burn{Name: "@acme/gone", Version: "1.0.0", Tombstone: record.Tombstone{At: at, By: "ann"}}
		gone := record.Claim{Name: "@acme/gone", Origin: record.Private, By: "publish", ProjectID: h.project.ID, ClaimedAt: at,
			Tombstone: &record.Tombstone{At: at, By: "ann", Reason: "old"}}
		if err := tx.Names().PutBurn(burn); err != nil {
			return err
		}
		return tx.Names().PutClaim(gone)
	}))
	var seen []string
	for next, pages := "/larder/names?origin=public&search=UP&per_page=2", 0; next != ""; pages++ {
		got := h.call(admin, "GET", next, "")
		seen = append(seen, got.column("name"))
		next = h.nextOf(got)
		if pages > 3 {
			t.Fatal("pages without end")
		}
	}
	if got := strings.Join(seen, "|"); got != "up0 up1|up2 up3|up4" {
		t.Errorf("pages: %s", got)
	}
	for query, want := range map[string]string{"": "@acme/gone up0 up1 up2 up3 up4", "?tombstoned=true": "@acme/gone", "?origin=private": "@acme/gone",
		"?tombstoned=false&search=p4": "up4", "?origin=dual": "", "?name_after=up3": "up4"} {
		if got := h.call(admin, "GET", "/larder/names"+query, ""); got.column("name") != want {
			t.Errorf("%s: %s", query, got.body)
		}
	}
	one := h.call(admin, "GET", "/larder/names/%40acme%2Fgone", "")
	const stamp = `"2026-11-24T12:00:00Z"`
	want := `{"name":"@acme/gone","origin":"private","claimed_by":"publish","claimed_at":` + stamp + `,"project":{"id":` +
		fmt.Sprint(h.project.ID) + `,"path_with_namespace":"acme/web"},"tombstone":{"at":` + stamp + `,"by":"ann","reason":"old"},"release":null,` +
		`"projects":[],"burned":[{"version":"1.0.0","at":` + stamp + `,"by":"ann"}],"pins":0}`
	if one.status != 200 || one.body != want {
		t.Errorf("one name: %d %s, want %s", one.status, one.body, want)
	}
	if got := h.call(admin, "POST", "/larder/names/up1/release", "reason=why"); got.status != 409 {
		t.Errorf("release of a public name: %d %s", got.status, got.body)
	}
	free := h.call(admin, "POST", "/larder/names/%40acme%2Fgone/release", "reason=not+ours")
	if o := free.object(); free.status != 200 || o["origin"] != "unclaimed" || textOf(o["burned"]) == "[]" {
		t.Errorf("release: %d %s", free.status, free.body)
	}
	log := h.call(admin, "GET", "/larder/audit?action=name.release", "").list()
	if len(log) != 1 || log[0]["detail"] != "not ours" || log[0]["address"] != "192.0.2.1" || log[0]["actor"] != "root" {
		t.Errorf("the audit log: %v", log)
	}
}

// nextOf returns the path and query of the next page; empty where there is none.
func (h *house) nextOf(r reply) string {
	h.tb.Helper()
	link := r.header["Link"]
	if link == "" {
		return ""
	}
	link, rel, _ := strings.Cut(strings.TrimPrefix(link, "<https://npm.example.com/api/v4"), ">")
	if rel != `; rel="next"` {
		h.tb.Fatalf("link %q", r.header["Link"])
	}
	return link
}

// TestLarderCache lists, shows, refreshes and purges.
func TestLarderCache(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	up := upstreamtest.New(t)
	p := h.withCache(t, up)
	for _, name := range []string{"@acme/a", "@acme/b", "leaf"} {
		up.Add(upstreamtest.Simple(name, "1.0.0"))
		h.fetch(p, name)
		if got := h.call(admin, "POST", "/larder/cache/"+strings.ReplaceAll(name, "/", "%2F")+"/refresh", "").object(); got["result"] != "unchanged" {
			t.Errorf("refresh of %s: %v", name, got)
		}
		h.stored(name)
	}
	first := h.call(admin, "GET", "/larder/cache?per_page=2", "")
	if first.column("name") != "@acme/a @acme/b" || first.column("upstream") != "default default" {
		t.Errorf("first page: %s", first.body)
	}
	last := h.call(admin, "GET", h.nextOf(first), "")
	if last.column("name") != "leaf" || h.nextOf(last) != "" {
		t.Errorf("last page: %s", last.body)
	}
	if got := h.call(admin, "GET", "/larder/cache_usage", "").object(); got["documents"] != 3.0 || got["document_bytes"] == 0.0 {
		t.Errorf("usage: %v", got)
	}
	x := h.call(admin, "GET", "/larder/explain/%40acme%2Fa?version=1.0.0", "").object()
	if x["origin"] != "public" || x["verdict"] != "allow" {
		t.Errorf("explain: %v", x)
	}
	if got := h.call(admin, "DELETE", "/larder/cache/leaf", "").object(); got["names"] != 1.0 || got["bytes"] == 0.0 {
		t.Errorf("purge of one: %v", got)
	}
	if got := h.call(admin, "DELETE", "/larder/cache?pattern=@acme/*", "").object(); got["names"] != 2.0 || got["documents"] != 2.0 {
		t.Errorf("purge by pattern: %v", got)
	}
	if got := h.call(admin, "GET", "/larder/cache", ""); got.body != "[]" {
		t.Errorf("after all: %s", got.body)
	}
	if got := h.call(admin, "GET", "/larder/audit?action=cache.purge", "").column("target"); got != "@acme/* leaf" {
		t.Errorf("the audit log: %s", got)
	}
	up.Down()
	if got := h.call(admin, "POST", "/larder/cache/leaf/refresh", "").object(); got["result"] != "failed" || got["reason"] == "" {
		t.Errorf("refresh without upstream: %v", got)
	}
}

// stored waits until a document is stored, which happens behind its answer.
func (h *house) stored(name string) {
	h.tb.Helper()
	for range 500 {
		if h.call(admin, "GET", "/larder/cache/"+strings.ReplaceAll(name, "/", "%2F"), "").status == 200 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	h.tb.Fatalf("%s is not stored", name)
}

// TestLarderAudit pages through what was done and picks from it.
func TestLarderAudit(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	at := h.clock.Now()
	h.must(h.store.Update(t.Context(), func(tx record.Tx) error {
		for i := range 7 {
			e := record.Entry{At: at.Add(time.Duration(i+1) * 100 * time.Hour), Actor: fmt.Sprint("user", i%2), Address: "192.0.2.9",
				Action: "test.do", Target: fmt.Sprintf("lib%d@1.0.0", i)}
			if _, err := tx.Audit().Append(e); err != nil {
				return err
			}
		}
		return nil
	}))
	var seen []string
	for next := "/larder/audit?action=test.do&per_page=3"; next != ""; {
		got := h.call(admin, "GET", next, "")
		seen = append(seen, got.column("target"))
		next = h.nextOf(got)
	}
	if got, want := strings.Join(seen, "|"), "lib6@1.0.0 lib5@1.0.0 lib4@1.0.0|lib3@1.0.0 lib2@1.0.0 lib1@1.0.0|lib0@1.0.0"; got != want {
		t.Errorf("pages: %s, want %s", got, want)
	}
	day := func(i int) string { return at.Add(time.Duration(i) * 100 * time.Hour).Format(time.RFC3339) }
	for query, want := range map[string]string{
		"actor=user1":               "lib5@1.0.0 lib3@1.0.0 lib1@1.0.0",
		"target=lib3":               "lib3@1.0.0",
		"created_after=" + day(6):   "lib6@1.0.0 lib5@1.0.0",
		"created_before=" + day(2):  "lib1@1.0.0 lib0@1.0.0",
		"actor=nobody":              "",
		"created_after=2099-01-01":  "",
		"created_before=2001-01-01": "",
	} {
		if got := h.call(admin, "GET", "/larder/audit?action=test.do&"+query, ""); got.status != 200 || got.column("target") != want {
			t.Errorf("%s: %d %s, want %s", query, got.status, got.body, want)
		}
	}
	if got := h.call(admin, "GET", "/larder/audit?action=user.create&per_page=1", "").list(); len(got) != 1 || got[0]["at"] == nil {
		t.Errorf("what was done before: %v", got)
	}
}
