package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// newSpace asks for a group or project.
type newSpace struct {
	Path        string `json:"path"`
	Name        string `json:"name,omitempty"`
	Description string `json:"description,omitempty"`
	Visibility  string `json:"visibility"`
	// Registry is that of a project.
	Registry string `json:"registry,omitempty"`
	// Parents makes the groups above that do not exist.
	Parents bool `json:"parents,omitempty"`
}

// spaceChange asks for other settings; what is empty stays.
type spaceChange struct {
	Path       string `json:"path"`
	Visibility string `json:"visibility,omitempty"`
	Forwarding string `json:"forwarding,omitempty"`
	Registry   string `json:"registry,omitempty"`
	Lock       *bool  `json:"lock,omitempty"`
}

// forwarding applies the choice to what a group or project had.
func (c spaceChange) forwarding(f record.Forwarding) (record.Forwarding, error) {
	yes, no := true, false
	switch c.Forwarding {
	case "":
	case "on":
		f.Enabled = &yes
	case "off":
		f.Enabled = &no
	case "inherit":
		f.Enabled = nil
	default:
		return f, fmt.Errorf("--forwarding %q is not one of on, off, inherit", c.Forwarding)
	}
	if c.Lock != nil {
		f.Locked = *c.Lock
	}
	return f, nil
}

// forwardingWord tells what counts and why.
func forwardingWord(counts bool, own record.Forwarding) string {
	word := map[bool]string{true: "on", false: "off"}[counts]
	if own.Enabled == nil {
		word += " (inherited)"
	}
	if own.Locked {
		word += ", locked"
	}
	return word
}

// above makes the groups above a path that do not exist, where that was asked
// for.
func (d *desk) above(ctx context.Context, in newSpace) error {
	parent, _, below := cutLast(in.Path, "/")
	if !below || !in.Parents {
		return nil
	}
	g, err := d.accounts.Group(ctx, parent)
	if err == nil && strings.EqualFold(g.FullPath, parent) {
		return nil
	}
	if err != nil && !errors.Is(err, npm.ErrNotFound) {
		return err
	}
	up := newSpace{Path: parent, Visibility: in.Visibility, Parents: true}
	if err := d.above(ctx, up); err != nil {
		return err
	}
	_, err = d.accounts.CreateGroup(ctx, consoleActor(), up.group())
	return err
}

// allProjects lists every project by its number.
func (d *desk) allProjects(ctx context.Context) ([]record.Project, error) {
	return all(func(after int64) ([]record.Project, error) { return d.accounts.Projects(ctx, 0, after, page) },
		func(p record.Project) int64 { return p.ID })
}

// group finds a group by its path as it is now, because commands change and
// remove what they name.
func (d *desk) group(ctx context.Context, path string) (*accounts.Group, error) {
	g, err := d.accounts.Group(ctx, path)
	if err != nil {
		return nil, about(path, err)
	}
	if isPath(path) && !strings.EqualFold(g.FullPath, path) {
		return nil, fmt.Errorf("group %s is %s now", path, g.FullPath)
	}
	return g, nil
}

// project does that for projects.
func (d *desk) project(ctx context.Context, path string) (*accounts.Project, error) {
	p, err := d.accounts.Project(ctx, path)
	if err != nil {
		return nil, about(path, err)
	}
	if isPath(path) && !strings.EqualFold(p.FullPath, path) {
		return nil, fmt.Errorf("project %s is %s now", path, p.FullPath)
	}
	return p, nil
}

// isPath tells paths from numbers.
func isPath(ref string) bool { return strings.Trim(ref, "0123456789") != "" }
