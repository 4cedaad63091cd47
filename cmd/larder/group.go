package main

import (
	"context"
	"fmt"
)

// groupCommand manages groups.
type groupCommand struct {
	Create groupCreateCommand `cmd:"" help:"Create a group."`
	List   groupListCommand   `cmd:"" help:"List all groups."`
	Show   groupShowCommand   `cmd:"" help:"Show a group and who is a member."`
	Set    groupSetCommand    `cmd:"" help:"Change the settings of a group."`
	Remove groupRemoveCommand `cmd:"" help:"Remove an empty group."`
}

// spaceFlags are what new groups and projects can be given.
type spaceFlags struct {
	Name        string `help:"Name that pages show." placeholder:"TEXT"`
	Description string `help:"What it is for." placeholder:"TEXT"`
	Parents     bool   `help:"Create the groups above that do not exist."`
}

// groupCreateCommand creates a group.
type groupCreateCommand struct {
	Path       string `arg:"" help:"Full path: acme, or acme/web below it."`
	Visibility string `help:"private, internal or public." default:"private" placeholder:"LEVEL"`
	spaceFlags
	output
}

// Run implements the command.
func (c *groupCreateCommand) Run(ctx context.Context, a *app) error {
	in := newSpace{Path: c.Path, Name: c.Name, Description: c.Description, Visibility: c.Visibility, Parents: c.Parents}
	var g groupView
	if err := a.do(ctx, call{name: "group.create", in: in}, &g); err != nil {
		return err
	}
	return c.print(a.stdout, g, func(r *rows) {
		r.add(fmt.Sprintf("group %s was created, %s", g.Path, g.Visibility))
	})
}

// groupListCommand lists groups.
type groupListCommand struct{ output }

// Run implements the command.
func (c *groupListCommand) Run(ctx context.Context, a *app) error {
	var list []groupView
	if err := a.do(ctx, call{name: "group.list", in: struct{}{}}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		r.add("ID", "PATH", "VISIBILITY", "FORWARDING")
		for _, g := range list {
			r.add(g.ID, g.Path, g.Visibility, g.Forwarding)
		}
	})
}

// groupShowCommand shows a group.
type groupShowCommand struct {
	Path string `arg:"" help:"Full path of the group."`
	output
}

// Run implements the command.
func (c *groupShowCommand) Run(ctx context.Context, a *app) error {
	var g groupView
	if err := a.do(ctx, call{name: "group.show", in: named{c.Path}}, &g); err != nil {
		return err
	}
	return c.print(a.stdout, g, func(r *rows) {
		r.add("group", fmt.Sprintf("%s (number %d)", g.Path, g.ID))
		r.add("name", g.Name)
		r.add("description", g.Description)
		r.add("visibility", g.Visibility)
		r.add("forwarding", g.Forwarding)
		g.Members.rows(r)
		for _, path := range g.Groups {
			r.add("group", path)
		}
		for _, path := range g.Projects {
			r.add("project", path)
		}
	})
}

// forwardingFlags change whether names that are not local go upstream.
type forwardingFlags struct {
	Visibility string `help:"private, internal or public." placeholder:"LEVEL"`
	Forwarding string `help:"Ask upstream for names that are not here: on, off or inherit." placeholder:"WORD"`
}

// groupSetCommand changes a group.
type groupSetCommand struct {
	Path string `arg:"" help:"Full path of the group."`
	forwardingFlags
	Lock *bool `help:"Keep what is below from choosing its forwarding." negatable:""`
}

// Run implements the command.
func (c *groupSetCommand) Run(ctx context.Context, a *app) error {
	in := spaceChange{Path: c.Path, Visibility: c.Visibility, Forwarding: c.Forwarding, Lock: c.Lock}
	var g groupView
	if err := a.do(ctx, call{name: "group.set", in: in}, &g); err != nil {
		return err
	}
	return a.say("group %s is %s now; forwarding: %s", g.Path, g.Visibility, g.Forwarding)
}

// groupRemoveCommand removes a group.
type groupRemoveCommand struct {
	Path string `arg:"" help:"Full path of the group."`
}

// Run implements the command.
func (c *groupRemoveCommand) Run(ctx context.Context, a *app) error {
	var g groupView
	if err := a.do(ctx, call{name: "group.remove", in: named{c.Path}}, &g); err != nil {
		return err
	}
	return a.say("group %s was removed", g.Path)
}
