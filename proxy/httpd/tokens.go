package httpd

import (
	"context"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// keyBytes is how much of a token's digest stands for it towards npm, whose
// users write the first few letters of it.
const keyBytes = 16

// tokenView is a token as "npm token list" reads it.
type tokenView struct {
	// Token is the secret where it was just created, else its beginning.
	Token     string     `json:"token"`
	Key       string     `json:"key"`
	Name      string     `json:"name"`
	Created   time.Time  `json:"created"`
	Updated   time.Time  `json:"updated"`
	Accessed  *time.Time `json:"accessed,omitempty"`
	Expires   *time.Time `json:"expires"`
	Readonly  bool       `json:"readonly"`
	Automated bool       `json:"automation"`
	CIDR      []string   `json:"cidr_whitelist"`
	Packages  []string   `json:"packages,omitempty"`
}

func viewToken(t record.Token, shown string) tokenView {
	v := tokenView{Token: shown, Key: tokenKey(t), Name: t.Name, Created: t.CreatedAt, Updated: t.CreatedAt,
		Readonly: !slices.Contains(t.Scopes, accounts.ScopeAPI), CIDR: t.CIDR, Packages: t.Packages}
	if v.CIDR == nil {
		v.CIDR = []string{}
	}
	if !t.LastUsedAt.IsZero() {
		v.Accessed = &t.LastUsedAt
	}
	if !t.ExpiresAt.IsZero() {
		v.Expires = &t.ExpiresAt
	}
	return v
}

func tokenKey(t record.Token) string { return hex.EncodeToString(t.Digest[:keyBytes]) }

// tokenList is the answer to "npm token list", which fails without urls.
type tokenList struct {
	Objects []tokenView       `json:"objects"`
	Total   int               `json:"total"`
	URLs    map[string]string `json:"urls"`
}

// tokens answers "GET /-/npm/v1/tokens".
func (s *Server) tokens(x *exchange) error {
	if err := x.needsPerson(); err != nil {
		return err
	}
	list, err := s.sources.Accounts.Tokens(x.deadline(s.options.AnswerTimeout), x.principal.UserID)
	if err != nil {
		return err
	}
	out := tokenList{Objects: []tokenView{}, URLs: map[string]string{}}
	for _, t := range list {
		if t.Kind == record.PersonalToken && t.RevokedAt.IsZero() {
			out.Objects = append(out.Objects, viewToken(t, t.Hint))
		}
	}
	out.Total = len(out.Objects)
	x.writeJSON(out)
	return nil
}

// tokenInput is what "npm token create" sends: up to npm 10 the first three,
// since then the others too.
type tokenInput struct {
	Password string   `json:"password"`
	Readonly bool     `json:"readonly"`
	CIDR     []string `json:"cidr_whitelist"`

	Name     string   `json:"name"`
	Packages []string `json:"packages"`
	Scopes   []string `json:"scopes"`
	// Permission is read-only, read-write or no-access.
	Permission string `json:"packages_and_scopes_permission"`
	// Expires is in days.
	Expires int `json:"expires"`
}

// longestExpiry keeps a number of days within what a time can hold.
const longestExpiry = 36500

// token is what accounts is asked to create.
func (in tokenInput) token(user int64) (accounts.NewToken, error) {
	n := accounts.NewToken{UserID: user, Name: in.Name, CIDR: in.CIDR, Packages: slices.Clone(in.Packages)}
	if n.Name == "" {
		n.Name = "npm token"
	}
	for _, scope := range in.Scopes {
		if !strings.HasPrefix(scope, "@") {
			scope = "@" + scope
		}
		n.Packages = append(n.Packages, scope+"/*")
	}
	switch in.Permission {
	case "", "read-write":
	case "read-only":
		in.Readonly = true
	default:
		return n, &npm.Error{Kind: npm.ErrInvalid, Text: "a token needs the permission read-only or read-write"}
	}
	if in.Readonly {
		n.Scopes = []string{accounts.ScopeReadAPI}
	}
	switch {
	case in.Expires < 0 || in.Expires > longestExpiry:
		return n, &npm.Error{Kind: npm.ErrInvalid, Text: "expires must be a number of days"}
	case in.Expires > 0:
		n.ExpiresAt = time.Now().Add(time.Duration(in.Expires) * 24 * time.Hour)
	}
	return n, nil
}

// createToken answers "POST /-/npm/v1/tokens".
func (s *Server) createToken(x *exchange) error {
	if err := x.needsOwner(); err != nil {
		return err
	}
	var in tokenInput
	if err := s.readJSON(x, &in); err != nil {
		return err
	}
	ctx := x.deadline(s.options.AnswerTimeout)
	if err := s.checkPassword(ctx, x, in.Password); err != nil {
		return err
	}
	n, err := in.token(x.principal.UserID)
	if err != nil {
		return err
	}
	t, secret, err := s.sources.Accounts.CreateToken(ctx, x.actor(), n)
	if err != nil {
		return err
	}
	x.writeJSON(viewToken(t, secret))
	x.ctx.Response.SetStatusCode(http.StatusCreated)
	return nil
}

// checkPassword asks for the caller's own password again, so that a token
// alone cannot make another one. Who has no password cannot be asked.
func (s *Server) checkPassword(ctx context.Context, x *exchange, password string) error {
	u, err := s.sources.Accounts.UserByName(ctx, x.principal.Username)
	if err != nil || u.PasswordHash == "" {
		return err
	}
	wrong := &npm.Error{Kind: npm.ErrUnauthenticated, Text: "the password is wrong"}
	if password == "" {
		return wrong
	}
	c := accounts.Credential{Form: accounts.Basic, Username: u.Username, Secret: password}
	p, err := s.sources.Accounts.Authenticate(ctx, c, x.remote)
	switch {
	case err != nil:
		return err
	case p.UserID != u.ID || p.Token.ID != 0:
		return wrong
	}
	return nil
}

// revokeToken answers "DELETE /-/npm/v1/tokens/token/KEY"; the key may also be
// the token itself.
func (s *Server) revokeToken(x *exchange) error {
	if err := x.needsOwner(); err != nil {
		return err
	}
	ctx := x.deadline(s.options.AnswerTimeout)
	list, err := s.sources.Accounts.Tokens(ctx, x.principal.UserID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(t record.Token) bool { return tokenKey(t) == x.target.Secret })
	if i < 0 {
		err = s.sources.Accounts.RevokeSecret(ctx, x.actor(), x.target.Secret)
	} else {
		err = s.sources.Accounts.RevokeToken(ctx, x.actor(), list[i].ID)
	}
	if err != nil {
		return err
	}
	x.noContent()
	return nil
}

// needsPerson refuses callers that are no users.
func (x *exchange) needsPerson() error {
	if x.principal.Kind == accounts.Person {
		return nil
	}
	return &npm.Error{Kind: npm.ErrForbidden, Text: "only users have an account to look at: deploy and job tokens have none"}
}

// needsOwner refuses callers that may not change their own account.
func (x *exchange) needsOwner() error {
	if err := x.needsPerson(); err != nil {
		return err
	}
	if x.principal.ManagesAccount() {
		return nil
	}
	return &npm.Error{Kind: npm.ErrForbidden, Guard: "G46", Code: "E_TOKEN_SCOPE",
		Text: "a limited token cannot change its user's account: use one with the scope api and no limits"}
}

// noContent ends an answer that has nothing to say.
func (x *exchange) noContent() {
	x.ctx.Response.Header.Set("Cache-Control", "no-store")
	x.ctx.Response.SetStatusCode(http.StatusNoContent)
}
