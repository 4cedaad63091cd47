package e2e

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// forwarder is a forward proxy on the loopback: the only way of a larder to
// its upstream, so that closing it is as good as pulling the cable.
type forwarder struct {
	*httptest.Server
	plain   http.Handler // for upstreams without TLS
	opened  atomic.Int64 // tunnels and plain requests so far
	mu      sync.Mutex
	tunnels map[net.Conn]struct{}
}

func newForwarder(t *testing.T) *forwarder {
	t.Helper()
	f := &forwarder{
		plain:   &httputil.ReverseProxy{Rewrite: func(*httputil.ProxyRequest) {}},
		tunnels: map[net.Conn]struct{}{},
	}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.cut)
	return f
}

// cut ends every connection and refuses new ones.
func (f *forwarder) cut() {
	f.mu.Lock()
	for conn := range f.tunnels {
		_ = conn.Close() // its tunnel reports nothing either
	}
	f.mu.Unlock()
	f.CloseClientConnections()
	f.Close()
}

// ServeHTTP implements the proxy: CONNECT becomes a tunnel.
func (f *forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.opened.Add(1)
	if r.Method != http.MethodConnect {
		f.plain.ServeHTTP(w, r)
		return
	}
	far, err := dialOut(r.Context(), r.Host)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	near, early, err := http.NewResponseController(w).Hijack()
	if err != nil {
		_ = far.Close()
		return
	}
	if _, err := io.WriteString(near, "HTTP/1.1 200 Connected\r\n\r\n"); err == nil {
		f.join(near, early, far)
	}
	_ = near.Close()
	_ = far.Close()
}

// join copies both ways until one side ends.
func (f *forwarder) join(near net.Conn, early io.Reader, far net.Conn) {
	f.mu.Lock()
	f.tunnels[near] = struct{}{}
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		delete(f.tunnels, near)
		f.mu.Unlock()
	}()
	ended := make(chan struct{}, 2)
	move := func(to io.Writer, from io.Reader) {
		_, _ = io.Copy(to, from) // either end may close at any time
		ended <- struct{}{}
	}
	go move(far, early)
	go move(near, far)
	<-ended
}

// dialOut connects to a host as programs on this machine do: through the proxy
// that the environment names, if any.
func dialOut(ctx context.Context, address string) (net.Conn, error) {
	ask := &http.Request{URL: &url.URL{Scheme: "https", Host: address}}
	next, err := http.ProxyFromEnvironment(ask)
	if err != nil {
		return nil, fmt.Errorf("find the proxy: %w", err)
	}
	var dialer net.Dialer
	if next == nil {
		return dialer.DialContext(ctx, "tcp", address)
	}
	conn, err := dialer.DialContext(ctx, "tcp", next.Host)
	if err != nil {
		return nil, err
	}
	if err := connect(conn, address, next.User); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// connect asks the proxy at the other end of a connection for a tunnel.
func connect(conn net.Conn, address string, user *url.Userinfo) error {
	ask := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: http.Header{}}
	if secret, ok := user.Password(); ok {
		ask.SetBasicAuth(user.Username(), secret)
		ask.Header["Proxy-Authorization"] = ask.Header["Authorization"]
		ask.Header.Del("Authorization")
	}
	if err := ask.Write(conn); err != nil {
		return err
	}
	// TLS servers wait for the client, so nothing can be read too far.
	resp, err := http.ReadResponse(bufio.NewReader(conn), ask)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the proxy of this machine answers %s", resp.Status)
	}
	return nil
}
