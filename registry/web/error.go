package web

import "io"

// ErrorView is the page for what cannot be shown.
type ErrorView struct {
	Frame
	// Status is the HTTP status.
	Status int
	// Text is what went wrong, as clients are told; it may be empty.
	Text string
	// RequestID finds the request in the log; shown from status 500 on.
	RequestID string
}

// Headline returns what a person understands by the status.
func (v ErrorView) Headline() string {
	switch {
	case v.Status == 401:
		return "Sign in to see this page"
	case v.Status == 403:
		return "You may not see this page"
	case v.Status == 404:
		return "This page does not exist"
	case v.Status == 429:
		return "Too many requests"
	case v.Status >= 500:
		return "Something went wrong here"
	}
	return "This request cannot be answered"
}

// Hint returns what a person can do about it.
func (v ErrorView) Hint() string {
	switch {
	case v.Status == 404 && v.Username == "":
		return "It may have moved, or you may have to sign in to see it."
	case v.Status == 404:
		return "It may have moved, or you may have no access to it."
	case v.Status == 429:
		return "Wait a little and try again."
	case v.Status >= 500:
		return "Try again in a moment. If it stays, tell an administrator the number of the request."
	}
	return ""
}

// Internal tells that the fault is the server's.
func (v ErrorView) Internal() bool { return v.Status >= 500 }

// Locked tells that signing in could help.
func (v ErrorView) Locked() bool {
	return v.Username == "" && (v.Status == 401 || v.Status == 403 || v.Status == 404)
}

// Error writes the page for what cannot be shown.
func (p *Pages) Error(w io.Writer, v ErrorView) error { return p.render(w, "error", v) }
