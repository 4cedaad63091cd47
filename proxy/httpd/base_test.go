package httpd

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/valyala/fasthttp"
)

func TestBaseOfARequest(t *testing.T) {
	t.Parallel()
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	other := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	cases := []struct {
		name    string
		options Options
		target  string
		headers []string
		want    string
	}{
		{"host", Options{}, "/n", []string{"Host: localhost:4873"}, "http://localhost:4873"},
		{"capitals", Options{}, "/n", []string{"Host: Registry.Example.COM"}, "http://registry.example.com"},
		{"port of the scheme", Options{}, "/n", []string{"Host: h:80"}, "http://h"},
		{"IPv6", Options{}, "/n", []string{"Host: [::1]:4873"}, "http://[::1]:4873"},
		{"absolute form", Options{}, "http://evil.example/n", []string{"Host: h"}, "http://h"},
		{"public URL", Options{PublicURL: "https://npm.example.com"}, "/n", []string{"Host: evil.example"}, "https://npm.example.com"},
		{"public URL with a path", Options{PublicURL: "https://example.com/npm/reg/"}, "/npm/reg/n", nil, "https://example.com/npm/reg"},
		{"public URL with a path, at the root", Options{PublicURL: "https://example.com/npm/reg"}, "/n", nil, "https://example.com/npm/reg"},
		{"forwarded by a stranger", Options{}, "/n", []string{"Host: h", "X-Forwarded-Host: evil", "X-Forwarded-Proto: https"}, "http://h"},
		{"forwarded by an untrusted peer", Options{TrustedProxies: other}, "/n", []string{"Host: h", "X-Forwarded-Host: evil"}, "http://h"},
		{"forwarded", Options{TrustedProxies: loopback}, "/n",
			[]string{"Host: h", "X-Forwarded-Host: npm.example.com", "X-Forwarded-Proto: https"}, "https://npm.example.com"},
		{"forwarded port of the scheme", Options{TrustedProxies: loopback}, "/n",
			[]string{"Host: h:443", "X-Forwarded-Proto: https"}, "https://h"},
		{"forwarded prefix", Options{TrustedProxies: loopback}, "/n",
			[]string{"Host: h", "X-Forwarded-Prefix: /Npm/"}, "http://h/Npm"},
		{"forwarded prefix that is still there", Options{TrustedProxies: loopback}, "/npm/n",
			[]string{"Host: h", "X-Forwarded-Prefix: /npm"}, "http://h/npm"},
		{"what the client forged before", Options{TrustedProxies: loopback}, "/n",
			[]string{"Host: h", "X-Forwarded-Host: evil, real.example.com"}, "http://real.example.com"},
		{"what the client forged on a line of its own", Options{TrustedProxies: loopback}, "/n",
			[]string{"Host: h", "X-Forwarded-Host: evil", "X-Forwarded-Host: real.example.com"}, "http://real.example.com"},
		{"bad forwarded values", Options{TrustedProxies: loopback}, "/n",
			[]string{"Host: h", "X-Forwarded-Host: a/b", "X-Forwarded-Proto: gopher", "X-Forwarded-Prefix: /../x"}, "http://h"},
		{"RFC 7239", Options{TrustedProxies: loopback}, "/n",
			[]string{"Host: h", `Forwarded: for=1.2.3.4;host=evil, for="[::2]";Proto=https;host="npm.example.com:8443"`}, "https://npm.example.com:8443"},
		{"public URL beats forwarding", Options{PublicURL: "https://npm.example.com", TrustedProxies: loopback}, "/n",
			[]string{"Host: h", "X-Forwarded-Host: other"}, "https://npm.example.com"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := startServer(t, c.options)
			h.do("GET", c.target, c.headers...).want(t, 200)
			if got, _ := h.packages.asked(); got.Base != c.want || got.Name.String() != "n" {
				t.Errorf("asked for %q at %q, want n at %q", got.Name, got.Base, c.want)
			}
		})
	}
}

func TestHTTP10WithoutHost(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	if got := h.send("GET /-/health HTTP/1.0\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 200 ") {
		t.Errorf("a load balancer's probe gets %q", got)
	}
	if got := h.send("GET /n HTTP/1.0\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
		t.Errorf("a packument without a base gets %q", got)
	}
	if got := h.send("GET /n/1.0.0 HTTP/1.0\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 400 ") {
		t.Errorf("a manifest without a base gets %q", got)
	}
}

func TestPublicURLIsChecked(t *testing.T) {
	t.Parallel()
	below, err := shared.open()
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"npm.example.com", "ftp://h", "https://", "https://u:p@h", "https://h/?x", "https://h/#x",
		"https://h/a//b", "https://h/../x", "https://h/a%2fb", "https://h:0", "://",
	} {
		sources := Sources{Packages: &fakePackages{}, Services: &fakeServices{}, Accounts: below.accounts, Registry: below.registry, API: below.api, Site: below.site}
		if _, err := New(Options{PublicURL: bad}, sources); err == nil ||
			!strings.Contains(err.Error(), "public URL") {
			t.Errorf("New accepts the public URL %q: %v", bad, err)
		}
	}
}

func TestValidHost(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"h", "localhost:4873", "a_b.example.com", "127.0.0.1:1", "[::1]", "[fe80::1]:65535"} {
		if !validHost([]byte(good)) {
			t.Errorf("%q is refused", good)
		}
	}
	for _, bad := range []string{
		"", ":80", "h:", "h:0", "h:65536", "h:a", "h:1:2", "::1", "[::1", "[::1]x", "[::1]:", "[fe80::1%25eth0]", "[1.2.3.4]",
		"a/b", "a b", "a@b", "a\x00", "é", ".h", "-h", "a%20b", strings.Repeat("a", 256),
	} {
		if validHost([]byte(bad)) {
			t.Errorf("%q is accepted", bad)
		}
	}
}

func TestBasesAreInternedWithinBounds(t *testing.T) {
	b, err := newBases("", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := &conn{}
	var h fasthttp.RequestHeader
	for i := range maxInterned * 2 {
		h.SetHost("host-" + strings.Repeat("x", i) + ".example.com")
		if got := b.of(&h, c).base; got != "http://"+string(h.Host()) {
			t.Fatalf("base %q", got)
		}
	}
	if len(b.known) != maxInterned {
		t.Errorf("%d bases are kept, want %d", len(b.known), maxInterned)
	}
	h.SetHost("host-.example.com")
	if n := testing.AllocsPerRun(1000, func() { b.of(&h, c) }); n > 0 {
		t.Errorf("a known host allocates %v times", n)
	}
}
