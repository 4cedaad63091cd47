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

// places is a tree with a package at each of n places.
func places(t *testing.T, n int, body string) []byte {
	t.Helper()
	return tree(t, n, func(i int) (string, string) {
		return fmt.Sprintf("p%d", i), `{"version":"1.0.0","dependencies":{` + body + `}}`
	})
}

// TestLocalTreeReportIsBounded has few packages that much is said of, at many places.
func TestLocalTreeReportIsBounded(t *testing.T) {
	t.Parallel()
	var records []string
	for i := range 50 {
		records = append(records, strings.Replace(affecting(fmt.Sprintf("GHSA-%d", i), "leaf", `{"introduced":"0"}`),
			"CVE-2026-1", fmt.Sprintf("CVE-2026-%d", i), 1))
	}
	l := advised(t, upstreamtest.New(t), nothing, records...)
	const leaf = `"leaf":{"version":"1.0.0"}`
	for n, want := range map[int]error{1000: nil, 1001: npm.ErrTooLarge} {
		got, err := l.auditQuick(t, places(t, n, leaf))
		if !errors.Is(err, want) {
			t.Errorf("%d places of 50 advisories: %v", n, err)
		}
		var r reported
		if err == nil && (json.Unmarshal(got.Body, &r) != nil || len(r.paths()) != 50*n || len(r.Actions) != 50*n) {
			t.Errorf("%d places of 50 advisories: told %d paths and %d actions", n, len(r.paths()), len(r.Actions))
		}
	}
}

// TestLocalTreeReportCutsPaths nests packages in one with a name of any length.
func TestLocalTreeReportCutsPaths(t *testing.T) {
	t.Parallel()
	l := advised(t, upstreamtest.New(t), nothing, leafRecords()...)
	inner := places(t, 50, `"leaf":{"version":"1.0.0"}`)
	body := `{"dependencies":{"` + strings.Repeat("x", 1<<20) + `":` + string(inner) + `}}`
	got := must(l.auditQuick(t, []byte(body)))(t)
	var r reported
	check(t, json.Unmarshal(got.Body, &r))
	if paths := r.paths(); len(paths) != 50 || paths[0] != "1.0.0 p0>leaf" || len(got.Body) > 1<<20 {
		t.Errorf("%d paths in %d bytes", len(paths), len(got.Body))
	}
}
