package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// TestSignatures checks with pnpm what a registry signs, at each way into
// larder: two packages of the team and one of the registry behind. npm's
// command of the same name looks for keys at another host first.
func TestSignatures(t *testing.T) {
	t.Parallel()
	onlyThorough(t)
	tm := newTeam(t)
	maker := tm.deskOf(t, npmOnPath(t), tm.url, tm.token)
	maker.publish(t, scoped("1.0.0"))
	maker.publish(t, plain("1.0.0"))
	app := tm.deskOf(t, pnpm(t), tm.url, tm.token)
	needs := map[string]string{scopedName: "1.0.0", plainName: "1.0.0", publicName: "1.0.0"}
	if out, err := app.install(t, needs); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// The plain name is not in the team's group, and pnpm passes over what is
	// not there.
	for where, want := range map[string]string{rootPlace: "3", instancePlace: "3", groupPlace: "2", projectPlace: "2"} {
		t.Run(where, func(t *testing.T) {
			app.registry = tm.prefixes()[where]
			app.signIn(t, tm.token)
			app.shows(t, want+" packages have verified registry signatures", "audit signatures", words{})
		})
	}
	for _, tt := range []struct{ name, of, want string }{
		{"signature of another package", plainName, "invalid registry signature"},
		{"no signature", "", "missing registry signature"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			app.registry = tm.tampering(t, tt.of)
			app.signIn(t, tm.token)
			app.fails(t, tt.want, "audit signatures", words{})
		})
	}
}

// tampering stands before larder and gives the package with a scope the
// signatures of another package, or none where that is empty.
func (tm *team) tampering(t *testing.T, of string) string {
	t.Helper()
	target, err := url.Parse(tm.url)
	if err != nil {
		t.Fatal(err)
	}
	wrong := tm.signatures(t, of)
	proxy := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(target)
			r.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(r *http.Response) error {
			if path, _ := url.PathUnescape(r.Request.URL.EscapedPath()); strings.TrimPrefix(path, "/") != scopedName {
				return nil
			}
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return err
			}
			body = bytes.Replace(body, tm.signatures(t, scopedName), wrong, 1)
			r.Body = io.NopCloser(bytes.NewReader(body))
			r.Header.Set("Content-Length", strconv.Itoa(len(body)))
			r.ContentLength = int64(len(body))
			return nil
		},
	})
	t.Cleanup(proxy.Close)
	return proxy.URL
}

// signatures are those of version 1.0.0 of a package, as its document has them;
// an empty list where there is no name.
func (tm *team) signatures(t *testing.T, name string) []byte {
	t.Helper()
	if name == "" {
		return []byte("[]")
	}
	status, body := tm.ask(t, http.MethodGet, tm.url+"/"+strings.ReplaceAll(name, "/", "%2f")+"/1.0.0", tm.token)
	var v struct {
		Dist struct {
			Signatures json.RawMessage `json:"signatures"`
		} `json:"dist"`
	}
	if err := json.Unmarshal(body, &v); err != nil || status != http.StatusOK || len(v.Dist.Signatures) == 0 {
		t.Errorf("%s: %d, %v in %s", name, status, err, body)
	}
	return v.Dist.Signatures
}
