package httpd

import (
	"strings"
	"testing"

	"github.com/larderhq/larder/proxy"
)

func TestServicesArePassedOn(t *testing.T) {
	t.Parallel()
	cases := []struct{ target, call, cache string }{
		{"/-/npm/v1/attestations/@s%2fn@1.0.0", "attestations @s/n 1.0.0", "public, max-age=300"},
	}
	for _, c := range cases {
		t.Run(c.call, func(t *testing.T) {
			t.Parallel()
			h := startServer(t, Options{})
			h.services.raw = proxy.Raw{Body: []byte(`{"x":1}`), ContentType: "text/html", Outcome: proxy.Miss}
			r := h.do("GET", c.target)
			r.want(t, 200, "Content-Type: application/json", "X-Content-Type-Options: nosniff",
				"Cache-Control: "+c.cache, "Cache-Status: larder; fwd=miss")
			if string(r.body) != `{"x":1}` {
				t.Errorf("body %q", r.body)
			}
			if got := h.services.calls(); len(got) != 1 || got[0] != c.call {
				t.Errorf("asked %v, want %s", got, c.call)
			}
		})
	}
}

func TestSearchQuery(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	h.services.raw = proxy.Raw{Body: []byte(`{"objects":[{"package":{"name":"x"}}],"total":7}`), Outcome: proxy.Miss}
	r := h.do("GET", "/-/v1/search?text=left%20pad&size=20")
	r.want(t, 200, "Content-Type: application/json", "Cache-Status: larder; fwd=miss")
	if !strings.HasPrefix(string(r.body), `{"objects":[{"package":{"name":"x"}}],"total":7,"time":`) {
		t.Errorf("body %q", r.body)
	}
	if q := h.services.query; q.Get("text") != "left pad" || q.Get("size") != "20" {
		t.Errorf("query %v", q)
	}
	h.do("GET", "/-/v1/search?text=%zz").want(t, 400)
}
