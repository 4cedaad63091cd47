package httpd

import (
	"crypto/tls"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/larderhq/larder/metrics"
)

// listener wraps accepted connections and bounds how many one address may
// hold. It stands in for fasthttp's own limit, which knows IPv4 only and loses
// sendfile.
type listener struct {
	net.Listener
	perAddress int
	stall      time.Duration
	metrics    *metrics.Metrics
	buffers    sync.Pool

	mu    sync.Mutex
	open  map[*conn]struct{}
	count map[netip.Addr]int
}

func newListener(ln net.Listener, o Options) *listener {
	return &listener{
		Listener:   ln,
		perAddress: o.ConnsPerAddress,
		stall:      o.WriteStall,
		metrics:    o.Metrics,
		buffers:    sync.Pool{New: func() any { return new([copyBuffer]byte) }},
		open:       make(map[*conn]struct{}),
		count:      make(map[netip.Addr]int),
	}
}

// Accept implements net.Listener. A connection over its address's limit is
// closed without a word: answering it would cost what the limit saves.
func (l *listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := l.wrap(raw)
		if l.admit(c) {
			_ = c.extend() // bounds a TLS handshake's writes; a dead connection shows at its first read
			return c, nil
		}
		l.metrics.ConnectionRefused()
		if err := raw.Close(); err != nil {
			continue // it is gone either way
		}
	}
}

func (l *listener) wrap(raw net.Conn) *conn {
	c := &conn{Conn: raw, stall: l.stall, owner: l, peer: addressOf(raw.RemoteAddr())}
	if c.peer.IsValid() {
		c.peerText = c.peer.String()
	}
	switch t := raw.(type) {
	case *net.TCPConn:
		c.tcp = t
	case *tls.Conn:
		c.secure = true
	}
	return c
}

// addressOf returns the address of a peer, unmapped, or the zero Addr where it
// has none (in-memory connections).
func addressOf(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap().WithZone("")
	}
	return netip.Addr{}
}

func (l *listener) admit(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c.peer.IsValid() && l.count[c.peer] >= l.perAddress {
		return false
	}
	l.count[c.peer]++
	l.open[c] = struct{}{}
	l.metrics.ConnectionOpened()
	return true
}

// forget is called once for every admitted connection.
func (l *listener) forget(c *conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
	if l.count[c.peer]--; l.count[c.peer] <= 0 {
		delete(l.count, c.peer)
	}
	l.metrics.ConnectionClosed()
}

// closeAll cuts every connection that is still open.
func (l *listener) closeAll() {
	l.mu.Lock()
	open := make([]*conn, 0, len(l.open))
	for c := range l.open {
		open = append(open, c)
	}
	l.mu.Unlock()
	for _, c := range open {
		_ = c.Conn.Close() // its goroutine notices and does the rest
	}
}
