package httpd

import (
	"net/netip"
	"strings"
	"testing"
)

func TestAccessLine(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	h.packages.tarball = stored(t, content(), nil)
	r := h.do("GET", tgz)
	eventually(t, "the line is written", func() bool { return len(h.log.lines(t)) == 1 })
	line := h.log.lines(t)[0]
	for key, want := range map[string]any{
		"level": "INFO", "msg": "request", "method": "GET", "route": "tarball", "status": 200.0,
		"pkg": "left-pad", "cache": "hit", "req": r.Header.Get("X-Request-Id"), "remote": "127.0.0.1",
	} {
		if line[key] != want {
			t.Errorf("%s is %v, want %v", key, line[key], want)
		}
	}
	if n, ok := line["bytes"].(float64); !ok || n < 1<<20 || n > 1<<20+1000 {
		t.Errorf("bytes is %v, want the whole answer", line["bytes"])
	}
	if ms, ok := line["ms"].(float64); !ok || ms <= 0 {
		t.Errorf("ms is %v", line["ms"])
	}
}

func TestEveryRequestHasItsLine(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	h.send("GET /a HTTP/1.1\r\n\r\n")
	h.do("GET", "/a%00")
	h.do("GET", "/-/nothing")
	h.do("HEAD", "/left-pad", "If-None-Match: *")
	h.send("GET /a HTTP/1.1 x\r\n\r\n")
	eventually(t, "five lines are written", func() bool { return len(h.log.lines(t)) >= 5 })
	seen := make(map[string]float64)
	for _, line := range h.log.lines(t) {
		seen[line["route"].(string)] += line["status"].(float64)
	}
	want := map[string]float64{"malformed": 400 + 400 + 400, "unknown": 404, "packument": 304}
	for route, sum := range want {
		if seen[route] != sum {
			t.Errorf("%s has the statuses %v in sum, want %v (%s)", route, seen[route], sum, h.log)
		}
	}
}

// TestLogsHoldNoSecrets sends secrets wherever clients put them, also where
// fasthttp would print them itself.
func TestLogsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	const secret = "hunter2"
	h.do("GET", "/left-pad?token="+secret, "Authorization: Bearer "+secret, "Referer: npm login "+secret,
		"Npm-Otp: "+secret, "Cookie: s="+secret, "User-Agent: "+secret)
	h.do("DELETE", "/-/user/token/"+secret)
	h.do("GET", "/a%00"+secret)
	h.send("GET /a HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + secret + "\r\nBad Header\x00: " + secret + "\r\n\r\n")
	h.send("GET /" + secret + " HTTP/9\r\nAuthorization: Bearer " + secret + "\r\n\r\n")
	h.send(secret + "\r\n\r\n")
	h.send("GET /a HTTP/1.1\r\nHost: " + secret + "/\r\nAuthorization: " + secret + "\r\n\r\n")
	h.send("POST " + bulk + " HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: " + secret + "\r\n\r\n")
	eventually(t, "all lines are written", func() bool { return len(h.log.lines(t)) >= 8 })
	if log := h.log.String(); strings.Contains(log, secret) {
		t.Errorf("the log holds a secret: %s", log)
	}
}

func TestClientAddressBehindAProxy(t *testing.T) {
	t.Parallel()
	trusted := Options{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}
	cases := []struct {
		name    string
		options Options
		header  string
		want    string
	}{
		{"stranger", Options{}, "203.0.113.7", "127.0.0.1"},
		{"trusted", trusted, "203.0.113.7", "203.0.113.7"},
		{"forged before", trusted, "198.51.100.1, 203.0.113.7", "203.0.113.7"},
		{"mapped", trusted, "::ffff:203.0.113.7", "203.0.113.7"},
		{"junk", trusted, "hunter2", "127.0.0.1"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := startServer(t, c.options)
			h.do("GET", "/left-pad", "X-Forwarded-For: "+c.header)
			eventually(t, "the line is written", func() bool { return len(h.log.lines(t)) == 1 })
			if got := h.log.lines(t)[0]["remote"]; got != c.want {
				t.Errorf("remote is %v, want %s", got, c.want)
			}
		})
	}
}
