package httpd

import (
	"net/http"
	"net/url"

	"github.com/larderhq/larder/registry/npm"
)

// starredRow is one row of npm's old view of stars.
type starredRow struct {
	Value string `json:"value"`
}

// starred answers "/-/_view/starredByUser?key="name"", as npm up to 11 asks.
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

// stars answers "GET /-/user/v1/star": the names that the caller starred, as
// the plain list that pnpm 12 prints.
func (s *Server) stars(x *exchange) error {
	list, err := s.sources.Registry.Starred(x.deadline(s.options.AnswerTimeout), x.caller(), x.principal.Username)
	if err != nil {
		return err
	}
	x.writeJSON(list)
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

// starNamed answers "PUT /-/user/v1/star", pnpm's first try, whose body names
// the package.
func (s *Server) starNamed(x *exchange) error {
	var in struct {
		Name    string `json:"name"`
		Package string `json:"package"`
	}
	if err := s.readJSON(x, &in); err != nil {
		return err
	}
	if in.Package == "" {
		in.Package = in.Name
	}
	name, err := npm.ParseName(in.Package)
	if err != nil {
		return &npm.Error{Kind: npm.ErrInvalid, Text: "package must name a package", Err: err}
	}
	x.target.Name = name
	return s.starPackage(x)
}
