package httpd

import (
	"github.com/larderhq/larder/registry/npm"
)

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
	ctx := x.deadline(s.options.AnswerTimeout)
	if err := s.sources.Registry.SetStar(ctx, x.caller(), x.target.Place, name, true); err != nil {
		return err
	}
	x.writeJSON(written{OK: true, Success: true})
	return nil
}
