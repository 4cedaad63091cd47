package upstream

import (
	"net/url"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, raw, want string }{
		{"plain", "https://registry.example.com/a/-/a-1.0.0.tgz", "https://registry.example.com/a/-/a-1.0.0.tgz"},
		{"query kept", "https://cdn.example.com/a.tgz?sig=x%2By", "https://cdn.example.com/a.tgz?sig=x%2By"},
		{"fragment dropped", "https://cdn.example.com/a.tgz#x", "https://cdn.example.com/a.tgz"},
		{"host folded", "https://CDN.Example.COM./a", "https://cdn.example.com/a"},
		{"default port dropped", "https://cdn.example.com:443/a", "https://cdn.example.com/a"},
		{"odd port kept", "http://cdn.example.com:443/a", "http://cdn.example.com:443/a"},
		{"address", "http://127.0.0.1:4873/a", "http://127.0.0.1:4873/a"},
		{"IPv6 canonical", "http://[0:0:0:0:0:0:0:1]:4873/a", "http://[::1]:4873/a"},
		{"encoded slash kept", "https://registry.example.com/@s%2fa", "https://registry.example.com/@s%2fa"},
		{"file", "file:///etc/passwd", ""},
		{"ftp", "ftp://registry.example.com/a", ""},
		{"relative", "/a/-/a.tgz", ""},
		{"no scheme", "//registry.example.com/a", ""},
		{"no host", "https:///a", ""},
		{"opaque", "https:registry.example.com", ""},
		{"credentials", "https://user:pass@registry.example.com/a", ""},
		{"host in user", "https://registry.example.com@10.0.0.5/a", ""},
		{"backslash", `https://registry.example.com\@10.0.0.5/a`, ""},
		{"blank", "https://registry.example.com /a", ""},
		{"line break", "https://registry.example.com/a\r\nX: y", ""},
		{"dot segments", "https://registry.example.com/npm/../a", ""},
		{"encoded dot segments", "https://registry.example.com/npm/%2e%2E/a", ""},
		{"dots behind an encoded slash", "https://registry.example.com/npm%2f..%2fa", ""},
		{"dots behind an encoded backslash", "https://registry.example.com/npm/..%5ca", ""},
		{"number", "http://2130706433/a", ""},
		{"hex number", "http://0x7f000001/a", ""},
		{"short address", "http://127.1/a", ""},
		{"octal address", "http://0177.0.0.1/a", ""},
		{"hex label", "http://127.0.0.0x1/a", ""},
		{"zone", "http://[fe80::1%25eth0]/a", ""},
		{"empty label", "https://registry..example.com/a", ""},
		{"odd letters", "https://regıstry.example.com/a", ""},
		{"escaped host", "https://registry%2eexample.com/a", ""},
		{"port zero", "https://registry.example.com:0/a", ""},
		{"port too large", "https://registry.example.com:65536/a", ""},
		{"port with zero in front", "https://registry.example.com:0443/a", ""},
		{"empty port", "https://registry.example.com:/a", ""},
		{"too long", "https://registry.example.com/" + strings.Repeat("a", maxURL), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			u, err := parseTarget(tt.raw)
			switch {
			case tt.want == "" && err == nil:
				t.Errorf("parseTarget(%q) = %s, want an error", tt.raw, u)
			case tt.want != "" && (err != nil || u.String() != tt.want):
				t.Errorf("parseTarget(%q) = %v, %v, want %s", tt.raw, u, err, tt.want)
			case err != nil && strings.Contains(err.Error(), "pass"):
				t.Errorf("the error repeats the URL: %v", err)
			}
		})
	}
}

func TestParseHost(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, entry, own string
		want             []origin
	}{
		{"bare", "cdn.example.com", "https", []origin{{"https", "cdn.example.com", "443"}}},
		{"with port", "CDN.example.com:8443", "https", []origin{{"https", "cdn.example.com", "8443"}}},
		{
			"bare below http", "cdn.example.com", "http",
			[]origin{{"https", "cdn.example.com", "443"}, {"http", "cdn.example.com", "80"}},
		},
		{"plain on purpose", "http://cdn.example.com", "https", []origin{{"http", "cdn.example.com", "80"}}},
		{"https alone", "https://cdn.example.com/", "http", []origin{{"https", "cdn.example.com", "443"}}},
		{"path", "cdn.example.com/files", "https", nil},
		{"wildcard", "*.example.com", "https", nil},
		{"credentials", "user@cdn.example.com", "https", nil},
		{"empty", "", "https", nil},
		{"scheme", "ftp://cdn.example.com", "https", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := parseHost(tt.entry, tt.own)
			if (err != nil) != (tt.want == nil) || len(got) != len(tt.want) {
				t.Fatalf("parseHost(%q) = %v, %v, want %v", tt.entry, got, err, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Errorf("origin %d is %v, want %v", i, got[i], tt.want[i])
				}
			}
		})
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{
		"https://registry.example.com/a", "http://[::ffff:7f00:1]:80/a", "https://a@b/c", "http://127.1", "https://x/%2e%2e/%5c",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		u, err := parseTarget(raw)
		if err != nil {
			return
		}
		if u.User != nil || u.Fragment != "" || hasDots(u.Path) {
			t.Fatalf("%q passed as %s", raw, u)
		}
		if host, err := cleanHost(u.Hostname()); err != nil || host != u.Hostname() {
			t.Fatalf("%q has the unclean host %q", raw, u.Hostname())
		}
		again, err := parseTarget(u.String())
		if err != nil || originOf(again) != originOf(u) || again.EscapedPath() != u.EscapedPath() {
			t.Fatalf("%q is %s, but %v, %v when read again", raw, u, again, err)
		}
		if plain, err := url.Parse(raw); err != nil || !strings.EqualFold(plain.Scheme, u.Scheme) {
			t.Fatalf("%q changed its scheme to %s", raw, u.Scheme)
		}
	})
}
