package httpd

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
)

const (
	npmAccept = "Accept: application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"
	npmCoding = "Accept-Encoding: gzip,deflate"
)

func TestPackumentRepresentations(t *testing.T) {
	t.Parallel()
	text := `{"name":"left-pad","x":"` + strings.Repeat("y", 100_000) + `"}`
	h := startServer(t, Options{})
	h.packages.doc = document(text)
	doc := h.packages.doc
	common := []string{
		"Vary: Accept-Encoding, Accept", "Cache-Control: public, max-age=300",
		"Last-Modified: Sun, 01 Nov 2026 12:00:00 GMT", "Cache-Status: larder; hit", "X-Content-Type-Options: nosniff",
	}
	t.Run("identity", func(t *testing.T) {
		t.Parallel()
		r := h.do("GET", "/left-pad")
		r.want(t, 200, append(common, "Content-Type: application/json", "Content-Encoding:", "ETag: "+doc.ETag)...)
		if string(r.body) != text || r.ContentLength != int64(len(text)) {
			t.Errorf("%d bytes of %d, want %d", len(r.body), r.ContentLength, len(text))
		}
	})
	t.Run("gzip", func(t *testing.T) {
		t.Parallel()
		r := h.do("GET", "/left-pad", npmAccept, npmCoding)
		r.want(t, 200, append(common, "Content-Type: application/vnd.npm.install-v1+json",
			"Content-Encoding: gzip", "ETag: "+doc.GzipETag)...)
		z, err := gzip.NewReader(bytes.NewReader(r.body))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(z); err != nil || string(got) != text {
			t.Errorf("inflates to %d bytes, %v", len(got), err)
		}
	})
	t.Run("HEAD identity", func(t *testing.T) {
		t.Parallel()
		r := h.do("HEAD", "/left-pad")
		r.want(t, 200, append(common, "ETag: "+doc.ETag)...)
		if r.ContentLength != int64(len(text)) || len(r.body) > 0 {
			t.Errorf("length %d and %d bytes", r.ContentLength, len(r.body))
		}
	})
	t.Run("HEAD gzip", func(t *testing.T) {
		t.Parallel()
		r := h.do("HEAD", "/left-pad", npmCoding)
		r.want(t, 200, append(common, "Content-Encoding: gzip", "ETag: "+doc.GzipETag)...)
		if r.ContentLength != int64(len(doc.Gzip)) || len(r.body) > 0 {
			t.Errorf("length %d and %d bytes", r.ContentLength, len(r.body))
		}
	})
}

func TestPackumentRevalidation(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	doc := h.packages.doc
	repeated := []string{"Vary: Accept-Encoding, Accept", "Cache-Control: public, max-age=300", "Content-Type:", "Content-Encoding:"}
	same := "If-Modified-Since: Sun, 01 Nov 2026 12:00:00 GMT"
	cases := []struct {
		name    string
		headers []string
		status  int
		etag    string
	}{
		{"identity tag", []string{"If-None-Match: " + doc.ETag}, 304, doc.ETag},
		{"gzip tag", []string{"If-None-Match: " + doc.GzipETag, npmCoding}, 304, doc.GzipETag},
		{"the other coding's tag", []string{"If-None-Match: " + doc.ETag, npmCoding}, 304, doc.ETag},
		{"weakened tag", []string{"If-None-Match: W/" + doc.GzipETag, npmCoding}, 304, doc.GzipETag},
		{"any tag", []string{"If-None-Match: *", npmCoding}, 304, doc.GzipETag},
		{"in a list", []string{`If-None-Match: "x", ` + doc.ETag}, 304, doc.ETag},
		{"date alone", []string{same}, 304, doc.ETag},
		{"tag decides over date", []string{`If-None-Match: "old"`, same}, 200, doc.ETag},
		{"older date", []string{"If-Modified-Since: Sun, 01 Nov 2026 11:00:00 GMT"}, 200, doc.ETag},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := h.do("GET", "/left-pad", c.headers...)
			r.want(t, c.status, "ETag: "+c.etag)
			if c.status == 304 {
				r.want(t, 304, repeated...)
			}
		})
	}
}

func TestPackumentRequests(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, target string
		headers      []string
		form         npm.Form
		fresh        bool
		cache        string
	}{
		{"full", "/left-pad", nil, npm.Full, false, "public, max-age=300"},
		{"abbreviated", "/left-pad", []string{npmAccept}, npm.Abbreviated, false, "public, max-age=300"},
		{"to write back", "/left-pad?write=true", nil, npm.Full, true, "no-cache"},
		{"to write back, among others", "/left-pad?a=b&write=true", nil, npm.Full, true, "no-cache"},
		{"other query", "/left-pad?write=truest", nil, npm.Full, false, "public, max-age=300"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := startServer(t, Options{})
			h.do("GET", c.target, c.headers...).want(t, 200, "Cache-Control: "+c.cache)
			if got, _ := h.packages.asked(); got.Form != c.form || got.Fresh != c.fresh || got.Name.String() != "left-pad" {
				t.Errorf("asked %+v", got)
			}
		})
	}
}

