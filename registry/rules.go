package registry

import (
	"context"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// RuleInput is a protection rule as it is asked for; nil leaves a member as it
// is, or as GitLab's default where the rule is new.
type RuleInput struct {
	Pattern *string
	Type    *record.PackageType
	// Push and Delete are the least roles; NoAccess takes the protection away.
	Push, Delete *record.AccessLevel
}

// Rules lists the protection rules of a project for its maintainers.
func (s *Service) Rules(ctx context.Context, c Caller, project string) ([]record.Rule, error) {
	pr, err := s.managed(ctx, c, project)
	if err != nil {
		return nil, err
	}
	return s.rulesOf(ctx, pr.ID)
}

// CreateRule adds a rule. Equal patterns are refused with npm.ErrConflict.
func (s *Service) CreateRule(ctx context.Context, c Caller, project string, in RuleInput) (record.Rule, error) {
	pr, err := s.managed(ctx, c, project)
	if err != nil {
		return record.Rule{}, err
	}
	rule := record.Rule{ProjectID: pr.ID, Type: record.NPM, CreatedAt: s.opts.Now().UTC()}
	return s.putRule(ctx, c, pr, rule, in)
}

// UpdateRule changes a rule.
func (s *Service) UpdateRule(ctx context.Context, c Caller, project string, id int64, in RuleInput) (record.Rule, error) {
	pr, err := s.managed(ctx, c, project)
	if err != nil {
		return record.Rule{}, err
	}
	return s.putRule(ctx, c, pr, record.Rule{ID: id, ProjectID: pr.ID}, in)
}

// RemoveRule removes a rule.
func (s *Service) RemoveRule(ctx context.Context, c Caller, project string, id int64) error {
	pr, err := s.managed(ctx, c, project)
	if err != nil {
		return err
	}
	return s.updateRules(ctx, pr, func(tx record.Tx) error {
		rule, err := tx.Spaces().Rule(pr.ID, id)
		if err != nil {
			return err
		}
		if err := tx.Spaces().RemoveRule(pr.ID, id); err != nil {
			return err
		}
		_, err = tx.Audit().Append(c.entry("rule.remove", pr.FullPath, rule.Pattern))
		return err
	})
}

// managed finds a project that the caller may manage.
func (s *Service) managed(ctx context.Context, c Caller, ref string) (*accounts.Project, error) {
	pr, err := s.deps.Accounts.Project(ctx, ref)
	if err != nil {
		return nil, err
	}
	access := s.deps.Accounts.ProjectAccess(c.Principal, pr)
	switch {
	case !access.See:
		return nil, errNoProject()
	case access.Manage:
		return pr, nil
	case c.anonymous():
		return nil, errSignIn()
	}
	return nil, &npm.Error{Kind: npm.ErrForbidden, Text: "Forbidden", Message: "Forbidden"}
}

// putRule writes a rule over what is there of it.
func (s *Service) putRule(ctx context.Context, c Caller, pr *accounts.Project, rule record.Rule, in RuleInput) (record.Rule, error) {
	action := "rule.create"
	err := s.updateRules(ctx, pr, func(tx record.Tx) error {
		next := rule
		if rule.ID != 0 {
			action = "rule.update"
			var err error
			if next, err = tx.Spaces().Rule(pr.ID, rule.ID); err != nil {
				return err
			}
		}
		in.apply(&next)
		next.UpdatedAt = s.opts.Now().UTC()
		if err := checkRule(tx, next); err != nil {
			return err
		}
		kept, err := tx.Spaces().PutRule(next)
		if err != nil {
			return err
		}
		rule = kept
		_, err = tx.Audit().Append(c.entry(action, pr.FullPath, next.Pattern+" push "+next.Push.String()+" delete "+next.Delete.String()))
		return err
	})
	return rule, err
}

func (in RuleInput) apply(r *record.Rule) {
	if in.Pattern != nil {
		r.Pattern = *in.Pattern
	}
	if in.Type != nil {
		r.Type = *in.Type
	}
	if in.Push != nil {
		r.Push = *in.Push
	}
	if in.Delete != nil {
		r.Delete = *in.Delete
	}
}

// checkRule refuses what GitLab's model refuses, with its texts.
func checkRule(tx record.Tx, r record.Rule) error {
	if r.Push == record.NoAccess && r.Delete == record.NoAccess {
		return &npm.Error{Kind: npm.ErrUnprocessable,
			Text: "A rule must have at least a minimum access role for push or delete."}
	}
	others, err := tx.Spaces().Rules(r.ProjectID)
	if err != nil {
		return err
	}
	for _, o := range others {
		if o.ID != r.ID && o.Type == r.Type && o.Pattern == r.Pattern {
			return &npm.Error{Kind: npm.ErrUnprocessable, Text: "Package name pattern has already been taken"}
		}
	}
	return nil
}

func (s *Service) updateRules(ctx context.Context, pr *accounts.Project, fn func(record.Tx) error) error {
	err := s.deps.Store.Update(ctx, fn)
	s.rules.Drop(pr.ID)
	return err
}
