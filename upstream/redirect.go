package upstream

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/larderhq/larder/registry/npm"
)

// maxRedirects bounds the redirects of one try.
const maxRedirects = 3

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// redirect decides where a redirect may lead.
func (r *Registry) redirect(c call, from hop, resp *http.Response) (hop, error) {
	if c.method != http.MethodGet && c.method != http.MethodHead {
		return hop{}, r.bad(c, "redirects what must not be repeated", nil)
	}
	location, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.Header.Get("Location") == "" {
		return hop{}, r.bad(c, "redirects without saying where", nil)
	}
	target, err := parseTarget(from.target.ResolveReference(location).String())
	if err != nil {
		return hop{}, r.bad(c, "redirects to an unusable place", err)
	}
	if from.target.Scheme == "https" && target.Scheme == "http" {
		return hop{}, r.bad(c, "redirects from https to http", nil)
	}
	if !r.permits(target) {
		return hop{}, r.strangeHost(c, target.Hostname())
	}
	return hop{target: target, trusted: from.trusted && originOf(target) == originOf(from.target)}, nil
}

// permits tells whether guard G52 lets a URL be asked at all.
func (r *Registry) permits(target *url.URL) bool {
	to := originOf(target)
	return to == r.own || r.tarballHosts[to]
}

// strangeHost is the refusal of guard G52. The host was chosen by the upstream:
// it is named only after cleanHost let it pass.
func (r *Registry) strangeHost(c call, host string) error {
	r.shared.Metrics.Refused(r.name, "G52")
	if host != "" {
		host += " "
	}
	text := fmt.Sprintf("blocked by registry policy G52 tarball host: %snot allowed", host)
	kind := npm.ErrBlocked
	if !c.tarball {
		// A document that leads elsewhere is an upstream's fault, not a
		// verdict on the package, and a stale copy may stand in.
		text = fmt.Sprintf("upstream %s redirects to a host that is not allowed", r.name)
		kind = npm.ErrBadUpstream
	}
	return &npm.Error{
		Kind: kind, Text: text, Guard: "G52", Code: "E_TARBALL_HOST", Package: c.name, Version: c.version,
	}
}

// refused turns guard G53's refusal into the caller's error.
func (r *Registry) refused(c call, cause error) error {
	r.shared.Metrics.Refused(r.name, "G53")
	return &npm.Error{
		Kind: npm.ErrBadUpstream, Text: fmt.Sprintf("upstream %s: destination not allowed by registry policy G53", r.name),
		Err: cause, Guard: "G53", Code: "E_DESTINATION", Package: c.name, Version: c.version,
	}
}
