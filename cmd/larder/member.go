package main

import (
	"context"
	"time"
)

// memberCommand manages who may do what where.
type memberCommand struct {
	Add    memberAddCommand    `cmd:"" help:"Give a user a role in a group or project, or another one."`
	List   memberListCommand   `cmd:"" help:"List the members of a group or project."`
	Remove memberRemoveCommand `cmd:"" help:"Take a user's role away."`
}

// memberAddCommand adds a member.
type memberAddCommand struct {
	Path     string `arg:"" help:"Full path of the group or project."`
	Username string `arg:"" help:"Name of the user."`
	Level    string `arg:"" help:"guest, reporter, developer, maintainer or owner."`
	Expires  string `help:"When the role ends: 30d from now, or a day like 2030-01-31." placeholder:"WHEN"`
}

// Run implements the command.
func (c *memberAddCommand) Run(ctx context.Context, a *app) error {
	in := newMember{Path: c.Path, Username: c.Username, Level: c.Level}
	var err error
	if in.ExpiresAt, err = parseWhen(c.Expires, time.Now()); err != nil {
		return err
	}
	var m memberView
	if err := a.do(ctx, call{name: "member.add", in: in}, &m); err != nil {
		return err
	}
	return a.say("%s is %s of %s%s", m.Username, m.Level, m.Path, until(m.ExpiresAt))
}

// memberListCommand lists members.
type memberListCommand struct {
	Path string `arg:"" help:"Full path of the group or project."`
	output
}

// Run implements the command.
func (c *memberListCommand) Run(ctx context.Context, a *app) error {
	var list memberViews
	if err := a.do(ctx, call{name: "member.list", in: named{c.Path}}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		r.add("USERNAME", "LEVEL", "OF", "EXPIRES")
		for _, m := range list {
			r.add(m.Username, m.Level, m.Path, date(m.ExpiresAt, "never"))
		}
	})
}

// memberRemoveCommand removes a member.
type memberRemoveCommand struct {
	Path     string `arg:"" help:"Full path of the group or project."`
	Username string `arg:"" help:"Name of the user."`
}

// Run implements the command.
func (c *memberRemoveCommand) Run(ctx context.Context, a *app) error {
	var m memberView
	if err := a.do(ctx, call{name: "member.remove", in: newMember{Path: c.Path, Username: c.Username}}, &m); err != nil {
		return err
	}
	return a.say("%s is no member of %s any more", m.Username, m.Path)
}
