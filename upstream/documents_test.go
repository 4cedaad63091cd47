package upstream

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
)

func zip(t *testing.T, s string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestPackumentRequest(t *testing.T) {
	t.Parallel()
	got := make(chan *http.Request, 1)
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got <- r
		w.Header().Set("ETag", `"abc"`)
		w.Header().Set("Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT")
		writeJSON(w, `{"name":"@s/pkg"}`)
	})
	r, events := open(t, server.URL+"/npm/", func(s *setup) { s.Token, s.UserAgent = "t", "larder/1" })
	answer, err := r.Packument(t.Context(), name(t, "@s/pkg"), Validators{})
	if err != nil {
		t.Fatal(err)
	}
	if body, err := read(t, answer); err != nil || body != `{"name":"@s/pkg"}` {
		t.Errorf("body %q, %v", body, err)
	}
	if answer.ETag != `"abc"` || answer.LastModified != "Sun, 06 Nov 1994 08:49:37 GMT" ||
		answer.ContentType != "application/json" || answer.Status != 200 || answer.NotModified {
		t.Errorf("response is %+v", answer)
	}
	sent := <-got
	if sent.RequestURI != "/npm/@s%2fpkg" {
		t.Errorf("target %s, want /npm/@s%%2fpkg", sent.RequestURI)
	}
	want := map[string]string{
		"Accept": "application/json", "Accept-Encoding": "gzip", "Authorization": "Bearer t",
		"User-Agent": "larder/1", "Via": "1.1 larder-me",
	}
	for key := range sent.Header {
		if sent.Header.Get(key) != want[key] {
			t.Errorf("header %s is %q, want %q", key, sent.Header.Get(key), want[key])
		}
		delete(want, key)
	}
	if len(want) > 0 {
		t.Errorf("headers %v were not sent", want)
	}
	if !events.saw("attempt ok") || !events.saw("received complete") {
		t.Errorf("events %v", events.events)
	}
}

func TestPackumentNotModified(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == "/unasked" || r.Header.Get("If-None-Match") == `"abc"` && r.Header.Get("If-Modified-Since") == "then" {
			w.WriteHeader(http.StatusNotModified)
		}
	})
	r, _ := open(t, server.URL)
	answer, err := r.Packument(t.Context(), name(t, "pkg"), Validators{ETag: `"abc"`, LastModified: "then"})
	if err != nil || !answer.NotModified {
		t.Fatalf("got %+v, %v, want NotModified", answer, err)
	}
	if body, err := read(t, answer); body != "" || err != nil {
		t.Errorf("body %q, %v", body, err)
	}
	_, err = r.Packument(t.Context(), name(t, "unasked"), Validators{})
	wantKind(t, err, npm.ErrBadUpstream)
}

func TestDocumentBody(t *testing.T) {
	t.Parallel()
	const doc = `{"name":"pkg"}`
	tests := []struct {
		name, coding, kind string
		body               []byte
		want               string // "" means ErrBadUpstream
	}{
		{"identity", "", "application/json", []byte(doc), doc},
		{"named identity", "identity", "application/json", []byte(doc), doc},
		{"gzip", "gzip", "application/json", zip(t, doc), doc},
		{"x-gzip", "X-GZIP", "application/json", zip(t, doc), doc},
		{"gzip unsaid", "", "application/json", zip(t, doc), doc},
		{"charset", "", "application/json; charset=utf-8", []byte(doc), doc},
		{"empty charset", "", "application/json; charset=", []byte(doc), doc},
		{"quote left open", "", `application/json; charset="utf-8`, []byte(doc), doc},
		{"page with a damaged parameter", "", "text/html; charset=", []byte(doc), ""},
		{"two types", "", "application/json, text/html", []byte(doc), ""},
		{"abbreviated type", "", "application/vnd.npm.install-v1+json", []byte(doc), doc},
		{"one byte", "", "application/json", []byte("1"), "1"},
		{"brotli", "br", "application/json", []byte(doc), ""},
		{"two codings", "gzip, br", "application/json", []byte(doc), ""},
		{"page", "", "text/html; charset=utf-8", []byte("<html>"), ""},
		{"text", "", "text/plain", []byte(doc), ""},
		{"malformed type", "", "/;;", []byte(doc), ""},
		{"gzip that is none", "gzip", "application/json", []byte(doc), ""},
		{"gzip that is empty", "gzip", "application/json", nil, ""},
		{"gzip cut off", "gzip", "application/json", zip(t, doc)[:20], ""},
		{"gzip header cut off", "", "application/json", zip(t, doc)[:5], ""},
		{"gzip with wrong sum", "gzip", "application/json", append(zip(t, doc)[:len(zip(t, doc))-8], "12345678"...), ""},
		{"gzip with tail", "gzip", "application/json", append(zip(t, doc), "tail of no use"...), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tt.coding != "" {
					w.Header().Set("Content-Encoding", tt.coding)
				}
				w.Header().Set("Content-Type", tt.kind)
				_, _ = w.Write(tt.body)
			})
			r, _ := open(t, server.URL)
			body, err := fetch(t, r)
			if tt.want == "" {
				wantKind(t, err, npm.ErrBadUpstream)
			} else if err != nil || body != tt.want {
				t.Errorf("body %q, %v, want %q", body, err, tt.want)
			}
		})
	}
}

