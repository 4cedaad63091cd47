package httpd

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/klauspost/compress/gzip"

	"github.com/larderhq/larder/cache/ready"
	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/npm"
)

// unasked is the Cache-Control of answers that must be asked for each time.
const unasked = "no-cache"

// The Vary headers. A 304 carries them too.
const (
	varyBoth   = "Accept-Encoding, Accept"
	varyCoding = "Accept-Encoding"
)

// representation is how a document is sent, besides its bytes.
type representation struct {
	contentType  string
	cacheControl string
	vary         string
}

// packument answers "/name".
func (s *Server) packument(x *exchange) error {
	if x.origin.base == "" {
		return errNoHost()
	}
	ctx, shape := x.deadline(s.options.AnswerTimeout), x.packumentShape()
	l, err := s.locate(ctx, x)
	if err != nil {
		return err
	}
	if l.Local() {
		d, err := s.sources.Registry.Packument(ctx, l, shape)
		return s.writeLocal(x, d, err, varyBoth)
	}
	fresh := asksFresh(x.target.Query)
	answer, err := s.sources.Packages.Packument(ctx, proxy.PackumentRequest{
		Name: x.target.Name, Form: shape.Form, Base: shape.Base, Fresh: fresh,
	})
	if err != nil {
		return err
	}
	rep := representation{contentType: typeJSON, cacheControl: s.age, vary: varyBoth}
	if answer.Form == npm.Abbreviated {
		rep.contentType = typeAbbreviated
	}
	if fresh {
		rep.cacheControl = unasked
	}
	return s.writeDocument(x, answer, rep)
}

// manifest answers "/name/version" and "/name/tag".
func (s *Server) manifest(x *exchange) error {
	if x.origin.base == "" {
		return errNoHost()
	}
	ctx, base := x.deadline(s.options.AnswerTimeout), x.origin.base+x.target.Prefix
	l, err := s.locate(ctx, x)
	if err != nil {
		return err
	}
	if l.Local() {
		d, err := s.sources.Registry.Manifest(ctx, l, x.target.Version, base)
		return s.writeLocal(x, d, err, varyCoding)
	}
	answer, err := s.sources.Packages.Manifest(ctx, proxy.ManifestRequest{
		Name: x.target.Name, Selector: x.target.Version, Base: base,
	})
	if err != nil {
		return err
	}
	return s.writeDocument(x, answer, representation{contentType: typeJSON, cacheControl: s.age, vary: varyCoding})
}

// distTags answers "/-/package/name/dist-tags". Clients read it right after
// they wrote it, so it is asked for each time.
func (s *Server) distTags(x *exchange) error {
	ctx := x.deadline(s.options.AnswerTimeout)
	l, err := s.locate(ctx, x)
	if err != nil {
		return err
	}
	if l.Local() {
		d, err := s.sources.Registry.DistTags(ctx, l)
		return s.writeLocal(x, d, err, varyCoding)
	}
	answer, err := s.sources.Packages.DistTags(ctx, x.target.Name)
	if err != nil {
		return err
	}
	return s.writeDocument(x, answer, representation{contentType: typeJSON, cacheControl: unasked, vary: varyCoding})
}

// asksFresh tells whether the query asks for a document that may be written
// back, which must not be stale.
func asksFresh(query []byte) bool {
	for len(query) > 0 {
		var pair []byte
		if pair, query, _ = bytes.Cut(query, []byte("&")); string(pair) == "write=true" {
			return true
		}
	}
	return false
}

// writeDocument answers with a document of upstream.
func (s *Server) writeDocument(x *exchange, a proxy.Answer, rep representation) error {
	x.came(a.Outcome)
	if a.MaxAge > 0 && a.MaxAge < s.options.MaxAge && rep.cacheControl == s.age {
		rep.cacheControl = publicAge(a.MaxAge)
	}
	if a.Notice != "" {
		// npm prints the notice only of an answer that it may not keep.
		rep.cacheControl = "no-store"
		x.ctx.Response.Header.Set("Npm-Notice", plainText(a.Notice, maxText))
	}
	return s.writeReady(x, a.Document, rep)
}

// publicAge is the Cache-Control of what anybody may keep for so long.
func publicAge(age time.Duration) string {
	return "public, max-age=" + strconv.FormatInt(int64(age/time.Second), 10)
}

// writeReady answers with a document, or with 304 when the client has it.
func (s *Server) writeReady(x *exchange, a *ready.Document, rep representation) error {
	packed := acceptsGzip(x.header("Accept-Encoding"))
	tag, other := a.ETag, a.GzipETag
	if packed {
		tag, other = other, tag
	}
	h := &x.ctx.Response.Header
	h.Set("Cache-Control", rep.cacheControl)
	h.Set("Vary", rep.vary)
	if !a.Modified.IsZero() {
		h.SetLastModified(a.Modified)
	}
	if found, ok := x.holds(a, tag, other); ok {
		h.Set("ETag", found)
		x.ctx.Response.SetStatusCode(http.StatusNotModified)
		return nil
	}
	h.Set("ETag", tag)
	h.SetContentType(rep.contentType)
	if packed {
		h.SetContentEncoding("gzip")
		x.ctx.Response.SetBodyRaw(a.Gzip)
		return nil
	}
	if x.isHead() {
		x.headOnly(a.Size)
		return nil
	}
	x.ctx.Response.SetBodyStream(s.inflate(a.Gzip), int(a.Size))
	return nil
}

// holds tells whether the client already has the document, and under which tag:
// the one it sent, so that its cache finds what the 304 is about.
func (x *exchange) holds(a *ready.Document, tags ...string) (string, bool) {
	if known := x.header("If-None-Match"); known != nil {
		return matchETag(known, tags...)
	}
	return tags[0], unmodifiedSince(x.header("If-Modified-Since"), a.Modified)
}

// headOnly ends an answer to HEAD without making its body.
func (x *exchange) headOnly(size int64) {
	x.ctx.Response.SkipBody = true
	if size >= 0 {
		x.ctx.Response.Header.SetContentLength(int(size))
	}
}

// inflater streams a gzipped document as it was before. Its window is the only
// memory that it takes, whatever the document's size.
type inflater struct {
	src    bytes.Reader
	z      gzip.Reader
	opened bool
	pool   *sync.Pool
}

// inflate returns a reader of packed's identity form.
func (s *Server) inflate(packed []byte) io.ReadCloser {
	r, ok := s.inflaters.Get().(*inflater)
	if !ok {
		r = &inflater{}
	}
	r.pool = &s.inflaters
	r.src.Reset(packed)
	r.opened = false
	return r
}

// Read implements io.Reader.
func (r *inflater) Read(p []byte) (int, error) {
	if !r.opened {
		if err := r.z.Reset(&r.src); err != nil {
			return 0, fmt.Errorf("open ready bytes: %w", err)
		}
		r.opened = true
	}
	return r.z.Read(p)
}

// Close gives the inflater to the next request. A second call does nothing.
func (r *inflater) Close() error {
	if pool := r.pool; pool != nil {
		r.pool = nil
		r.src.Reset(nil)
		pool.Put(r)
	}
	return nil
}
