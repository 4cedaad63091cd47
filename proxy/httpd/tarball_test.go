package httpd

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/larderhq/larder/proxy"
)

const tgz = "/left-pad/-/left-pad-1.3.0.tgz"

// content is a tarball that is longer than every buffer on its way.
func content() []byte {
	b := make([]byte, 1<<20)
	for i := range b {
		b[i] = byte(i * 7 / 5)
	}
	return b
}

func TestStoredTarball(t *testing.T) {
	t.Parallel()
	whole := content()
	bodies := make(chan *storedBody, 100)
	h := startServer(t, Options{})
	h.packages.tarball = stored(t, whole, bodies)
	size := len(whole)
	cases := []struct {
		name    string
		method  string
		headers []string
		status  int
		part    []byte
		want    []string
	}{
		{"whole", "GET", nil, 200, whole, []string{"Content-Range:"}},
		{"HEAD", "HEAD", nil, 200, nil, nil},
		{"HEAD ignores ranges", "HEAD", []string{"Range: bytes=0-9"}, 200, nil, []string{"Content-Range:"}},
		{"first part", "GET", []string{"Range: bytes=0-9"}, 206, whole[:10], []string{fmt.Sprintf("Content-Range: bytes 0-9/%d", size)}},
		{"long part", "GET", []string{"Range: bytes=1000-900000"}, 206, whole[1000:900001], nil},
		{"rest", "GET", []string{"Range: bytes=1048000-"}, 206, whole[1048000:], nil},
		{"suffix", "GET", []string{"Range: bytes=-500"}, 206, whole[size-500:], nil},
		{"several ranges", "GET", []string{"Range: bytes=0-1,5-6"}, 200, whole, nil},
		{"junk range", "GET", []string{"Range: bytes=x"}, 200, whole, nil},
		{"if-range fits", "GET", []string{"Range: bytes=0-9", `If-Range: "sha512-abc"`}, 206, whole[:10], nil},
		{"if-range is another", "GET", []string{"Range: bytes=0-9", `If-Range: "sha512-xyz"`}, 200, whole, nil},
		{"if-range is weak", "GET", []string{"Range: bytes=0-9", `If-Range: W/"sha512-abc"`}, 200, whole, nil},
		{"if-range is a date", "GET", []string{"Range: bytes=0-9", "If-Range: Sun, 01 Nov 2026 12:00:00 GMT"}, 200, whole, nil},
		{"known", "GET", []string{`If-None-Match: "sha512-abc"`}, 304, nil, nil},
		{"known weakly", "GET", []string{`If-None-Match: W/"sha512-abc"`}, 304, nil, nil},
		{"known before range", "GET", []string{`If-None-Match: "sha512-abc"`, "Range: bytes=0-9"}, 304, nil, nil},
		{"not known", "GET", []string{`If-None-Match: "sha512-old"`}, 200, whole, nil},
		{"packument headers", "GET", []string{npmAccept, npmCoding}, 200, whole, []string{"Vary:"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := h.do(c.method, tgz, c.headers...)
			r.want(t, c.status, append(c.want, `ETag: "sha512-abc"`, "Content-Encoding:", "Cache-Status: larder; hit",
				"Cache-Control: public, max-age=300")...)
			if !bytes.Equal(r.body, c.part) {
				t.Errorf("%d bytes, want %d", len(r.body), len(c.part))
			}
			if c.status != 304 {
				r.want(t, c.status, "Content-Type: application/octet-stream", "Accept-Ranges: bytes",
					`Content-Disposition: attachment; filename="left-pad-1.3.0.tgz"`, "X-Content-Type-Options: nosniff",
					"Content-Security-Policy: sandbox; default-src 'none'")
			}
			if c.method == "HEAD" && r.ContentLength != int64(size) {
				t.Errorf("length %d, want %d", r.ContentLength, size)
			}
			<-(<-bodies).closed
		})
	}
	t.Run("unsatisfiable", func(t *testing.T) {
		r := h.do("GET", tgz, fmt.Sprintf("Range: bytes=%d-", size))
		r.want(t, 416, fmt.Sprintf("Content-Range: bytes */%d", size), "Cache-Control: no-store", "ETag:")
		if !strings.HasPrefix(string(r.body), `{"error":"`) {
			t.Errorf("body %q", r.body)
		}
		<-(<-bodies).closed
	})
}

// TestStoredTarballIsSentByTheKernel takes the buffers away that any other way
// of sending needs.
func TestStoredTarballIsSentByTheKernel(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	whole := content()
	h.packages.tarball = stored(t, whole, nil)
	h.do("GET", "/-/ping").want(t, 200)
	h.server.mu.Lock()
	h.server.listeners[0].buffers.New = func() any { panic("the file is copied") }
	h.server.mu.Unlock()
	for want, headers := range map[int][]string{len(whole): nil, 500_000: {"Range: bytes=0-499999"}} {
		if r := h.do("GET", tgz, headers...); len(r.body) != want {
			t.Errorf("%v: %d bytes, want %d", headers, len(r.body), want)
		}
	}
}

func TestWholeIsAskedForWhereItIsNeeded(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	h.packages.tarball = stored(t, content(), nil)
	for _, c := range []struct {
		raw   string
		whole bool
	}{
		{requestText("GET", tgz, "Connection: close"), false},
		{requestText("GET", tgz, "Connection: close", "Range: bytes=0-1,2-3"), false},
		{requestText("GET", tgz, "Connection: close", "Range: bytes=0-1"), true},
		{requestText("HEAD", tgz, "Connection: close"), true},
		{strings.Replace(requestText("GET", tgz), "HTTP/1.1", "HTTP/1.0", 1), true},
	} {
		h.send(c.raw)
		got := h.packages.tarballs[len(h.packages.tarballs)-1]
		if got.Whole != c.whole || got.File != "left-pad-1.3.0.tgz" || got.Name.String() != "left-pad" {
			t.Errorf("%q asks %+v", c.raw, got)
		}
	}
}

