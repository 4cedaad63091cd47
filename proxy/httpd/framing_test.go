package httpd

import (
	"fmt"
	"strings"
	"testing"
)

const host = "Host: registry.example.com\r\n"

// smuggled is a request that a refused one carries behind its end. It must
// never be parsed.
const smuggled = "GET /smuggled HTTP/1.1\r\n" + host + "\r\n"

func TestFramingIsRefusedAndTheConnectionClosed(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	cases := []struct{ name, raw string }{
		{"length and coding", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\n" + host +
			"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled},
		{"coding and length", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\n" + host +
			"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" + smuggled},
		{"length and identity", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\n" + host +
			"Transfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}" + smuggled},
		{"identity alone", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\n" + host +
			"Transfer-Encoding: identity\r\n\r\n" + smuggled},
		{"unknown coding", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\n" + host +
			"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled},
		{"two codings", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\n" + host +
			"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled},
		{"two lengths", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\n" + host +
			"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}" + smuggled},
		{"list of lengths", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\n" + host +
			"Content-Length: 2, 2\r\n\r\n{}" + smuggled},
		{"signed length", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\n" + host +
			"Content-Length: +2\r\n\r\n{}" + smuggled},
		{"space before the colon", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\n" + host +
			"Content-Length : 2\r\n\r\n{}" + smuggled},
		{"two hosts", "GET /a HTTP/1.1\r\n" + host + "Host: evil.example\r\n\r\n" + smuggled},
		{"no host", "GET /a HTTP/1.1\r\n\r\n" + smuggled},
		{"empty host", "GET /a HTTP/1.1\r\nHost:\r\n\r\n" + smuggled},
		{"host with a path", "GET /a HTTP/1.1\r\nHost: evil.example/x\r\n\r\n" + smuggled},
		{"host with credentials", "GET /a HTTP/1.1\r\nHost: u:p@evil.example\r\n\r\n" + smuggled},
		{"host with a bad port", "GET /a HTTP/1.1\r\nHost: h:99999\r\n\r\n" + smuggled},
		{"folded line", "GET /a HTTP/1.1\r\n" + host + "X-A: b\r\n c\r\n\r\n" + smuggled},
		{"folded length", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\n" + host +
			"Content-Length:\r\n 2\r\n\r\n{}" + smuggled},
		{"bare line feed", "GET /a HTTP/1.1\r\n" + host + "X-A: b\nX-B: c\r\n\r\n" + smuggled},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
		{"HTTP/2 preface with a host", "PRI * HTTP/2.0\r\n" + host + "\r\nSM\r\n\r\n"},
		{"HTTP/1.9", "GET /a HTTP/1.9\r\n" + host + "\r\n" + smuggled},
		{"GET with a body", "GET /a HTTP/1.1\r\n" + host + "Content-Length: 51\r\n\r\n" + smuggled},
		{"HEAD with a chunked body", "HEAD /a HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled},
		{"DELETE with a body", "DELETE /a HTTP/1.1\r\n" + host + "Content-Length: 2\r\n\r\n{}" + smuggled},
		{"control in a header", "GET /a HTTP/1.1\r\n" + host + "X-A: b\x00c\r\n\r\n" + smuggled},
		{"no version", "GET /a\r\n" + host + "\r\n" + smuggled},
		{"not HTTP at all", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\r\n\r\n"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := h.send(c.raw)
			if !strings.HasPrefix(got, "HTTP/1.1 400 ") || strings.Count(got, "HTTP/1.1 ") != 1 {
				t.Fatalf("got %q, want one 400", got)
			}
			for _, part := range []string{"Connection: close\r\n", "X-Request-Id: ", "Content-Type: application/json\r\n", `{"error":"`} {
				if !strings.Contains(got, part) && !strings.HasPrefix(c.raw, "HEAD") {
					t.Errorf("answer lacks %q: %q", part, got)
				}
			}
		})
	}
	t.Cleanup(func() {
		if r, n := h.packages.asked(); n > 0 {
			t.Errorf("a refused request asked for %q", r.Name)
		}
	})
}

func TestChunkExtensionsCannotHideRequests(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	got := h.send("POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\n" + host +
		"Transfer-Encoding: chunked\r\n\r\n2;\nxx\r\n{}\r\n0\r\n\r\n" + smuggled)
	if !strings.HasPrefix(got, "HTTP/1.1 400 ") || strings.Count(got, "HTTP/1.1 ") != 1 {
		t.Errorf("got %q, want one 400", got)
	}
}

func TestBigHeadIsRefused(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	got := h.send("GET /a HTTP/1.1\r\n" + host + "Authorization: Bearer " + strings.Repeat("s", 40<<10) + "\r\n\r\n")
	if !strings.HasPrefix(got, "HTTP/1.1 431 ") || !strings.Contains(got, `{"error":"`) {
		t.Errorf("got %.200q, want 431 with JSON", got)
	}
	// A head of 16 KiB is read: that its token is no good is found out later.
	if r := h.do("GET", "/a", "Authorization: Bearer "+strings.Repeat("s", 16<<10)); r.StatusCode != 401 {
		t.Errorf("a token of 16 KiB gets %d, want 401", r.StatusCode)
	}
}

func TestMalformedTargetsAreAnswered(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	for _, target := range []string{
		"/@s%252fn", "/a%00", "/a%5cb", `/a\b`, "//a", "/a/../b", "/a/%2e%2e/b", "/a;b", "/%zz", "/a%2fb",
		"/a%2f..%2fb", "http://evil.example//a", "/a/-/x%2f1.tgz", "/.git", "/a%C3%A9",
	} {
		r := h.do("GET", target)
		r.want(t, 400, "Content-Type: application/json", "Cache-Control: no-store")
		if !strings.Contains(string(r.body), `{"error":"malformed package path`) {
			t.Errorf("%s: body %q", target, r.body)
		}
	}
	if _, n := h.packages.asked(); n > 0 {
		t.Errorf("%d malformed targets reached the packages", n)
	}
}

func TestAllSpellingsAreOnePackage(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	for _, target := range []string{"/@s%2fn", "/@s%2Fn", "/@s/n", "/%40s%2fn", "/@s%2fn/", "http://evil.example/@s%2fn"} {
		h.do("GET", target).want(t, 200)
		if got, _ := h.packages.asked(); got.Name.String() != "@s/n" || got.Base != "http://registry.example.com" {
			t.Errorf("%s asks for %q at %q", target, got.Name, got.Base)
		}
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	cases := []struct {
		method, target string
		status         int
		allow          string
	}{
		{"PUT", "/left-pad", 401, ""},
		{"DELETE", "/left-pad", 405, "GET, HEAD, PUT, OPTIONS"},
		{"DELETE", "/left-pad/-rev/1-x", 401, ""},
		{"PUT", "/left-pad/-rev/1-x", 401, ""},
		{"GET", "/left-pad/-rev/1-x", 405, "PUT, DELETE, OPTIONS"},
		{"DELETE", "/@s/n/-/n-1.0.0.tgz/-rev/1-x", 401, ""},
		{"PUT", "/-/package/n/dist-tags/beta", 401, ""},
		{"POST", "/-/ping", 405, "GET, HEAD, OPTIONS"},
		{"GET", "/-/npm/v1/security/advisories/bulk", 405, "POST, OPTIONS"},
		{"TRACE", "/left-pad", 405, "GET, HEAD, PUT, OPTIONS"},
		{"BREW", "/left-pad", 405, "GET, HEAD, PUT, OPTIONS"},
		{"OPTIONS", "/left-pad", 204, "GET, HEAD, PUT, OPTIONS"},
		{"OPTIONS", "/-/npm/v1/security/audits/quick", 204, "POST, OPTIONS"},
		{"OPTIONS", "*", 204, "OPTIONS"},
		{"POST", "/-/npm/v1/oidc/token/exchange/package/n", 404, ""},
		{"PUT", "/-/user/org.couchdb.user:u", 401, ""},
		{"GET", "/-/whoami", 401, ""},
		{"OPTIONS", "/-/whoami", 204, "GET, HEAD, OPTIONS"},
		{"OPTIONS", "/-/nothing", 404, ""},
		{"GET", "/api/v4/nothing", 404, ""},
		{"PUT", "/api/v4/projects/1/packages/protection/rules", 405, "GET, HEAD, POST, OPTIONS"},
		{"PATCH", "/api/v4/projects/1/packages/protection/rules/1", 401, ""},
		{"GET", "/a/b/c", 404, ""},
		{"HEAD", "/-/ping", 200, ""},
		{"GET", "/", 200, ""},
	}
	for _, c := range cases {
		t.Run(fmt.Sprint(c.method, c.target), func(t *testing.T) {
			t.Parallel()
			r := h.do(c.method, c.target)
			r.want(t, c.status, "Allow: "+c.allow)
			want := `{"error":"`
			if strings.HasPrefix(c.target, "/api/") && c.status != 404 {
				want = `{"message":"`
			}
			if c.status >= 400 && !strings.HasPrefix(string(r.body), want) {
				t.Errorf("body %q is no error of its family", r.body)
			}
		})
	}
}
