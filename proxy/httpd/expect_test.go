package httpd

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/registry/registrytest"
)

const libPrefix = "/api/v4/projects/acme%2Flib/packages/npm"

// put is the text of a PUT whose head declares length and whose body is body.
func put(target string, length int, body string, headers ...string) string {
	return requestText("PUT", target, append(headers, fmt.Sprintf("Content-Length: %d", length))...) + body
}

// TestWritesAreAuthorisedBeforeTheirBody: whoever waits for 100 Continue gets
// the real answer instead, and never sends the body.
func TestWritesAreAuthorisedBeforeTheirBody(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{PackageLimit: 1 << 20, DocumentLimit: 1 << 20})
	limit := int(tm.server.limit(documentBody))
	const one = libPrefix + "/@acme%2fone"
	cases := []struct {
		name, raw string
		status    string
	}{
		{"anonymous", put(one, 100, "", "Expect: 100-continue"), "401"},
		{"wrong credential", put(one, 100, "", "Expect: 100-continue", "Authorization: Bearer nonsense"), "401"},
		{"stranger", put(one, 100, "", "Expect: 100-continue", tm.as("sam")), "404"},
		{"guest", put(one, 100, "", "Expect: 100-continue", tm.as("gus")), "403"},
		{"token that reads", put(one, 100, "", "Expect: 100-continue", tm.as("reader")), "403"},
		{"too large", put(one, limit+1, "", "Expect: 100-continue", tm.as("dev")), "413"},
		{"bad target", put(libPrefix+"/..", 100, "", "Expect: 100-continue", tm.as("dev")), "400"},
		{"no such method", put("/-/ping", 100, "", "Expect: 100-continue", tm.as("dev")), "405"},
		{"guest's tag", put(libPrefix+"/-/package/@acme%2fone/dist-tags/beta", 7, "", "Expect: 100-continue", tm.as("gus")), "403"},
		{"unpublish of nothing", put(libPrefix+"/@acme%2fone/-rev/1-0", 7, "", "Expect: 100-continue", tm.as("may")), "404"},
		{"too large, without asking", put(one, limit+1, strings.Repeat("x", 100<<10), tm.as("dev")), "413"},
		{"guest, without asking", put(one, 100<<10, strings.Repeat("x", 100<<10), tm.as("gus")), "403"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := tm.send(c.raw)
			if !strings.HasPrefix(got, "HTTP/1.1 "+c.status) || strings.Count(got, "HTTP/1.1 ") != 1 || !strings.Contains(got, "Connection: close\r\n") {
				t.Errorf("got %.300q, want one %s and the end", got, c.status)
			}
			if c.status == "413" && !strings.Contains(got, "File is too large.") {
				t.Errorf("got %.400q without GitLab's text", got)
			}
		})
	}
}

// TestPublishAfterContinue: who may publish is told to go on, and the
// connection serves what comes next.
func TestPublishAfterContinue(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{})
	c := tm.dial()
	defer c.Close()
	in := bufio.NewReader(c)
	doc := string(registrytest.Document{Name: "@acme/one", Version: "1.0.0"}.Body())
	if _, err := io.WriteString(c, put(libPrefix+"/@acme%2fone", len(doc), "", "Expect: 100-continue", tm.as("dev"))); err != nil {
		t.Fatal(err)
	}
	tm.read(in, "PUT").want(t, http.StatusContinue)
	if _, err := io.WriteString(c, doc+requestText("GET", libPrefix+"/-/package/@acme%2fone/dist-tags", tm.as("dev"))); err != nil {
		t.Fatal(err)
	}
	tm.read(in, "PUT").want(t, 200)
	tm.read(in, "GET").wantBody(t, `{"latest":"1.0.0"}`)
}

// TestPublishBodies sends documents in the ways that they can come.
func TestPublishBodies(t *testing.T) {
	t.Parallel()
	tm := newTeam(t, Options{PackageLimit: 1 << 20, DocumentLimit: 1 << 20})
	document := func(version string) string {
		return string(registrytest.Document{Name: "@acme/one", Version: version}.Body())
	}
	chunked := func(text string) string { return fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(text), text) }
	const target = libPrefix + "/@acme%2fone"
	head := func(headers ...string) string { return requestText("PUT", target, append(headers, tm.as("dev"))...) }
	zipped := packed(document("3.0.0"))
	whole := document("9.0.0")
	cases := []struct{ name, raw, status string }{
		{"plain", put(target, len(document("1.0.0")), document("1.0.0"), tm.as("dev")), "200"},
		{"chunked", head("Transfer-Encoding: chunked") + chunked(document("2.0.0")), "200"},
		{"gzip", put(target, len(zipped), zipped, tm.as("dev"), "Content-Encoding: gzip"), "200"},
		{"unknown coding", put(target, 2, "{}", tm.as("dev"), "Content-Encoding: br"), "415"},
		{"not the gzip it says", put(target, 2, "{}", tm.as("dev"), "Content-Encoding: gzip"), "400"},
		{"cut short", put(target, len(whole), whole[:len(whole)/2], tm.as("dev")), "400"},
		{"cut short, chunked", head("Transfer-Encoding: chunked") + fmt.Sprintf("%x\r\n%s\r\n", len(whole)-1, whole[:len(whole)-1]), "400"},
		{"too large, chunked", head("Transfer-Encoding: chunked") + chunked(`{"readme":"`+strings.Repeat("x", 3<<20)+`"}`), "413"},
		{"too large, decoded", put(target, len(packed(strings.Repeat(" ", 4<<20))), packed(strings.Repeat(" ", 4<<20)), tm.as("dev"), "Content-Encoding: gzip"), "413"},
		{"not JSON", put(target, 5, "hello", tm.as("dev")), "400"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			conn := tm.dial().(*net.TCPConn)
			defer conn.Close()
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				if _, err := io.WriteString(conn, c.raw); err == nil {
					_ = conn.CloseWrite() // the server may have closed already
				}
			}()
			got, _ := io.ReadAll(conn) // may be reset after the answer
			<-sent
			if !strings.HasPrefix(string(got), "HTTP/1.1 "+c.status) {
				t.Errorf("got %.300q, want %s", got, c.status)
			}
		})
	}
	var tags map[string]string
	tm.do("GET", libPrefix+"/-/package/@acme%2fone/dist-tags", tm.as("dev")).json(t, &tags)
	if tags["latest"] != "3.0.0" {
		t.Errorf("tags %v, want three publishes alone", tags)
	}
}

// TestBodyTime: a body gets as long as a slow line needs for what it has sent,
// and one that is announced and not sent gets no more than a head.
func TestBodyTime(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	timed := &deadlines{Conn: near}
	began := time.Unix(1000, 0)
	u := upload{conn: &conn{Conn: timed}, began: began, grace: 30 * time.Second}
	for read, want := range map[int64]time.Duration{0: 36400 * time.Millisecond, 10 << 20: 1060400 * time.Millisecond} {
		u.read = read
		if err := u.extend(); err != nil || !timed.read.Equal(began.Add(want)) {
			t.Errorf("after %d bytes: until %v, %v, want %v", read, timed.read.Sub(began), err, want)
		}
	}
}

// deadlines is a connection that remembers its read deadline.
type deadlines struct {
	net.Conn
	read time.Time
}

func (d *deadlines) SetReadDeadline(t time.Time) error {
	d.read = t
	return nil
}
