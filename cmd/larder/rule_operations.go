package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/larderhq/larder/registry"
	"github.com/larderhq/larder/registry/record"
)

// newRule asks for a rule, or names one by its number.
type newRule struct {
	Project string `json:"project"`
	ID      int64  `json:"id,omitempty"`
	Pattern string `json:"pattern,omitempty"`
	Push    string `json:"push,omitempty"`
	Delete  string `json:"delete,omitempty"`
}

// ruleView is a rule as commands show it.
type ruleView struct {
	ID      int64              `json:"id"`
	Project string             `json:"project"`
	Pattern string             `json:"pattern"`
	Type    record.PackageType `json:"type"`
	// Push and Delete are the least roles, or a word for those who have the
	// right anyway.
	Push   string `json:"push"`
	Delete string `json:"delete"`
}

func viewRule(r record.Rule, project string) ruleView {
	need := func(l record.AccessLevel, anyway record.AccessLevel) string {
		return max(l, anyway).String()
	}
	return ruleView{ID: r.ID, Project: project, Pattern: r.Pattern, Type: r.Type,
		Push: need(r.Push, record.Developer), Delete: need(r.Delete, record.Maintainer)}
}

func addRule(ctx context.Context, d *desk, in newRule) (ruleView, error) {
	if in.Push == "" && in.Delete == "" {
		return ruleView{}, errors.New("a rule protects from something: give --push, --delete or both")
	}
	if in.Pattern == "" {
		return ruleView{}, errors.New("a rule needs a pattern, like @acme/*")
	}
	push, err := ruleLevel("--push", in.Push, record.Maintainer, record.Owner, record.Admin)
	if err != nil {
		return ruleView{}, err
	}
	remove, err := ruleLevel("--delete", in.Delete, record.Owner, record.Admin)
	if err != nil {
		return ruleView{}, err
	}
	kind := record.NPM
	ask := registry.RuleInput{Pattern: &in.Pattern, Type: &kind, Push: &push, Delete: &remove}
	rule, err := d.service.CreateRule(ctx, d.caller(), in.Project, ask)
	if err != nil {
		return ruleView{}, about(in.Project, err)
	}
	return viewRule(rule, in.Project), nil
}

// ruleLevel reads a role; empty is none.
func ruleLevel(flag, word string, allowed ...record.AccessLevel) (record.AccessLevel, error) {
	if word == "" {
		return record.NoAccess, nil
	}
	var known []string
	for _, l := range allowed {
		if l.String() == word {
			return l, nil
		}
		known = append(known, l.String())
	}
	return record.NoAccess, fmt.Errorf("%s %q is not one of %s", flag, word, strings.Join(known, ", "))
}

func listRules(ctx context.Context, d *desk, in named) ([]ruleView, error) {
	rules, err := d.service.Rules(ctx, d.caller(), in.Name)
	if err != nil {
		return nil, about(in.Name, err)
	}
	out := []ruleView{}
	for _, r := range rules {
		out = append(out, viewRule(r, in.Name))
	}
	return out, nil
}

func removeRule(ctx context.Context, d *desk, in newRule) (ruleView, error) {
	rules, err := listRules(ctx, d, named{in.Project})
	if err != nil {
		return ruleView{}, err
	}
	for _, r := range rules {
		if r.ID == in.ID {
			return r, d.service.RemoveRule(ctx, d.caller(), in.Project, in.ID)
		}
	}
	return ruleView{}, fmt.Errorf("%s has no rule %d: larder rule list shows those it has", in.Project, in.ID)
}
