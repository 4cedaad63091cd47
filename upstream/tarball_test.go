package upstream

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
)

func TestTarballIsNeverDecoded(t *testing.T) {
	t.Parallel()
	raw := zip(t, "the tar")
	for _, coding := range []string{"", "gzip", "br"} {
		t.Run("coding "+coding, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.RequestURI != "/npm/@s/pkg/-/pkg-1.0.0.tgz" || r.Header.Get("Accept-Encoding") != "identity" {
					w.WriteHeader(http.StatusTeapot)
					return
				}
				if coding != "" {
					w.Header().Set("Content-Encoding", coding)
				}
				w.Header().Set("Content-Type", "application/octet-stream")
				w.Header().Set("ETag", `"e"`)
				_, _ = w.Write(raw)
			})
			r, _ := open(t, server.URL+"/npm/")
			answer, err := r.Tarball(t.Context(), TarballRequest{Name: name(t, "@s/pkg"), Version: "1.0.0"})
			if err != nil {
				t.Fatal(err)
			}
			if answer.Length != int64(len(raw)) || answer.ETag != `"e"` || answer.Offset != 0 {
				t.Errorf("response %+v", answer)
			}
			if body, err := read(t, answer); body != string(raw) || err != nil {
				t.Errorf("body %q, %v", body, err)
			}
		})
	}
}

func TestTarballRange(t *testing.T) {
	t.Parallel()
	const whole = "0123456789"
	tests := []struct {
		name, contentRange string
		status             int
		body               string
		wantOffset         int64
		kind               error
	}{
		{"granted", "bytes 4-9/10", 206, whole[4:], 4, nil},
		{"size unknown", "bytes 4-9/*", 206, whole[4:], 4, nil},
		{"ignored", "", 200, whole, 0, nil},
		{"other start", "bytes 3-9/10", 206, whole[3:], 0, npm.ErrBadUpstream},
		{"early end", "bytes 4-8/10", 206, whole[4:9], 0, npm.ErrBadUpstream},
		{"length differs", "bytes 4-9/10", 206, whole[4:8], 0, npm.ErrBadUpstream},
		{"no range", "", 206, whole[4:], 0, npm.ErrBadUpstream},
		{"other unit", "items 4-9/10", 206, whole[4:], 0, npm.ErrBadUpstream},
		{"malformed", "bytes 4-x/10", 206, whole[4:], 0, npm.ErrBadUpstream},
		{"backward", "bytes 4-3/4", 206, "", 0, npm.ErrBadUpstream},
		{"size malformed", "bytes 4-9/", 206, whole[4:], 0, npm.ErrBadUpstream},
		{"beyond the end", "bytes */3", 416, "", 0, npm.ErrBadUpstream},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Range") != "bytes=4-" || r.Header.Get("If-Range") != `"e"` {
					w.WriteHeader(http.StatusTeapot)
					return
				}
				if tt.contentRange != "" {
					w.Header().Set("Content-Range", tt.contentRange)
				}
				w.WriteHeader(tt.status)
				_, _ = io.WriteString(w, tt.body)
			})
			r, _ := open(t, server.URL)
			answer, err := r.Tarball(t.Context(), TarballRequest{Name: name(t, "pkg"), Version: "1.0.0", Offset: 4, ETag: `"e"`})
			if tt.kind != nil {
				wantKind(t, err, tt.kind)
				return
			}
			if err != nil || answer.Offset != tt.wantOffset {
				t.Fatalf("response %+v, %v, want offset %d", answer, err, tt.wantOffset)
			}
			if body, err := read(t, answer); body != tt.body || err != nil {
				t.Errorf("body %q, %v, want %q", body, err, tt.body)
			}
		})
	}
}

func TestTarballRangeIsNotAskedByWeakTag(t *testing.T) {
	t.Parallel()
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if _, ok := r.Header["If-Range"]; ok || r.Header.Get("Range") != "bytes=4-" {
			w.WriteHeader(http.StatusTeapot)
		}
	})
	r, _ := open(t, server.URL)
	answer, err := r.Tarball(t.Context(), TarballRequest{Name: name(t, "pkg"), Version: "1.0.0", Offset: 4, ETag: `W/"e"`})
	if err != nil {
		t.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		t.Error(err)
	}
}

