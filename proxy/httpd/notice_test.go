package httpd

import "testing"

// TestNoticeOfRefusedCredentials checks that the reason of a 401 stands where
// clients print it that do not print the body.
func TestNoticeOfRefusedCredentials(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{})
	const damaged = "Token is damaged: it was not copied whole"
	for _, tt := range []struct{ name, path, credential, want string }{
		{"wrong token", "/-/whoami", "Authorization: Bearer lrdp_wrong", damaged},
		{"below a prefix", "/api/v4/packages/npm/-/whoami", "Authorization: Bearer lrdp_wrong", damaged},
		{"nobody", "/-/whoami", "Accept: */*", "sign in first: credentials are needed here"},
		{"GitLab's clients", "/api/v4/projects/acme%2Flib/packages/protection/rules", "PRIVATE-TOKEN: lrdp_wrong", ""},
	} {
		r := tm.do("GET", tt.path, tt.credential)
		r.want(t, 401)
		if got := r.Header.Get("Npm-Notice"); got != tt.want {
			t.Errorf("%s: notice %q, want %q", tt.name, got, tt.want)
		}
	}
	if r := tm.do("GET", "/-/whoami", tm.as("dev")); r.Header.Get("Npm-Notice") != "" {
		t.Errorf("a notice to somebody who signed in: %v", r.Header)
	}
}
