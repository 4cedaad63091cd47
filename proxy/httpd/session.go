package httpd

import (
	"net/http"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
)

// actor names the caller for the audit log.
func (x *exchange) actor() accounts.Actor {
	return accounts.Actor{Name: x.principal.Actor(), Address: x.address(), UserID: x.principal.UserID}
}

// whoami answers "/-/whoami".
func (s *Server) whoami(x *exchange) error {
	x.writeJSON(map[string]string{"username": x.principal.Username})
	return nil
}

// userInput is the document that "npm login --auth-type=legacy" sends. Some
// clients add an email and a date.
type userInput struct {
	Name     string `json:"name"`
	Password string `json:"password"`
}

// signedInAs is the answer to a legacy login. npm reads token, yarn 1 ok.
type signedInAs struct {
	OK    bool   `json:"ok"`
	ID    string `json:"id"`
	Rev   string `json:"rev"`
	Token string `json:"token"`
}

// login answers "PUT /-/user/org.couchdb.user:NAME", and its form with a
// revision, which older clients send after a conflict. The password in the body
// is what counts: a token in the client's configuration may have expired.
func (s *Server) login(x *exchange) error {
	x.basic = true // npm words a refusal as a wrong password then
	var in userInput
	if err := s.readJSON(x, &in); err != nil {
		return err
	}
	switch {
	case in.Name == "":
		in.Name = x.target.Subject
	case !strings.EqualFold(in.Name, x.target.Subject):
		return &npm.Error{Kind: npm.ErrInvalid, Text: "the body names another user than the path"}
	}
	if in.Password == "" {
		return &npm.Error{Kind: npm.ErrUnauthenticated, Text: "a password is needed to sign in"}
	}
	p, token, err := s.sources.Accounts.Login(x.deadline(s.options.AnswerTimeout), in.Name, in.Password, x.remote)
	if err != nil {
		return s.signInFailed(err)
	}
	x.writeJSON(signedInAs{OK: true, ID: userPrefix + p.Username, Rev: userRev, Token: token})
	x.ctx.Response.SetStatusCode(http.StatusCreated)
	return nil
}

// userRev is the revision of every user's document: nothing writes one back.
const userRev = "1-0"

// userDocument is a user as CouchDB had it. "npm owner" reads name and email.
type userDocument struct {
	ID    string    `json:"_id"`
	Rev   string    `json:"_rev"`
	Name  string    `json:"name"`
	Email string    `json:"email"`
	Type  string    `json:"type"`
	Roles []string  `json:"roles"`
	Date  time.Time `json:"date"`
}

// user answers "GET /-/user/org.couchdb.user:NAME".
func (s *Server) user(x *exchange) error {
	u, err := s.sources.Accounts.UserByName(x.deadline(s.options.AnswerTimeout), x.target.Subject)
	if err != nil {
		return err
	}
	x.writeJSON(userDocument{ID: userPrefix + u.Username, Rev: userRev, Name: u.Username, Email: u.Email,
		Type: "user", Roles: []string{}, Date: u.CreatedAt})
	return nil
}

// logout answers "DELETE /-/user/token/TOKEN". Who has a token may end it.
func (s *Server) logout(x *exchange) error {
	if err := s.sources.Accounts.RevokeSecret(x.deadline(s.options.AnswerTimeout), x.actor(), x.target.Secret); err != nil {
		return err
	}
	x.writeJSON(written{OK: true, Success: true})
	return nil
}
