package httpd

import (
	"net/http"
	"slices"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// The parameters of protection rules (docs.gitlab.com, "Project-level package
// protection rules API").
const (
	paramPattern = "package_name_pattern"
	paramType    = "package_type"
	paramPush    = "minimum_access_level_for_push"
	paramDelete  = "minimum_access_level_for_delete"
)

// ruleView is a protection rule as GitLab shows it.
type ruleView struct {
	ID        int64   `json:"id"`
	ProjectID int64   `json:"project_id"`
	Pattern   string  `json:"package_name_pattern"`
	Type      string  `json:"package_type"`
	Delete    *string `json:"minimum_access_level_for_delete"`
	Push      *string `json:"minimum_access_level_for_push"`
}

func viewRule(r record.Rule) ruleView {
	return ruleView{ID: r.ID, ProjectID: r.ProjectID, Pattern: r.Pattern, Type: string(r.Type),
		Delete: viewLevel(r.Delete), Push: viewLevel(r.Push)}
}

// viewLevel is null where nothing is protected.
func viewLevel(l record.AccessLevel) *string {
	if l == record.NoAccess {
		return nil
	}
	word := l.String()
	return &word
}

// rules answers "GET …/protection/rules".
func (s *Server) rules(x *exchange) error {
	list, err := s.sources.Registry.Rules(x.deadline(s.options.AnswerTimeout), x.caller(), x.target.Place.Ref)
	if err != nil {
		return err
	}
	out := make([]ruleView, 0, len(list))
	for _, r := range list {
		out = append(out, viewRule(r))
	}
	x.writeJSON(out)
	return nil
}

// createRule answers "POST …/protection/rules".
func (s *Server) createRule(x *exchange) error {
	p, err := s.params(x)
	if err != nil {
		return err
	}
	if err := p.need(paramPattern, paramType); err != nil {
		return err
	}
	in, err := p.rule()
	if err != nil {
		return err
	}
	r, err := s.sources.Registry.CreateRule(x.deadline(s.options.AnswerTimeout), x.caller(), x.target.Place.Ref, in)
	if err != nil {
		return err
	}
	x.writeJSON(viewRule(r))
	x.ctx.Response.SetStatusCode(http.StatusCreated)
	return nil
}

// updateRule answers "PATCH …/protection/rules/ID".
func (s *Server) updateRule(x *exchange) error {
	p, err := s.params(x)
	if err != nil {
		return err
	}
	in, err := p.rule()
	if err != nil {
		return err
	}
	ctx := x.deadline(s.options.AnswerTimeout)
	r, err := s.sources.Registry.UpdateRule(ctx, x.caller(), x.target.Place.Ref, x.target.Number, in)
	if err != nil {
		return err
	}
	x.writeJSON(viewRule(r))
	return nil
}

// removeRule answers "DELETE …/protection/rules/ID".
func (s *Server) removeRule(x *exchange) error {
	ctx := x.deadline(s.options.AnswerTimeout)
	if err := s.sources.Registry.RemoveRule(ctx, x.caller(), x.target.Place.Ref, x.target.Number); err != nil {
		return err
	}
	x.noContent()
	return nil
}

// noContent ends an answer that has nothing to say.
func (x *exchange) noContent() {
	x.ctx.Response.Header.Set("Cache-Control", "no-store")
	x.ctx.Response.SetStatusCode(http.StatusNoContent)
}

// rule reads what a rule is to be.
func (p params) rule() (registry.RuleInput, error) {
	var in registry.RuleInput
	var err error
	if in.Pattern, err = p.text(paramPattern); err != nil {
		return in, err
	}
	if in.Pattern != nil && *in.Pattern == "" {
		return in, &npm.Error{Kind: npm.ErrInvalid, Text: paramPattern + " is empty"}
	}
	kind, err := p.text(paramType)
	if err != nil {
		return in, err
	}
	if kind != nil {
		t := record.PackageType(*kind)
		if in.Type = &t; t.Number() == 0 {
			return in, errValue(paramType)
		}
	}
	if in.Push, err = p.level(paramPush); err != nil {
		return in, err
	}
	in.Delete, err = p.level(paramDelete)
	return in, err
}

// level reads a least role. Nothing, which is not absence, takes a protection
// away.
func (p params) level(name string) (*record.AccessLevel, error) {
	word, err := p.text(name)
	if word == nil || err != nil {
		return nil, err
	}
	level := record.NoAccess
	if *word != "" {
		level, err = record.ParseAccessLevel(*word)
		if err != nil || !slices.Contains([]record.AccessLevel{record.Maintainer, record.Owner, record.Admin}, level) {
			return nil, errValue(name)
		}
	}
	return &level, nil
}
