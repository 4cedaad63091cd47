package upstream

import (
	"context"
	"net"
	"sync"
)

// conns knows the open connections of an upstream. A transport closes only
// those that it takes for idle, and leaves HTTP/2 connections behind whose last
// answer just ended.
type conns struct {
	mu     sync.Mutex
	open   map[*tracked]struct{}
	closed bool
}

// tracked is a connection that takes itself off the list.
type tracked struct {
	net.Conn
	owner *conns
}

// Close implements net.Conn.
func (t *tracked) Close() error {
	t.owner.mu.Lock()
	delete(t.owner.open, t)
	t.owner.mu.Unlock()
	return t.Conn.Close()
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// dialer returns a dial whose connections are on the list.
func (c *conns) dialer(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		t := &tracked{Conn: conn, owner: c}
		c.mu.Lock()
		closed := c.closed
		if !closed {
			c.open[t] = struct{}{}
		}
		c.mu.Unlock()
		if closed {
			_ = conn.Close()
			return nil, net.ErrClosed
		}
		return t, nil
	}
}

// close closes all connections, and those that are still being dialled once
// they are there.
func (c *conns) close() {
	c.mu.Lock()
	all := c.open
	c.open, c.closed = nil, true
	c.mu.Unlock()
	for t := range all {
		_ = t.Conn.Close()
	}
}
