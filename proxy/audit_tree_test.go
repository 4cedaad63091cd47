package proxy

import (
	"encoding/json"
	"strings"
	"testing"
)

func FuzzAuditTree(f *testing.F) {
	f.Add([]byte(`{"requires":{"a":"1"},"dependencies":{"a":{"version":"1.0.0","requires":{"b":"1"}},"b":{"version":"1.0.0","requires":{"a":"1"}}}}`))
	f.Add([]byte(`{"dependencies":{".":{"dependencies":{"a":{"version":"1.0.0"}}},"x":null}}`))
	f.Add([]byte(`{"dependencies":{"a":{"version":"1.0.0","requires":{"a":true},"dependencies":{"a":{}}}}}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var tree auditNode
		if json.Unmarshal(body, &tree) != nil {
			return
		}
		forest := &auditForest{ctx: t.Context()}
		for _, project := range tree.projects() {
			if err := forest.grow(project); err != nil {
				return
			}
		}
		for _, p := range forest.packages {
			if !strings.HasSuffix(p.path(), p.name) || p.by == nil || len(p.path()) > max(longestPath, len(p.name)) {
				t.Errorf("%q is at %q", p.name, p.path())
			}
		}
	})
}
