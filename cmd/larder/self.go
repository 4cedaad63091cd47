package main

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/larderhq/larder/config"
)

// isSelf tells whether a URL is that of this larder: its public URL, or its
// port at an address that it listens on.
func isSelf(ctx context.Context, registry string, c *config.Config) bool {
	u, err := url.Parse(registry)
	if err != nil || u.Host == "" {
		return false
	}
	if c.PublicURL != "" {
		if p, err := url.Parse(c.PublicURL); err == nil && sameHost(u, p) && strings.HasPrefix(u.Path+"/", p.Path+"/") {
			return true
		}
	}
	host, port, err := net.SplitHostPort(c.Listen)
	if err != nil || port == "0" || port != portOf(u) {
		return false
	}
	return listensOn(ctx, strings.TrimSuffix(host, "."), hostOf(u))
}

func sameHost(a, b *url.URL) bool {
	return strings.EqualFold(hostOf(a), hostOf(b)) && portOf(a) == portOf(b)
}

// hostOf leaves out the dot that ends a name which is spelled in full.
func hostOf(u *url.URL) string { return strings.TrimSuffix(u.Hostname(), ".") }

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// listensOn tells whether a listener at one host is reached through another.
func listensOn(ctx context.Context, listen, host string) bool {
	if strings.EqualFold(listen, host) {
		return true
	}
	ours, theirs := addressesOf(ctx, listen), addressesOf(ctx, host)
	everywhere := listen == ""
	for _, o := range ours {
		everywhere = everywhere || o.IsUnspecified()
		for _, t := range theirs {
			if o == t || o.IsLoopback() && (t.IsLoopback() || t.IsUnspecified()) {
				return true
			}
		}
	}
	return everywhere && anyOwn(theirs)
}

// addressesOf resolves a host. A name that does not resolve has none: then
// nothing can be reached through it either.
func addressesOf(ctx context.Context, host string) []netip.Addr {
	if host == "" {
		return nil
	}
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap().WithZone("")}
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil
	}
	for i := range found {
		found[i] = found[i].Unmap().WithZone("")
	}
	return found
}

// anyOwn tells whether one of the addresses belongs to this machine.
func anyOwn(addresses []netip.Addr) bool {
	own := map[netip.Addr]bool{}
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		interfaces = nil
	}
	for _, i := range interfaces {
		if n, ok := i.(*net.IPNet); ok {
			if a, ok := netip.AddrFromSlice(n.IP); ok {
				own[a.Unmap()] = true
			}
		}
	}
	for _, a := range addresses {
		if a.IsLoopback() || a.IsUnspecified() || own[a] {
			return true
		}
	}
	return false
}
