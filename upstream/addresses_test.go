package upstream

import (
	"net/netip"
	"testing"
)

func TestForbidden(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, addr string
		want       bool
	}{
		{"public", "8.8.8.8", false},
		{"public next to RFC 1918", "172.32.0.1", false},
		{"public next to CGNAT", "100.128.0.1", false},
		{"unspecified", "0.0.0.0", true},
		{"this network", "0.1.2.3", true},
		{"loopback", "127.0.0.1", true},
		{"loopback end", "127.255.255.254", true},
		{"ten", "10.0.0.5", true},
		{"one seven two", "172.16.0.1", true},
		{"one nine two", "192.168.1.1", true},
		{"CGNAT", "100.64.0.1", true},
		{"metadata", "169.254.169.254", true},
		{"assignments", "192.0.0.170", true},
		{"benchmarks", "198.19.255.255", true},
		{"documentation 1", "192.0.2.1", true},
		{"documentation 2", "198.51.100.1", true},
		{"documentation 3", "203.0.113.1", true},
		{"multicast", "224.0.0.1", true},
		{"reserved", "240.0.0.1", true},
		{"broadcast", "255.255.255.255", true},
		{"public v6", "2606:4700::1111", false},
		{"unspecified v6", "::", true},
		{"loopback v6", "::1", true},
		{"ULA", "fd00:ec2::254", true},
		{"link-local v6", "fe80::1", true},
		{"link-local v6 with zone", "fe80::1%eth0", true},
		{"site-local", "fec0::1", true},
		{"multicast v6", "ff02::1", true},
		{"documentation v6", "2001:db8::1", true},
		{"documentation v6, new", "3fff::1", true},
		{"Teredo", "2001:0:4136:e378::1", true},
		{"ORCHID", "2001:20::1", true},
		{"discard", "100::1", true},
		{"mapped loopback", "::ffff:127.0.0.1", true},
		{"mapped loopback in hex", "::ffff:7f00:1", true},
		{"mapped metadata", "::ffff:169.254.169.254", true},
		{"mapped public", "::ffff:8.8.8.8", false},
		{"compatible loopback", "::127.0.0.1", true},
		{"translated loopback", "::ffff:0:127.0.0.1", true},
		{"NAT64 private", "64:ff9b::10.0.0.1", true},
		{"NAT64 public", "64:ff9b::8.8.8.8", false},
		{"local NAT64", "64:ff9b:1::8.8.8.8", true},
		{"6to4 private", "2002:7f00:1::1", true},
		{"6to4 public", "2002:808:808::1", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := forbidden(netip.MustParseAddr(tt.addr)); got != tt.want {
				t.Errorf("forbidden(%s) = %v, want %v", tt.addr, got, tt.want)
			}
		})
	}
	if !forbidden(netip.Addr{}) {
		t.Error("the zero address is allowed")
	}
}
