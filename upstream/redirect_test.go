package upstream

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
)

// step redirects /1 to /2 and so on, and answers /0.
func step(w http.ResponseWriter, r *http.Request) {
	var n int
	if _, err := fmt.Sscanf(r.URL.Path, "/%d", &n); err != nil {
		n = 0
	}
	if n > 0 {
		http.Redirect(w, r, fmt.Sprintf("/%d", n-1), http.StatusFound)
		return
	}
	writeJSON(w, "arrived")
}

func TestRedirectCount(t *testing.T) {
	t.Parallel()
	server := serve(t, step)
	r, _ := open(t, server.URL)
	for n, fails := range map[int]bool{0: false, 1: false, 3: false, 4: true, 9: true} {
		answer, err := r.Get(t.Context(), fmt.Sprint(n), "*/*", 100)
		if fails {
			wantKind(t, err, npm.ErrBadUpstream)
			continue
		}
		if err != nil {
			t.Fatalf("%d redirects: %v", n, err)
		}
		if body, err := read(t, answer); body != "arrived" || err != nil {
			t.Errorf("%d redirects: %q, %v", n, body, err)
		}
	}
}

func TestRedirectRules(t *testing.T) {
	t.Parallel()
	private := serve(t, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, "private") })
	tests := []struct {
		name, location string
		status         int
		document       error // kind for a packument; nil follows
		tarball        error
	}{
		{"same origin", "/end", 301, nil, nil},
		{"see other", "/end", 303, nil, nil},
		{"temporary", "/end", 307, nil, nil},
		{"permanent", "end", 308, nil, nil},
		{"no location", "", 302, npm.ErrBadUpstream, npm.ErrBadUpstream},
		{"malformed", "http://[", 302, npm.ErrBadUpstream, npm.ErrBadUpstream},
		{"other scheme", "file:///etc/passwd", 302, npm.ErrBadUpstream, npm.ErrBadUpstream},
		{"credentials", "http://user:pass@127.0.0.1/", 302, npm.ErrBadUpstream, npm.ErrBadUpstream},
		{"foreign host", "https://evil.example.net/x", 302, npm.ErrBadUpstream, npm.ErrBlocked},
		{"other port of this host", private.URL, 302, npm.ErrBadUpstream, npm.ErrBlocked},
		{"mapped loopback", "http://[::ffff:7f00:1]/x", 302, npm.ErrBadUpstream, npm.ErrBlocked},
		{"listed, but private", "https://10.0.0.5/x", 302, npm.ErrBadUpstream, npm.ErrBadUpstream},
		{"listed, but this machine", "https://localhost/x", 302, npm.ErrBadUpstream, npm.ErrBadUpstream},
		{"listed, but this machine's other name", "https://a.localhost/x", 302, npm.ErrBadUpstream, npm.ErrBadUpstream},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/end" || strings.HasSuffix(r.URL.Path, "/-/end") {
					writeJSON(w, "arrived")
					return
				}
				w.Header().Set("Location", tt.location)
				w.WriteHeader(tt.status)
			})
			r, _ := open(t, server.URL, func(s *setup) {
				s.TarballHosts = []string{"10.0.0.5", "localhost", "a.localhost"}
			})
			_, err := fetch(t, r)
			if tt.document != nil {
				wantKind(t, err, tt.document)
			} else if err != nil {
				t.Error(err)
			}
			answer, err := r.Tarball(t.Context(), TarballRequest{Name: name(t, "pkg"), Version: "1.0.0"})
			if tt.tarball != nil {
				wantKind(t, err, tt.tarball)
			} else if err != nil || answer.Body.Close() != nil {
				t.Error(err)
			}
		})
	}
}

// One change of origin loses the credentials for the rest of the way.
func TestRedirectDropsCredentials(t *testing.T) {
	t.Parallel()
	var own, cdn *httptest.Server
	seen := make(chan string, 8)
	note := func(r *http.Request) { seen <- r.URL.Path + " " + r.Header.Get("Authorization") }
	own = serve(t, func(w http.ResponseWriter, r *http.Request) {
		note(r)
		if r.URL.Path == "/back" {
			_, _ = io.WriteString(w, "arrived")
			return
		}
		http.Redirect(w, r, cdn.URL+"/away", http.StatusFound)
	})
	cdn = serve(t, func(w http.ResponseWriter, r *http.Request) {
		note(r)
		http.Redirect(w, r, own.URL+"/back", http.StatusFound)
	})
	r, _ := open(t, own.URL, func(s *setup) {
		s.Token, s.AllowPrivate, s.TarballHosts = "t", true, []string{cdn.URL}
	})
	answer, err := r.Tarball(t.Context(), TarballRequest{Name: name(t, "pkg"), Version: "1.0.0"})
	if err != nil {
		t.Fatal(err)
	}
	if body, err := read(t, answer); body != "arrived" || err != nil {
		t.Errorf("body %q, %v", body, err)
	}
	for _, want := range []string{"/pkg/-/pkg-1.0.0.tgz Bearer t", "/away ", "/back "} {
		if got := <-seen; got != want {
			t.Errorf("a server saw %q, want %q", got, want)
		}
	}
}

func TestRedirectNeverLeavesTLS(t *testing.T) {
	t.Parallel()
	plain := serve(t, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, "plain") })
	server, ca := serveTLS(t, false, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, plain.URL, http.StatusFound)
	})
	r, _ := open(t, server.URL, func(s *setup) {
		s.CAFile, s.AllowPrivate, s.TarballHosts = ca, true, []string{plain.URL}
	})
	_, err := fetch(t, r)
	wantKind(t, err, npm.ErrBadUpstream)
	_, err = r.Tarball(t.Context(), TarballRequest{Name: name(t, "pkg"), Version: "1.0.0"})
	wantKind(t, err, npm.ErrBadUpstream)
}

func TestRedirectOfPost(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/end" {
				t.Errorf("status %d was followed by %s", status, r.Method)
			}
			http.Redirect(w, r, "/end", status)
		})
		r, _ := open(t, server.URL)
		_, err := r.Post(t.Context(), "audit", "application/json", []byte("{}"), 100)
		wantKind(t, err, npm.ErrBadUpstream)
	}
}
