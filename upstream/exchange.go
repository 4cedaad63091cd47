package upstream

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// call is what a caller wants from an upstream, over all tries and redirects.
type call struct {
	method string
	target *url.URL
	header http.Header
	body   []byte
	// tarball tells that refused hosts are a matter of policy, not of a broken
	// upstream.
	tarball bool
	// accepts tells the statuses that the caller can use.
	accepts func(status int) bool
	// absent tells the statuses that mean that the thing does not exist.
	absent func(status int) bool
	// name and version go into errors.
	name, version string
}

// exchange is an answer in progress. Who takes it over must end it by cancel.
type exchange struct {
	resp   *http.Response
	ctx    context.Context // the whole call's
	cancel context.CancelCauseFunc
}

// end gives up what is left of an answer whose head was enough.
func (x *exchange) end() {
	discard(x.resp)
	x.cancel(errClosed)
}

// do carries out a call. The exchange lives until its body ends.
func (r *Registry) do(parent context.Context, c call) (*exchange, error) {
	limited, stop := context.WithTimeoutCause(parent, r.shared.Timeouts.Total, errTotal)
	ctx, cancelCause := context.WithCancelCause(limited)
	cancel := func(cause error) {
		cancelCause(cause)
		stop()
	}
	resp, err := r.try(ctx, c)
	if err != nil {
		cancel(err)
		return nil, err
	}
	return &exchange{resp: resp, ctx: ctx, cancel: cancel}, nil
}

// hop is one request on the way to an answer.
type hop struct {
	target *url.URL
	// trusted is lost with the first change of origin and never regained, so
	// that no detour earns the credentials back.
	trusted bool
}

// follow sends the request and follows redirects by our own rules.
func (r *Registry) follow(ctx context.Context, c call) (*http.Response, error) {
	at := hop{target: c.target, trusted: true}
	for count := 0; ; count++ {
		resp, err := r.send(ctx, c, at)
		if err != nil || !isRedirect(resp.StatusCode) {
			return resp, err
		}
		next, err := r.redirect(c, at, resp)
		discard(resp)
		if err != nil {
			return nil, err
		}
		if count == maxRedirects {
			return nil, r.bad(c, "redirects too often", nil)
		}
		at = next
	}
}

// send makes one request, watched by the guards and the breaker.
func (r *Registry) send(ctx context.Context, c call, at hop) (*http.Response, error) {
	if err := r.wiring.guard.checkLiteral(at.target); err != nil {
		r.shared.Metrics.Attempt(r.name, AttemptRefused, 0)
		return nil, r.refused(c, err)
	}
	req, err := r.request(ctx, c, at)
	if err != nil {
		return nil, err
	}
	circuit := r.breakerOf(at.target)
	done, wait, ok := circuit.allow(at.target.Path)
	if !ok {
		r.shared.Metrics.Attempt(r.name, AttemptRefused, 0)
		return nil, r.unavailable(c, "is failing and is left alone for now", wait, nil)
	}
	began := r.shared.Now()
	// The transport itself, not a client: no cookies, no redirects, no referer.
	resp, err := r.transportFor(at.target).RoundTrip(req)
	took := r.shared.Now().Sub(began)
	if err != nil {
		fault := r.transportFault(ctx, c, err)
		done(fault.verdict)
		r.shared.Metrics.Attempt(r.name, fault.result, took)
		return nil, fault.failure
	}
	done(verdictOf(resp.StatusCode))
	if r.isLoop(resp) {
		r.shared.Metrics.Attempt(r.name, AttemptLoop, took)
		discard(resp)
		return nil, r.fail(npm.ErrLoop, c, "leads back to this larder", nil)
	}
	r.shared.Metrics.Attempt(r.name, resultOf(resp.StatusCode), took)
	return resp, nil
}

// transportFor returns the transport for a URL: only the upstream itself learns
// who larder is.
func (r *Registry) transportFor(target *url.URL) *http.Transport {
	if originOf(target) == r.own {
		return r.wiring.transport
	}
	return r.wiring.strangers
}

// request builds the request of a hop. Credentials go only where they belong.
func (r *Registry) request(ctx context.Context, c call, at hop) (*http.Request, error) {
	var payload io.Reader
	if c.body != nil {
		payload = bytes.NewReader(c.body)
	}
	req, err := http.NewRequestWithContext(ctx, c.method, at.target.String(), payload)
	if err != nil {
		return nil, r.fail(npm.ErrInvalid, c, "cannot be asked that", errors.New("malformed request"))
	}
	for key, values := range c.header {
		req.Header[key] = values
	}
	req.Header.Set("User-Agent", r.shared.UserAgent)
	if r.via != "" {
		req.Header.Set("Via", r.viaOf(ctx))
	}
	if r.authorization == "" {
		return req, nil
	}
	if at.trusted && r.owns(at.target) {
		req.Header.Set("Authorization", r.authorization)
	} else {
		r.shared.Metrics.Refused(r.name, "G48")
	}
	return req, nil
}

// owns tells whether a URL is below the upstream's own, so that the credentials
// are meant for it.
func (r *Registry) owns(target *url.URL) bool {
	if originOf(target) != r.own {
		return false
	}
	prefix := r.base.EscapedPath() + "/"
	// A server may decode once more than we do and so leave the prefix.
	if prefix != "/" && strings.Contains(target.Path, "%") {
		return false
	}
	return strings.HasPrefix(target.EscapedPath(), prefix) && strings.HasPrefix(target.Path, r.base.Path+"/")
}

// isLoop tells whether an answer came from, or through, this very larder.
func (r *Registry) isLoop(resp *http.Response) bool {
	if resp.StatusCode == http.StatusLoopDetected {
		return true
	}
	if r.via == "" {
		return false
	}
	for _, line := range resp.Header.Values("Via") {
		for entry := range strings.SplitSeq(line, ",") {
			if fields := strings.Fields(entry); len(fields) > 1 && fields[1] == r.via {
				return true
			}
		}
	}
	return false
}

const (
	// maxDiscard is how much of an unwanted body is read to keep its
	// connection.
	maxDiscard  = 16 << 10
	discardTime = 500 * time.Millisecond
)

// discard ends an answer whose body is not wanted, and keeps the connection
// where that costs little: absent packages are asked for all the time.
func discard(resp *http.Response) {
	if resp.ContentLength <= maxDiscard {
		late := time.AfterFunc(discardTime, func() { _ = resp.Body.Close() })
		_, _ = io.CopyN(io.Discard, resp.Body, maxDiscard+1)
		late.Stop()
	}
	_ = resp.Body.Close()
}
