package upstream

import "net/netip"

// private4 lists every IPv4 range that is not the public internet: guard G53
// lets none of them be reached through an address that an upstream chose.
var private4 = [...]netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network, unspecified
	netip.MustParsePrefix("10.0.0.0/8"),      // RFC 1918
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT
	netip.MustParsePrefix("127.0.0.0/8"),     // loopback
	netip.MustParsePrefix("169.254.0.0/16"),  // link-local, cloud metadata
	netip.MustParsePrefix("172.16.0.0/12"),   // RFC 1918
	netip.MustParsePrefix("192.0.0.0/24"),    // IETF protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("192.168.0.0/16"),  // RFC 1918
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("224.0.0.0/4"),     // multicast
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast
}

var (
	global6 = netip.MustParsePrefix("2000::/3")
	nat64   = netip.MustParsePrefix("64:ff9b::/96")
	sixTo4  = netip.MustParsePrefix("2002::/16")
)

// private6 lists what is not public within 2000::/3; all of IPv6 outside that
// range is private, NAT64 apart.
var private6 = [...]netip.Prefix{
	netip.MustParsePrefix("2001::/32"),     // Teredo, hides an IPv4 address
	netip.MustParsePrefix("2001:2::/48"),   // benchmarks
	netip.MustParsePrefix("2001:10::/28"),  // ORCHID
	netip.MustParsePrefix("2001:20::/28"),  // ORCHIDv2
	netip.MustParsePrefix("2001:db8::/32"), // documentation
	netip.MustParsePrefix("3fff::/20"),     // documentation
}

// forbidden tells whether an address is outside the public internet, also
// where an IPv4 address is written inside an IPv6 one.
func forbidden(addr netip.Addr) bool {
	addr = addr.Unmap().WithZone("")
	if addr.Is4() {
		return within(private4[:], addr)
	}
	if !addr.Is6() {
		return true
	}
	raw := addr.As16()
	switch {
	case nat64.Contains(addr):
		return within(private4[:], netip.AddrFrom4([4]byte(raw[12:16])))
	case sixTo4.Contains(addr):
		return within(private4[:], netip.AddrFrom4([4]byte(raw[2:6])))
	}
	return !global6.Contains(addr) || within(private6[:], addr)
}

func within(list []netip.Prefix, addr netip.Addr) bool {
	for _, prefix := range list {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}
