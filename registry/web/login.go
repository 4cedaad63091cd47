package web

import (
	"io"
	"strings"
	"unicode"
)

// LoginView is the form with which people sign in. It posts "username",
// "password" and "next".
type LoginView struct {
	Frame
	// Action is where the form is posted to; empty posts to the page's own
	// address.
	Action string
	// Name is the username to fill in again after a failure.
	Name string
	// Error is what went wrong.
	Error string
	// Next is where to go afterwards; see LocalPath.
	Next string
}

// Login writes the form. A Next that is no local path is left out.
func (p *Pages) Login(w io.Writer, v LoginView) error {
	v.Next, v.SignIn = LocalPath(v.Next), ""
	return p.render(w, "login", v)
}

// LocalPath returns next where it is a path on this server and "" where a
// browser could take it for anything else, so that signing in leads nobody to
// another site. Browsers read "\" as "/" and skip control characters
// (url.spec.whatwg.org, "URL parsing").
func LocalPath(next string) string {
	if !strings.HasPrefix(next, "/") || strings.HasPrefix(next, "//") ||
		strings.Contains(next, `\`) || strings.ContainsFunc(next, unicode.IsControl) {
		return ""
	}
	return next
}
