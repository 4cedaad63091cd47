package httpd

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
)

const bulk = "/-/npm/v1/security/advisories/bulk"

// post is the text of a POST whose head declares length and whose body is body.
func post(target string, length int, body string, headers ...string) string {
	return requestText("POST", target, append(headers, fmt.Sprintf("Content-Length: %d", length))...) + body
}

// TestUnreadBodyIsNeverARequest is the probe of fasthttp's request desync: a
// refused request with a body full of requests makes one answer and no call.
func TestUnreadBodyIsNeverARequest(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	embedded := strings.Repeat(smuggled, 2000)
	chunked := fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(embedded), embedded)
	cases := []struct {
		name, raw string
		status    string
	}{
		{"wrong method", post("/left-pad", len(embedded), embedded), "405"},
		{"anonymous write", strings.Replace(post("/left-pad", len(embedded), embedded), "POST", "PUT", 1), "401"},
		{"wrong credential", post(bulk, len(embedded), embedded, "Authorization: Bearer nonsense"), "401"},
		{"wrong method, chunked", requestText("POST", "/left-pad", "Transfer-Encoding: chunked") + chunked, "405"},
		{"unknown path", post("/-/v1/logins", len(embedded), embedded), "404"},
		{"malformed target", post("/a%00", len(embedded), embedded), "400"},
		{"PUT", strings.Replace(post("/-/ping", len(embedded), embedded), "POST", "PUT", 1), "405"},
		{"unknown coding", post(bulk, len(embedded), embedded, "Content-Encoding: br"), "415"},
		{"not the gzip it says", post(bulk, len(embedded), embedded, "Content-Encoding: gzip"), "400"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := h.send(c.raw)
			if !strings.HasPrefix(got, "HTTP/1.1 "+c.status) || strings.Count(got, "HTTP/1.1 ") != 1 {
				t.Errorf("got %.300q, want one %s", got, c.status)
			}
			if !strings.Contains(got, "Connection: close\r\n") {
				t.Errorf("the connection stays open: %.300q", got)
			}
		})
	}
	t.Cleanup(func() {
		if _, n := h.packages.asked(); n > 0 {
			t.Errorf("%d embedded requests were answered", n)
		}
	})
}

// TestStreamedBodyIsLimited: fasthttp does not enforce its limit on streamed
// bodies.
func TestStreamedBodyIsLimited(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	t.Run("by its length", func(t *testing.T) {
		t.Parallel()
		got := h.send(post(bulk, auditLimit+1, strings.Repeat("x", 100<<10)))
		if !strings.HasPrefix(got, "HTTP/1.1 413 ") {
			t.Errorf("got %.200q, want 413", got)
		}
	})
	t.Run("by its length, before it is sent", func(t *testing.T) {
		t.Parallel()
		got := h.send(post(bulk, auditLimit+1, "", "Expect: 100-continue"))
		if !strings.HasPrefix(got, "HTTP/1.1 413 ") {
			t.Errorf("got %.200q, want 413 and no 100", got)
		}
	})
	t.Run("by its framing, before it is sent", func(t *testing.T) {
		t.Parallel()
		got := h.send(post(bulk, 2, "", "Expect: 100-continue", "Transfer-Encoding: chunked"))
		if !strings.HasPrefix(got, "HTTP/1.1 400 ") {
			t.Errorf("got %.200q, want 400 and no 100", got)
		}
	})
	t.Run("by counting", func(t *testing.T) {
		t.Parallel()
		c := h.dial()
		defer c.Close()
		go sendChunks(c, auditLimit+(2<<20))
		r := h.read(bufio.NewReader(c), "POST")
		r.want(t, 413, "Content-Type: application/json")
		if !r.Close {
			t.Error("the connection stays open")
		}
	})
	t.Run("decoded", func(t *testing.T) {
		t.Parallel()
		bomb := packed(strings.Repeat(" ", auditLimit+1))
		r := h.do("POST", bulk, "Content-Encoding: gzip", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(bomb), bomb))
		r.want(t, 413)
	})
	t.Cleanup(func() {
		if calls := h.services.calls(); len(calls) > 0 {
			t.Errorf("oversized bodies were passed on: %v", calls)
		}
	})
}

func sendChunks(c net.Conn, size int) {
	if _, err := io.WriteString(c, requestText("POST", bulk, "Transfer-Encoding: chunked")); err != nil {
		return
	}
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 64<<10, strings.Repeat("x", 64<<10))
	for sent := 0; sent < size; sent += 64 << 10 {
		if _, err := io.WriteString(c, chunk); err != nil {
			return // the server refused, as it should
		}
	}
}

func packed(text string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, text)
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		panic(err)
	}
	return b.String()
}

