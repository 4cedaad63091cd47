package httpd

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
)

// TestBodiesTogetherAreBounded: a limit for each body alone is none, since
// clients decide how many they send at once.
func TestBodiesTogetherAreBounded(t *testing.T) {
	t.Parallel()
	const half = 512 << 10
	h := startServer(t, Options{UploadMemory: 3 * half})
	left := func() int64 { return h.server.bodies.left.Load() }
	stalled := make([]net.Conn, 2)
	for i := range stalled {
		stalled[i] = h.dial()
		defer stalled[i].Close()
		if _, err := io.WriteString(stalled[i], post(bulk, half, strings.Repeat("x", half-1))); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the body is read", func() bool { return left() == int64(2-i)*half })
	}

	got := h.send(post(bulk, 2*half, strings.Repeat(" ", 2*half)))
	if !strings.HasPrefix(got, "HTTP/1.1 503 ") || !strings.Contains(got, "\r\nRetry-After: 5\r\n") ||
		!strings.Contains(got, "Connection: close\r\n") {
		t.Errorf("got %.300q, want 503 with advice and the end of the connection", got)
	}
	h.do("POST", bulk, "Content-Length: 2\r\n\r\n{}").want(t, 200)

	for _, c := range stalled {
		if _, err := io.WriteString(c, "x"); err != nil {
			t.Fatal(err)
		}
		h.read(bufio.NewReader(c), "POST").want(t, 200)
	}
	eventually(t, "the memory is given back", func() bool { return left() == 3*half })
}

func TestRefusedBodiesGiveTheirMemoryBack(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	whole := h.server.bodies.left.Load()
	bomb := packed(strings.Repeat(" ", auditLimit+1))
	for name, raw := range map[string]string{
		"bomb":    post(bulk, len(bomb), bomb, "Content-Encoding: gzip", "Connection: close"),
		"broken":  post(bulk, 100, strings.Repeat("x", 100), "Content-Encoding: gzip", "Connection: close"),
		"chunked": requestText("POST", bulk, "Transfer-Encoding: chunked") + "zz\r\n",
	} {
		if got := h.send(raw); !strings.HasPrefix(got, "HTTP/1.1 4") {
			t.Errorf("%s: got %.100q, want a refusal", name, got)
		}
	}
	eventually(t, "the memory is given back", func() bool { return h.server.bodies.left.Load() == whole })
}
