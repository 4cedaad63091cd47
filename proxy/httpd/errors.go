package httpd

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/rest"
)

// Limits of the texts that clients get, in bytes.
const (
	maxText   = 400
	maxReason = 120
)

// retryAfter is the advice of a 503 that has none of its own.
const retryAfter = 5 * time.Second

// plainError is a refusal of the front end itself, with nothing behind it.
type plainError struct {
	status int
	text   string
	allow  string
	// bare errors have a text and nothing else, as GitLab's of wrong input.
	bare bool
}

func (e *plainError) Error() string { return e.text }

var errUnknownCoding = &plainError{
	status: http.StatusUnsupportedMediaType,
	text:   "the request's content coding is not supported; use gzip or identity",
}

// noSuchPath is the answer for a path that means nothing. That of GitLab's
// router has a wording of its own.
func noSuchPath(op Op) error {
	if op == opNoRoute {
		return &plainError{status: http.StatusNotFound, text: "404 Not Found", bare: true}
	}
	return &plainError{status: http.StatusNotFound, text: "not found"}
}

func noSuchMethod(allow string) error {
	return &plainError{status: http.StatusMethodNotAllowed, text: "method not allowed", allow: allow}
}

// failure is an error as the client gets it.
type failure struct {
	status  int
	text    string
	message string     // GitLab's words, where it has some
	bare    bool       // the text is all that GitLab says
	whole   any        // all of "message" in the REST API, where it is no status and text
	refusal *npm.Error // nil unless a guard or policy refused
	id      string     // of the request, which names the decision
	// location is where the client has to go.
	location string
	allow    string
	retry    time.Duration
	// closes tells that the connection cannot be trusted any more.
	closes bool
	// internal tells that the cause must be looked at by someone.
	internal bool
}

// failureOf is the only place that gives an error its status and text. What it
// does not know is a 500 that tells nothing but the request's id.
func failureOf(err error, id string) failure {
	if f, ok := ownFailure(err); ok {
		return f
	}
	var e *npm.Error
	if errors.As(err, &e) {
		if f, ok := kindFailure(e.Kind); ok {
			if e.Text != "" {
				f.text = plainText(e.Text, maxText)
			}
			f.message = plainText(e.Message, maxText)
			if e.RetryAfter > 0 {
				f.retry = e.RetryAfter
			}
			if e.Guard != "" || e.Code != "" {
				f.refusal, f.id = e, id
			}
			return f
		}
	}
	if f, ok := kindFailure(err); ok {
		return f
	}
	return failure{status: http.StatusInternalServerError, text: "internal error, request " + id, internal: true}
}

// ownFailure handles the errors of this package.
func ownFailure(err error) (failure, bool) {
	var (
		plain   *plainError
		target  *badTarget
		framing *badFraming
		refusal *rest.Refusal
		kind    *rest.UnsupportedError
	)
	switch {
	case errors.As(err, &refusal):
		return failure{status: refusal.Status, text: plainText(refusal.Error(), maxText), whole: refusal.Message(),
			location: refusal.Location}, true
	case errors.As(err, &kind):
		return failure{status: http.StatusUnsupportedMediaType, text: kind.Error(), bare: true}, true
	case errors.As(err, &plain):
		return failure{status: plain.status, text: plain.text, allow: plain.allow, bare: plain.bare}, true
	case errors.As(err, &target):
		f := failure{status: http.StatusBadRequest, text: target.Error(), bare: target.exact != ""}
		if target.missing != "" {
			f.message = "Bad request - " + f.text
		}
		return f, true
	case errors.As(err, &framing):
		return failure{status: http.StatusBadRequest, text: framing.Error(), closes: true}, true
	}
	return failure{}, false
}

// kindFailure maps the vocabulary to statuses, with a text for errors that
// bring none of their own.
func kindFailure(err error) (failure, bool) {
	is := func(kind error) bool { return errors.Is(err, kind) }
	switch {
	case is(npm.ErrInvalid):
		return failure{status: http.StatusBadRequest, text: "the request is malformed"}, true
	case is(npm.ErrUnauthenticated):
		return failure{status: http.StatusUnauthorized, text: "credentials are missing or wrong"}, true
	case is(npm.ErrForbidden):
		return failure{status: http.StatusForbidden, text: "forbidden"}, true
	case is(npm.ErrBlocked):
		return failure{status: http.StatusForbidden, text: "blocked by policy"}, true
	case is(npm.ErrIntegrity):
		return failure{status: http.StatusForbidden, text: "the bytes are not what their hash or name says"}, true
	case is(npm.ErrNotFound):
		return failure{status: http.StatusNotFound, text: "not found"}, true
	case is(npm.ErrConflict):
		return failure{status: http.StatusConflict, text: "the request contradicts what is stored"}, true
	case is(npm.ErrUnprocessable):
		return failure{status: http.StatusUnprocessableEntity, text: "what was sent cannot be accepted"}, true
	case is(npm.ErrTooMany):
		return failure{status: http.StatusTooManyRequests, text: "too many attempts, try again later", retry: time.Minute}, true
	case is(npm.ErrTooLarge):
		return failure{status: http.StatusRequestEntityTooLarge, text: "too large"}, true
	case is(npm.ErrLoop):
		return failure{status: http.StatusLoopDetected, text: "the request came back to where it was sent from"}, true
	case is(npm.ErrBadUpstream):
		return failure{status: http.StatusBadGateway, text: "upstream sent an unusable answer"}, true
	case is(npm.ErrTimeout), is(context.DeadlineExceeded):
		return failure{status: http.StatusGatewayTimeout, text: "upstream did not answer in time"}, true
	case is(npm.ErrOffline):
		// Offline, what is stored is all there is. Clients repeat a 503 for more
		// than a minute and believe a 404 at once.
		return failure{status: http.StatusNotFound, text: "not stored here, and offline mode forbids asking upstream"}, true
	case is(npm.ErrUnavailable), is(context.Canceled):
		return unavailable("unavailable, try again"), true
	}
	return failure{}, false
}

func unavailable(text string) failure {
	return failure{status: http.StatusServiceUnavailable, text: text, retry: retryAfter}
}
