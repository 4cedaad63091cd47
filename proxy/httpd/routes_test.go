package httpd

import (
	"fmt"
	"testing"
)

// TestNothingIsRedirected: clients drop credentials at a redirect, and some
// write the address back as it was and go round for ever.
func TestNothingIsRedirected(t *testing.T) {
	t.Parallel()
	cases := []struct {
		target string
		status int
	}{
		{"/left-pad/", 200},
		{"/@s/n/", 200},
		{"/@s%2fn/", 200},
		{"/@s%2Fn/1.0.0/", 200},
		{"/left-pad/latest/", 200},
		{"/-/ping/", 200},
		{"/-/package/left-pad/dist-tags/", 200},
		{"/-/npm/v1/keys/", 200},
		{"/npm/reg/left-pad/", 200},
		{"/npm/reg/", 200},
		{"//left-pad", 400},
		{"/left-pad//", 400},
		{"/-/", 404},
		{"/-/nothing/", 404},
	}
	h := startServer(t, Options{PublicURL: "https://example.com/npm/reg/"})
	for _, c := range cases {
		t.Run(c.target, func(t *testing.T) {
			t.Parallel()
			h.do("GET", c.target).want(t, c.status, "Location:")
		})
	}
}

// TestServicesAreServedWithAndWithoutThePrefix: clients make the URLs of
// attestations, keys and tarballs from the host alone and lose the prefix.
func TestServicesAreServedWithAndWithoutThePrefix(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"", "/npm/reg"} {
		for path, call := range map[string]string{
			"/-/npm/v1/attestations/@s%2fn@1.0.0": "attestations @s/n 1.0.0",
			"/-/npm/v1/keys":                      "keys",
			"/-/v1/search?text=a":                 "search",
		} {
			t.Run(prefix+path, func(t *testing.T) {
				t.Parallel()
				h := startServer(t, Options{PublicURL: "https://example.com/npm/reg"})
				h.do("GET", prefix+path).want(t, 200)
				if got := fmt.Sprint(h.services.calls()); got != "["+call+"]" {
					t.Errorf("asked %s, want %s", got, call)
				}
			})
		}
		t.Run(prefix+"/@s/n/-/n-1.0.0.tgz", func(t *testing.T) {
			t.Parallel()
			h := startServer(t, Options{PublicURL: "https://example.com/npm/reg"})
			h.packages.tarball = stored(t, []byte("tgz"), nil)
			h.do("GET", prefix+"/@s/n/-/n-1.0.0.tgz").want(t, 200)
			if got := h.packages.tarballs[0]; got.Name.String() != "@s/n" || got.File != "n-1.0.0.tgz" {
				t.Errorf("asked for %+v", got)
			}
		})
	}
}
