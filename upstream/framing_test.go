package upstream

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/larderhq/larder/registry/npm"
)

// TestHeadsThatLie writes what no honest server writes before, in and after an
// answer's head.
func TestHeadsThatLie(t *testing.T) {
	t.Parallel()
	const (
		body = `{"name":"pkg"}`
		kind = "Content-Type: application/json\r\n"
		ok   = "HTTP/1.1 200 OK\r\n" + kind + "Content-Length: 14\r\n"
		hint = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
	)
	tests := []struct {
		name, answer string
		want         error // nil where the document comes through
	}{
		{"hints", strings.Repeat(hint, 3) + ok + "\r\n" + body, nil},
		{"storm of hints", strings.Repeat(hint, 20_000) + ok + "\r\n" + body, npm.ErrUnavailable},
		{"switching protocols", "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n" + body, npm.ErrBadUpstream},
		{"lengths that differ", ok + "Content-Length: 9\r\n\r\n" + body, npm.ErrUnavailable},
		{"length that is none", "HTTP/1.1 200 OK\r\n" + kind + "Content-Length: x\r\n\r\n" + body, npm.ErrUnavailable},
		{"head without end", ok + "X: " + strings.Repeat("a", maxHeader+1<<10) + "\r\n\r\n" + body, npm.ErrUnavailable},
		{"control in a tag", ok + "ETag: \"a\x01b\"\r\n\r\n" + body, npm.ErrUnavailable},
		{"trailers", "HTTP/1.1 200 OK\r\n" + kind + "Trailer: ETag\r\nTransfer-Encoding: chunked\r\n\r\ne;x=y\r\n" + body +
			"\r\n0\r\nETag: \"late\"\r\nContent-Type: text/html\r\n\r\n", nil},
		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", npm.ErrBadUpstream},
		{"part of it", "HTTP/1.1 206 Partial Content\r\n" + kind + "Content-Range: bytes 0-13/14\r\nContent-Length: 14\r\n\r\n" + body, npm.ErrBadUpstream},
		{"not HTTP", "SSH-2.0-x\r\n\r\n", npm.ErrUnavailable},
		{"nothing", "", npm.ErrUnavailable},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url := serveRaw(t, func(_ *http.Request, conn net.Conn) { _, _ = io.WriteString(conn, tt.answer) })
			r, _ := open(t, url)
			answer, err := r.Packument(t.Context(), name(t, "pkg"), Validators{})
			if tt.want != nil {
				wantKind(t, err, tt.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got, err := read(t, answer); got != body || err != nil || answer.ETag != "" {
				t.Errorf("body %q, %v, tag %q", got, err, answer.ETag)
			}
		})
	}
}
