package contract_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestNobodyActsForOthers: an administrator's script that means somebody else
// must not act as the administrator.
func TestNobodyActsForOthers(t *testing.T) {
	t.Parallel()
	w := newTeam(t, setup{})
	for _, a := range []ask{
		get("/api/v4/user").with("Sudo: guest"), get("/api/v4/user?sudo=guest"),
		post("/api/v4/groups", `{"name":"x","path":"x","sudo":"guest"}`).with("Content-Type: application/json"),
	} {
		r := w.status(t, http.StatusForbidden, a.as("admin"))
		if !strings.Contains(string(r.body), `{"message":"403 Forbidden - sudo is not supported: use a token of that user"}`) {
			t.Errorf("%s %s: %s", a.method, a.path, r.body)
		}
	}
	w.status(t, http.StatusNotFound, get("/api/v4/groups/x").as("admin"))
}
