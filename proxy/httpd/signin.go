package httpd

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/site"
)

// showSignIn answers "GET /-/login" where no client waits: the page on which a
// person signs in to look at pages.
func (s *Server) showSignIn(x *exchange) error {
	v, err := s.visit(x.deadline(s.options.AnswerTimeout), x)
	if err != nil {
		return s.writeFailure(x, v, err)
	}
	return s.writeSignIn(x, v, http.StatusOK, site.SignIn{Next: site.Next(v.Query.Get("next"))})
}

// signInHere answers the form of that page.
func (s *Server) signInHere(x *exchange, form url.Values) error {
	if x.fromElsewhere() {
		return &npm.Error{Kind: npm.ErrForbidden, Text: "this form was sent by another site"}
	}
	ctx := x.deadline(s.options.AnswerTimeout)
	next, username := site.Next(form.Get("next")), form.Get("username")
	session, err := s.sources.Accounts.OpenSession(ctx, username, form.Get("password"), x.remote)
	if err != nil {
		f := failureOf(s.signInFailed(err), x.id)
		if f.internal {
			x.cause, x.internal = err, true
		}
		v := x.visit()
		return s.writeSignIn(x, v, f.status, site.SignIn{Next: next, Username: username, Error: f.text})
	}
	x.setSession(session.Secret, session.ExpiresAt)
	x.seeOther(next)
	return nil
}

func (s *Server) writeSignIn(x *exchange, v site.Visit, status int, form site.SignIn) error {
	body, err := s.sources.Site.SignIn(v, form)
	if err != nil {
		return err
	}
	x.writePage(status, body, s.sources.Site.Policy())
	return nil
}

// signOut answers "POST /-/logout".
func (s *Server) signOut(x *exchange) error {
	if _, err := x.body.readAll(x.header("Content-Encoding")); err != nil {
		return err
	}
	if x.fromElsewhere() {
		return &npm.Error{Kind: npm.ErrForbidden, Text: "this form was sent by another site"}
	}
	secret := string(x.ctx.Request.Header.Cookie(sessionCookie))
	if secret != "" {
		if err := s.sources.Accounts.CloseSession(x.deadline(s.options.AnswerTimeout), secret, x.remote); err != nil {
			return fmt.Errorf("end session: %w", err)
		}
	}
	x.setSession("", x.start)
	x.seeOther("/")
	return nil
}
