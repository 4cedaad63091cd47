package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// The parameters of protection rules (GitLab documentation, "Protected packages
// API").
const (
	paramPattern = "package_name_pattern"
	paramType    = "package_type"
	paramPush    = "minimum_access_level_for_push"
	paramDelete  = "minimum_access_level_for_delete"
	paramRule    = "package_protection_rule_id"
)

func ruleRoutes() []Route {
	const list, one = "/projects/:id/packages/protection/rules", "/projects/:id/packages/protection/rules/:" + paramRule
	return []Route{
		{Name: "protection_rules", Method: "GET", Path: list, SignedIn: true, Run: inProject((*API).listRules)},
		{Name: "protection_rules", Method: "POST", Path: list, SignedIn: true, Run: inProject((*API).createRule)},
		{Name: "protection_rule", Method: "PATCH", Path: one, SignedIn: true, Run: inProject((*API).updateRule)},
		{Name: "protection_rule", Method: "DELETE", Path: one, SignedIn: true, Run: inProject((*API).removeRule)},
	}
}

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

// ref names the project to the registry.
func (s *space) ref() string { return strconv.FormatInt(s.source.ID, 10) }

// listRules answers "GET …/protection/rules" with all of them.
func (a *API) listRules(ctx context.Context, r *Request, at *space) (*Response, error) {
	list, err := a.deps.Registry.Rules(ctx, r.caller(), at.ref())
	if err != nil {
		return nil, err
	}
	views := make([]ruleView, 0, len(list))
	for _, rule := range list {
		views = append(views, viewRule(rule))
	}
	return ok(views), nil
}

// createRule answers "POST …/protection/rules".
func (a *API) createRule(ctx context.Context, r *Request, at *space) (*Response, error) {
	if err := r.Params.Need(paramPattern, paramType); err != nil {
		return nil, err
	}
	in, err := r.rule()
	switch {
	case err != nil:
		return nil, err
	case in.Pattern == nil:
		return nil, errWrong(paramPattern + " is empty")
	case in.Type == nil:
		return nil, errValue(paramType)
	}
	if err := r.Params.NeedOne(paramPush, paramDelete); err != nil {
		return nil, err
	}
	rule, err := a.deps.Registry.CreateRule(ctx, r.caller(), at.ref(), in)
	if err != nil {
		return nil, ruleError(err)
	}
	return created(viewRule(rule)), nil
}

// updateRule answers "PATCH …/protection/rules/:package_protection_rule_id".
func (a *API) updateRule(ctx context.Context, r *Request, at *space) (*Response, error) {
	id, err := r.Params.ID(paramRule)
	if err != nil {
		return nil, err
	}
	in, err := r.rule()
	if err != nil {
		return nil, err
	}
	rule, err := a.deps.Registry.UpdateRule(ctx, r.caller(), at.ref(), id, in)
	if err != nil {
		return nil, ruleError(noRecord(err))
	}
	return ok(viewRule(rule)), nil
}

// ruleError gives what no rule may be the form that GitLab has for rules:
// {"message":{"error":["Package name pattern has already been taken"]}}.
func ruleError(err error) error {
	var e *npm.Error
	if errors.As(err, &e) && e.Kind == npm.ErrUnprocessable {
		return &Refusal{Status: http.StatusUnprocessableEntity, Fields: map[string][]string{"error": {e.Text}}}
	}
	return err
}

// removeRule answers "DELETE …/protection/rules/:package_protection_rule_id".
func (a *API) removeRule(ctx context.Context, r *Request, at *space) (*Response, error) {
	id, err := r.Params.ID(paramRule)
	if err != nil {
		return nil, err
	}
	list, err := a.deps.Registry.Rules(ctx, r.caller(), at.ref())
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(rule record.Rule) bool { return rule.ID == id })
	if i < 0 {
		return nil, errNoRecord()
	}
	if err := r.unmodifiedSince(list[i].UpdatedAt); err != nil {
		return nil, err
	}
	if err := a.deps.Registry.RemoveRule(ctx, r.caller(), at.ref(), id); err != nil {
		return nil, noRecord(err)
	}
	return noContent(), nil
}

// rule reads what a rule is to be. GitLab's own client sends null for what it
// does not mean to set; a pattern and a type that are null stay as they are.
func (r *Request) rule() (registry.RuleInput, error) {
	var in registry.RuleInput
	var err error
	if r.Params[paramPattern] != nil {
		if in.Pattern, err = r.Params.Text(paramPattern); err != nil {
			return in, err
		}
		if *in.Pattern == "" {
			return in, errWrong(paramPattern + " is empty")
		}
	}
	if r.Params[paramType] != nil {
		kind, err := r.Params.Text(paramType)
		if err != nil {
			return in, err
		}
		t := record.PackageType(*kind)
		if in.Type = &t; t.Number() == 0 {
			return in, errValue(paramType)
		}
	}
	if in.Push, err = r.leastRole(paramPush); err != nil {
		return in, err
	}
	in.Delete, err = r.leastRole(paramDelete)
	return in, err
}

// leastRole reads the least role that something takes, as a word or as the
// number that GitLab's own client sends. Nothing, which is not absence, takes a
// protection away.
func (r *Request) leastRole(name string) (*record.AccessLevel, error) {
	word, err := r.Params.Text(name)
	if word == nil || err != nil {
		return nil, err
	}
	level := record.NoAccess
	if *word == "" {
		return &level, nil
	}
	for _, level = range []record.AccessLevel{record.Maintainer, record.Owner, record.Admin} {
		if *word == level.String() || *word == strconv.Itoa(int(level)) {
			return &level, nil
		}
	}
	return nil, errValue(name)
}
