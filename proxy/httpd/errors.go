package httpd

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/larderhq/larder/registry/npm"
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
}

func (e *plainError) Error() string { return e.text }

var errUnknownCoding = &plainError{
	status: http.StatusUnsupportedMediaType,
	text:   "the request's content coding is not supported; use gzip or identity",
}

func noSuchPath() error { return &plainError{status: http.StatusNotFound, text: "not found"} }

func noSuchMethod(allow string) error {
	return &plainError{status: http.StatusMethodNotAllowed, text: "method not allowed", allow: allow}
}

// failure is an error as the client gets it.
type failure struct {
	status  int
	text    string
	refusal *npm.Error // nil unless a guard or policy refused
	allow   string
	retry   time.Duration
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
			f.text = plainText(e.Text, maxText)
			if e.RetryAfter > 0 {
				f.retry = e.RetryAfter
			}
			if e.Guard != "" || e.Code != "" {
				f.refusal = e
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
	)
	switch {
	case errors.As(err, &plain):
		return failure{status: plain.status, text: plain.text, allow: plain.allow}, true
	case errors.As(err, &target):
		return failure{status: http.StatusBadRequest, text: target.Error()}, true
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

// plainText cuts s to printable ASCII of at most limit bytes, so that it fits a
// terminal, a header and a reason phrase, whoever chose it.
func plainText(s string, limit int) string {
	b := []byte(s[:min(len(s), limit)])
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '?'
		}
	}
	return string(b)
}

// errorBody is the JSON that npm's clients read: older ones show only error,
// newer ones message.
type errorBody struct {
	Error   string `json:"error"`
	Message string `json:"message"`
	Code    string `json:"code,omitempty"`
	Guard   string `json:"guard,omitempty"`
	Package string `json:"package,omitempty"`
	Version string `json:"version,omitempty"`
}

// writeError answers with an error.
func (x *exchange) writeError(err error) {
	f := failureOf(err, x.id)
	if f.status >= http.StatusInternalServerError || f.refusal != nil {
		x.cause = err
	}
	x.internal = f.internal
	r := &x.ctx.Response
	r.ResetBody()
	r.Header.Reset()
	r.Header.SetNoDefaultContentType(true)
	r.SetStatusCode(f.status)
	body := errorBody{Error: f.text, Message: f.text}
	if e := f.refusal; e != nil {
		body.Code, body.Guard = e.Code, e.Guard
		body.Package, body.Version = plainText(e.Package, maxText), plainText(e.Version, maxText)
		r.Header.SetStatusMessage([]byte(f.text[:min(len(f.text), maxReason)]))
		if e.Guard != "" {
			r.Header.Set("X-Guard", plainText(e.Guard, maxReason))
			x.server.options.Metrics.RequestRefused(e.Guard)
		}
	}
	if f.allow != "" {
		r.Header.Set("Allow", f.allow)
	}
	if f.retry > 0 {
		seconds := (f.retry + time.Second - 1) / time.Second
		r.Header.Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
	if f.status == http.StatusUnauthorized {
		r.Header.Set("WWW-Authenticate", `Bearer realm="larder"`)
	}
	if f.closes {
		x.closeConnection()
	}
	x.common()
	x.writeJSON(body)
}

// writeJSON ends an answer that is not kept anywhere.
func (x *exchange) writeJSON(v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("BUG: answer cannot be encoded: " + err.Error())
	}
	h := &x.ctx.Response.Header
	h.SetContentType(typeJSON)
	h.Set("Cache-Control", "no-store")
	x.ctx.Response.SetBodyRaw(body)
}
