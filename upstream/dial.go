package upstream

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"syscall"
)

// destinationError tells that guard G53 kept a connection from being made.
type destinationError struct{ address string }

func (e *destinationError) Error() string {
	return fmt.Sprintf("destination %s is private", e.address)
}

// guard decides which addresses may be dialled (G53). It looks at addresses
// after name resolution, so a name that changes its mind gains nothing.
type guard struct {
	// own are the host:port pairs that the operator configured: the upstream
	// itself and its proxies. They may be anywhere.
	own          map[string]bool
	allowPrivate bool
}

// dialer opens connections, guarded unless the address is the operator's own
// choice.
func (g *guard) dialer(base net.Dialer) dialFunc {
	guarded := base
	guarded.ControlContext = g.control
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		if g.allowPrivate || g.own[address] {
			return base.DialContext(ctx, network, address)
		}
		return guarded.DialContext(ctx, network, address)
	}
}

// control runs between resolution and connect.
func (g *guard) control(_ context.Context, _, address string, _ syscall.RawConn) error {
	resolved, err := netip.ParseAddrPort(address)
	if err != nil || forbidden(resolved.Addr()) {
		return &destinationError{address: address}
	}
	return nil
}

// checkLiteral refuses private addresses written into a URL before anything is
// dialled. Behind a proxy this is the only look we get.
func (g *guard) checkLiteral(target *url.URL) error {
	to := originOf(target)
	if g.allowPrivate || g.own[to.address()] {
		return nil
	}
	if to.host == "localhost" || isUnder(to.host, "localhost") {
		return &destinationError{address: to.address()}
	}
	if addr, err := netip.ParseAddr(to.host); err == nil && forbidden(addr) {
		return &destinationError{address: to.address()}
	}
	return nil
}

func isUnder(host, domain string) bool {
	cut := len(host) - len(domain)
	return cut > 0 && host[cut-1] == '.' && host[cut:] == domain
}
