package upstream

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Registry is one upstream. It is safe for concurrent use.
type Registry struct {
	name          string
	base          *url.URL
	own           origin
	tarballHosts  map[origin]bool
	authorization string
	via           string
	namespace     string
	shared        Shared
	wiring        *wiring
	documents     *breaker
	tarballs      *breaker
}

// newRegistry checks the options of one upstream and readies it. Its errors
// repeat no secret.
func newRegistry(o Options, s Shared) (*Registry, error) {
	base, err := parseBase(o.URL)
	if err != nil {
		return nil, fmt.Errorf("url: %w", err)
	}
	authorization, err := authorize(o.Token)
	if err != nil {
		return nil, err
	}
	hosts := make(map[origin]bool)
	for _, entry := range o.TarballHosts {
		origins, err := parseHost(entry, base.Scheme)
		if err != nil {
			return nil, fmt.Errorf("tarball_hosts: %w", err)
		}
		for _, to := range origins {
			hosts[to] = true
		}
	}
	wires, err := newWiring(o, base, s)
	if err != nil {
		return nil, err
	}
	r := &Registry{
		name: o.Name, base: base, own: originOf(base), tarballHosts: hosts, authorization: authorization,
		namespace: namespace(base, authorization, wires.transport.TLSClientConfig),
		shared:    s, wiring: wires,
		documents: newBreaker(o.Name, groupRegistry, s),
		tarballs:  newBreaker(o.Name, groupTarballs, s),
	}
	if s.InstanceID != "" {
		r.via = "larder-" + s.InstanceID
	}
	return r, nil
}

// authorize returns the Authorization value for a token.
func authorize(token string) (string, error) {
	if token == "" {
		return "", nil
	}
	for _, c := range []byte(token) {
		if c < ' ' || c > '~' {
			return "", errors.New("token: holds a character that no token has")
		}
	}
	scheme, rest, ok := strings.Cut(token, " ")
	if !ok {
		return "Bearer " + token, nil
	}
	known := strings.EqualFold(scheme, "Bearer") || strings.EqualFold(scheme, "Basic")
	if !known || rest == "" || strings.Contains(rest, " ") {
		return "", errors.New("token: holds a blank")
	}
	return token, nil
}

// namespace identifies an upstream with the identity that asks it: what one
// identity may read is never kept for another. It is an HMAC, so that records
// do not tell the credential.
func namespace(base *url.URL, authorization string, secure *tls.Config) string {
	mac := hmac.New(sha256.New, []byte(authorization))
	mac.Write([]byte(base.String()))
	for _, pair := range secure.Certificates {
		// The subject outlives the certificate's renewal.
		mac.Write([]byte{0})
		mac.Write(pair.Leaf.RawSubject)
	}
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Name returns the configured name.
func (r *Registry) Name() string { return r.name }

// URL returns the configured address, without a slash at its end.
func (r *Registry) URL() string { return r.base.String() }

// Namespace returns the key under which answers of this upstream may be kept.
// It is the same after a restart, and another for another URL or credential.
func (r *Registry) Namespace() string { return r.namespace }

// BreakerStates returns the state ("closed", "half_open", "open") of each host
// group ("registry", "tarballs").
func (r *Registry) BreakerStates() map[string]string {
	return map[string]string{groupRegistry: r.documents.state(), groupTarballs: r.tarballs.state()}
}

func (r *Registry) breakerOf(target *url.URL) *breaker {
	if originOf(target) == r.own {
		return r.documents
	}
	return r.tarballs
}
