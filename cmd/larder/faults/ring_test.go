package faults

import (
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"testing"
	"time"
)

// TestRing sets two larders before each other, as a mistake in two
// configurations does. Each must see that its own request comes back; without
// that their flights wait for each other.
func TestRing(t *testing.T) {
	t.Parallel()
	second := make(chan *url.URL, 1)
	target := sync.OnceValue(func() *url.URL { return <-second })
	relay := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target())
	}})
	t.Cleanup(relay.Close)
	a := start(t, setup{upstream: relay.URL})
	b := start(t, setup{upstream: a.url})
	to, err := url.Parse(b.url)
	if err != nil {
		t.Fatal(err)
	}
	second <- to
	for _, path := range []string{"/good", "/-/v1/search?text=good", "/-/npm/v1/keys"} {
		began := time.Now()
		resp, err := http.Get(a.url + path)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if took := time.Since(began); resp.StatusCode != http.StatusLoopDetected || took > 10*time.Second {
			t.Errorf("%s: status %d after %s", path, resp.StatusCode, took)
		}
	}
	http.DefaultClient.CloseIdleConnections()
}
