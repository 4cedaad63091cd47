package main

import "context"

// ruleCommand manages what protects packages.
type ruleCommand struct {
	Add    ruleAddCommand    `cmd:"" help:"Protect the packages of a project whose names match."`
	List   ruleListCommand   `cmd:"" help:"List the rules of a project."`
	Remove ruleRemoveCommand `cmd:"" help:"Remove a rule."`
}

// ruleAddCommand adds a rule.
type ruleAddCommand struct {
	Project string `arg:"" help:"Full path of the project."`
	Pattern string `arg:"" help:"Name in which * stands for any text: @acme/*."`
	Push    string `help:"Least role that publishes: maintainer, owner or admin." placeholder:"LEVEL"`
	Delete  string `help:"Least role that deletes: owner or admin." placeholder:"LEVEL"`
	output
}

// Run implements the command.
func (c *ruleAddCommand) Run(ctx context.Context, a *app) error {
	var v ruleView
	in := newRule{Project: c.Project, Pattern: c.Pattern, Push: c.Push, Delete: c.Delete}
	if err := a.do(ctx, call{name: "rule.add", in: in}, &v); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, v)
	}
	return a.say("rule %d protects %s in %s; publishing needs: %s; deleting needs: %s", v.ID, v.Pattern, v.Project, v.Push, v.Delete)
}

// ruleListCommand lists rules.
type ruleListCommand struct {
	Project string `arg:"" help:"Full path of the project."`
	output
}

// Run implements the command.
func (c *ruleListCommand) Run(ctx context.Context, a *app) error {
	var list []ruleView
	if err := a.do(ctx, call{name: "rule.list", in: named{c.Project}}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		r.add("ID", "PATTERN", "TYPE", "PUBLISHING NEEDS", "DELETING NEEDS")
		for _, v := range list {
			r.add(v.ID, v.Pattern, v.Type, v.Push, v.Delete)
		}
	})
}

// ruleRemoveCommand removes a rule.
type ruleRemoveCommand struct {
	Project string `arg:"" help:"Full path of the project."`
	ID      int64  `arg:"" name:"id" help:"Number of the rule, as rule list shows it."`
}

// Run implements the command.
func (c *ruleRemoveCommand) Run(ctx context.Context, a *app) error {
	var v ruleView
	if err := a.do(ctx, call{name: "rule.remove", in: newRule{Project: c.Project, ID: c.ID}}, &v); err != nil {
		return err
	}
	return a.say("rule %d does not protect %s in %s any more", v.ID, v.Pattern, v.Project)
}
