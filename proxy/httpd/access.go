package httpd

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
)

// visibility answers "/-/package/name/visibility".
func (s *Server) visibility(x *exchange) error {
	ctx := x.deadline(s.options.AnswerTimeout)
	l, err := s.locateLocal(ctx, x)
	if err != nil {
		return err
	}
	public, err := s.sources.Registry.Public(ctx, l)
	if err != nil {
		return err
	}
	x.writeJSON(map[string]bool{"public": public})
	return nil
}

// locateLocal is locate for what only local names have.
func (s *Server) locateLocal(ctx context.Context, x *exchange) (registry.Location, error) {
	l, err := s.locate(ctx, x)
	if err == nil && !l.Local() {
		err = &npm.Error{Kind: npm.ErrNotFound, Package: x.target.Name.String(),
			Text: x.target.Name.String() + " is not published here"}
	}
	return l, err
}

// setAccess answers "POST /-/package/name/access".
func (s *Server) setAccess(x *exchange) error {
	var in struct {
		Access *string `json:"access"`
		TFA    *bool   `json:"publish_requires_tfa"`
	}
	if err := s.readJSON(x, &in); err != nil {
		return err
	}
	switch {
	case in.Access == nil && in.TFA != nil:
		return &npm.Error{Kind: npm.ErrForbidden, Text: "two-factor authentication is not supported; protect packages with rules instead"}
	case in.Access == nil || *in.Access != "public" && *in.Access != "restricted" && *in.Access != "private":
		return &npm.Error{Kind: npm.ErrInvalid, Text: "access must be public or restricted"}
	}
	ctx := x.deadline(s.options.AnswerTimeout)
	if err := s.sources.Registry.SetPublic(ctx, x.caller(), x.target.Place, x.target.Name, *in.Access == "public"); err != nil {
		return err
	}
	x.writeJSON(written{OK: true, Success: true})
	return nil
}

// collaborators answers "/-/package/name/collaborators".
func (s *Server) collaborators(x *exchange) error {
	ctx := x.deadline(s.options.AnswerTimeout)
	l, err := s.locateLocal(ctx, x)
	if err != nil {
		return err
	}
	list, err := s.sources.Registry.Collaborators(ctx, x.caller(), l)
	if err != nil {
		return err
	}
	x.writeJSON(list)
	return nil
}

// scopePackages answers "/-/org/scope/package".
func (s *Server) scopePackages(x *exchange) error {
	list, err := s.sources.Registry.ScopePackages(x.deadline(s.options.AnswerTimeout), x.caller(), x.target.Subject)
	if err != nil {
		return err
	}
	x.writeJSON(list)
	return nil
}

// userPackages answers "/-/user/name/package".
func (s *Server) userPackages(x *exchange) error {
	list, err := s.sources.Registry.UserPackages(x.deadline(s.options.AnswerTimeout), x.caller(), x.target.Subject)
	if err != nil {
		return err
	}
	x.writeJSON(list)
	return nil
}

// starredRow is one row of npm's old view of stars.
type starredRow struct {
	Value string `json:"value"`
}

// starred answers "/-/_view/starredByUser?key="name"", as npm up to 11 asks,
// and the routes of pnpm.
func (s *Server) starred(x *exchange) error {
	query, err := url.ParseQuery(string(x.target.Query))
	if err != nil {
		return &npm.Error{Kind: npm.ErrInvalid, Text: "the query is malformed", Err: err}
	}
	who := query.Get("key")
	if unquoted, ok := unquoteJSON(who); ok {
		who = unquoted
	}
	if who == "" {
		who = x.caller().Principal.Username
	}
	list, err := s.sources.Registry.Starred(x.deadline(s.options.AnswerTimeout), x.caller(), who)
	if err != nil {
		return err
	}
	rows := make([]starredRow, 0, len(list))
	for _, name := range list {
		rows = append(rows, starredRow{Value: name})
	}
	x.writeJSON(map[string]any{"rows": rows})
	return nil
}

// starPackage answers "PUT /-/user/package/name/star" and its DELETE.
func (s *Server) starPackage(x *exchange) error {
	ctx := x.deadline(s.options.AnswerTimeout)
	if err := s.sources.Registry.SetStar(ctx, x.caller(), x.target.Place, x.target.Name, x.method != http.MethodDelete); err != nil {
		return err
	}
	x.writeJSON(written{OK: true, Success: true})
	return nil
}

// unquoteJSON returns the text of a JSON string.
func unquoteJSON(text string) (string, bool) {
	var out string
	err := json.Unmarshal([]byte(text), &out)
	return out, err == nil
}
