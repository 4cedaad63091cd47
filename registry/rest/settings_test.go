package rest

import (
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/accounts"
)

func TestSettings(t *testing.T) {
	t.Parallel()
	h := newHouse(t, func(o *accounts.Options) { o.SignUp, o.TokenMaxTTL = true, 100*24*time.Hour })
	show := func(forwarding, lock string) string {
		return `{"id":1,"npm_package_requests_forwarding":` + forwarding + `,"lock_npm_package_requests_forwarding":` + lock +
			`,"signup_enabled":true,"require_personal_access_token_expiry":true,"max_personal_access_token_lifetime":100,` +
			`"minimum_password_length":8,"default_group_visibility":"private","default_project_visibility":"private",` +
			`"restricted_visibility_levels":[],"package_registry_allow_anyone_to_pull_option":true}`
	}
	for _, tt := range []struct{ name, method, body, want string }{
		{"as configured", "GET", "", show("true", "false")},
		{"no forwarding", "PUT", "npm_package_requests_forwarding=false", show("false", "false")},
		{"lock", "PUT", `{"lock_npm_package_requests_forwarding":true}`, show("false", "true")},
		{"both", "PUT", `{"npm_package_requests_forwarding":true,"lock_npm_package_requests_forwarding":false}`, show("true", "false")},
		{"what cannot be set", "PUT", "signup_enabled=false&default_projects_limit=5", show("true", "false")},
		{"again", "GET", "", show("true", "false")},
	} {
		if got := h.call(admin, tt.method, "/application/settings", tt.body); got.status != 200 || got.body != tt.want {
			t.Errorf("%s: %d %s, want %s", tt.name, got.status, got.body, tt.want)
		}
	}
	on, err := h.accounts.Forwarding(t.Context())
	if err != nil || !on {
		t.Errorf("Forwarding = %t, %v", on, err)
	}
}

func TestSettingsAreRefused(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const path, forbidden = "/application/settings", `{"message":"403 Forbidden"}`
	h.refuses(t, []refusalCase{
		{"anonymous", nobody, "GET", path, "", 401, `{"message":"401 Unauthorized"}`},
		{"user", owner, "GET", path, "", 403, forbidden},
		{"change by a user", owner, "PUT", path, "npm_package_requests_forwarding=false", 403, forbidden},
		{"no truth", admin, "PUT", path, "npm_package_requests_forwarding=maybe", 400, `{"error":"npm_package_requests_forwarding is invalid"}`},
		{"half wrong", admin, "PUT", path, "npm_package_requests_forwarding=false&lock_npm_package_requests_forwarding=2", 400,
			`{"error":"lock_npm_package_requests_forwarding is invalid"}`},
		{"nothing", admin, "PUT", path, "", 400,
			`{"error":"npm_package_requests_forwarding, lock_npm_package_requests_forwarding are missing, at least one parameter must be provided"}`},
	})
	if got := h.call(admin, "GET", path, ""); !strings.Contains(got.body, `"npm_package_requests_forwarding":true`) {
		t.Errorf("a refusal changed settings: %s", got.body)
	}
}
