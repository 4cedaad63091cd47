package rest

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/guard"
	"github.com/larderhq/larder/registry/names"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// withPolicy gives the house a policy that blocks nothing yet.
func (h *house) withPolicy(t *testing.T) {
	t.Helper()
	ledger, err := names.New(h.store, names.Options{Now: h.clock.Now})
	h.must(err)
	t.Cleanup(ledger.Close)
	policy, err := guard.New(t.Context(), guard.Deps{Store: h.store, Ledger: ledger}, guard.Options{Now: h.clock.Now})
	h.must(err)
	t.Cleanup(func() { h.must(policy.Close()) })
	h.api, err = New(Deps{Registry: h.registry, Accounts: h.accounts, Policy: policy}, Options{})
	h.must(err)
}

const ordersPath = "/larder/policy/orders"

// TestLarderOrders gives orders, lists them by pages and ends one.
func TestLarderOrders(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.withPolicy(t)
	first := h.call(admin, "POST", ordersPath, `{"kind":"block","match":"evil","versions":"<2","reason":"taken over","until":"2026-12-01"}`)
	want := `{"id":1,"kind":"block","match":"evil","versions":"<2","reason":"taken over","by":"root","created_at":"2026-11-24T12:00:00Z",` +
		`"until":"2026-12-01T00:00:00Z","in_force":true}`
	if first.status != 201 || first.body != want {
		t.Errorf("block: %d %s, want %s", first.status, first.body, want)
	}
	for _, body := range []string{"kind=quarantine&match=@evil/*&reason=odd", "kind=waiver&match=left-pad&versions=1.3.0&guard=cooldown&reason=a+fix",
		"kind=block&match=worse&reason=known"} {
		if got := h.call(admin, "POST", ordersPath, body); got.status != 201 {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	if got := h.call(admin, "GET", ordersPath+"?kind=waiver", "").list(); len(got) != 1 || got[0]["until"] != "2026-11-25T12:00:00Z" || got[0]["guard"] != "cooldown" {
		t.Errorf("the waiver: %v", got)
	}
	var seen []string
	for next := ordersPath + "?per_page=3"; next != ""; {
		got := h.call(admin, "GET", next, "")
		seen = append(seen, got.column("id"))
		next = h.nextOf(got)
	}
	if got := strings.Join(seen, "|"); got != "1 2 3|4" {
		t.Errorf("pages: %s", got)
	}
	ended := h.call(admin, "DELETE", ordersPath+"/2", "")
	if o := ended.object(); ended.status != 200 || o["in_force"] != false || o["ended_by"] != "root" || o["ended_at"] != "2026-11-24T12:00:00Z" {
		t.Errorf("end: %d %s", ended.status, ended.body)
	}
	for query, want := range map[string]string{"?in_force=true": "1 3 4", "?in_force=false": "2", "?kind=block": "1 4", "?id_after=3": "4",
		"?kind=quarantine&in_force=true": "", "?id_after=4": ""} {
		if got := h.call(admin, "GET", ordersPath+query, ""); got.column("id") != want {
			t.Errorf("%s: %s", query, got.body)
		}
	}
	log := h.call(admin, "GET", "/larder/audit?per_page=5", "").list()
	if len(log) != 5 || log[0]["action"] != "policy.end" || log[4]["action"] != "policy.block" || log[4]["actor"] != "root" || log[4]["address"] != "192.0.2.1" {
		t.Errorf("the audit log: %v", log)
	}
}

func TestLarderPolicyRefusals(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.withPolicy(t)
	if got := h.call(admin, "POST", ordersPath, "kind=block&match=evil&versions=1.0.0&reason=known"); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	wrong := func(text string) string { return `{"error":"` + text + `"}` }
	give := func(name, body, text string) refusalCase {
		return refusalCase{name, admin, "POST", ordersPath, body, 400, wrong(text)}
	}
	h.refuses(t, []refusalCase{
		give("nothing said", "", "kind is missing, match is missing, reason is missing"),
		give("no such kind", "kind=ban&match=x&reason=r", "kind does not have a valid value"),
		give("no kind", "kind=&match=x&reason=r", "kind does not have a valid value"),
		give("no reason", "kind=block&match=x&reason=", "it gives no reason"),
		give("no pattern", "kind=block&match=a*b&reason=r", `malformed pattern: use \"@scope/*\", \"@scope/prefix-*\", \"prefix-*\", \"@*/*\", \"*\", \"**\" or a name`),
		give("no range", "kind=block&match=x&versions=a+b&reason=r", `\"a b\" is neither a version nor a range`),
		give("no time", "kind=block&match=x&reason=r&until=tomorrow", "until is invalid"),
		give("over already", "kind=block&match=x&reason=r&until=2020-01-31", "it ends before it begins"),
		give("a list", `{"kind":"block","match":["x"],"reason":"r"}`, "match is invalid"),
		give("waiver without a version", "kind=waiver&match=x&reason=r", "it names no version"),
		give("waiver of no guard", "kind=waiver&match=x&versions=1.0.0&guard=G99&reason=r", `unknown guard \"G99\"`),
		give("long waiver", "kind=waiver&match=x&versions=1.0.0&reason=r&until=2027-01-31", "a waiver lasts 24h0m0s at most"),
		give("waiver of a block", "kind=waiver&match=evil&versions=1.0.0&reason=r",
			"it contradicts order 1 (block of evil@1.0.0), which is in force: end that first"),
		{"no such order", admin, "DELETE", ordersPath + "/9", "", 404, `{"message":"404 There Is No Order 9"}`},
		{"no number", admin, "DELETE", ordersPath + "/x", "", 400, wrong("id is invalid")},
		{"no place", admin, "GET", ordersPath + "?id_after=0", "", 400, wrong("id_after does not have a valid value")},
		{"no kind to list", admin, "GET", ordersPath + "?kind=ban", "", 400, wrong("kind does not have a valid value")},
		{"no truth", admin, "GET", ordersPath + "?in_force=2", "", 400, wrong("in_force is invalid")},
		{"nobody's downloads", admin, "GET", "/larder/policy/served", "", 400, wrong("name is missing")},
		{"downloads of no name", admin, "GET", "/larder/policy/served?name=../x", "", 400, wrong("name is invalid")},
		{"downloads of no version", admin, "GET", "/larder/policy/served?name=x&version=one", "", 400, wrong("version is invalid")},
		{"no cursor", admin, "GET", "/larder/policy/served?name=x&cursor=x", "", 400, wrong("cursor is invalid")},
		{"cursor of another version", admin, "GET", "/larder/policy/served?name=x&version=1.0.0&cursor=" +
			writeServedCursor(record.ServedCursor{Version: "2.0.0"}), "", 400, wrong("cursor is invalid")},
		{"no rows", admin, "GET", "/larder/policy/decisions?per_page=0", "", 400, wrong("per_page has a value not allowed")},
		{"no decision", admin, "GET", "/larder/policy/decisions?id_before=x", "", 400, wrong("id_before is invalid")},
		{"acknowledge what was never seen", admin, "POST", "/larder/names/lib/acknowledge", "", 404,
			`{"message":"404 Upstream Was Never Seen To Have It"}`},
	})
	if got := h.call(admin, "DELETE", ordersPath+"/1", ""); got.status != 200 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := h.call(admin, "DELETE", ordersPath+"/1", ""); got.status != 409 {
		t.Errorf("end twice: %d %s", got.status, got.body)
	}
}

// TestLarderServed walks who got what, of all versions and of one.
func TestLarderServed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.withPolicy(t)
	at := h.clock.Now()
	h.must(h.store.Update(t.Context(), func(tx record.Tx) error {
		for i := range 7 {
			s := record.Served{Name: "@acme/lib", Version: fmt.Sprintf("1.0.%d", i/4), Principal: fmt.Sprint("user", i), Address: "192.0.2.9",
				First: at, Last: at.Add(time.Hour), Count: 3}
			if err := tx.Guards().AddServed(s); err != nil {
				return err
			}
		}
		return nil
	}))
	for query, want := range map[string]string{"": "user0 user1|user2 user3|user4 user5|user6",
		"&version=1.0.1": "user4 user5|user6", "&version=2.0.0": ""} {
		var seen []string
		for next := "/larder/policy/served?name=@acme%2Flib&per_page=2" + query; next != ""; {
			got := h.call(admin, "GET", next, "")
			seen = append(seen, got.column("principal"))
			next = h.nextOf(got)
		}
		if got := strings.Join(seen, "|"); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	one := h.call(admin, "GET", "/larder/policy/served?name=@acme%2Flib&per_page=1", "")
	want := `[{"name":"@acme/lib","version":"1.0.0","principal":"user0","address":"192.0.2.9","first":"2026-11-24T12:00:00Z","last":"2026-11-24T13:00:00Z","count":3}]`
	if one.body != want {
		t.Errorf("a row: %s", one.body)
	}
}

// TestLarderDecisions walks what was refused.
func TestLarderDecisions(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.withPolicy(t)
	at := h.clock.Now()
	h.must(h.store.Update(t.Context(), func(tx record.Tx) error {
		for i := range 5 {
			if _, err := tx.Guards().AppendDecision(record.Decision{At: at, Name: fmt.Sprint("lib", i), Guard: "G11", Action: "refused"}); err != nil {
				return err
			}
		}
		return nil
	}))
	var seen []string
	for next := "/larder/policy/decisions?per_page=2"; next != ""; {
		got := h.call(admin, "GET", next, "")
		seen = append(seen, got.column("name"))
		next = h.nextOf(got)
	}
	if got := strings.Join(seen, "|"); got != "lib4 lib3|lib2 lib1|lib0" {
		t.Errorf("pages: %s", got)
	}
}

// TestLarderAcknowledge accepts a name that came back, once.
func TestLarderAcknowledge(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.withPolicy(t)
	at := h.clock.Now().Add(-time.Hour)
	h.must(h.store.Update(t.Context(), func(tx record.Tx) error {
		return errors.Join(tx.Guards().PutSight(record.Sight{Name: "back", FirstSeen: at, LastSeen: at, GoneAt: at, BackAt: at}),
			tx.Guards().PutSight(record.Sight{Name: "here", FirstSeen: at, LastSeen: at}))
	}))
	for path, want := range map[string]int{"back": 204, "here": 409} {
		if got := h.call(admin, "POST", "/larder/names/"+path+"/acknowledge", ""); got.status != want {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
	if got := h.call(admin, "GET", "/larder/audit?action=policy.acknowledge", "").column("target"); got != "back" {
		t.Errorf("the audit log: %s", got)
	}
}

// FuzzServedCursor reads any cursor. One that is taken leads somewhere.
func FuzzServedCursor(f *testing.F) {
	f.Add(writeServedCursor(record.ServedCursor{Version: "1.0.0", Principal: "ann", Address: "192.0.2.1"}), "1.0.0")
	f.Add("e30", "")
	f.Add("bnVsbA", "1.0.0")
	f.Fuzz(func(t *testing.T, word, version string) {
		r := &Request{Params: Params{"cursor": word}, Query: url.Values{}}
		c, err := r.servedCursor(version)
		switch {
		case err != nil && !errors.Is(err, npm.ErrInvalid):
			t.Fatal(err)
		case err != nil || word == "":
		case c.Version == "" || version != "" && c.Version != version:
			t.Errorf("%q leads to %+v of %q", word, c, version)
		}
	})
}
