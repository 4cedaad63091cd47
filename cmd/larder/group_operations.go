package main

import (
	"context"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// groupView is a group as commands show it.
type groupView struct {
	ID          int64             `json:"id"`
	Path        string            `json:"path"`
	Name        string            `json:"name"`
	Description string            `json:"description,omitempty"`
	Visibility  record.Visibility `json:"visibility"`
	// Forwarding is what counts, and why.
	Forwarding string    `json:"forwarding"`
	CreatedAt  time.Time `json:"created_at"`
	// Members, Groups and Projects are filled in where one group is shown.
	Members  memberViews `json:"members,omitempty"`
	Groups   []string    `json:"groups,omitempty"`
	Projects []string    `json:"projects,omitempty"`
}

func viewGroup(g *accounts.Group) groupView {
	return groupView{ID: g.ID, Path: g.FullPath, Name: g.Name, Description: g.Description, Visibility: g.Visibility,
		Forwarding: forwardingWord(g.Forward, g.Forwarding), CreatedAt: g.CreatedAt}
}

// group makes what accounts need of the input.
func (in newSpace) group() accounts.NewGroup {
	return accounts.NewGroup{Path: in.Path, Name: in.Name, Description: in.Description, Visibility: record.Visibility(in.Visibility)}
}

func createGroup(ctx context.Context, d *desk, in newSpace) (groupView, error) {
	if err := d.above(ctx, in); err != nil {
		return groupView{}, err
	}
	g, err := d.accounts.CreateGroup(ctx, consoleActor(), in.group())
	if err != nil {
		return groupView{}, about(in.Path, err)
	}
	return d.groupNow(ctx, g.ID)
}

// groupNow shows a group as it is now.
func (d *desk) groupNow(ctx context.Context, id int64) (groupView, error) {
	g, err := d.accounts.GroupByID(ctx, id)
	if err != nil {
		return groupView{}, err
	}
	return viewGroup(g), nil
}

func listGroups(ctx context.Context, d *desk, _ struct{}) ([]groupView, error) {
	out := []groupView{}
	err := d.eachGroup(ctx, 0, func(v groupView) { out = append(out, v) })
	return out, err
}

// eachGroup calls fn with the groups below one, each before what it holds.
func (d *desk) eachGroup(ctx context.Context, parent int64, fn func(groupView)) error {
	list, err := d.groupsIn(ctx, parent)
	if err != nil {
		return err
	}
	for _, g := range list {
		v, err := d.groupNow(ctx, g.ID)
		if err != nil {
			return err
		}
		fn(v)
		if err := d.eachGroup(ctx, g.ID, fn); err != nil {
			return err
		}
	}
	return nil
}

// groupsIn lists the groups directly in one.
func (d *desk) groupsIn(ctx context.Context, parent int64) ([]record.Group, error) {
	return all(func(after int64) ([]record.Group, error) { return d.accounts.Groups(ctx, parent, after, page) },
		func(g record.Group) int64 { return g.ID })
}

func showGroup(ctx context.Context, d *desk, in named) (groupView, error) {
	g, err := d.group(ctx, in.Name)
	if err != nil {
		return groupView{}, err
	}
	v := viewGroup(g)
	if v.Members, err = d.members(ctx, record.Source{Kind: record.GroupSource, ID: g.ID}, g.FullPath); err != nil {
		return v, err
	}
	groups, err := d.groupsIn(ctx, g.ID)
	if err != nil {
		return v, err
	}
	for _, sub := range groups {
		v.Groups = append(v.Groups, sub.FullPath)
	}
	projects, err := all(func(after int64) ([]record.Project, error) { return d.accounts.Projects(ctx, g.ID, after, page) },
		func(p record.Project) int64 { return p.ID })
	for _, p := range projects {
		v.Projects = append(v.Projects, p.FullPath)
	}
	return v, err
}

func setGroup(ctx context.Context, d *desk, in spaceChange) (groupView, error) {
	g, err := d.group(ctx, in.Path)
	if err != nil {
		return groupView{}, err
	}
	var c accounts.GroupChange
	if in.Visibility != "" {
		c.Visibility = (*record.Visibility)(&in.Visibility)
	}
	if in.Forwarding != "" || in.Lock != nil {
		f, err := in.forwarding(g.Forwarding)
		if err != nil {
			return groupView{}, err
		}
		c.Forwarding = &f
	}
	if _, err := d.accounts.UpdateGroup(ctx, consoleActor(), g.ID, c); err != nil {
		return groupView{}, about(g.FullPath, err)
	}
	return d.groupNow(ctx, g.ID)
}

func removeGroup(ctx context.Context, d *desk, in named) (groupView, error) {
	g, err := d.group(ctx, in.Name)
	if err != nil {
		return groupView{}, err
	}
	return viewGroup(g), d.accounts.RemoveGroup(ctx, consoleActor(), g.ID)
}
