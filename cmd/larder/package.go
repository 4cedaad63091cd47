package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/larderhq/larder/registry"
)

// packageCommand manages published packages.
type packageCommand struct {
	List    packageListCommand    `cmd:"" help:"List the packages of a project, or of all."`
	Show    packageShowCommand    `cmd:"" help:"Show every version of a name with its files."`
	Delete  packageDeleteCommand  `cmd:"" help:"Delete a version, or a whole name. Its numbers are never given again."`
	Restore packageRestoreCommand `cmd:"" help:"Bring a deleted version back while that is possible."`
}

// packageListCommand lists packages.
type packageListCommand struct {
	Project string `arg:"" optional:"" help:"Full path of the project."`
	output
}

// Run implements the command.
func (c *packageListCommand) Run(ctx context.Context, a *app) error {
	var list []registry.Listed
	if err := a.do(ctx, call{name: "package.list", in: named{c.Project}}, &list); err != nil {
		return err
	}
	return c.print(a.stdout, list, func(r *rows) {
		r.add("ID", "NAME", "VERSION", "PROJECT", "PUBLISHED", "BY", "STATUS")
		for _, p := range list {
			r.add(p.ID, p.Name, p.Version, p.Project, date(p.CreatedAt, "-"), p.Publisher, p.Status)
		}
	})
}

// packageShowCommand shows a name.
type packageShowCommand struct {
	Name string `arg:"" help:"Name of the package: lib, @acme/lib."`
	output
}

// Run implements the command.
func (c *packageShowCommand) Run(ctx context.Context, a *app) error {
	var list []registry.Listed
	if err := a.do(ctx, call{name: "package.show", in: named{c.Name}}, &list); err != nil {
		return err
	}
	if c.JSON {
		return printJSON(a.stdout, list)
	}
	for i, p := range list {
		if i > 0 {
			_, _ = io.WriteString(a.stdout, "\n") // the next write fails too
		}
		if err := c.print(a.stdout, p, func(r *rows) { versionRows(r, p, time.Now()) }); err != nil {
			return err
		}
	}
	return nil
}

// versionRows writes one version.
func versionRows(r *rows, p registry.Listed, now time.Time) {
	r.add(p.Name + "@" + p.Version)
	r.add("project", p.Project)
	r.add("status", p.Status)
	if p.Deprecated != "" {
		r.add("deprecated", p.Deprecated)
	}
	r.add("published", when(p.CreatedAt, now)+" by "+p.Publisher)
	if len(p.Tags) > 0 {
		r.add("tags", words(p.Tags))
	}
	if !p.RestorableUntil.IsZero() {
		r.add("restorable", "until "+p.RestorableUntil.UTC().Format(time.RFC3339))
	}
	for _, f := range p.Files {
		r.add("file", fmt.Sprintf("%s, %d bytes, sha512 %s", f.Name, f.Size, f.SHA512))
	}
}

// packageDeleteCommand deletes packages.
type packageDeleteCommand struct {
	Package string `arg:"" name:"name[@version]" help:"Package, and version unless all are meant: @acme/lib@1.0.0."`
	Project string `help:"Full path of the project, where several hold the name." placeholder:"PATH"`
}

// Run implements the command.
func (c *packageDeleteCommand) Run(ctx context.Context, a *app) error {
	name, version := splitPackage(c.Package)
	var done packageDone
	in := packageRef{Name: name, Version: version, Project: c.Project}
	if err := a.do(ctx, call{name: "package.delete", in: in}, &done); err != nil {
		return err
	}
	return a.say("%s was deleted; larder package restore brings a version back until %s",
		c.Package, done.RestorableUntil.UTC().Format(time.RFC3339))
}

// packageRestoreCommand restores a version.
type packageRestoreCommand struct {
	Package string `arg:"" name:"name@version" help:"Deleted version: @acme/lib@1.0.0."`
}

// Run implements the command.
func (c *packageRestoreCommand) Run(ctx context.Context, a *app) error {
	name, version := splitPackage(c.Package)
	if version == "" {
		return errors.New("name the version to restore: " + c.Package + "@1.0.0, for one")
	}
	var done packageDone
	if err := a.do(ctx, call{name: "package.restore", in: packageRef{Name: name, Version: version}}, &done); err != nil {
		return err
	}
	return a.say("%s is there again; tags that pointed to it must be set anew", c.Package)
}
