package proxy_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// leaks fails the test when upstream has heard one of the words.
func leaks(t *testing.T, up *upstreamtest.Registry, words ...string) {
	t.Helper()
	for _, q := range up.Requests() {
		for _, word := range words {
			if strings.Contains(strings.ToLower(q.Target+string(q.Body)), word) {
				t.Errorf("%q reached upstream: %s %s %s", word, q.Method, q.Target, q.Body)
			}
		}
	}
}

func privately(l *larder) { l.private = []string{"@acme/*", "intern-*"} }

// auditBulk asks as current clients do, where everything is forwarded.
func (l *larder) auditBulk(t *testing.T, body []byte) (proxy.Raw, error) {
	t.Helper()
	return l.AuditBulk(ctx(t), proxy.AuditRequest{Body: body})
}

// auditQuick asks as older clients do.
func (l *larder) auditQuick(t *testing.T, body []byte) (proxy.Raw, error) {
	t.Helper()
	return l.AuditQuick(ctx(t), proxy.AuditRequest{Body: body})
}

func TestBulkAuditWithoutPrivateNames(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Advise("leaf", upstreamtest.Advisory{ID: 7, Title: "bad", Severity: "high", VulnerableVersions: "<2"})
	l := start(t, up, privately)
	got := must(l.auditBulk(t, []byte(
		`{"leaf":["1.0.0","git+ssh://git@acme.example.com/x"],"@acme/secret":["1.0.0"],"Intern-Tool":["1.0.0"]}`)))(t)
	var found map[string][]map[string]any
	check(t, json.Unmarshal(got.Body, &found))
	if len(found["leaf"]) != 1 {
		t.Errorf("answer is %s", got.Body)
	}
	leaks(t, up, "acme", "intern")
	up.Reset()
	if got := must(l.auditBulk(t, []byte(`{"@acme/secret":["1.0.0"]}`)))(t); string(got.Body) != `{}` || up.Count() != 0 {
		t.Errorf("only private names: answer %s, %d requests", got.Body, up.Count())
	}
	if _, err := l.auditBulk(t, []byte(`[1]`)); !errors.Is(err, npm.ErrInvalid) {
		t.Errorf("nonsense: %v", err)
	}
}

func TestBulkAuditFollowsRoutes(t *testing.T) {
	t.Parallel()
	up, other := upstreamtest.New(t), upstreamtest.New(t)
	other.Advise("@vendor/x", upstreamtest.Advisory{ID: 8, Title: "worse", Severity: "critical", VulnerableVersions: "*"})
	l := start(t, up, func(l *larder) {
		l.more = []upstream.Options{{Name: "vendor", URL: other.URL(), Match: []npm.Pattern{must(npm.ParsePattern("@vendor/*"))(t)}}}
	})
	got := must(l.auditBulk(t, []byte(`{"leaf":["1.0.0"],"@vendor/x":["1.0.0"]}`)))(t)
	if !strings.Contains(string(got.Body), "worse") {
		t.Errorf("answer is %s", got.Body)
	}
	leaks(t, up, "vendor")
	leaks(t, other, "leaf")
	other.Fail(upstreamtest.OnKind(upstreamtest.KindAudit), upstreamtest.Status(500))
	if _, err := l.auditBulk(t, []byte(`{"leaf":["1.0.0"],"@vendor/x":["1.0.0"]}`)); !errors.Is(err, npm.ErrUnavailable) {
		t.Errorf("half an audit is no audit: %v", err)
	}
}

func TestQuickAuditScrubsTheTree(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	l := start(t, up, privately)
	tree := `{"name":"@acme/app","version":"1.0.0","requires":{"leaf":"^1.0.0","@acme/secret":"1","alias":"npm:@acme/secret@1"},
		"dependencies":{
			"leaf":{"version":"1.0.0","resolved":"https://npm.acme.example.com/leaf.tgz","requires":{"intern-a":"1"}},
			"@acme/secret":{"version":"1.0.0","dependencies":{"leaf":{"version":"1.5.0"},"deep":{"version":"3.0.0","requires":true}}},
			"alias":{"version":"npm:@acme/secret@1.0.0"}},
		"metadata":{"npm_version":"11.0.0","project":"acme"}}`
	must(l.auditQuick(t, []byte(tree)))(t)
	leaks(t, up, "acme", "intern")
	sent := string(up.Requests(upstreamtest.KindAudit)[0].Body)
	for _, want := range []string{`"deep":{"version":"3.0.0"`, `"1.5.0"`, `"leaf":{"version":"1.0.0"`} {
		if !strings.Contains(sent, want) {
			t.Errorf("%s is lost from %s", want, sent)
		}
	}
}

