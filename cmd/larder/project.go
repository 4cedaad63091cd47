package main

import (
	"context"
	"fmt"
)

// projectCommand manages projects.
type projectCommand struct {
	Create projectCreateCommand `cmd:"" help:"Create a project, which holds packages."`
	List   projectListCommand   `cmd:"" help:"List all projects."`
	Show   projectShowCommand   `cmd:"" help:"Show a project and who is a member."`
	Set    projectSetCommand    `cmd:"" help:"Change the settings of a project."`
	Remove projectRemoveCommand `cmd:"" help:"Remove a project without packages."`
}

// projectCreateCommand creates a project.
type projectCreateCommand struct {
	Path       string `arg:"" help:"Full path: acme/packages."`
	Visibility string `help:"private, internal or public." default:"private" placeholder:"LEVEL"`
	Registry   string `help:"Who may use its packages: disabled, private (members), enabled (who sees the project) or public." default:"enabled" placeholder:"LEVEL"`
	spaceFlags
	output
}

// Run implements the command.
func (c *projectCreateCommand) Run(ctx context.Context, a *app) error {
	in := newSpace{Path: c.Path, Name: c.Name, Description: c.Description, Visibility: c.Visibility, Registry: c.Registry, Parents: c.Parents}
	var p projectView
	if err := a.do(ctx, call{name: "project.create", in: in}, &p); err != nil {
		return err
	}
	return c.print(a.stdout, p, func(r *rows) {
		r.add(fmt.Sprintf("project %s was created, %s; its number is %d", p.Path, p.Visibility, p.ID))
	})
}

// projectListCommand lists projects.
type projectListCommand struct{ output }

// Run implements the command.
func (c *projectListCommand) Run(ctx context.Context, a *app) error {
	var list []projectView
	if err := a.do(ctx, call{name: "project.list", in: struct{}{}}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		r.add("ID", "PATH", "VISIBILITY", "REGISTRY", "FORWARDING")
		for _, p := range list {
			r.add(p.ID, p.Path, p.Visibility, p.Registry, p.Forwarding)
		}
	})
}

// projectShowCommand shows a project.
type projectShowCommand struct {
	Path string `arg:"" help:"Full path of the project, or its number."`
	output
}

// Run implements the command.
func (c *projectShowCommand) Run(ctx context.Context, a *app) error {
	var p projectView
	if err := a.do(ctx, call{name: "project.show", in: named{c.Path}}, &p); err != nil {
		return err
	}
	return c.print(a.stdout, p, func(r *rows) {
		r.add("project", fmt.Sprintf("%s (number %d)", p.Path, p.ID))
		r.add("name", p.Name)
		r.add("description", p.Description)
		r.add("visibility", p.Visibility)
		r.add("registry", p.Registry)
		r.add("forwarding", p.Forwarding)
		p.Members.rows(r)
	})
}

// projectSetCommand changes a project.
type projectSetCommand struct {
	Path string `arg:"" help:"Full path of the project."`
	forwardingFlags
	Registry string `help:"Who may use its packages: disabled, private (members), enabled (who sees the project) or public." placeholder:"LEVEL"`
}

// Run implements the command.
func (c *projectSetCommand) Run(ctx context.Context, a *app) error {
	in := spaceChange{Path: c.Path, Visibility: c.Visibility, Forwarding: c.Forwarding, Registry: c.Registry}
	var p projectView
	if err := a.do(ctx, call{name: "project.set", in: in}, &p); err != nil {
		return err
	}
	return a.say("project %s is %s now; registry: %s; forwarding: %s", p.Path, p.Visibility, p.Registry, p.Forwarding)
}

// projectRemoveCommand removes a project.
type projectRemoveCommand struct {
	Path string `arg:"" help:"Full path of the project."`
}

// Run implements the command.
func (c *projectRemoveCommand) Run(ctx context.Context, a *app) error {
	var p projectView
	if err := a.do(ctx, call{name: "project.remove", in: named{c.Path}}, &p); err != nil {
		return err
	}
	return a.say("project %s was removed", p.Path)
}