// transferBody is a tarball in transfer: a pipe that a test feeds.
func transferBody(size int64) (*io.PipeWriter, func(proxy.TarballRequest) (*proxy.Tarball, error)) {
	r, w := io.Pipe()
	return w, func(proxy.TarballRequest) (*proxy.Tarball, error) {
		return &proxy.Tarball{Size: size, Body: r, Outcome: proxy.Joined}, nil
	}
}

func TestTransferIsStreamedWhileItRuns(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int64{"known size": 6, "unknown size": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startServer(t, Options{})
			feed, source := transferBody(size)
			h.packages.tarball = source
			c := h.dial()
			defer c.Close()
			if _, err := io.WriteString(c, requestText("GET", tgz)); err != nil {
				t.Fatal(err)
			}
			// The head comes before the first byte of the body.
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			reply{resp, nil}.want(t, 200, "ETag:", "Cache-Status: larder; fwd=miss; collapsed")
			for _, part := range []string{"abc", "def"} {
				if _, err := io.WriteString(feed, part); err != nil {
					t.Fatal(err)
				}
				if size < 0 {
					continue // chunks gather in a buffer
				}
				got := make([]byte, len(part))
				if _, err := io.ReadFull(resp.Body, got); err != nil || string(got) != part {
					t.Fatalf("got %q, %v; want %q before the transfer goes on", got, err, part)
				}
			}
			feed.Close()
			rest, err := io.ReadAll(resp.Body)
			if want := map[bool]string{true: "", false: "abcdef"}[size >= 0]; err != nil || string(rest) != want {
				t.Errorf("then %q, %v; want %q", rest, err, want)
			}
		})
	}
}

// TestFailedTransferNeverEndsCleanly: npm takes a clean end for success.
func TestFailedTransferNeverEndsCleanly(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int64{"known size": 6, "unknown size": -1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startServer(t, Options{})
			feed, source := transferBody(size)
			h.packages.tarball = source
			go func() {
				if _, err := io.WriteString(feed, "abc"); err == nil {
					feed.CloseWithError(errors.New("hash mismatch"))
				}
			}()
			c := h.dial()
			defer c.Close()
			if _, err := io.WriteString(c, requestText("GET", tgz)); err != nil {
				t.Fatal(err)
			}
			resp, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got, err := io.ReadAll(resp.Body); err == nil {
				t.Errorf("a failed transfer ends cleanly after %q", got)
			}
			eventually(t, "the cause is logged", func() bool {
				return strings.Contains(h.log.String(), "send tarball: hash mismatch")
			})
		})
	}
}

func TestReaderThatLeavesReleasesTheTransfer(t *testing.T) {
	t.Parallel()
	h := startServer(t, Options{})
	feed, source := transferBody(1 << 40)
	h.packages.tarball = source
	c := h.dial()
	if _, err := io.WriteString(c, requestText("GET", tgz)); err != nil {
		t.Fatal(err)
	}
	c.Close()
	chunk := make([]byte, 64<<10)
	eventually(t, "the body is closed", func() bool {
		_, err := feed.Write(chunk)
		return errors.Is(err, io.ErrClosedPipe)
	})
}

func TestSlowReaderIsServedAndAStalledOneIsCut(t *testing.T) {
	t.Parallel()
	const stall = time.Second
	whole := bytes.Repeat(content(), 32)
	t.Run("stalled", func(t *testing.T) {
		t.Parallel()
		h := startServer(t, Options{WriteStall: stall})
		bodies := make(chan *storedBody, 1)
		h.packages.tarball = stored(t, whole, bodies)
		c := h.dial().(*net.TCPConn)
		defer c.Close()
		if err := c.SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(c, requestText("GET", tgz)); err != nil {
			t.Fatal(err)
		}
		select {
		case <-(<-bodies).closed:
		case <-time.After(10 * time.Second):
			t.Error("a client that reads nothing holds its tarball")
		}
	})
	t.Run("slow", func(t *testing.T) {
		t.Parallel()
		h := startServer(t, Options{WriteStall: stall})
		h.packages.tarball = stored(t, whole, nil)
		c := h.dial()
		defer c.Close()
		start := time.Now()
		if _, err := io.WriteString(c, requestText("GET", tgz)); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReaderSize(&slowReader{r: c}, 64<<10)
		r := h.read(in, "GET")
		if !bytes.Equal(r.body, whole) {
			t.Errorf("%d bytes, want %d", len(r.body), len(whole))
		}
		if took := time.Since(start); took < stall {
			t.Errorf("took %v: not slow enough to outlive one deadline", took)
		}
	})
}

// slowReader reads at a pace that takes longer than one write deadline in all,
// while each piece is in time.
type slowReader struct {
	r    io.Reader
	read int
}

func (s *slowReader) Read(p []byte) (int, error) {
	n, err := s.r.Read(p[:min(len(p), 64<<10)])
	if s.read += n; s.read > 1<<20 {
		s.read = 0
		time.Sleep(60 * time.Millisecond) // the pace is what is tested
	}
	return n, err
}

func TestDispositionNeverNeedsQuoting(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"n-1.0.0.tgz":     `attachment; filename="n-1.0.0.tgz"`,
		"n-1.0.0+b.tgz":   `attachment; filename="n-1.0.0+b.tgz"`,
		`n"-1.0.0.tgz`:    "attachment",
		"n-1.0.0,x=y.tgz": "attachment",
	} {
		if got := disposition(file); got != want {
			t.Errorf("disposition(%q) = %q, want %q", file, got, want)
		}
	}
}
