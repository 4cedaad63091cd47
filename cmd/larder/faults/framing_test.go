package faults

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/upstream/upstreamtest"
)

// smuggled is what an attacker hides behind a request.
const smuggled = "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"

// TestFraming sends raw bytes whose end two parties could see in different
// places. One answer may come, the connection must close, and what is hidden
// must never be answered.
func TestFraming(t *testing.T) {
	t.Parallel()
	reg := upstreamtest.New(t)
	reg.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, setup{upstream: reg.URL()})
	tests := []struct {
		name   string
		raw    string
		status int
	}{
		{"length and coding", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n" +
			"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + smuggled, http.StatusBadRequest},
		{"coding and length", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" +
			"Content-Length: 5\r\n\r\n0\r\n\r\n" + smuggled, http.StatusBadRequest},
		{"two lengths", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n" +
			"Content-Length: 40\r\n\r\n{}" + smuggled, http.StatusBadRequest},
		{"unknown coding", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\nHost: x\r\n" +
			"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + smuggled, http.StatusBadRequest},
		{"space before the colon", "POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\nHost: x\r\n" +
			"Content-Length : 5\r\n\r\n" + smuggled, http.StatusBadRequest},
		{"folded line", "GET /leaf HTTP/1.1\r\nHost: x\r\nX-A: b\r\n Content-Length: 40\r\n\r\n" + smuggled, http.StatusBadRequest},
		{"bare line feeds", "GET /leaf HTTP/1.1\nHost: x\nContent-Length: 0\n\n" + smuggled, http.StatusBadRequest},
		{"GET with a length", "GET /leaf HTTP/1.1\r\nHost: x\r\nContent-Length: 35\r\n\r\n" + smuggled, http.StatusBadRequest},
		{"GET with chunks", "GET /leaf HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n23\r\n" + smuggled + "\r\n0\r\n\r\n" + smuggled,
			http.StatusBadRequest},
		{"unread body of a method that does not exist there", "POST /leaf HTTP/1.1\r\nHost: x\r\nContent-Length: 35\r\n\r\n" +
			smuggled + smuggled, http.StatusMethodNotAllowed},
		{"unread body of an unknown path", "POST /-/nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 35\r\n\r\n" +
			smuggled + smuggled, http.StatusNotFound},
		{"unread chunks", "PUT /leaf HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n23\r\n" +
			smuggled + "\r\n0\r\n\r\n" + smuggled, http.StatusUnauthorized},
		{"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + smuggled, http.StatusBadRequest},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := l.exchange(t, tt.raw); len(got) != 1 || got[0] != tt.status {
				t.Errorf("answers %v, want %d alone", got, tt.status)
			}
		})
	}
	t.Cleanup(func() {
		if n := reg.CountOf(upstreamtest.KindPackument, "smuggled"); n > 0 {
			t.Errorf("%d smuggled requests reached upstream", n)
		}
		if a := l.get("/leaf"); a.status != http.StatusOK {
			t.Errorf("not served afterwards: %v", a)
		}
	})
}

// TestPipelining is the other side: two honest requests in one packet are two.
func TestPipelining(t *testing.T) {
	t.Parallel()
	reg := upstreamtest.New(t)
	reg.Add(upstreamtest.Simple("leaf", "1.0.0"))
	l := start(t, setup{upstream: reg.URL()})
	body := `{"leaf":["1.0.0"]}`
	raw := "GET /leaf HTTP/1.1\r\nHost: x\r\n\r\n" +
		"POST /-/npm/v1/security/advisories/bulk HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" +
		"Content-Length: 18\r\n\r\n" + body + "GET /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
	got := l.exchange(t, raw)
	if want := []int{http.StatusOK, http.StatusOK, http.StatusNotFound}; len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("answers %v, want %v", got, want)
	}
}

// exchange sends raw bytes and returns the statuses of all answers until larder
// closes the connection.
func (l *larder) exchange(t *testing.T, raw string) []int {
	t.Helper()
	c, err := net.Dial("tcp", l.address())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	write(t, c, raw)
	var statuses []int
	for r := bufio.NewReader(c); ; {
		if _, err := r.Peek(1); err != nil {
			if !isEnd(err) {
				t.Errorf("the connection stays open: %v", err)
			}
			return statuses
		}
		resp, err := http.ReadResponse(r, nil)
		if err != nil {
			t.Fatalf("after %v: %v", statuses, err)
		}
		statuses = append(statuses, resp.StatusCode)
		if _, err := io.Copy(io.Discard, resp.Body); err != nil {
			t.Errorf("after %v: %v", statuses, err)
		}
	}
}

// isEnd tells that the other side has closed, with or without unread bytes.
func isEnd(err error) bool {
	return err == io.EOF || strings.Contains(err.Error(), "connection reset")
}