// TestClientThatDiesMidUploadIsNoticed: fasthttp reports a clean end.
func TestClientThatDiesMidUploadIsNoticed(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	cases := []struct{ name, raw string }{
		{"within the prefetch", post(bulk, 100, "{}")},
		{"beyond the prefetch", post(bulk, 100_000, strings.Repeat("x", 50_000))},
		{"chunked", requestText("POST", bulk, "Transfer-Encoding: chunked") + "2\r\n{}\r\n"},
		{"chunked, inside a chunk", requestText("POST", bulk, "Transfer-Encoding: chunked") + "20\r\n{}"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			conn := h.dial().(*net.TCPConn)
			defer conn.Close()
			if _, err := io.WriteString(conn, c.raw); err != nil {
				t.Fatal(err)
			}
			if err := conn.CloseWrite(); err != nil {
				t.Fatal(err)
			}
			answer, _ := io.ReadAll(conn) // may be reset: the client is gone
			if !strings.HasPrefix(string(answer), "HTTP/1.1 400 ") {
				t.Errorf("got %.200q, want 400", answer)
			}
		})
	}
	t.Cleanup(func() {
		if calls := h.services.calls(); len(calls) > 0 {
			t.Errorf("half a body was passed on: %v", calls)
		}
	})
}

func TestAuditBodies(t *testing.T) {
	t.Parallel()
	long := `{"left-pad":["` + strings.Repeat("1.0.0,", 20_000) + `"]}`
	cases := []struct {
		name, target, text string
		headers            []string
		want, call         string
	}{
		{"plain", bulk, `{"a":["1.0.0"]}`, nil, `{"a":["1.0.0"]}`, "bulk"},
		{"gzip", bulk, packed(`{"a":["1.0.0"]}`), []string{"Content-Encoding: gzip"}, `{"a":["1.0.0"]}`, "bulk"},
		{"long gzip", bulk, packed(long), []string{"Content-Encoding: GZIP"}, long, "bulk"},
		{"long plain", bulk, long, nil, long, "bulk"},
		{"quick", "/-/npm/v1/security/audits/quick", `{}`, nil, `{}`, "quick"},
		{"audits", "/-/npm/v1/security/audits", `{}`, nil, `{}`, "quick"},
		{"empty", bulk, "", nil, "", "bulk"},
		{"after 100 Continue", bulk, `{}`, []string{"Expect: 100-continue"}, `{}`, "bulk"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := startServer(t, Options{})
			conn := h.dial()
			defer conn.Close()
			in := bufio.NewReader(conn)
			if _, err := io.WriteString(conn, post(c.target, len(c.text), c.text, c.headers...)); err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(strings.Join(c.headers, ""), "Expect") {
				h.read(in, "POST").want(t, 100)
			}
			h.read(in, "POST").want(t, 200, "Content-Type: application/json", "Cache-Control: no-store")
			if got := h.services.calls(); len(got) != 1 || got[0] != c.call {
				t.Fatalf("asked %v, want %s", got, c.call)
			}
			if got := string(h.services.bodies[0]); got != c.want {
				t.Errorf("body %.100q, want %.100q", got, c.want)
			}
			// A body that was read to its end leaves the connection usable.
			if _, err := io.WriteString(conn, requestText("GET", "/-/ping")); err != nil {
				t.Fatal(err)
			}
			h.read(in, "GET").want(t, 200)
		})
	}
}

func TestBrokenGzipBodyIsTheClientsFault(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	whole := packed(strings.Repeat(`{"a":1}`, 1000))
	for name, body := range map[string]string{
		"cut short": whole[:len(whole)-10],
		"corrupt":   whole[:20] + "xxxxxxxx" + whole[28:],
		"not gzip":  "{}",
	} {
		t.Run(name, func(t *testing.T) {
			r := h.do("POST", bulk, "Content-Encoding: gzip", fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body))
			r.want(t, 400)
		})
	}
}

func TestSlowHeadTimesOut(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{HeadTimeout: 50 * time.Millisecond})
	got := h.send("GET /a HTTP/1.1\r\nHost: regis")
	if !strings.HasPrefix(got, "HTTP/1.1 408 ") || !strings.Contains(got, `{"error":"`) {
		t.Errorf("got %q, want 408 with JSON", got)
	}
}

func TestPipelinedRequestsAreAnsweredInOrder(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	c := h.dial()
	defer c.Close()
	raw := requestText("GET", "/-/ping") + post(bulk, 2, "{}") + requestText("HEAD", "/left-pad") + requestText("GET", "/-/nothing")
	if _, err := io.WriteString(c, raw); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewReader(c)
	for i, want := range []struct {
		method string
		status int
	}{{"GET", 200}, {"POST", 200}, {"HEAD", 200}, {"GET", 404}} {
		if r := h.read(in, want.method); r.StatusCode != want.status {
			t.Errorf("answer %d is %d, want %d", i, r.StatusCode, want.status)
		}
	}
}
