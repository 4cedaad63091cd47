package httpd

import (
	"net/http"
	"net/url"
)

// loginURLs are the answer to "POST /-/v1/login": where a person signs in, and
// where the client waits for it. Both must be absolute.
type loginURLs struct {
	LoginURL string `json:"loginUrl"`
	DoneURL  string `json:"doneUrl"`
}

// loginPoll is how long a client should wait before it asks again, in seconds.
const loginPoll = "2"

// webLogin answers "POST /-/v1/login".
func (s *Server) webLogin(x *exchange) error {
	if x.origin.base == "" {
		return errNoHost()
	}
	if err := s.readJSON(x, &struct{}{}); err != nil { // it says nothing that matters here
		return err
	}
	id, err := s.sources.Accounts.StartLogin(x.deadline(s.options.AnswerTimeout), x.remote)
	if err != nil {
		return err
	}
	x.writeJSON(loginURLs{
		LoginURL: x.origin.base + "/-/login?id=" + url.QueryEscape(id),
		DoneURL:  x.origin.base + x.target.Prefix + "/-/v1/done/" + url.PathEscape(id),
	})
	return nil
}

// loginDone answers "GET /-/v1/done/ID": 202 until somebody has signed in, then
// the token, once.
func (s *Server) loginDone(x *exchange) error {
	if x.isHead() {
		return noSuchMethod("GET, OPTIONS") // the token would be given to nobody
	}
	token, ready, err := s.sources.Accounts.FinishLogin(x.deadline(s.options.AnswerTimeout), x.target.Secret)
	if err != nil {
		return err
	}
	if !ready {
		x.writeJSON(struct{}{})
		x.ctx.Response.SetStatusCode(http.StatusAccepted)
		x.ctx.Response.Header.Set("Retry-After", loginPoll)
		return nil
	}
	x.writeJSON(map[string]string{"token": token})
	return nil
}
