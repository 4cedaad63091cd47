package contract_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// flood is a publish whose body goes on as long as somebody reads it.
type flood struct {
	who string
	// framing is the header that says how long the body is.
	framing string
	chunked bool
	// total is when the client gives up, in bytes.
	total int64
}

// send writes until larder has enough, and returns the answer with how much was
// written until then.
func (f flood) send(t *testing.T, w *world) (reply, int64) {
	t.Helper()
	c := w.dial(t)
	answered := make(chan reply, 1)
	go func() {
		defer close(answered)
		if r, err := readReply(c); err == nil {
			answered <- r
		}
	}()
	text := w.head("/@acme%2fflood", f.who, f.framing)
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	text = `{"name":"@acme/flood","_attachments":{"@acme/flood-1.0.0.tgz":{"data":"`
	written := int64(0)
	for written < f.total {
		if f.chunked {
			text = fmt.Sprintf("%x\r\n%s\r\n", len(text), text)
		}
		n, err := io.WriteString(c, text)
		if written += int64(n); err != nil {
			break
		}
		text = strings.Repeat("QUJD", 16<<10)
	}
	r, ok := <-answered
	if !ok {
		t.Fatalf("no answer after %d bytes", written)
	}
	return r, written
}

// dial opens a connection of its own.
func (w *world) dial(t *testing.T) *net.TCPConn {
	t.Helper()
	nc, err := net.Dial("tcp", w.address)
	if err != nil {
		t.Fatal(err)
	}
	c, ok := nc.(*net.TCPConn)
	if !ok {
		t.Fatalf("dialled a %T", nc)
	}
	t.Cleanup(func() { _ = c.Close() }) // may be broken already
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

// head is the head of a publish to acme/pub.
func (w *world) head(path, who string, lines ...string) string {
	all := append([]string{"PUT " + w.in("acme/pub") + path + " HTTP/1.1", "Host: " + w.address}, lines...)
	if who != "" {
		all = append(all, "Authorization: Bearer "+w.tokens[who])
	}
	return strings.Join(all, "\r\n") + "\r\n\r\n"
}

func readReply(r io.Reader) (reply, error) {
	resp, err := http.ReadResponse(bufio.NewReader(r), &http.Request{Method: http.MethodPut})
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return reply{resp, body}, err
}
