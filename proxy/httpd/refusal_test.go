package httpd

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

func TestRefusalsByGuards(t *testing.T) {
	t.Parallel()
	held := time.Date(2026, 11, 24, 10, 0, 0, 0, time.FixedZone("", 3600))
	unpacked := &npm.Error{Kind: npm.ErrUnprocessable, Guard: "G23", Text: "tar: symlink escapes root"}
	tests := []struct {
		name      string
		err       error
		status    int
		guard     string
		firewall  string
		available string
	}{
		{"held", &npm.Error{Kind: npm.ErrBlocked, Guard: "G11", Code: "E_COOLDOWN", Text: "too young", Available: held},
			403, "G11", "blocked", "2026-11-24T09:00:00Z"},
		{"for ever", &npm.Error{Kind: npm.ErrBlocked, Guard: "G34", Code: "E_MALWARE", Text: "malware"}, 403, "G34", "blocked", ""},
		{"other bytes", &npm.Error{Kind: npm.ErrIntegrity, Guard: "G20", Code: "E_INTEGRITY", Text: "hash mismatch"}, 403, "G20", "blocked", ""},
		{"an archive of upstream", fmt.Errorf("check tarball: %w",
			&npm.Error{Kind: npm.ErrBlocked, Guard: "G23", Code: "E_TAR", Text: "tar: symlink escapes root", Err: unpacked}), 403, "G23", "blocked", ""},
		{"an archive of a publish", unpacked, 422, "G23", "", ""},
		{"who asks", &npm.Error{Kind: npm.ErrForbidden, Guard: "G46", Code: "E_TOKEN_SCOPE", Text: "limited token"}, 403, "G46", "", ""},
		{"policy without a guard", &npm.Error{Kind: npm.ErrBlocked, Code: "E_BLOCKED", Text: "no"}, 403, "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := startServer(t, Options{})
			h.packages.err = tt.err
			r := h.do("GET", tgz)
			decision := r.Header.Get("X-Request-Id")
			if tt.firewall == "" {
				decision = ""
			}
			r.want(t, tt.status, "Cache-Control: no-store", "X-Guard: "+tt.guard, "X-Guard-Decision: "+decision,
				"X-Gitlab-Dependency-Firewall: "+tt.firewall, "Npm-Notice:")
			var body errorBody
			if err := json.Unmarshal(r.body, &body); err != nil {
				t.Fatal(err)
			}
			if body.Guard != tt.guard || body.Decision != decision || body.AvailableAt != tt.available {
				t.Errorf("body %s, want guard %q, decision %q, available at %q", r.body, tt.guard, decision, tt.available)
			}
		})
	}
}