func TestDocumentLimit(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		write func(w http.ResponseWriter)
		fails bool
	}{
		{"exact", func(w http.ResponseWriter) { _, _ = io.WriteString(w, strings.Repeat("1", 1000)) }, false},
		{"exact, gzip", func(w http.ResponseWriter) { _, _ = w.Write(zip(t, strings.Repeat("1", 1000))) }, false},
		{"one more", func(w http.ResponseWriter) { _, _ = io.WriteString(w, strings.Repeat("1", 1001)) }, true},
		{"one more, gzip", func(w http.ResponseWriter) { _, _ = w.Write(zip(t, strings.Repeat("1", 1001))) }, true},
		{"one more, length unsaid", func(w http.ResponseWriter) {
			_, _ = io.WriteString(w, "1")
			_ = http.NewResponseController(w).Flush()
			_, _ = io.WriteString(w, strings.Repeat("1", 1000))
		}, true},
		{"gzip members that hold nothing", func(w http.ResponseWriter) {
			_, _ = w.Write(bytes.Repeat(zip(t, ""), 100))
		}, true},
		{"endless", func(w http.ResponseWriter) {
			for {
				if _, err := w.Write(make([]byte, 4096)); err != nil {
					return
				}
			}
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				tt.write(w)
			})
			r, _ := open(t, server.URL, func(s *setup) { s.DocumentLimit = 1000 })
			body, err := fetch(t, r)
			if !tt.fails {
				if err != nil || len(body) != 1000 {
					t.Errorf("%d bytes, %v, want all 1000", len(body), err)
				}
				return
			}
			if fault := wantKind(t, err, npm.ErrBadUpstream); !errors.Is(fault, errTooLarge) {
				t.Errorf("error %v does not tell the limit", err)
			}
			if len(body) > 1000 {
				t.Errorf("%d bytes came through", len(body))
			}
		})
	}
}

// A gigabyte of zeros is a megabyte on the wire. It must end at the limit and
// cost no memory on the way.
func TestGzipBomb(t *testing.T) {
	// Members in a row read as one stream, and save the time to compress it.
	bomb := bytes.Repeat(zip(t, strings.Repeat("\x00", 16<<20)), 64)
	server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(bomb)
	})
	r, events := open(t, server.URL, func(s *setup) { s.DocumentLimit = 64 << 20 })
	answer, err := r.Packument(t.Context(), name(t, "pkg"), Validators{})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n, err := io.Copy(io.Discard, answer.Body)
	runtime.ReadMemStats(&after)
	wantKind(t, err, npm.ErrBadUpstream)
	if n > 64<<20 {
		t.Errorf("%d bytes came through", n)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("inflating took %d bytes of memory", used)
	}
	if !events.saw("received too_large") {
		t.Errorf("events %v", events.events)
	}
}

func TestStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		status int
		kind   error
		passed error // for Get
		event  string
	}{
		{"not found", 404, npm.ErrNotFound, npm.ErrNotFound, "not_found"},
		{"gone", 410, npm.ErrNotFound, npm.ErrNotFound, "not_found"},
		{"unauthorized", 401, npm.ErrBadUpstream, npm.ErrBadUpstream, "denied"},
		{"forbidden", 403, npm.ErrBadUpstream, npm.ErrBadUpstream, "denied"},
		{"bad request", 400, npm.ErrBadUpstream, npm.ErrBadUpstream, "client_error"},
		{"method", 405, npm.ErrBadUpstream, npm.ErrNotFound, "client_error"},
		{"teapot", 418, npm.ErrBadUpstream, npm.ErrBadUpstream, "client_error"},
		{"legal", 451, npm.ErrBadUpstream, npm.ErrBadUpstream, "client_error"},
		{"throttled", 429, npm.ErrUnavailable, npm.ErrUnavailable, "throttled"},
		{"request timeout", 408, npm.ErrUnavailable, npm.ErrUnavailable, "client_error"},
		{"failing", 500, npm.ErrUnavailable, npm.ErrUnavailable, "server_error"},
		{"not implemented", 501, npm.ErrBadUpstream, npm.ErrNotFound, "server_error"},
		{"unavailable", 503, npm.ErrUnavailable, npm.ErrUnavailable, "server_error"},
		{"loop", 508, npm.ErrLoop, npm.ErrLoop, "loop"},
		{"no content", 204, npm.ErrBadUpstream, nil, "ok"},
		{"partial", 206, npm.ErrBadUpstream, nil, "ok"},
		{"odd redirect", 300, npm.ErrBadUpstream, npm.ErrBadUpstream, "client_error"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "7")
				w.WriteHeader(tt.status)
			})
			r, events := open(t, server.URL, func(s *setup) { s.Token = "hidden" })
			_, err := fetch(t, r)
			fault := wantKind(t, err, tt.kind)
			if tt.kind == npm.ErrUnavailable && fault.RetryAfter.Seconds() != 7 {
				t.Errorf("RetryAfter is %v, want 7s", fault.RetryAfter)
			}
			if strings.Contains(err.Error(), "hidden") || strings.Contains(err.Error(), server.URL) {
				t.Errorf("error %q tells too much", err)
			}
			if !events.saw("attempt " + tt.event) {
				t.Errorf("events %v, want attempt %s", events.events, tt.event)
			}
			answer, err := r.Get(t.Context(), "-/ping", "*/*", 100)
			if tt.passed != nil {
				wantKind(t, err, tt.passed)
			} else if err != nil || answer.Body.Close() != nil || answer.Status != tt.status {
				t.Errorf("Get gave %+v, %v", answer, err)
			}
		})
	}
}

