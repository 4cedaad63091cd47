package httpd

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"net/url"

	"github.com/larderhq/larder/registry/npm"
)

//go:embed login.html
var loginHTML string

//go:embed login.css
var loginCSS string

// loginPage is the page on which a person signs in for a waiting client.
type loginPage struct {
	page *template.Template
	// policy is the Content-Security-Policy: the one style sheet inside, forms
	// to ourselves, and nothing else.
	policy string
}

// loginView is what the page shows.
type loginView struct {
	Style template.CSS
	// Error is what went wrong; the form is shown again where Retry says so.
	Error    string
	Retry    bool
	Done     bool
	Username string
}

func newLoginPage() (*loginPage, error) {
	page, err := template.New("login").Parse(loginHTML)
	if err != nil {
		return nil, fmt.Errorf("parse login page: %w", err)
	}
	sum := sha256.Sum256([]byte(loginCSS))
	return &loginPage{page: page, policy: "default-src 'none'; style-src 'sha256-" +
		base64.StdEncoding.EncodeToString(sum[:]) + "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"}, nil
}

// showLogin answers "GET /-/login?id=ID".
func (s *Server) showLogin(x *exchange) error {
	id, ok := queryValue(x.target.Query, "id")
	if !ok {
		return s.showSignIn(x)
	}
	if err := s.sources.Accounts.PendingLogin(x.deadline(s.options.AnswerTimeout), id); err != nil {
		return s.refuseLogin(x, err, "")
	}
	return s.writeLogin(x, http.StatusOK, loginView{Retry: true})
}

// approveLogin answers the page's form. The id in the address cannot be
// guessed, and no cookie signs anybody in, so that no other site can send it.
func (s *Server) approveLogin(x *exchange) error {
	body, err := x.body.readAll(x.header("Content-Encoding"))
	if err != nil {
		return err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return &npm.Error{Kind: npm.ErrInvalid, Text: "the form is malformed", Err: err}
	}
	id, ok := queryValue(x.target.Query, "id")
	if !ok {
		return s.signInHere(x, form)
	}
	username := form.Get("username")
	err = s.sources.Accounts.ApproveLogin(x.deadline(s.options.AnswerTimeout), id, username, form.Get("password"), x.remote)
	if err != nil {
		return s.refuseLogin(x, s.signInFailed(err), username)
	}
	return s.writeLogin(x, http.StatusOK, loginView{Done: true, Username: username})
}

// refuseLogin says on the page what went wrong. A browser must not be asked for
// credentials of its own.
func (s *Server) refuseLogin(x *exchange, err error, username string) error {
	f := failureOf(err, x.id)
	view := loginView{Error: f.text, Username: username, Retry: true}
	switch {
	case f.internal:
		x.cause, x.internal = err, true
	case f.status == http.StatusNotFound:
		view = loginView{Error: "This sign-in has expired or is done. Run npm login again."}
	}
	if err := s.writeLogin(x, f.status, view); err != nil {
		return err
	}
	f.status = http.StatusOK
	x.adviseClient(f)
	return nil
}

func (s *Server) writeLogin(x *exchange, status int, view loginView) error {
	view.Style = template.CSS(loginCSS) //nolint:gosec // it is part of this program
	var page bytes.Buffer
	if err := s.loginPage.page.Execute(&page, view); err != nil {
		return fmt.Errorf("write login page: %w", err)
	}
	h := &x.ctx.Response.Header
	h.SetContentType("text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", s.loginPage.policy)
	h.Set("Referrer-Policy", "no-referrer") // the address is a secret while somebody waits
	x.ctx.Response.SetStatusCode(status)
	x.ctx.Response.SetBodyRaw(page.Bytes())
	return nil
}
