package httpd

import "github.com/larderhq/larder/registry/npm"

// addOwner answers "PUT /-/package/name/owners", with which pnpm 12 adds one.
// npm writes the whole list instead.
func (s *Server) addOwner(x *exchange) error {
	var in struct {
		User string `json:"user"`
	}
	if err := s.readJSON(x, &in); err != nil {
		return err
	}
	if in.User == "" {
		return &npm.Error{Kind: npm.ErrInvalid, Text: "user must name a user"}
	}
	return s.setOwner(x, in.User, true)
}

// removeOwner answers "DELETE /-/package/name/owners/USER".
func (s *Server) removeOwner(x *exchange) error {
	return s.setOwner(x, x.target.Subject, false)
}

func (s *Server) setOwner(x *exchange, user string, owns bool) error {
	ctx := x.deadline(s.options.AnswerTimeout)
	p, err := s.sources.Registry.BeginChange(ctx, x.caller(), x.target.Place, x.target.Name)
	if err != nil {
		return err
	}
	w, err := p.SetMaintainer(ctx, user, owns)
	if err != nil {
		return err
	}
	x.wrote(w)
	return nil
}