func TestTarballHead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer http.HandlerFunc
		fails  string // "head", "body" or nothing
	}{
		{"at the limit", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 100)) }, ""},
		{"over the limit, said", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 101)) }, "head"},
		{"over the limit, unsaid", func(w http.ResponseWriter, _ *http.Request) {
			_ = http.NewResponseController(w).Flush()
			_, _ = w.Write(make([]byte, 101))
		}, "body"},
		{"page", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "Text/HTML; charset=utf-8")
			_, _ = io.WriteString(w, "<html>")
		}, "head"},
		{"page with a damaged parameter", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=")
			_, _ = io.WriteString(w, "<html>")
		}, "head"},
		{"unasked range", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Range", "bytes 0-0/1")
			w.WriteHeader(http.StatusPartialContent)
			_, _ = w.Write(make([]byte, 1))
		}, "head"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, tt.answer)
			r, _ := open(t, server.URL, func(s *setup) { s.PackageLimit = 100 })
			answer, err := r.Tarball(t.Context(), TarballRequest{Name: name(t, "pkg"), Version: "1.0.0"})
			if tt.fails == "head" {
				wantKind(t, err, npm.ErrBadUpstream)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			body, err := read(t, answer)
			if tt.fails == "body" {
				wantKind(t, err, npm.ErrBadUpstream)
			} else if err != nil {
				t.Error(err)
			}
			if len(body) > 100 {
				t.Errorf("%d bytes came through", len(body))
			}
		})
	}
}

func TestTruncatedBody(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	tests := []struct{ name, answer string }{
		{"short of its length", ok + "Content-Length: 10\r\n\r\n0123"},
		{"in a chunk", ok + "Transfer-Encoding: chunked\r\n\r\na\r\n0123"},
		{"between chunks", ok + "Transfer-Encoding: chunked\r\n\r\n4\r\n0123\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url := serveRaw(t, func(_ *http.Request, conn net.Conn) { _, _ = io.WriteString(conn, tt.answer) })
			r, events := open(t, url)
			answer, err := r.Tarball(t.Context(), TarballRequest{Name: name(t, "pkg"), Version: "1.0.0"})
			if err != nil {
				t.Fatal(err)
			}
			body, err := read(t, answer)
			if wantKind(t, err, npm.ErrBadUpstream); !errors.Is(err, io.ErrUnexpectedEOF) || body != "0123" {
				t.Errorf("body %q, error %v, want the four bytes and io.ErrUnexpectedEOF", body, err)
			}
			_, err = fetch(t, r)
			if wantKind(t, err, npm.ErrBadUpstream); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Errorf("document error %v, want io.ErrUnexpectedEOF", err)
			}
			if n := events.count("received truncated"); n != 2 {
				t.Errorf("events %v", events.events)
			}
		})
	}
}