func TestMaxAgeFollowsTheTTLUpToFiveMinutes(t *testing.T) {
	t.Parallel()
	for age, want := range map[string]Options{
		"public, max-age=300": {MaxAge: maxPackumentAge * 12},
		"public, max-age=30":  {MaxAge: maxPackumentAge / 10},
	} {
		startServer(t, want).do("GET", "/left-pad").want(t, 200, "Cache-Control: "+age)
	}
}

// TestWhatPolicySaysOfADocument: an answer may fall due before its time, or have
// a notice, which npm prints only of what it may not keep.
func TestWhatPolicySaysOfADocument(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, target, notice string
		age                  time.Duration
		cache, told          string
	}{
		{"nothing", "/left-pad", "", 0, "public, max-age=60", ""},
		{"falls due sooner", "/left-pad", "", 1500 * time.Millisecond, "public, max-age=1", ""},
		{"falls due at once", "/left-pad", "", time.Millisecond, "public, max-age=0", ""},
		{"falls due later", "/left-pad", "", time.Hour, "public, max-age=60", ""},
		{"a manifest falls due", "/left-pad/1.3.0", "", 2 * time.Second, "public, max-age=2", ""},
		{"asked for each time", "/left-pad?write=true", "", time.Second, "no-cache", ""},
		{"notice", "/left-pad", "left-pad@1.3.0 has\ninstall scripts", time.Second, "no-store", "left-pad@1.3.0 has?install scripts"},
		{"notice of tags", "/-/package/left-pad/dist-tags", "young", 0, "no-store", "young"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := startServer(t, Options{MaxAge: time.Minute})
			h.packages.doc.Notice, h.packages.doc.MaxAge = tt.notice, tt.age
			for _, coding := range []string{"Accept-Encoding: gzip", "Accept-Encoding: identity"} {
				h.do("GET", tt.target, coding).want(t, 200, "Cache-Control: "+tt.cache, "Npm-Notice: "+tt.told)
			}
			h.do("GET", tt.target, "If-None-Match: *").want(t, 304, "Cache-Control: "+tt.cache, "Npm-Notice: "+tt.told)
		})
	}
}

func TestManifestAndDistTags(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	h.do("GET", "/@s%2fn/latest", npmAccept).want(t, 200,
		"Content-Type: application/json", "Vary: Accept-Encoding", "Cache-Control: public, max-age=300")
	if got := h.packages.manifests[0]; got.Name.String() != "@s/n" || got.Selector != "latest" || got.Base != "http://registry.example.com" {
		t.Errorf("asked %+v", got)
	}
	h.do("GET", "/-/package/@s%2fn/dist-tags", npmAccept).want(t, 200,
		"Content-Type: application/json", "Vary: Accept-Encoding", "Cache-Control: no-cache")
}

func TestCacheStatus(t *testing.T) {
	t.Parallel()
	want := map[proxy.Outcome]string{
		proxy.Hit:             "larder; hit",
		proxy.Miss:            "larder; fwd=miss",
		proxy.Joined:          "larder; fwd=miss; collapsed",
		proxy.Revalidated:     "larder; fwd=stale",
		proxy.StaleRefreshing: "larder; hit; ttl=-1; detail=stale-while-revalidate",
		proxy.StaleError:      "larder; hit; ttl=-1; detail=stale-if-error",
		proxy.Offline:         "larder; hit; detail=offline",
	}
	for outcome, status := range want {
		h := startServer(t, Options{})
		h.packages.doc.Outcome = outcome
		h.do("GET", "/left-pad").want(t, 200, "Cache-Status: "+status)
	}
}

func TestIdentityFromCorruptBytesBreaksTheConnection(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	bad := *h.packages.doc.Document
	bad.Gzip = append([]byte(nil), bad.Gzip...)
	bad.Gzip[len(bad.Gzip)-5] ^= 1 // its checksum
	h.packages.doc.Document = &bad
	got := h.send(requestText("GET", "/left-pad") + requestText("GET", "/-/ping"))
	if strings.Count(got, "HTTP/1.1 ") > 1 {
		t.Errorf("the connection goes on after a broken body: %q", got)
	}
}
