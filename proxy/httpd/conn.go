package httpd

import (
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of writing. fasthttp 1.74 knows only one deadline for a whole answer,
// which no value fits: a tarball over a slow line takes minutes, and a client
// that stopped reading must not hold a connection for that long. So each piece
// has a deadline of its own.
const (
	writePiece = 256 << 10
	copyBuffer = 32 << 10
)

// Limits of reading what a refused client still sends. Closing with unread
// bytes resets the connection, and the client would lose the refusal.
const (
	lingerTime  = time.Second
	lingerBytes = 1 << 20
)

// conn is a client's connection: it gives each written piece a deadline,
// counts bytes, keeps sendfile working, and carries the exchange whose answer
// is being written.
type conn struct {
	net.Conn
	tcp    *net.TCPConn // nil over TLS and in memory
	secure bool
	peer   netip.Addr
	// peerText is peer for the audit log; empty without one.
	peerText string
	stall    time.Duration
	owner    *listener
	written  int64
	// current is the exchange between its handler and the end of its answer.
	// Only the connection's own goroutine touches it.
	current *exchange
	// ended tells that the client sends nothing more.
	ended   bool
	linger  atomic.Bool
	closing sync.Once
}

// Read implements io.Reader.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if errors.Is(err, io.EOF) {
		c.ended = true
	}
	return n, err
}

// Write implements io.Writer.
func (c *conn) Write(p []byte) (int, error) {
	var total int
	for {
		piece := p[:min(len(p), writePiece)]
		if err := c.extend(); err != nil {
			return total, err
		}
		n, err := c.Conn.Write(piece)
		total += n
		c.written += int64(n)
		p = p[len(piece):]
		if err != nil || len(p) == 0 {
			return total, err
		}
	}
}

func (c *conn) extend() error {
	return c.Conn.SetWriteDeadline(time.Now().Add(c.stall))
}

// ReadFrom implements io.ReaderFrom: files go out by sendfile, everything else
// through a pooled buffer.
func (c *conn) ReadFrom(r io.Reader) (int64, error) {
	if c.tcp != nil {
		limited, ok := r.(*io.LimitedReader)
		if !ok {
			limited = &io.LimitedReader{R: r, N: 1<<63 - 1}
		}
		if file, ok := limited.R.(*os.File); ok {
			return c.sendFile(file, limited)
		}
	}
	buf := c.owner.buffers.Get().(*[copyBuffer]byte)
	defer c.owner.buffers.Put(buf)
	return c.copyFrom(r, buf[:])
}

// sendFile sends a file in pieces, each with its own deadline.
func (c *conn) sendFile(file *os.File, limited *io.LimitedReader) (int64, error) {
	var total int64
	for limited.N > 0 {
		if err := c.extend(); err != nil {
			return total, err
		}
		piece := &io.LimitedReader{R: file, N: min(limited.N, writePiece)}
		n, err := c.tcp.ReadFrom(piece)
		total += n
		limited.N -= n
		c.written += n
		if err != nil || n == 0 {
			return total, err
		}
	}
	return total, nil
}

func (c *conn) copyFrom(r io.Reader, buf []byte) (int64, error) {
	var total int64
	for {
		n, err := r.Read(buf)
		if n > 0 {
			w, writeErr := c.Write(buf[:n])
			total += int64(w)
			if writeErr != nil {
				return total, writeErr
			}
		}
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// Close implements io.Closer. It may be called by the connection's goroutine
// and by a shutdown at once.
func (c *conn) Close() error {
	var err error
	c.closing.Do(func() {
		if c.linger.Load() {
			c.drain()
		}
		err = c.Conn.Close()
		c.owner.forget(c)
	})
	return err
}

// drain tells the client that nothing more comes and reads a little of what it
// still sends.
func (c *conn) drain() {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
		return
	}
	if c.Conn.SetReadDeadline(time.Now().Add(lingerTime)) != nil {
		return
	}
	_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) // whatever comes is thrown away
}
