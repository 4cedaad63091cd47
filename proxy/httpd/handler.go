package httpd

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/http"
	"runtime/debug"

	"github.com/valyala/fasthttp"

	"github.com/larderhq/larder/registry/npm"
)

// handle answers a request.
func (s *Server) handle(ctx *fasthttp.RequestCtx) { s.serve(ctx, nil) }

// serve is the shell around every request: it recovers panics and makes sure
// that a body which was not read to its end is never parsed as a request. A
// request that was refused already gets that refusal.
func (s *Server) serve(ctx *fasthttp.RequestCtx, refusal error) {
	x := s.begin(ctx)
	x.refusal = refusal
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
	x := s.newExchange(ctx)
	connState(x.conn, fasthttp.StateIdle)
	x.written = x.conn.written
	x.conn.current = x
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

// answer hands a request to its operation.
func (s *Server) answer(x *exchange) error {
	r, err := s.examine(x)
	if err != nil {
		s.count(err)
		return err
	}
	x.common()
	x.mutates = r.mutates
	if err := s.admit(x, r); err != nil {
		return err
	}
	if err := s.pace(x); err != nil {
		return err
	}
	if x.refusal != nil {
		return x.refusal
	}
	return r.run(s, x)
}

// examine reads a request's head, in the order of how little each check needs
// to believe, and finds its route.
func (s *Server) examine(x *exchange) (*route, error) {
	h := &x.ctx.Request.Header
	f, err := checkFraming(h)
	if err != nil {
		x.body.declared = -1
		return nil, err
	}
	x.body = upload{stream: x.ctx.RequestBodyStream(), conn: x.conn, declared: f.declared, room: &s.bodies,
		began: x.start, grace: s.options.HeadTimeout}
	x.remote = s.bases.clientAddress(h, x.conn)
	x.origin = s.bases.of(h, x.conn)
	t, err := ParseTarget(h.RequestURI(), x.origin.mount)
	if err != nil {
		x.target.Place = t.Place
		return nil, err
	}
	x.target = t
	if s.isLoop(x, h) {
		return nil, &npm.Error{Kind: npm.ErrLoop, Text: "the request came back to the larder that sent it; check its upstream setting"}
	}
	op := &s.operations[t.Op]
	switch {
	case op.path == "":
		return nil, noSuchPath(t.Op)
	case x.method == http.MethodOptions:
		return &s.preflight, nil
	}
	if r := op.route(x.method); r != nil {
		return r, nil
	}
	return nil, noSuchMethod(op.allow)
}

// count records why a head was refused.
func (s *Server) count(err error) {
	if kind := framingKind(err); kind != "" {
		s.options.Metrics.FramingRefused(kind)
	}
	if kind := targetKind(err); kind != "" {
		s.options.Metrics.TargetRefused(kind)
	}
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

// admit checks who asks and how much they are about to send.
func (s *Server) admit(x *exchange, r *route) error {
	if err := s.signIn(x, r); err != nil {
		return err
	}
	x.body.class, x.body.limit = r.body, s.limit(r.body)
	if r.body != noBody && x.body.declared > x.body.limit {
		return r.body.tooLarge()
	}
	return nil
}

// allowed answers OPTIONS.
func (s *Server) allowed(x *exchange) error {
	x.ctx.Response.Header.Set("Allow", s.operations[x.target.Op].allow)
	x.ctx.Response.SetStatusCode(http.StatusNoContent)
	return nil
}

// empty answers where clients only want to hear that somebody is there.
func (s *Server) empty(x *exchange) error {
	x.writeJSON(struct{}{})
	return nil
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
		x.writeError(noBody.tooLarge())
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
