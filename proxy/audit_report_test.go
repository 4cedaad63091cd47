package proxy_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// places is a tree with a package at each of n places.
func places(t *testing.T, n int, body string) []byte {
	t.Helper()
	return tree(t, n, func(i int) (string, string) {
		return fmt.Sprintf("p%d", i), `{"version":"1.0.0","dependencies":{` + body + `}}`
	})
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