// Only checked fields leave the package, whatever the upstream sends (G57).
func TestHeaderAllowList(t *testing.T) {
	t.Parallel()
	url := serveRaw(t, func(_ *http.Request, conn net.Conn) {
		_, _ = io.WriteString(conn, "HTTP/1.1 200 Fine<script>\r\nContent-Type: application/json; charset=utf-8; x=\"<b>\"\r\n"+
			"ETag: \"a\" onload=\r\nLast-Modified: yesterday\r\nSet-Cookie: a=b\r\nContent-Security-Policy: none\r\n"+
			"npm-notice: hello\r\nContent-Length: 2\r\n\r\n{}")
	})
	r, _ := open(t, url)
	answer, err := r.Packument(t.Context(), name(t, "pkg"), Validators{})
	if err != nil {
		t.Fatal(err)
	}
	if body, err := read(t, answer); body != "{}" || err != nil {
		t.Errorf("body %q, %v", body, err)
	}
	answer.Body = nil
	want := Response{Length: -1, ContentType: "application/json; charset=utf-8", Status: 200}
	if *answer != want {
		t.Errorf("response %+v, want %+v", *answer, want)
	}
}

func TestCleanETag(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		`"abc"`: `"abc"`, `W/"abc"`: `W/"abc"`, `""`: `""`, `abc`: "", `"a"b"`: "", `"a b"`: "", "\"a\x7f\"": "", `"`: "", `w/"a"`: "",
		`"` + strings.Repeat("a", 300) + `"`: "",
	} {
		if got := cleanETag(tag); got != want {
			t.Errorf("cleanETag(%q) = %q, want %q", tag, got, want)
		}
	}
}

func TestPost(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.URL.Path != "/npm/-/npm/v1/security/advisories/bulk" ||
			r.Header.Get("Content-Type") != "application/json" || r.Header.Get("Authorization") != "Basic eDp5" {
			w.WriteHeader(http.StatusTeapot)
		}
		// Neither coding nor type said: this happened to the whole world once.
		w.Header()["Content-Type"] = nil
		_, _ = w.Write(zip(t, "got "+string(body)))
	})
	r, _ := open(t, server.URL+"/npm", func(s *setup) { s.Token = "Basic eDp5" })
	for _, sent := range []string{`{"a":["1"]}`, ""} {
		answer, err := r.Post(t.Context(), "-/npm/v1/security/advisories/bulk", "application/json", []byte(sent), 1000)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := read(t, answer); body != "got "+sent || err != nil {
			t.Errorf("body %q, %v", body, err)
		}
	}
	for _, path := range []string{"-/../x", "-/%2e%2e/x", "-/x\r\nX: y", "-/ x"} {
		_, err := r.Post(t.Context(), path, "application/json", nil, 1000)
		wantKind(t, err, npm.ErrInvalid)
		_, err = r.Get(t.Context(), path, "*/*", 1000)
		wantKind(t, err, npm.ErrInvalid)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/page" {
			w.Header().Set("Content-Type", "text/html")
			return
		}
		writeJSON(w, r.RequestURI+" "+r.Header.Get("Accept"))
	})
	r, _ := open(t, server.URL)
	answer, err := r.Get(t.Context(), "/-/v1/search?text=a%20b&size=20", "application/json", 1000)
	if err != nil {
		t.Fatal(err)
	}
	if body, err := read(t, answer); body != "/-/v1/search?text=a%20b&size=20 application/json" || err != nil {
		t.Errorf("body %q, %v", body, err)
	}
	_, err = r.Get(t.Context(), "page", "*/*", 1000)
	wantKind(t, err, npm.ErrBadUpstream)
}
