package httpd

import (
	"bytes"
	"net/netip"
	"strings"
	"sync"

	"github.com/valyala/fasthttp"

	"github.com/larderhq/larder/registry/npm"
)

// maxInterned bounds the bases that are remembered. Clients may write any Host;
// beyond the bound a base is built anew for each request.
const maxInterned = 64

// bases finds the public base of a request: what tarball URLs start with.
type bases struct {
	fixed   string // the configured public URL's base
	mount   string // its path
	trusted []netip.Prefix

	mu    sync.RWMutex
	known map[string]origin
}

// origin is where a client sees the registry.
type origin struct {
	// base starts tarball URLs; it has no slash at its end.
	base string
	// mount is base's path, which targets may carry.
	mount string
}

func newBases(publicURL string, trusted []netip.Prefix) (*bases, error) {
	fixed, mount, err := publicBase(publicURL)
	if err != nil {
		return nil, err
	}
	return &bases{fixed: fixed, mount: mount, trusted: trusted, known: make(map[string]origin)}, nil
}

// of returns the origin of a request. Its base is empty where the request has
// no usable Host, which is an error only for answers that need one.
func (b *bases) of(h *fasthttp.RequestHeader, c *conn) origin {
	if b.fixed != "" {
		return origin{base: b.fixed, mount: b.mount}
	}
	f := forwarded{host: h.Host(), secure: c.secure}
	if b.trusts(c.peer) {
		f.read(h)
	}
	if len(f.host) == 0 {
		return origin{mount: string(f.prefix)}
	}
	return b.intern(f)
}

func (b *bases) trusts(peer netip.Addr) bool {
	for _, p := range b.trusted {
		if p.Contains(peer) {
			return true
		}
	}
	return false
}

// intern returns the origin without allocating when it was seen before.
func (b *bases) intern(f forwarded) origin {
	var room [512]byte
	key := f.append(room[:0])
	b.mu.RLock()
	o, ok := b.known[string(key)]
	b.mu.RUnlock()
	if ok {
		return o
	}
	base := strings.ToLower(string(key[:len(key)-len(f.prefix)])) + string(f.prefix)
	o = origin{base: base, mount: base[len(base)-len(f.prefix):]}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.known) < maxInterned {
		b.known[string(key)] = o
	}
	return o
}

// errNoHost is the answer where a base is needed and the request has none.
func errNoHost() error {
	return &npm.Error{Kind: npm.ErrInvalid, Text: "the request has no Host header"}
}

// validHost tells whether b is host[:port] of a URL: a name, an IPv4 address,
// or an IPv6 address in brackets.
func validHost(b []byte) bool {
	if len(b) == 0 || len(b) > 255 {
		return false
	}
	host, port := b, []byte(nil)
	if b[0] == '[' {
		end := bytes.IndexByte(b, ']')
		if end < 0 {
			return false
		}
		addr, err := netip.ParseAddr(string(b[1:end]))
		if err != nil || !addr.Is6() || addr.Zone() != "" {
			return false
		}
		if host = b[end+1:]; len(host) == 0 {
			return true
		}
		return host[0] == ':' && validPort(host[1:])
	}
	if i := bytes.IndexByte(b, ':'); i >= 0 {
		host, port = b[:i], b[i+1:]
		if !validPort(port) {
			return false
		}
	}
	return validHostName(host)
}

func validHostName(host []byte) bool {
	for _, c := range host {
		if !isAlphanumeric(c) && c != '-' && c != '.' && c != '_' {
			return false
		}
	}
	return len(host) > 0 && host[0] != '.' && host[0] != '-'
}

func validPort(port []byte) bool {
	var n int
	for _, c := range port {
		if c < '0' || c > '9' {
			return false
		}
		n = n*10 + int(c-'0')
	}
	return len(port) > 0 && len(port) <= 5 && n > 0 && n <= 65535
}

// validPrefix tells whether b is empty or a path of plain segments without a
// slash at its end.
func validPrefix(b []byte) bool {
	if len(b) > 256 || len(b) > 0 && b[0] != '/' {
		return false
	}
	for len(b) > 0 {
		b = b[1:]
		end := bytes.IndexByte(b, '/')
		if end < 0 {
			end = len(b)
		}
		if end == 0 || isDots(b[:end]) {
			return false
		}
		for _, c := range b[:end] {
			if !isAlphanumeric(c) && c != '-' && c != '.' && c != '_' && c != '~' {
				return false
			}
		}
		b = b[end:]
	}
	return true
}

func isAlphanumeric(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
