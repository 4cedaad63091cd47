package httpd

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
)

// theirKey is a key set of an upstream. The key is the public registry's, which
// ended.
const theirKey = `{"keys":[{"expires":"2025-01-29T00:00:00.000Z","keyid":"SHA256:jl3bwswu80PjjokCgh0o2w5c2U4LhQAE57gj9cz1kzA",` +
	`"keytype":"ecdsa-sha2-nistp256","scheme":"ecdsa-sha2-nistp256","key":"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1Olb3zMAFFxXKHiIkQO5cJ3Yhl5i6UPp+IhuteBJbuHcA5UogKo0EWtlWwW6KSaKoTNEYL7JlCQiVnkhBktUgg=="}]}`

// TestKeys: whatever upstream answers, the keys of the packages that live here
// are listed, first and once.
func TestKeys(t *testing.T) {
	t.Parallel()
	broken := strings.Replace(theirKey, "SHA256:jl3", "SHA256:jl4", 1)
	tests := []struct {
		name    string
		options Options
		body    string
		err     error
		theirs  bool
		cache   string
		asked   bool
	}{
		{"both", Options{}, theirKey, nil, true, keptAge, true},
		{"upstream has none", Options{}, "", &npm.Error{Kind: npm.ErrNotFound}, false, keptAge, true},
		{"offline", Options{}, "", &npm.Error{Kind: npm.ErrOffline}, false, "no-store", true},
		{"upstream fails", Options{}, "", &npm.Error{Kind: npm.ErrUnavailable, Err: errors.New("refused")}, false, "no-store", true},
		{"a key is not what it says", Options{}, broken, nil, false, "no-store", true},
		{"no key set", Options{}, `{"x":1}`, nil, false, "no-store", true},
		{"upstream is not for everybody", Options{Anonymous: "none"}, theirKey, nil, false, keptAge, false},
	}
	for _, tt := range tests {
		for _, target := range []string{"/-/npm/v1/keys", "/api/v4/packages/npm/-/npm/v1/keys", "/api/v4/projects/7/packages/npm/-/npm/v1/keys"} {
			t.Run(tt.name+" at "+target, func(t *testing.T) {
				t.Parallel()
				h := startServer(t, tt.options)
				h.services.raw, h.services.err = proxy.Raw{Body: []byte(tt.body), Outcome: proxy.Miss}, tt.err
				r := h.do("GET", target)
				r.want(t, 200, "Content-Type: application/json", "Cache-Control: "+tt.cache)
				if tt.theirs != strings.Contains(string(r.body), theirKey[len(`{"keys":[`):]) {
					t.Errorf("body %s, upstream's key in it: want %v", r.body, tt.theirs)
				}
				wantOurs(t, r.body, tt.theirs)
				if asked := slices.Contains(h.services.calls(), "keys"); asked != tt.asked {
					t.Errorf("upstream was asked: %v, want %v", asked, tt.asked)
				}
			})
		}
	}
}

// TestKeysTellOfLoops: two larders that ask each other are a mistake that our
// keys must not hide.
func TestKeysTellOfLoops(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	h.services.err = &npm.Error{Kind: npm.ErrLoop}
	h.do("GET", "/-/npm/v1/keys").want(t, 508)
}

// wantOurs checks that a list begins with a key of ours that has no end, and
// holds another where theirs is in it.
func wantOurs(t *testing.T, body []byte, theirs bool) {
	t.Helper()
	var got struct {
		Keys []struct {
			ID      string  `json:"keyid"`
			Expires *string `json:"expires"`
		} `json:"keys"`
	}
	want := 1
	if theirs {
		want++
	}
	if err := json.Unmarshal(body, &got); err != nil || len(got.Keys) != want {
		t.Fatalf("body %s, %v, want %d keys", body, err, want)
	}
	if ours := got.Keys[0]; !strings.HasPrefix(ours.ID, "SHA256:") || strings.Contains(theirKey, ours.ID) || ours.Expires != nil {
		t.Errorf("the first key is %v", ours)
	}
}
