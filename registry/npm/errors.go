package npm

import (
	"errors"
	"time"
)

// The error vocabulary of larder. Every package wraps one of these, or returns
// an *Error of that kind; proxy/httpd alone turns a kind into a status.
var (
	// ErrInvalid means that the caller's input is malformed (400).
	ErrInvalid = errors.New("invalid")
	// ErrUnauthenticated means that credentials are missing or wrong (401).
	ErrUnauthenticated = errors.New("unauthenticated")
	// ErrForbidden means that the caller may not do this (403).
	ErrForbidden = errors.New("forbidden")
	// ErrNotFound means that the thing is known to be absent (404).
	ErrNotFound = errors.New("not found")
	// ErrConflict means that the request contradicts what is stored (409).
	ErrConflict = errors.New("conflict")
	// ErrTooLarge means that a body or document is over its limit (413).
	ErrTooLarge = errors.New("too large")
	// ErrIntegrity means that bytes are not what their hash or name says (403).
	ErrIntegrity = errors.New("integrity mismatch")
	// ErrBlocked means that policy refuses (403).
	ErrBlocked = errors.New("blocked by policy")
	// ErrBadUpstream means that upstream answered with something unusable (502).
	ErrBadUpstream = errors.New("bad upstream answer")
	// ErrUnavailable means that upstream or a store cannot serve now (503).
	ErrUnavailable = errors.New("unavailable")
	// ErrOffline means that the answer needs upstream and offline mode forbids
	// it (404: what is stored is all there is).
	ErrOffline = errors.New("offline")
	// ErrTimeout means that upstream did not answer in time (504).
	ErrTimeout = errors.New("timeout")
	// ErrLoop means that the request came back to the larder that sent it (508).
	ErrLoop = errors.New("loop")
	// ErrUnprocessable means that what a package contains cannot be accepted
	// (422).
	ErrUnprocessable = errors.New("unprocessable")
	// ErrTooMany means that somebody has tried too often (429).
	ErrTooMany = errors.New("too many attempts")
)

// Error is a failure with a text that may be shown to the client. Texts are
// one line, hold no internals (paths, addresses, credentials) and never repeat
// text that an upstream chose.
type Error struct {
	// Kind is one of the vocabulary above.
	Kind error
	// Text is shown to the client.
	Text string
	// Err is the cause, for the log only; may be nil.
	Err error
	// Guard names the guard that refused ("G20"), or is empty.
	Guard string
	// Code is the machine word of a refusal ("E_INTEGRITY"), or is empty.
	Code string
	// Package and Version name what was refused, where known.
	Package, Version string
	// Available is when what was refused becomes available by itself; zero where
	// nobody knows, or never.
	Available time.Time
	// RetryAfter tells when to ask again; zero means no advice.
	RetryAfter time.Duration
	// Message, where set, is GitLab's own wording for its "message" member,
	// without the status in front; Text remains the "error" member.
	Message string
}

// Error returns the client's text with its cause, for logs.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Text
	}
	return e.Text + ": " + e.Err.Error()
}

// Unwrap lets errors.Is find both the kind and the cause.
func (e *Error) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}