// Where a tarball may come from is the upstream's word only as far as G52 lets
// it be. What is refused is never dialled.
func TestTarballHosts(t *testing.T) {
	t.Parallel()
	const base = "https://registry.example.com/npm"
	tests := []struct{ name, url, want, text string }{
		{"canonical", "", base + "/@s/pkg/-/pkg-1.0.0.tgz", ""},
		{"own", base + "/files/x.tgz?sig=1", base + "/files/x.tgz?sig=1", ""},
		{"own, other path", "https://registry.example.com/files/x.tgz", "https://registry.example.com/files/x.tgz", ""},
		{"own, default port", "https://registry.example.com:443/x.tgz", "https://registry.example.com/x.tgz", ""},
		{"own, capitals", "HTTPS://Registry.Example.COM/x.tgz", "https://registry.example.com/x.tgz", ""},
		{"own, written as http", "http://registry.example.com/x.tgz", "https://registry.example.com/x.tgz", ""},
		{"own, http on our port", "http://registry.example.com:443/x.tgz", "https://registry.example.com/x.tgz", ""},
		{"listed", "https://cdn.example.com/x.tgz", "https://cdn.example.com/x.tgz", ""},
		{"listed with port", "https://files.example.com:8443/x.tgz", "https://files.example.com:8443/x.tgz", ""},
		{"listed as plain", "http://plain.example.com/x.tgz", "http://plain.example.com/x.tgz", ""},
		{"listed, but http", "http://cdn.example.com/x.tgz", "", "cdn.example.com not allowed"},
		{"listed as plain, but https", "https://plain.example.com/x.tgz", "", "plain.example.com not allowed"},
		{"listed, other port", "https://cdn.example.com:444/x.tgz", "", "cdn.example.com not allowed"},
		{"own, other port", "https://registry.example.com:8443/x.tgz", "", "registry.example.com not allowed"},
		{"own, http on another port", "http://registry.example.com:8080/x.tgz", "", "registry.example.com not allowed"},
		{"foreign", "https://evil.example.net/x.tgz", "", "evil.example.net not allowed"},
		{"subdomain", "https://a.cdn.example.com/x.tgz", "", "a.cdn.example.com not allowed"},
		{"private", "http://10.0.0.5/x.tgz", "", "10.0.0.5 not allowed"},
		{"metadata", "http://169.254.169.254/latest", "", "169.254.169.254 not allowed"},
		{"mapped", "http://[::ffff:7f00:1]/x.tgz", "", "::ffff:127.0.0.1 not allowed"},
		{"number", "http://2130706433/x.tgz", "", "host: not allowed"},
		{"user trick", "https://registry.example.com@evil.example.net/x.tgz", "", "host: not allowed"},
		{"file", "file:///etc/passwd", "", "host: not allowed"},
		{"markup", "https://<script>/x.tgz", "", "host: not allowed"},
		{"relative", "/x.tgz", "", "host: not allowed"},
		{"dots", base + "/../x.tgz", "", "host: not allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, events := open(t, base, func(s *setup) {
				s.TarballHosts = []string{"CDN.example.com", "files.example.com:8443", "http://plain.example.com"}
			})
			req := TarballRequest{Name: name(t, "@s/pkg"), Version: "1.0.0", URL: tt.url}
			if tt.want != "" {
				got, err := r.tarballURL(call{tarball: true}, req)
				if err != nil || got.String() != tt.want {
					t.Errorf("URL %v, %v, want %s", got, err, tt.want)
				}
				return
			}
			_, err := r.Tarball(t.Context(), req)
			fault := wantKind(t, err, npm.ErrBlocked)
			if fault.Guard != "G52" || fault.Code != "E_TARBALL_HOST" || fault.Package != "@s/pkg" || fault.Version != "1.0.0" {
				t.Errorf("error %+v", fault)
			}
			const prefix = "blocked by registry policy G52 tarball host: "
			if !strings.HasPrefix(fault.Text, prefix) || !strings.HasSuffix(fault.Text, tt.text) {
				t.Errorf("text %q, want %q at its end", fault.Text, tt.text)
			}
			if !events.saw("refused G52") || len(events.events) != 3 { // two breakers told that they are closed
				t.Errorf("events %v", events.events)
			}
		})
	}
}

func TestForeignTarballHost(t *testing.T) {
	t.Parallel()
	cdn := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = fmt.Fprintf(w, "%s %s", r.Host, r.Header.Get("Authorization"))
	})
	own := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "own "+r.Header.Get("Authorization"))
	})
	r, events := open(t, own.URL+"/npm", func(s *setup) {
		s.Token, s.AllowPrivate, s.TarballHosts = "t", true, []string{cdn.URL}
	})
	tests := []struct{ name, url, want string }{
		{"below the prefix", own.URL + "/npm/x.tgz", "own Bearer t"},
		{"beside the prefix", own.URL + "/npmx/x.tgz", "own "},
		{"above the prefix", own.URL + "/x.tgz", "own "},
		{"doubly encoded dots", own.URL + "/npm/%252e%252e/x.tgz", "own "},
		{"other host", cdn.URL + "/npm/x.tgz", strings.TrimPrefix(cdn.URL, "http://") + " "},
	}
	for _, tt := range tests {
		answer, err := r.Tarball(t.Context(), TarballRequest{Name: name(t, "pkg"), Version: "1.0.0", URL: tt.url})
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		if body, err := read(t, answer); body != tt.want || err != nil {
			t.Errorf("%s: the server saw %q, %v, want %q", tt.name, body, err, tt.want)
		}
	}
	if n := events.count("refused G48"); n != 4 {
		t.Errorf("credentials were withheld %d times, want 4", n)
	}
}
