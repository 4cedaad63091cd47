package httpd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"

	"github.com/larderhq/larder/proxy"
)

// Headers of every tarball. A package's bytes are chosen by strangers: whatever
// a browser makes of them, it must not run in the registry's origin. The bytes
// never change, but policy may: a cache in between has to ask again soon, which
// the ETag makes cheap.
const (
	typeTarball     = "application/octet-stream"
	tarballAge      = "public, max-age=300"
	tarballSecurity = "sandbox; default-src 'none'"
)

// filer is a body that lies in a file, which the kernel can send by itself.
type filer interface{ File() *os.File }

// tarball answers "/name/-/file". It never negotiates: clients send packument
// headers here too, and a content coding breaks them.
func (s *Server) tarball(x *exchange) error {
	_, ranged := parseRange(x.header("Range"))
	ranged = ranged && !x.isHead()
	// HTTP/1.0 has no way to end a body of unknown length.
	t, err := s.openTarball(x, ranged || x.isHead() || !x.ctx.Request.Header.IsHTTP11())
	if err != nil {
		return err
	}
	age := tarballAge
	if x.outcome == outcomeLocal {
		age = localTarballAge
	}
	x.handOut(x.target.Name, t.Version)
	x.given.verdicts = t.Verdicts
	return x.writeTarball(t, x.target.File, age)
}

// writeTarball answers with a tarball that was opened, or the part of it that
// is asked for.
func (x *exchange) writeTarball(t *proxy.Tarball, file, age string) error {
	wanted, ranged := parseRange(x.header("Range"))
	ranged = ranged && !x.isHead()
	x.onFinish(t.Body)
	h := &x.ctx.Response.Header
	h.Set("Cache-Control", age)
	if t.ETag != "" {
		h.Set("ETag", t.ETag)
	}
	if known := x.header("If-None-Match"); known != nil && t.ETag != "" {
		if _, ok := matchETag(known, t.ETag); ok {
			x.ctx.Response.SetStatusCode(http.StatusNotModified)
			return nil
		}
	}
	h.SetContentType(typeTarball)
	h.Set("Content-Disposition", disposition(file))
	h.Set("Content-Security-Policy", tarballSecurity)
	h.Set("Accept-Ranges", "bytes")
	if ranged && t.Size >= 0 && mayRange(x.header("If-Range"), t.ETag) {
		return x.writePart(t, wanted)
	}
	x.writeWhole(t)
	return nil
}

// mayRange tells whether a range is of the thing that the client has a part of.
// Only a strong tag can tell; tarballs have no date.
func mayRange(ifRange []byte, tag string) bool {
	return len(ifRange) == 0 || tag != "" && string(bytes.TrimSpace(ifRange)) == tag
}

// disposition makes browsers save the tarball. The name is told only where it
// needs no quoting.
func disposition(file string) string {
	for i := range len(file) {
		c := file[i]
		if !isAlphanumeric(c) && bytes.IndexByte([]byte("-._~+@!'()*"), c) < 0 {
			return "attachment"
		}
	}
	return `attachment; filename="` + file + `"`
}

// writeWhole answers with all of a tarball.
func (x *exchange) writeWhole(t *proxy.Tarball) {
	if x.isHead() {
		x.headOnly(t.Size)
		return
	}
	x.given.begun = true
	if file, ok := t.Body.(filer); ok && t.Size >= 0 {
		x.sendFile(file, t.Size)
		return
	}
	r := &x.ctx.Response
	r.ImmediateHeaderFlush = t.Stored.IsZero()
	r.SetBodyStream(&transfer{body: t.Body, exchange: x}, int(t.Size))
}

// sendFile leaves the sending to the kernel. fasthttp recognises exactly this:
// a LimitedReader directly around a file.
func (x *exchange) sendFile(f filer, size int64) {
	x.ctx.Response.SetBodyStream(&io.LimitedReader{R: f.File(), N: size}, int(size))
}

// writePart answers with a range of a tarball.
func (x *exchange) writePart(t *proxy.Tarball, wanted byteRange) error {
	seeker, ok := t.Body.(io.Seeker)
	if !ok {
		x.writeWhole(t)
		return nil
	}
	start, length, ok := wanted.of(t.Size)
	if !ok {
		x.writeError(&plainError{
			status: http.StatusRequestedRangeNotSatisfiable,
			text:   "nothing of the tarball lies in the range",
		})
		x.ctx.Response.Header.Set("Content-Range", contentRange(0, 0, t.Size))
		return nil
	}
	if _, err := seeker.Seek(start, io.SeekStart); err != nil {
		return fmt.Errorf("seek in stored tarball: %w", err)
	}
	x.given.begun = start == 0
	x.ctx.Response.SetStatusCode(http.StatusPartialContent)
	x.ctx.Response.Header.Set("Content-Range", contentRange(start, length, t.Size))
	if file, ok := t.Body.(filer); ok {
		x.sendFile(file, length)
		return nil
	}
	part := &io.LimitedReader{R: &transfer{body: t.Body, exchange: x}, N: length}
	x.ctx.Response.SetBodyStream(part, int(length))
	return nil
}

// transfer is a body that may fail while it is sent. fasthttp then cuts the
// connection, which is how the client learns; the log learns from here.
type transfer struct {
	body     io.Reader
	exchange *exchange
}

// Read implements io.Reader.
func (t *transfer) Read(p []byte) (int, error) {
	n, err := t.body.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		t.exchange.cause = fmt.Errorf("send tarball: %w", err)
	}
	return n, err
}
