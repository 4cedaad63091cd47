package upstream

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// fault is a failed round trip: what the caller learns, what the breaker learns
// and what the metrics learn.
type fault struct {
	*failure
	verdict error
	result  string
}

// transportFault judges a round trip that gave no answer.
func (r *Registry) transportFault(ctx context.Context, c call, err error) fault {
	var destination *destinationError
	if errors.As(err, &destination) {
		return fault{failure: &failure{err: r.refused(c, err)}, verdict: errExcluded, result: AttemptRefused}
	}
	if ctx.Err() != nil {
		if errors.Is(context.Cause(ctx), errTotal) {
			return fault{failure: &failure{err: r.gone(ctx, c)}, verdict: err, result: AttemptTimeout}
		}
		return fault{failure: &failure{err: r.gone(ctx, c)}, verdict: errExcluded, result: AttemptCanceled}
	}
	var timeout net.Error
	if errors.As(err, &timeout) && timeout.Timeout() {
		late := r.fail(npm.ErrTimeout, c, "did not answer in time", err)
		return fault{failure: &failure{err: late, retry: true}, verdict: err, result: AttemptTimeout}
	}
	down := &failure{err: r.unavailable(c, "cannot be reached", 0, err), retry: !isTLS(err)}
	return fault{failure: down, verdict: err, result: AttemptFailed}
}

// gone is the error of a call whose context ended.
func (r *Registry) gone(ctx context.Context, c call) error {
	cause := context.Cause(ctx)
	if isDeadline(cause) {
		return r.fail(npm.ErrTimeout, c, "did not answer in time", cause)
	}
	return fmt.Errorf("ask upstream %s: %w", r.name, cause)
}

// isTLS tells failures that asking again does not mend.
func isTLS(err error) bool {
	var verification *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var host x509.HostnameError
	var record tls.RecordHeaderError
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &host) ||
		errors.As(err, &record)
}

// statusFault turns a status that the caller cannot use into an error.
func (r *Registry) statusFault(c call, resp *http.Response) *failure {
	status := resp.StatusCode
	cause := fmt.Errorf("status %d", status)
	if c.absent(status) {
		return &failure{err: &npm.Error{
			Kind: npm.ErrNotFound, Text: "not found", Err: cause, Package: c.name, Version: c.version,
		}}
	}
	switch {
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		text := "refused our credentials"
		if r.authorization == "" {
			text = "wants credentials, and none are configured"
		}
		return &failure{err: r.fail(npm.ErrBadUpstream, c, text, cause)}
	case status == http.StatusRequestTimeout, status == http.StatusTooManyRequests, isServerError(status):
		after := retryAfter(resp.Header, r.shared.Now())
		return &failure{err: r.unavailable(c, "cannot answer now", after, cause), retry: true, after: after}
	}
	return &failure{err: r.fail(npm.ErrBadUpstream, c, "gave an answer of no use", cause)}
}

// isServerError tells the statuses that speak of a failing upstream. 501 and
// 505 speak of the request, 508 of a loop.
func isServerError(status int) bool {
	switch status {
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported, http.StatusLoopDetected:
		return false
	}
	return status >= http.StatusInternalServerError
}

// verdictOf tells the breaker what a status means.
func verdictOf(status int) error {
	if isServerError(status) {
		return errServer
	}
	return nil
}

func resultOf(status int) string {
	switch {
	case status == http.StatusNotModified:
		return AttemptNotModified
	case status < http.StatusMultipleChoices:
		return AttemptOK
	case isRedirect(status):
		return AttemptRedirect
	case status == http.StatusNotFound, status == http.StatusGone:
		return AttemptNotFound
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return AttemptDenied
	case status == http.StatusTooManyRequests:
		return AttemptThrottled
	case status >= http.StatusInternalServerError:
		return AttemptServerError
	}
	return AttemptClientError
}

func (r *Registry) fail(kind error, c call, text string, cause error) error {
	return &npm.Error{
		Kind: kind, Text: fmt.Sprintf("upstream %s %s", r.name, text), Err: cause, Package: c.name, Version: c.version,
	}
}

func (r *Registry) bad(c call, text string, cause error) error {
	return r.fail(npm.ErrBadUpstream, c, text, cause)
}

func (r *Registry) unavailable(c call, text string, after time.Duration, cause error) error {
	return &npm.Error{
		Kind: npm.ErrUnavailable, Text: fmt.Sprintf("upstream %s %s", r.name, text),
		Err: cause, Package: c.name, Version: c.version, RetryAfter: after,
	}
}
