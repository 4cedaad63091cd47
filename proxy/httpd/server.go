package httpd

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/valyala/fasthttp"
	"github.com/valyala/fasthttp/fasthttpadaptor"

	"github.com/larderhq/larder/metrics"
)

// Sizes of fasthttp's buffers, in bytes. The read buffer bounds a request's
// head: tokens of several KiB are real. The body prefetch is what fasthttp may
// read on its own; the real limits are ours.
const (
	readBuffer   = 32 << 10
	writeBuffer  = 8 << 10
	bodyPrefetch = 64 << 10
)

// slowestUpload is the rate, in bytes per second, below which a request's body
// times out.
const slowestUpload = 10 << 10

// Server is the front end.
type Server struct {
	options    Options
	sources    Sources
	bases      *bases
	operations table
	preflight  route // of OPTIONS, everywhere
	routes     []*metrics.Route
	writes     []*metrics.Route // nil where nothing can be written
	exposition fasthttp.RequestHandler
	loginPage  *loginPage
	ready      *readiness
	via        []byte // our mark in Via headers
	age        string // Cache-Control of packuments
	inflaters  sync.Pool
	bodies     room
	paces      *paces

	http   *fasthttp.Server
	base   context.Context // of every answer; ends when the drain is over
	cancel context.CancelFunc

	draining  atomic.Bool
	mu        sync.Mutex
	listeners []*listener
	stopping  bool
}

// New returns a Server that answers from sources.
func New(o Options, sources Sources) (*Server, error) {
	o = o.withDefaults()
	if sources.Packages == nil || sources.Services == nil || sources.Accounts == nil || sources.Registry == nil ||
		sources.API == nil || sources.Site == nil {
		return nil, errors.New("front end needs packages, services, accounts, registry, API and site")
	}
	if o.Anonymous != anonymousUpstream && o.Anonymous != anonymousNone {
		return nil, errors.New("front end knows the anonymous as upstream or none")
	}
	b, err := newBases(o.PublicURL, o.TrustedProxies)
	if err != nil {
		return nil, err
	}
	page, err := newLoginPage()
	if err != nil {
		return nil, err
	}
	held, err := newPaces(o.RequestRate)
	if err != nil {
		return nil, err
	}
	s := &Server{
		options:    o,
		loginPage:  page,
		sources:    sources,
		bases:      b,
		paces:      held,
		operations: operations(),
		preflight:  route{method: http.MethodOptions, access: unchecked, run: (*Server).allowed},
		age:        publicAge(o.MaxAge),
		ready:      newReadiness(sources.Checks, o.Logger),
	}
	if o.InstanceID != "" {
		s.via = []byte("larder-" + o.InstanceID)
	}
	if o.Exposition != nil {
		s.exposition = fasthttpadaptor.NewFastHTTPHandler(o.Exposition)
	}
	s.measure(o.Metrics)
	s.bodies.give(o.UploadMemory)
	s.base, s.cancel = context.WithCancel(context.Background())
	s.http = s.newHTTP()
	return s, nil
}

// measure makes the recorder of each operation.
func (s *Server) measure(m *metrics.Metrics) {
	s.routes = make([]*metrics.Route, len(s.operations))
	s.writes = make([]*metrics.Route, len(s.operations))
	for op, known := range s.operations {
		s.routes[op] = m.Route(known.name)
		if known.mutates() {
			s.writes[op] = m.Route(known.name + "_write")
		}
	}
}

// newHTTP holds every setting of fasthttp. Write deadlines and the limit per
// address are absent: conn and listener have their own.
func (s *Server) newHTTP() *fasthttp.Server {
	return &fasthttp.Server{
		Handler:                       s.handle,
		ErrorHandler:                  s.handleUnparsed,
		ExpectHandler:                 s.expect,
		ConnState:                     connState,
		Logger:                        quietLog{s.options.Logger},
		ReadBufferSize:                readBuffer,
		WriteBufferSize:               writeBuffer,
		MaxRequestBodySize:            bodyPrefetch,
		ReadTimeout:                   s.options.HeadTimeout,
		IdleTimeout:                   s.options.IdleTimeout,
		Concurrency:                   fasthttp.DefaultConcurrency,
		StreamRequestBody:             true,
		CloseOnShutdown:               true,
		NoDefaultServerHeader:         true,
		NoDefaultContentType:          true,
		DisablePreParseMultipartForm:  true,
		SecureErrorLogMessage:         true,
		DisableHeaderNamesNormalizing: false,
	}
}

// connState finishes the exchange of a connection once its answer is written
// (the connection is idle again) or cannot be (it is closed).
func connState(nc net.Conn, state fasthttp.ConnState) {
	if state != fasthttp.StateIdle && state != fasthttp.StateClosed {
		return
	}
	if c, ok := nc.(*conn); ok && c.current != nil {
		x := c.current
		c.current = nil
		x.finish()
	}
}

// Serve answers the connections of ln until Shutdown. It may be called for
// several listeners at once; a TLS listener makes it https.
func (s *Server) Serve(ln net.Listener) error {
	l := newListener(ln, s.options)
	if !s.register(l) {
		return ln.Close()
	}
	if err := s.http.Serve(l); err != nil && !s.stopped() {
		return fmt.Errorf("serve %s: %w", ln.Addr(), err)
	}
	return nil
}

// register notes a listener, unless Shutdown has begun.
func (s *Server) register(l *listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return false
	}
	s.listeners = append(s.listeners, l)
	return true
}

func (s *Server) stopped() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopping
}

// Drain turns readiness red, so that load balancers look elsewhere, and goes on
// serving.
func (s *Server) Drain() { s.draining.Store(true) }

// Shutdown drains: readiness turns red, listeners close, requests under way are
// answered until ctx ends. Then whatever is left is cut, and ctx's error
// returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.Drain()
	s.mu.Lock()
	s.stopping = true
	s.mu.Unlock()
	err := s.http.ShutdownWithContext(ctx)
	s.cancel()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.listeners {
		// fasthttp has closed the listeners that it knew. One whose Serve was
		// only beginning would accept for ever.
		_ = l.Listener.Close() // an error says that it is closed
		l.closeAll()
	}
	if err != nil {
		return fmt.Errorf("drain connections: %w", err)
	}
	return nil
}

// quietLog is fasthttp's logger. It keeps what was being done and drops what
// went wrong: that quotes header lines, secrets among them, in spite of
// SecureErrorLogMessage, and the access log has said what matters already.
type quietLog struct{ logger *slog.Logger }

// Printf implements fasthttp.Logger.
func (q quietLog) Printf(format string, _ ...any) {
	q.logger.Debug("connection trouble", "format", format)
}
