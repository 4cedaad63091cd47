package main

import (
	"context"
	"time"

	"github.com/larderhq/larder/registry/accounts"
	"github.com/larderhq/larder/registry/record"
)

// projectView is a project as commands show it.
type projectView struct {
	ID          int64                 `json:"id"`
	Path        string                `json:"path"`
	Name        string                `json:"name"`
	Description string                `json:"description,omitempty"`
	Visibility  record.Visibility     `json:"visibility"`
	Registry    record.RegistryAccess `json:"registry"`
	// Forwarding is what counts, and why.
	Forwarding string    `json:"forwarding"`
	CreatedAt  time.Time `json:"created_at"`
	// Members are filled in where one project is shown.
	Members memberViews `json:"members,omitempty"`
}

func viewProject(p *accounts.Project) projectView {
	return projectView{ID: p.ID, Path: p.FullPath, Name: p.Name, Description: p.Description, Visibility: p.Visibility,
		Registry: p.Registry, Forwarding: forwardingWord(p.Forward, p.Forwarding), CreatedAt: p.CreatedAt}
}

func createProject(ctx context.Context, d *desk, in newSpace) (projectView, error) {
	if err := d.above(ctx, in); err != nil {
		return projectView{}, err
	}
	p, err := d.accounts.CreateProject(ctx, consoleActor(), accounts.NewProject{
		Path: in.Path, Name: in.Name, Description: in.Description,
		Visibility: record.Visibility(in.Visibility), Registry: record.RegistryAccess(in.Registry),
	})
	if err != nil {
		return projectView{}, about(in.Path, err)
	}
	return d.projectNow(ctx, p.ID)
}

// projectNow shows a project as it is now.
func (d *desk) projectNow(ctx context.Context, id int64) (projectView, error) {
	p, err := d.accounts.ProjectByID(ctx, id)
	if err != nil {
		return projectView{}, err
	}
	return viewProject(p), nil
}

func listProjects(ctx context.Context, d *desk, _ struct{}) ([]projectView, error) {
	out := []projectView{}
	list, err := d.allProjects(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range list {
		v, err := d.projectNow(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func showProject(ctx context.Context, d *desk, in named) (projectView, error) {
	p, err := d.project(ctx, in.Name)
	if err != nil {
		return projectView{}, err
	}
	v := viewProject(p)
	v.Members, err = d.members(ctx, record.Source{Kind: record.ProjectSource, ID: p.ID}, p.FullPath)
	return v, err
}

func setProject(ctx context.Context, d *desk, in spaceChange) (projectView, error) {
	p, err := d.project(ctx, in.Path)
	if err != nil {
		return projectView{}, err
	}
	var c accounts.ProjectChange
	if in.Visibility != "" {
		c.Visibility = (*record.Visibility)(&in.Visibility)
	}
	if in.Registry != "" {
		c.Registry = (*record.RegistryAccess)(&in.Registry)
	}
	if in.Forwarding != "" {
		f, err := in.forwarding(p.Forwarding)
		if err != nil {
			return projectView{}, err
		}
		c.Forwarding = &f
	}
	if _, err := d.accounts.UpdateProject(ctx, consoleActor(), p.ID, c); err != nil {
		return projectView{}, about(p.FullPath, err)
	}
	return d.projectNow(ctx, p.ID)
}

func removeProject(ctx context.Context, d *desk, in named) (projectView, error) {
	p, err := d.project(ctx, in.Name)
	if err != nil {
		return projectView{}, err
	}
	return viewProject(p), d.accounts.RemoveProject(ctx, consoleActor(), p.ID)
}
