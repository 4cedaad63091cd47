package upstreamtest

import (
	"net/http"
	"slices"
)

// Kind is what a request asked for.
type Kind string

// The kinds of requests.
const (
	KindPackument   Kind = "packument"
	KindManifest    Kind = "manifest"
	KindTarball     Kind = "tarball"
	KindTags        Kind = "tags"
	KindSearch      Kind = "search"
	KindAudit       Kind = "audit"
	KindKeys        Kind = "keys"
	KindAttestation Kind = "attestation"
	KindPing        Kind = "ping"
	KindOther       Kind = "other"
)

// Request is one entry of the request log.
type Request struct {
	Kind    Kind
	Method  string
	Target  string // as sent: escaped path and query
	Package string // decoded name, when the request has one
	Item    string // file of a tarball, version of a manifest
	Header  http.Header
	Body    []byte // as received, so perhaps compressed
}

func (r *Registry) record(q Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, q)
}

// Requests returns the logged requests of the given kinds, all without any.
func (r *Registry) Requests(kinds ...Kind) []Request {
	return r.Where(func(q Request) bool {
		return len(kinds) == 0 || slices.Contains(kinds, q.Kind)
	})
}

// Count is the number of logged requests of the given kinds.
func (r *Registry) Count(kinds ...Kind) int { return len(r.Requests(kinds...)) }

// CountOf is the number of logged requests of one kind for one package.
func (r *Registry) CountOf(kind Kind, name string) int {
	return len(r.Where(func(q Request) bool { return q.Kind == kind && q.Package == name }))
}

// Where returns the logged requests that the test picks, oldest first.
func (r *Registry) Where(pick func(Request) bool) []Request {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []Request
	for _, q := range r.log {
		if pick(q) {
			out = append(out, q)
		}
	}
	return out
}

// Reset empties the log. Faults and packages stay.
func (r *Registry) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = nil
}