func TestAnswersThatArePassedOn(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Package{Name: "leaf", Versions: []upstreamtest.Version{{Version: "1.0.0", Attested: true}}})
	l := start(t, up)
	up.Fail(upstreamtest.OnKind(upstreamtest.KindAudit), upstreamtest.HiddenGzip())
	if got := must(l.auditBulk(t, []byte(`{"leaf":["1.0.0"]}`)))(t); !json.Valid(got.Body) {
		t.Errorf("a hidden gzip answer came out as %q", got.Body)
	}
	calls := map[string]func() (proxy.Raw, error){
		"keys":         func() (proxy.Raw, error) { return l.Keys(ctx(t)) },
		"attestations": func() (proxy.Raw, error) { return l.Attestations(ctx(t), name(t, "leaf"), "1.0.0") },
	}
	first := map[string]string{}
	for label, call := range calls {
		first[label] = string(must(call())(t).Body)
	}
	for range 3 {
		if _, err := l.Attestations(ctx(t), name(t, "leaf"), "9.0.0"); !errors.Is(err, npm.ErrNotFound) {
			t.Fatal(err)
		}
	}
	if n := up.Count(upstreamtest.KindAttestation); n != 2 {
		t.Errorf("%d upstream requests for an attestation and for one that is not there", n)
	}
	before := up.Count()
	for label, call := range calls {
		if got := must(call())(t); got.Outcome != proxy.Hit || string(got.Body) != first[label] {
			t.Errorf("%s are not kept: %v", label, got.Outcome)
		}
	}
	if up.Count() != before {
		t.Error("what is kept was fetched again")
	}
	l.clock.forward(48 * 60 * 60 * 1e9)
	up.Down()
	for label, call := range calls {
		if got := must(call())(t); got.Outcome != proxy.StaleError {
			t.Errorf("%s with upstream down: %v", label, got.Outcome)
		}
	}
}

func TestExpiredAnswersDoNotWaitForAHangingUpstream(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	l := start(t, up, func(l *larder) { l.opts.RevalidateWait = time.Millisecond })
	want := must(l.Keys(ctx(t)))(t)
	l.clock.forward(6 * time.Minute)
	gate := upstreamtest.NewGate()
	up.Fail(upstreamtest.OnKind(upstreamtest.KindKeys), upstreamtest.Hold(gate))
	soon, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	got, err := l.Keys(soon)
	gate.Release()
	if err != nil || got.Outcome != proxy.StaleRefreshing || string(got.Body) != string(want.Body) {
		t.Errorf("a %v of %d bytes, error %v", got.Outcome, len(got.Body), err)
	}
}

func TestSearch(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	up.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, up, privately)
	ask := func(text string) (proxy.Raw, error) { return l.Search(ctx(t), url.Values{"text": {text}}) }
	if got := must(ask("leaf"))(t); !strings.Contains(string(got.Body), `"leaf"`) {
		t.Errorf("answer is %s", got.Body)
	}
	up.Reset()
	for _, text := range []string{"@acme/secret", "scope:acme", "leaf @ACME/x", "intern-tool"} {
		if got := must(ask(text))(t); !strings.Contains(string(got.Body), `"objects":[]`) {
			t.Errorf("%s: %s", text, got.Body)
		}
	}
	if up.Count() != 0 {
		t.Errorf("a private text reached upstream: %v", up.Requests())
	}
	must(l.Search(ctx(t), url.Values{"text": {"leaf"}, "from": {"@acme/secret"}, "size": {"5"}, "x": {"intern-tool"}}))(t)
	leaks(t, up, "acme", "intern")
	if _, err := ask(""); !errors.Is(err, npm.ErrInvalid) {
		t.Errorf("no text: %v", err)
	}
}
