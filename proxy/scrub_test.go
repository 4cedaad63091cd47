package proxy_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// tree is an audit tree with one package for each label.
func tree(t *testing.T, n int, entry func(i int) (name, body string)) []byte {
	t.Helper()
	var b strings.Builder
	b.WriteString(`{"name":"app","dependencies":{`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		name, body := entry(i)
		fmt.Fprintf(&b, "%q:%s", name, body)
	}
	b.WriteString("}}")
	return []byte(b.String())
}

func TestQuickAuditOfHugeTrees(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	l := start(t, up, privately)
	same := tree(t, 20_000, func(i int) (string, string) {
		return fmt.Sprintf("@acme/p%d", i), `{"version":"1.0.0","dependencies":{"x":{"version":"1.0.0"}}}`
	})
	must(l.auditQuick(t, same))(t)
	if sent := up.Requests(upstreamtest.KindAudit)[0].Body; len(sent) > 1000 {
		t.Errorf("one package that moved up 20,000 times is sent as %d bytes", len(sent))
	}
	other := tree(t, 20_000, func(i int) (string, string) {
		return fmt.Sprintf("@acme/p%d", i), fmt.Sprintf(`{"version":"1.0.0","dependencies":{"x":{"version":"1.0.%d"}}}`, i)
	})
	if _, err := l.auditQuick(t, other); !errors.Is(err, npm.ErrTooLarge) {
		t.Errorf("20,000 versions of one package at one place: %v", err)
	}
	beyond := tree(t, 60_000, func(i int) (string, string) { return fmt.Sprintf("p%d", i), `{"version":"1.0.0"}` })
	if _, err := l.auditQuick(t, beyond); !errors.Is(err, npm.ErrTooLarge) {
		t.Errorf("a tree of 60,000 packages: %v", err)
	}
}

func TestQuickAuditKeepsVersionsApart(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	l := start(t, up, privately)
	must(l.auditQuick(t, []byte(`{"dependencies":{
		"x":{"version":"1.0.0","dependencies":{"x":{"version":"3.0.0"}}},
		"@acme/a":{"version":"1.0.0","dependencies":{"x":{"version":"2.0.0"}}},
		"@acme/b":{"version":"1.0.0","dependencies":{"x":{"version":"4.0.0"}}}}}`)))(t)
	sent := up.Requests(upstreamtest.KindAudit)[0].Body
	var top map[string]any
	check(t, json.Unmarshal(sent, &top))
	for _, v := range []string{"1.0.0", "2.0.0", "3.0.0", "4.0.0"} {
		if !strings.Contains(string(sent), `"version":"`+v+`"`) {
			t.Errorf("%s is lost from %s", v, sent)
		}
	}
}

func TestAuditBulkIsBounded(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	l := start(t, up)
	names := make(map[string][]string)
	for i := range 60_000 {
		names[fmt.Sprint("p", i)] = []string{"1.0.0"}
	}
	body, err := json.Marshal(names)
	check(t, err)
	if _, err := l.auditBulk(t, body); !errors.Is(err, npm.ErrTooLarge) {
		t.Errorf("60,000 names: %v", err)
	}
	if up.Count() != 0 {
		t.Error("upstream was asked")
	}
}
