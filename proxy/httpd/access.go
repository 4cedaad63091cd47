package httpd

import (
	"context"
	"encoding/json"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
)

// visibility answers "/-/package/name/visibility" to npm, which reads public,
// and "/-/package/name/access" to pnpm 12, which reads access.
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
	access := "restricted"
	if public {
		access = "public"
	}
	x.writeJSON(map[string]any{"public": public, "access": access})
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

// unquoteJSON returns the text of a JSON string.
func unquoteJSON(text string) (string, bool) {
	var out string
	err := json.Unmarshal([]byte(text), &out)
	return out, err == nil
}
