package httpd

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
)

// sessionCookie holds the secret of a browser that signed in. Pages alone look
// at it, and none of them changes anything: another site that makes a browser
// send it gains nothing.
const sessionCookie = "larder_session"

// visitor finds out who looks at a page. A credential of the request must be
// right; a cookie that no longer is means the anonymous.
func (s *Server) visitor(ctx context.Context, x *exchange) error {
	c, err := x.credential()
	x.basic = c.Form == accounts.Basic
	if err != nil {
		return s.signInFailed(err)
	}
	cookie := string(x.ctx.Request.Header.Cookie(sessionCookie))
	fromCookie := c.Form == accounts.NoCredential && cookie != ""
	if fromCookie {
		c = accounts.Credential{Form: accounts.Bearer, Secret: cookie}
	}
	p, err := s.sources.Accounts.Authenticate(ctx, c, x.remote)
	if fromCookie && errors.Is(err, npm.ErrUnauthenticated) {
		x.setSession("", time.Time{})
		return nil
	}
	if err != nil {
		return s.signInFailed(err)
	}
	x.principal = p
	return nil
}

// setSession gives the browser a session, or takes it where secret is empty.
func (x *exchange) setSession(secret string, until time.Time) {
	var c fasthttp.Cookie
	c.SetKey(sessionCookie)
	c.SetValue(secret)
	c.SetPath(x.origin.mount + "/")
	c.SetHTTPOnly(true)
	c.SetSameSite(fasthttp.CookieSameSiteLaxMode)
	c.SetSecure(strings.HasPrefix(x.origin.base, "https:"))
	if c.SetMaxAge(int(time.Until(until) / time.Second)); secret == "" {
		c.SetExpire(fasthttp.CookieExpireDelete)
	}
	x.ctx.Response.Header.SetCookie(&c)
}

// fromElsewhere tells whether another site made the browser send a form
// (Fetch Metadata Request Headers, W3C). Older browsers do not say.
func (x *exchange) fromElsewhere() bool {
	site := string(x.header("Sec-Fetch-Site"))
	return site != "" && site != "same-origin" && site != "none"
}

// seeOther sends the browser to a page of ours, named by its path below the
// public URL.
func (x *exchange) seeOther(path string) {
	h := &x.ctx.Response.Header
	h.Set("Location", x.origin.mount+path)
	h.Set("Cache-Control", "no-store")
	x.ctx.Response.SetStatusCode(http.StatusSeeOther)
}
