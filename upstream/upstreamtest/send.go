package upstreamtest

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
)

// HoldBody sends the header and n bytes, then waits for the gate.
func HoldBody(n int, g *Gate) Fault {
	return Fault{send: func(w http.ResponseWriter, q *http.Request, p *Reply) {
		n := min(n, len(p.Body))
		p.head(w, len(p.Body))
		_, _ = w.Write(p.Body[:n]) // a client that left shows at the gate
		flush(w)
		if !g.wait(q.Context().Done()) {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(p.Body[n:])
	}}
}

// Truncate declares the full length, sends n bytes and closes the connection.
func Truncate(n int) Fault {
	return Fault{send: func(w http.ResponseWriter, _ *http.Request, p *Reply) {
		p.head(w, len(p.Body))
		_, _ = w.Write(p.Body[:min(n, len(p.Body))])
		flush(w)
		panic(http.ErrAbortHandler)
	}}
}

// TruncateChunked sends n bytes in chunks and closes without the last chunk.
func TruncateChunked(n int) Fault {
	return Fault{send: func(w http.ResponseWriter, _ *http.Request, p *Reply) {
		p.head(w, -1)
		_, _ = w.Write(p.Body[:min(n, len(p.Body))])
		flush(w)
		panic(http.ErrAbortHandler)
	}}
}

// Chunked sends everything, without a length.
func Chunked() Fault {
	return Fault{send: func(w http.ResponseWriter, _ *http.Request, p *Reply) {
		p.head(w, -1)
		flush(w)
		_, _ = w.Write(p.Body)
	}}
}

// Length declares delta bytes more or fewer than are sent.
func Length(delta int) Fault {
	return Fault{send: func(w http.ResponseWriter, _ *http.Request, p *Reply) {
		conn := raw(w, p, len(p.Body)+delta)
		_, _ = conn.Write(p.Body) // the client may hang up on the lie
		_ = conn.Close()
	}}
}

// Endless sends the body over and over until the client leaves.
func Endless() Fault {
	return Fault{send: func(w http.ResponseWriter, q *http.Request, p *Reply) {
		block := bytes.Repeat(append(p.Body, ' '), 1+(64<<10)/(len(p.Body)+1))
		p.head(w, -1)
		for q.Context().Err() == nil {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}}
}

// ResetBefore cuts the connection with a TCP reset instead of an answer.
func ResetBefore() Fault {
	return Fault{send: func(w http.ResponseWriter, _ *http.Request, _ *Reply) {
		reset(hijack(w))
	}}
}

// Reset sends the header and n bytes, then a TCP reset.
func Reset(n int) Fault {
	return Fault{send: func(w http.ResponseWriter, _ *http.Request, p *Reply) {
		conn := raw(w, p, len(p.Body))
		_, _ = conn.Write(p.Body[:min(n, len(p.Body))])
		reset(conn)
	}}
}

func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // closing then sends RST instead of FIN
	}
	_ = conn.Close()
}

// raw writes the header by hand, for lengths that net/http would not allow.
func raw(w http.ResponseWriter, p *Reply, length int) net.Conn {
	conn := hijack(w)
	var head bytes.Buffer
	fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\n", p.Status, http.StatusText(p.Status))
	must(p.Header.Write(&head))
	fmt.Fprintf(&head, "Content-Length: %d\r\n\r\n", length)
	_, _ = conn.Write(head.Bytes())
	return conn
}

func hijack(w http.ResponseWriter) net.Conn {
	h, ok := w.(http.Hijacker)
	if !ok {
		panic("BUG: this fault needs HTTP/1.1")
	}
	conn, _, err := h.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // the client is gone already
	}
	return conn
}

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}
