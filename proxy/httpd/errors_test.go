package httpd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

func TestErrorsBecomeStatuses(t *testing.T) {
	t.Parallel()
	secret := errors.New("dial 10.0.0.7: token hunter2")
	cases := []struct {
		name   string
		err    error
		status int
		text   string
		header string
	}{
		{"invalid", npm.ErrInvalid, 400, "the request is malformed", ""},
		{"unauthenticated", npm.ErrUnauthenticated, 401, "credentials are missing or wrong", `WWW-Authenticate: Bearer realm="larder"`},
		{"forbidden", npm.ErrForbidden, 403, "forbidden", ""},
		{"not found with a text", &npm.Error{Kind: npm.ErrNotFound, Text: "no such package: left-pad"}, 404, "no such package: left-pad", ""},
		{"not found without", fmt.Errorf("look up: %w", npm.ErrNotFound), 404, "not found", ""},
		{"conflict", npm.ErrConflict, 409, "the request contradicts what is stored", ""},
		{"too large", npm.ErrTooLarge, 413, "too large", ""},
		{"bad upstream", &npm.Error{Kind: npm.ErrBadUpstream, Text: "upstream sent HTML", Err: secret}, 502, "upstream sent HTML", ""},
		{"unavailable", &npm.Error{Kind: npm.ErrUnavailable, Text: "upstream is down"}, 503, "upstream is down", "Retry-After: 5"},
		{"unavailable with advice", &npm.Error{Kind: npm.ErrUnavailable, Text: "upstream is down", RetryAfter: 1500 * time.Millisecond}, 503, "upstream is down", "Retry-After: 2"},
		{"offline", npm.ErrOffline, 404, "not stored here, and offline mode forbids asking upstream", ""},
		{"timeout", npm.ErrTimeout, 504, "upstream did not answer in time", ""},
		{"deadline", fmt.Errorf("wait: %w", context.DeadlineExceeded), 504, "upstream did not answer in time", ""},
		{"loop", npm.ErrLoop, 508, "the request came back to where it was sent from", ""},
		{"kind inside a wrapped error", fmt.Errorf("look up: %w", &npm.Error{Kind: npm.ErrNotFound, Text: "gone"}), 404, "gone", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := startServer(t, Options{})
			h.packages.err = c.err
			r := h.do("GET", "/left-pad")
			r.want(t, c.status, "Content-Type: application/json", "Cache-Control: no-store", "X-Guard:", "ETag:", "Vary:")
			if c.header != "" {
				r.want(t, c.status, c.header)
			}
			var body map[string]string
			if err := json.Unmarshal(r.body, &body); err != nil {
				t.Fatal(err)
			}
			if body["error"] != c.text || body["message"] != c.text || len(body) != 2 {
				t.Errorf("body %v, want %q twice", body, c.text)
			}
			if strings.Contains(string(r.body), "hunter2") {
				t.Error("the cause reached the client")
			}
		})
	}
}

func TestUnknownErrorTellsNothing(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	h.packages.err = errors.New("open /secret/path: no space left")
	r := h.do("GET", "/left-pad")
	r.want(t, 500)
	id := r.Header.Get("X-Request-Id")
	want := fmt.Sprintf(`{"error":"internal error, request %s","message":"internal error, request %s"}`, id, id)
	if string(r.body) != want {
		t.Errorf("body %q, want %q", r.body, want)
	}
	eventually(t, "the cause is logged", func() bool { return strings.Contains(h.log.String(), "no space left") })
	if got := h.log.lines(t); len(got) != 1 || got[0]["req"] != id || got[0]["level"] != "ERROR" {
		t.Errorf("log %v, want one error line with the id %s", got, id)
	}
}

func TestRefusalSaysWhoRefused(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	text := "left-pad@1.3.0 is not what it was when it was first seen; " + strings.Repeat("x", 500)
	h.packages.err = &npm.Error{
		Kind: npm.ErrIntegrity, Text: text, Guard: "G19", Code: "E_INTEGRITY", Package: "left-pad", Version: "1.3.0",
	}
	r := h.do("GET", tgz)
	r.want(t, 403, "X-Guard: G19", "Cache-Control: no-store", "Content-Type: application/json")
	if want := "403 " + text[:120]; r.Status != want {
		t.Errorf("status line %q, want %q", r.Status, want)
	}
	var body errorBody
	if err := json.Unmarshal(r.body, &body); err != nil {
		t.Fatal(err)
	}
	if want := (errorBody{Error: text[:400], Message: text[:400], Code: "E_INTEGRITY", Guard: "G19", Package: "left-pad", Version: "1.3.0",
		Decision: r.Header.Get("X-Request-Id")}); body != want {
		t.Errorf("body %+v, want %+v", body, want)
	}
}

func TestTextsAreMadePlain(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	h.packages.err = &npm.Error{Kind: npm.ErrBlocked, Guard: "G01", Text: "a\r\nSet-Cookie: x\x1b[31mé", Package: "a\nb"}
	got := h.send(requestText("GET", "/left-pad", "Connection: close"))
	if strings.Contains(got, "\nSet-Cookie") || strings.ContainsAny(got, "\x1bé") {
		t.Errorf("text reached the head raw: %q", got)
	}
	if !strings.HasPrefix(got, "HTTP/1.1 403 a??Set-Cookie: x?[31m??\r\n") {
		t.Errorf("status line of %.100q", got)
	}
}

func TestPanicIsA500AndTheServerGoesOn(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	h.packages.panics = true
	r := h.do("GET", "/left-pad")
	r.want(t, 500, "Content-Type: application/json")
	if strings.Contains(string(r.body), "purpose") {
		t.Errorf("the panic reached the client: %q", r.body)
	}
	h.do("GET", "/-/ping").want(t, 200)
	if !strings.Contains(h.log.String(), "on purpose") {
		t.Error("the panic is not logged")
	}
}

func TestLoopIsRefused(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{InstanceID: "01abc"})
	h.do("GET", "/left-pad", "Via: 1.1 other", "Via: 1.1 larder-01abc").want(t, 508)
	h.do("GET", "/left-pad", "Via: 1.1 proxy, 1.1 larder-01abc (x)").want(t, 508)
	if _, n := h.packages.asked(); n > 0 {
		t.Errorf("%d of our own requests were answered", n)
	}
	h.do("GET", "/left-pad", "Via: 1.1 larder-02def").want(t, 200)
}
