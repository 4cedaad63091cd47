package upstream

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"time"

	"golang.org/x/net/http/httpproxy"
)

const (
	// maxConns bounds the connections to one host of an upstream: clients open
	// up to a thousand at once, upstreams ban addresses that pass them on.
	maxConns     = 128
	maxIdleConns = 64
	idleConn     = 90 * time.Second
	maxHeader    = 256 << 10
	pingAfter    = 15 * time.Second
)

// proxyFunc chooses the proxy for a target; nil means none.
type proxyFunc func(*url.URL) (*url.URL, error)

// wiring is how one upstream is connected to.
type wiring struct {
	transport *http.Transport
	// strangers is for other origins than the upstream's own: it never shows
	// the client certificate, which any server may ask for (G48).
	strangers *http.Transport
	guard     *guard
	conns     *conns
}

func newWiring(o Options, base *url.URL, s Shared) (*wiring, error) {
	through, proxies, err := newProxy(o.Proxy)
	if err != nil {
		return nil, err
	}
	secure, err := newTLS(o)
	if err != nil {
		return nil, err
	}
	g := &guard{own: map[string]bool{originOf(base).address(): true}, allowPrivate: o.AllowPrivate}
	for _, p := range proxies {
		g.own[p] = true
	}
	dialer := net.Dialer{Timeout: s.Timeouts.Connect, KeepAlive: idleConn / 3, Resolver: s.Resolver}
	open := &conns{open: make(map[*tracked]struct{})}
	transport := &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return through(r.URL) },
		DialContext:            open.dialer(g.dialer(dialer)),
		TLSClientConfig:        secure,
		TLSHandshakeTimeout:    s.Timeouts.Connect,
		ResponseHeaderTimeout:  s.Timeouts.Header,
		MaxResponseHeaderBytes: maxHeader,
		MaxConnsPerHost:        maxConns,
		MaxIdleConnsPerHost:    maxIdleConns,
		IdleConnTimeout:        idleConn,
		DisableCompression:     true,
		ForceAttemptHTTP2:      true,
		ReadBufferSize:         16 << 10,
		// A dead HTTP/2 connection would hold up every request at once.
		HTTP2: &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingAfter},
	}
	return &wiring{guard: g, conns: open, transport: transport, strangers: withoutCertificate(transport)}, nil
}

// withoutCertificate returns a transport that differs only in that it has no
// client certificate: the same one where there is none.
func withoutCertificate(t *http.Transport) *http.Transport {
	if len(t.TLSClientConfig.Certificates) == 0 {
		return t
	}
	t = t.Clone()
	t.TLSClientConfig.Certificates = nil
	return t
}

// close ends every connection. What is in progress fails.
func (w *wiring) close() {
	w.transport.CloseIdleConnections()
	w.strangers.CloseIdleConnections()
	w.conns.close()
}

// newProxy returns how the proxy is chosen and the addresses of all proxies
// that may be chosen.
func newProxy(configured string) (proxyFunc, []string, error) {
	if configured != "" {
		u, err := url.Parse(configured)
		if err != nil || u.Hostname() == "" {
			return nil, nil, errors.New("proxy: not a URL")
		}
		switch u.Scheme {
		case "http", "https", "socks5", "socks5h":
		default:
			return nil, nil, errors.New("proxy: URL is not http, https or socks5")
		}
		return func(*url.URL) (*url.URL, error) { return u, nil }, []string{originOf(u).address()}, nil
	}
	env := httpproxy.FromEnvironment()
	var addresses []string
	for _, raw := range []string{env.HTTPProxy, env.HTTPSProxy} {
		u, err := url.Parse(raw)
		if err != nil || u.Host == "" {
			// The environment's proxies may be written without a scheme.
			u, err = url.Parse("http://" + raw)
		}
		if err == nil && u.Host != "" {
			addresses = append(addresses, originOf(u).address())
		}
	}
	return env.ProxyFunc(), addresses, nil
}

func newTLS(o Options) (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if o.CAFile != "" {
		pem, err := os.ReadFile(o.CAFile)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM(pem) {
			return nil, errors.New("ca_file: holds no certificate")
		}
		config.RootCAs = roots
	}
	if (o.ClientCert == "") != (o.ClientKey == "") {
		return nil, errors.New("client_cert and client_key belong together")
	}
	if o.ClientCert != "" {
		pair, err := tls.LoadX509KeyPair(o.ClientCert, o.ClientKey)
		if err != nil {
			return nil, fmt.Errorf("client_cert: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}
