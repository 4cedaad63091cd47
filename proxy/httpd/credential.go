package httpd

import (
	"bytes"
	"encoding/base64"
	"errors"
	"net/url"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
)

// credential finds what a request proves itself with. Of several the first in
// GitLab's order counts: deploy token, personal token, Authorization, job
// token, and of each the header before the query. The others are not tried: a
// wrong credential is refused even where another one would do.
func (x *exchange) credential() (accounts.Credential, error) {
	query := x.target.Query
	if x.target.Place.Kind == registry.RootPlace {
		query = nil // npm's own protocol has no credentials there
	}
	type source struct {
		form          accounts.Form
		header, query string
	}
	for _, from := range [...]source{
		{accounts.DeployToken, "Deploy-Token", ""},
		{accounts.PrivateToken, "PRIVATE-TOKEN", "private_token"},
		{accounts.NoCredential, "Authorization", "access_token"},
		{accounts.JobToken, "JOB-TOKEN", "job_token"},
	} {
		value := bytes.TrimSpace(x.header(from.header))
		switch {
		case len(value) > 0 && from.form == accounts.NoCredential:
			return parseAuthorization(value)
		case len(value) > 0:
			return accounts.Credential{Form: from.form, Secret: string(value)}, nil
		}
		if secret, ok := queryValue(query, from.query); ok {
			return accounts.Credential{Form: max(from.form, accounts.Bearer), Secret: secret}, nil
		}
	}
	return accounts.Credential{}, nil
}

// parseAuthorization reads an Authorization header.
func parseAuthorization(value []byte) (accounts.Credential, error) {
	scheme, rest, _ := bytes.Cut(value, []byte(" "))
	rest = bytes.TrimSpace(rest)
	switch {
	case bytes.EqualFold(scheme, []byte("Bearer")):
		return accounts.Credential{Form: accounts.Bearer, Secret: string(rest)}, nil
	case bytes.EqualFold(scheme, []byte("Basic")):
		return parseBasic(rest)
	}
	return accounts.Credential{}, &npm.Error{Kind: npm.ErrUnauthenticated,
		Text: "the Authorization header must be Bearer with a token, or Basic"}
}

// parseBasic reads the credentials of RFC 7617. Clients leave the padding out
// at times.
func parseBasic(encoded []byte) (accounts.Credential, error) {
	encoded = bytes.TrimRight(encoded, "=")
	text := make([]byte, base64.RawStdEncoding.DecodedLen(len(encoded)))
	n, err := base64.RawStdEncoding.Decode(text, encoded)
	name, secret, ok := bytes.Cut(text[:n], []byte(":"))
	if err != nil || !ok {
		return accounts.Credential{Form: accounts.Basic}, &npm.Error{Kind: npm.ErrUnauthenticated,
			Text: "the Basic credentials are not a username, a colon and a password in base64"}
	}
	return accounts.Credential{Form: accounts.Basic, Username: string(name), Secret: string(secret)}, nil
}

// queryValue returns the first value of a key of a query that is not empty.
func queryValue(query []byte, key string) (string, bool) {
	for key != "" && len(query) > 0 {
		var pair []byte
		pair, query, _ = bytes.Cut(query, []byte("&"))
		name, value, _ := bytes.Cut(pair, []byte("="))
		if string(name) != key || len(value) == 0 {
			continue
		}
		text, err := url.QueryUnescape(string(value))
		if err != nil {
			text = string(value) // no secret has a broken escape, so this one is wrong
		}
		return text, true
	}
	return "", false
}

// signIn finds out who asks. A credential that is sent must be right, also
// where the anonymous may ask.
func (s *Server) signIn(x *exchange, r *route) error {
	if r.access == unchecked {
		return nil
	}
	c, err := x.credential()
	x.basic = c.Form == accounts.Basic
	if err != nil {
		return s.signInFailed(err)
	}
	ctx := s.base
	if x.basic {
		ctx = x.deadline(s.options.AnswerTimeout) // a password may wait for its turn
	}
	p, err := s.sources.Accounts.Authenticate(ctx, c, x.remote)
	if err != nil {
		return s.signInFailed(err)
	}
	x.principal = p
	below := x.target.Place.Kind != registry.RootPlace
	switch {
	case p.Kind != accounts.Anonymous:
		return nil
	case r.access == signedIn, r.access == signedInBelow && below:
		return errSignIn()
	case r.upstream:
		return s.mayAskUpstream(x)
	}
	return nil
}

// signInFailed counts credentials that were refused and returns why.
func (s *Server) signInFailed(err error) error {
	switch {
	case errors.Is(err, npm.ErrUnauthenticated):
		s.options.Metrics.SignInFailed("credential")
	case errors.Is(err, npm.ErrTooMany):
		s.options.Metrics.SignInFailed("throttled")
	}
	return err
}

// errSignIn asks the anonymous for credentials.
func errSignIn() error {
	return &npm.Error{Kind: npm.ErrUnauthenticated, Text: "sign in first: credentials are needed here"}
}

// mayAskUpstream refuses the anonymous where upstream's packages are not for
// everybody.
func (s *Server) mayAskUpstream(x *exchange) error {
	if s.options.Anonymous == anonymousNone && x.principal.Kind == accounts.Anonymous {
		return errSignIn()
	}
	return nil
}

// caller tells the registry who asks.
func (x *exchange) caller() registry.Caller {
	return registry.Caller{Principal: x.principal, Address: x.address(), Command: knownCommand(x.header("npm-command"))}
}

// address returns the client's address as the audit log has it.
func (x *exchange) address() string {
	switch {
	case x.remote == x.conn.peer:
		return x.conn.peerText
	case x.remote.IsValid():
		return x.remote.String()
	}
	return ""
}

// maxCommand bounds the npm-command header; npm's own are shorter.
const maxCommand = 32

// knownCommand returns the command of npm without keeping the request's bytes.
func knownCommand(header []byte) string {
	switch string(header) {
	case "":
		return ""
	case "install":
		return "install"
	case "ci":
		return "ci"
	}
	return plainText(string(header[:min(len(header), maxCommand)]), maxCommand)
}
