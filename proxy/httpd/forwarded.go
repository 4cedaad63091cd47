package httpd

import (
	"bytes"
	"net/netip"

	"github.com/valyala/fasthttp"
)

// forwarded is how a client addressed the registry, as far as the connection
// and a trusted proxy tell. Of each list the last element counts: it is what
// the trusted peer itself added, while earlier ones may be the client's.
type forwarded struct {
	host   []byte
	prefix []byte
	secure bool
}

// read takes over what a trusted proxy says. Values outside the grammar are
// ignored, as if the proxy had said nothing.
func (f *forwarded) read(h *fasthttp.RequestHeader) {
	f.readForwarded(lastElement(h, "Forwarded"))
	if host := lastElement(h, "X-Forwarded-Host"); validHost(host) {
		f.host = host
	}
	f.setScheme(lastElement(h, "X-Forwarded-Proto"))
	prefix := bytes.TrimSuffix(lastElement(h, "X-Forwarded-Prefix"), []byte("/"))
	if validPrefix(prefix) {
		f.prefix = prefix
	}
}

func (f *forwarded) setScheme(scheme []byte) {
	switch {
	case bytes.EqualFold(scheme, []byte("https")):
		f.secure = true
	case bytes.EqualFold(scheme, []byte("http")):
		f.secure = false
	}
}

// readForwarded reads one element of RFC 7239.
func (f *forwarded) readForwarded(element []byte) {
	for len(element) > 0 {
		var pair []byte
		pair, element, _ = bytes.Cut(element, []byte(";"))
		key, value, _ := bytes.Cut(bytes.TrimSpace(pair), []byte("="))
		value = bytes.Trim(value, `"`)
		switch {
		case bytes.EqualFold(key, []byte("host")) && validHost(value):
			f.host = value
		case bytes.EqualFold(key, []byte("proto")):
			f.setScheme(value)
		}
	}
}

// append appends the base of f: its port is left out where it is the scheme's
// own, because clients compare origins without it.
func (f *forwarded) append(b []byte) []byte {
	scheme, port := "http://", ":80"
	if f.secure {
		scheme, port = "https://", ":443"
	}
	b = append(b, scheme...)
	b = append(b, bytes.TrimSuffix(f.host, []byte(port))...)
	return append(b, f.prefix...)
}

// lastElement returns the last element of a comma-separated list, which may be
// spread over several lines.
func lastElement(h *fasthttp.RequestHeader, name string) []byte {
	lines := h.PeekAll(name)
	if len(lines) == 0 {
		return nil
	}
	list := lines[len(lines)-1]
	return bytes.TrimSpace(list[bytes.LastIndexByte(list, ',')+1:])
}

// clientAddress returns whom the access log names: the peer, or the client
// that a trusted proxy names.
func (b *bases) clientAddress(h *fasthttp.RequestHeader, c *conn) netip.Addr {
	if !b.trusts(c.peer) {
		return c.peer
	}
	if addr, err := netip.ParseAddr(string(lastElement(h, "X-Forwarded-For"))); err == nil {
		return addr.Unmap().WithZone("")
	}
	return c.peer
}
