package httpd

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/larderhq/larder/registry/npm"
)

// handle is the shell around every request: it recovers panics and makes sure
// that a body which was not read to its end is never parsed as a request.
func (s *Server) handle(ctx *fasthttp.RequestCtx) {
	x := s.begin(ctx)
	defer s.end(x)
	defer func() {
		if p := recover(); p != nil {
			s.options.Metrics.Panicked()
			s.options.Logger.Error("handler panicked", "req", x.id, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			x.writeError(errPanicked)
		}
	}()
	if err := s.answer(x); err != nil {
		x.writeError(err)
	}
}

var errPanicked = errors.New("handler panicked")

// begin makes the exchange of a request and hangs it on its connection.
func (s *Server) begin(ctx *fasthttp.RequestCtx) *exchange {
	c := ctx.Conn().(*conn) // every listener of ours hands out conns
	connState(c, fasthttp.StateIdle)
	x := &exchange{
		ctx:     ctx,
		server:  s,
		conn:    c,
		id:      newID(),
		start:   time.Now(),
		written: c.written,
		method:  knownMethod(ctx.Method()),
		remote:  c.peer,
		target:  Target{Op: opMalformed},
	}
	c.current = x
	return x
}

// end settles what the handler leaves behind.
func (s *Server) end(x *exchange) {
	if !x.body.finished() {
		x.closeConnection()
	}
	s.bodies.give(x.body.taken)
	x.status = x.ctx.Response.StatusCode()
	x.target.Query, x.body.stream, x.ctx = nil, nil, nil // fasthttp reuses them
}

// answer checks a request, in the order of how little each check needs to
// believe, and hands it to its operation.
func (s *Server) answer(x *exchange) error {
	h := &x.ctx.Request.Header
	f, err := checkFraming(h)
	if err != nil {
		x.body.declared = -1
		s.options.Metrics.FramingRefused(framingKind(err))
		return err
	}
	x.body = upload{stream: x.ctx.RequestBodyStream(), conn: x.conn, declared: f.declared, room: &s.bodies}
	x.remote = s.bases.clientAddress(h, x.conn)
	x.origin = s.bases.of(h, x.conn)
	t, err := ParseTarget(h.RequestURI(), x.origin.mount)
	if err != nil {
		s.options.Metrics.TargetRefused(targetKind(err))
		return err
	}
	x.target = t
	if s.isLoop(x, h) {
		return &npm.Error{Kind: npm.ErrLoop, Text: "the request came back to the larder that sent it; check its upstream setting"}
	}
	x.common()
	return s.dispatch(x)
}

// isLoop tells whether this larder sent the request itself, and keeps what
// other larders it came through.
func (s *Server) isLoop(x *exchange, h *fasthttp.RequestHeader) bool {
	if s.via == nil || h.Peek("Via") == nil {
		return false
	}
	for _, via := range h.PeekAll("Via") {
		if bytes.Contains(via, s.via) {
			return true
		}
		x.via = append(x.via, string(via))
	}
	return false
}

// dispatch checks the method and calls the operation.
func (s *Server) dispatch(x *exchange) error {
	op := &s.operations[x.target.Op]
	get := x.method == http.MethodGet || x.method == http.MethodHead
	switch {
	case op.allow == "":
		return noSuchPath()
	case x.method == http.MethodOptions:
		x.ctx.Response.Header.Set("Allow", op.allow)
		x.ctx.Response.SetStatusCode(http.StatusNoContent)
		return nil
	case get && op.read, x.method == http.MethodPost && op.post:
		x.body.limit = op.limit
		return s.run(x)
	}
	return noSuchMethod(op.allow)
}

// run calls the operation of a request whose method fits.
func (s *Server) run(x *exchange) error {
	switch x.target.Op {
	case opPackument:
		return s.packument(x)
	case opTarball:
		return s.tarball(x)
	case opManifest:
		return s.manifest(x)
	case opDistTags:
		return s.distTags(x)
	case opSearch:
		return s.search(x)
	case opAuditBulk:
		return s.audit(x, s.sources.Services.AuditBulk)
	case opAuditQuick:
		return s.audit(x, s.sources.Services.AuditQuick)
	case opKeys:
		return s.keys(x)
	case opAttestations:
		return s.attestations(x)
	case opRoot, opPing:
		x.writeJSON(struct{}{})
		return nil
	}
	return s.operate(x)
}

// expect answers "Expect: 100-continue". Where a body is wanted the client may
// go on; everything else is answered at once and the connection closed, so that
// a refused body is never sent.
func (s *Server) expect(ctx *fasthttp.RequestCtx) int {
	if s.wantsBody(&ctx.Request.Header) {
		return fasthttp.StatusContinue
	}
	s.handle(ctx)
	return ctx.Response.StatusCode()
}

// wantsBody tells whether the body that a head announces will be read.
func (s *Server) wantsBody(h *fasthttp.RequestHeader) bool {
	f, err := checkFraming(h)
	if err != nil || !h.IsPost() {
		return false
	}
	t, err := ParseTarget(h.RequestURI(), s.bases.mount)
	op := &s.operations[t.Op]
	return err == nil && op.post && f.declared <= op.limit
}

// handleUnparsed answers what fasthttp could not read as a request. Connections
// that were opened and left, as probes and browsers do, are no news.
func (s *Server) handleUnparsed(ctx *fasthttp.RequestCtx, err error) {
	x := s.begin(ctx)
	defer s.end(x)
	x.body.declared = -1
	var network net.Error
	var small *fasthttp.ErrSmallBuffer
	switch {
	case errors.As(err, &network):
		x.discarded = true
		x.writeError(&plainError{status: http.StatusRequestTimeout, text: "the request did not arrive in time"})
	case errors.As(err, &small):
		x.writeError(&plainError{status: http.StatusRequestHeaderFieldsTooLarge, text: "the request's head is too large"})
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		x.writeError(tooLarge())
	default:
		s.options.Metrics.FramingRefused("parse")
		x.writeError(&badFraming{"parse", "the request cannot be read"})
	}
}

func framingKind(err error) string {
	var bad *badFraming
	if errors.As(err, &bad) {
		return bad.kind
	}
	return ""
}

func targetKind(err error) string {
	var bad *badTarget
	if errors.As(err, &bad) {
		return bad.kind
	}
	return ""
}

// knownMethod returns the method without keeping the request's bytes; unknown
// ones look alike.
func knownMethod(method []byte) string {
	for _, known := range [...]string{
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodDelete,
		http.MethodOptions, http.MethodPatch, http.MethodConnect, http.MethodTrace,
	} {
		if string(method) == known {
			return known
		}
	}
	return "OTHER"
}
