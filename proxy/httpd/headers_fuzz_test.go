package httpd

import (
	"net/url"
	"testing"

	"github.com/valyala/fasthttp"
)

// FuzzHeaders feeds one value to every parser of request headers. None may
// panic, and what passes for a host or prefix must be one to net/url too.
func FuzzHeaders(f *testing.F) {
	for _, seed := range []string{
		"application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*", "gzip;q=1.0, identity;q=0.5",
		`W/"a", "b,c"`, "*", "registry.example.com:4873", "[::1]:80", "/npm/reg/", "https",
		`for=1.2.3.4;host="h:1";proto=https, host=x`, "Sun, 01 Nov 2026 12:00:00 GMT", "gzip/deflate",
		"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, value []byte) {
		chooseForm(value)
		acceptsGzip(value)
		matchETag(value, `"a"`, `"b"`)
		_, _, _ = scanFraming(value)
		var h fasthttp.RequestHeader
		for _, name := range []string{"Forwarded", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix"} {
			h.SetBytesV(name, value)
		}
		fwd := forwarded{host: []byte("h")}
		fwd.read(&h)
		base := string(fwd.append(nil))
		u, err := url.Parse(base)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.String() != base {
			t.Fatalf("%q makes the base %q: %v", value, base, err)
		}
	})
}
