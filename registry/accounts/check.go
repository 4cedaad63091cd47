package accounts

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// tokenEntry is a token as it is remembered: whose it is and what was read from
// its limits. A revoked one is remembered as such.
type tokenEntry struct {
	digest    digest
	principal *Principal
	networks  []netip.Prefix
	blocked   bool
	// usedAt is when a use was last noted, in Unix nanoseconds.
	usedAt atomic.Int64
}

// token returns the token of that digest, or npm.ErrNotFound.
func (s *Service) token(ctx context.Context, d digest) (*tokenEntry, error) {
	if e, ok := s.tokens.Get(d); ok {
		return e, nil
	}
	generation := s.tokens.Begin()
	var t record.Token
	err := s.view(ctx, "find token", func(tx record.Tx) (err error) {
		t, err = tx.Accounts().TokenByDigest(d)
		return err
	})
	if err != nil {
		return nil, err
	}
	e, err := s.entry(ctx, d, t)
	if err != nil {
		return nil, err
	}
	s.tokens.Keep(d, e, generation)
	return e, nil
}

// entry reads whose a token is. A limit that cannot be read is an error: the
// token must not work without it.
func (s *Service) entry(ctx context.Context, d digest, t record.Token) (*tokenEntry, error) {
	patterns, err := parsePatterns(t.Packages)
	if err != nil {
		return nil, errors.Join(record.ErrCorrupt, err)
	}
	networks, err := parseNetworks(t.CIDR)
	if err != nil {
		return nil, errors.Join(record.ErrCorrupt, err)
	}
	e := &tokenEntry{digest: d, networks: networks}
	e.usedAt.Store(unixNano(t.LastUsedAt))
	if t.Kind == record.DeployToken {
		e.principal = deployPrincipal(t, patterns)
		return e, nil
	}
	a, err := s.person(ctx, t.UserID)
	if err != nil {
		return nil, err // of a removed user: unknown as the user is
	}
	e.principal, e.blocked = a.withToken(t, patterns), a.user.Blocked
	return e, nil
}

// usable tells why a token may not be used, which its holder may know.
func (e *tokenEntry) usable(now time.Time, from netip.Addr) error {
	t := &e.principal.Token
	switch {
	case !t.RevokedAt.IsZero() && t.Kind == record.JobToken:
		return refusedToken("E_TOKEN_REVOKED", "the pipeline of this job token is finished")
	case !t.RevokedAt.IsZero():
		return refusedToken("E_TOKEN_REVOKED", "Token was revoked. Please use another one.")
	case !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt):
		return refusedToken("E_TOKEN_EXPIRED", "Token is expired since %s. Please use another one.", t.ExpiresAt.UTC().Format(time.RFC3339))
	case e.blocked:
		return errBlocked()
	case len(e.networks) > 0 && !within(e.networks, from):
		return refusedToken("E_TOKEN_NETWORK", "Token may not be used from this address.")
	}
	return nil
}

func errBlocked() error { return unauthenticated("this account is blocked") }

// within tells whether an address is in one of the networks. An unknown one is
// in none.
func within(networks []netip.Prefix, from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	return slices.ContainsFunc(networks, func(n netip.Prefix) bool { return n.Contains(from) })
}

func parsePatterns(list []string) ([]npm.Pattern, error) {
	var out []npm.Pattern
	for _, text := range list {
		p, err := npm.ParsePattern(text)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func parseNetworks(list []string) ([]netip.Prefix, error) {
	var out []netip.Prefix
	for _, text := range list {
		n, err := parseNetwork(text)
		if err != nil {
			return nil, err
		}
		out = append(out, n)
	}
	return out, nil
}

// mappedBits are the leading bits that make an IPv6 network one of IPv4.
const mappedBits = 96

// parseNetwork reads "10.0.0.0/8" or a single address. IPv4 written as IPv6 is
// IPv4: clients' addresses are compared as such.
func parseNetwork(text string) (netip.Prefix, error) {
	bad := &npm.Error{Kind: npm.ErrInvalid, Text: "malformed network: write it like 10.0.0.0/8 or 2001:db8::/32"}
	n, err := netip.ParsePrefix(text)
	if err != nil {
		addr, addrErr := netip.ParseAddr(text)
		if addrErr != nil || addr.Zone() != "" {
			bad.Err = err
			return netip.Prefix{}, bad
		}
		n = netip.PrefixFrom(addr, addr.BitLen())
	}
	if n.Addr().Is4In6() {
		if n.Bits() < mappedBits {
			return netip.Prefix{}, bad
		}
		n = netip.PrefixFrom(n.Addr().Unmap(), n.Bits()-mappedBits)
	}
	return n.Masked(), nil
}
