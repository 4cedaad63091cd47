package proxy_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"testing"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/policy"
	"github.com/larderhq/larder/upstream/upstreamtest"
)

// TestSearchLeavesOutWhatIsDenied searches for packages of which one is blocked
// by name and one by a version that larder has judged.
func TestSearchLeavesOutWhatIsDenied(t *testing.T) {
	t.Parallel()
	up := upstreamtest.New(t)
	for _, name := range []string{"pad-good", "pad-blocked", "pad-licensed"} {
		up.Add(upstreamtest.Simple(name, "1.0.0"))
	}
	l := start(t, up)
	engine := must(policy.Compile(policy.Config{Level: policy.NoLevel, Licenses: policy.Licenses{Allow: []string{"Zlib"}},
		Modes:  []policy.ModeRule{{Guard: "license", Match: "pad-good", Mode: "off"}},
		Blocks: []policy.Block{{Match: "pad-blocked", Reason: "not here"}}}))(t)
	l.Apply(proxy.Rules{Engine: engine})
	names := func() []string {
		var all struct {
			Objects []struct {
				Package struct{ Name string }
			}
			Total int
		}
		check(t, json.Unmarshal(must(l.Search(ctx(t), url.Values{"text": {"pad"}}))(t).Body, &all))
		var out []string
		for _, o := range all.Objects {
			out = append(out, o.Package.Name)
		}
		slices.Sort(out)
		if all.Total != len(out) {
			t.Errorf("a total of %d for %d results", all.Total, len(out))
		}
		return out
	}
	if got := names(); !slices.Equal(got, []string{"pad-good", "pad-licensed"}) {
		t.Errorf("before anything was judged: %v", got)
	}
	must(l.full(t, "pad-licensed"))(t)
	if got := names(); !slices.Equal(got, []string{"pad-good"}) {
		t.Errorf("once it was judged: %v", got)
	}
}
