package httpd

import (
	"context"
	"io"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/larderhq/larder/proxy"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/upstream"
)

// exchange is one request and its answer. It outlives the handler until the
// answer's last byte is written: the connection keeps it and then finishes it.
// Its ctx is valid only inside the handler.
type exchange struct {
	ctx    *fasthttp.RequestCtx
	server *Server
	conn   *conn
	// id is the X-Request-Id: ours alone, so that a client cannot make two
	// requests look like one.
	id     string
	target Target
	origin origin
	body   upload
	// refusal is why its body was not asked for.
	refusal error
	// principal is who asks; the anonymous until that is known.
	principal *accounts.Principal

	start     time.Time
	written   int64 // the connection's count when the exchange began
	method    string
	remote    netip.Addr
	status    int
	via       []string // Via headers, to recognise rings of larders
	outcome   string   // empty where the answer did not come through the cache
	cause     error    // for the log
	given     given    // the tarball of the answer
	internal  bool
	discarded bool // no access line: probes
	basic     bool // the credential is a username and a password
	mutates   bool // the route changes something
	closers   []io.Closer
	cancel    context.CancelFunc
}

// newExchange makes the exchange of a request.
func (s *Server) newExchange(ctx *fasthttp.RequestCtx) *exchange {
	c := ctx.Conn().(*conn) // every listener of ours hands out conns
	return &exchange{
		ctx:    ctx,
		server: s,
		conn:   c,
		id:     newID(),
		start:  time.Now(),
		method: knownMethod(ctx.Method()),
		remote: c.peer,
		target: Target{Op: opMalformed},

		principal: accounts.Nobody(),
	}
}

// newID returns a request id of 16 hexadecimal digits.
func newID() string {
	const digits = "0123456789abcdef"
	var b [16]byte
	n := rand.Uint64() //nolint:gosec // an id has to be unique, not secret
	for i := range b {
		b[i] = digits[n&15]
		n >>= 4
	}
	return string(b[:])
}

// common sets the headers of every answer.
func (x *exchange) common() {
	h := &x.ctx.Response.Header
	h.Set("X-Request-Id", x.id)
	h.Set("X-Content-Type-Options", "nosniff")
}

// came records and tells where the answer came from.
func (x *exchange) came(o proxy.Outcome) {
	x.outcome = o.String()
	x.ctx.Response.Header.Set("Cache-Status", cacheStatus(o))
}

// deadline returns the context that an answer is made with. It ends with the
// exchange, not with the handler, because bodies in transfer still need it, and
// it is never fasthttp's own, which ends as soon as a shutdown begins.
func (x *exchange) deadline(d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(x.server.base, d)
	before := x.cancel
	x.cancel = func() {
		cancel()
		if before != nil {
			before()
		}
	}
	if len(x.via) > 0 {
		return upstream.WithVia(ctx, x.via)
	}
	return ctx
}

// closeConnection makes this answer the last one of its connection.
func (x *exchange) closeConnection() {
	x.ctx.SetConnectionClose()
	x.conn.linger.Store(true)
}

// onFinish closes c once the answer is written or has failed.
func (x *exchange) onFinish(c io.Closer) { x.closers = append(x.closers, c) }

// finish releases what the answer needed and records it.
func (x *exchange) finish() {
	x.release()
	x.server.record(x)
	x.witnessServed()
}

// release gives back what the answer needed.
func (x *exchange) release() {
	for _, c := range x.closers {
		_ = c.Close() // read paths: nothing is lost
	}
	if x.cancel != nil {
		x.cancel()
	}
}

// header returns a request header.
func (x *exchange) header(name string) []byte { return x.ctx.Request.Header.Peek(name) }

// isHead tells whether only the answer's head is wanted.
func (x *exchange) isHead() bool { return x.ctx.IsHead() }
