package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// NewProject says what project is to be created.
type NewProject struct {
	// Path is the full path; the groups above must be there. Where GroupID names
	// the group it is the last part alone.
	Path    string
	GroupID int64
	// Name is the last part of the path where it is empty.
	Name        string
	Description string
	// Visibility is private where it is empty, Registry enabled.
	Visibility record.Visibility
	Registry   record.RegistryAccess
	Forwarding record.Forwarding
}

// CreateProject creates a project.
func (s *Service) CreateProject(ctx context.Context, actor Actor, n NewProject) (record.Project, error) {
	var out record.Project
	err := s.update(ctx, actor, func() { s.forgetSpace(record.ProjectSource, out.ID) }, func(tx record.Tx) (_ note, err error) {
		out, err = s.createProject(tx, actor, n)
		return note{"project.create", out.FullPath, string(out.Visibility)}, err
	})
	return out, err
}

func (s *Service) createProject(tx record.Tx, actor Actor, n NewProject) (record.Project, error) {
	now := s.now()
	p := record.Project{GroupID: n.GroupID, Path: n.Path, Name: n.Name, Description: n.Description, Visibility: n.Visibility,
		Registry: n.Registry, Forwarding: record.Forwarding{Enabled: n.Forwarding.Enabled}, CreatorID: actor.UserID,
		CreatedAt: now, UpdatedAt: now}
	if n.GroupID == 0 {
		group, last, err := above(tx.Spaces(), n.Path)
		if err != nil {
			return record.Project{}, err
		}
		if group.ID == 0 {
			return record.Project{}, invalid("a project lies in a group: write its path like acme/packages")
		}
		p.Path, p.GroupID = last, group.ID
	}
	if p.Name == "" {
		p.Name = p.Path
	}
	if p.Visibility == "" {
		p.Visibility = record.PrivateVisibility
	}
	if p.Registry == "" {
		p.Registry = record.RegistryEnabled
	}
	err := errors.Join(checkProject(p), checkInside(tx.Spaces(), p), s.checkChoice(tx, p.GroupID, &p.Forwarding))
	if err != nil {
		return record.Project{}, first(err)
	}
	made, err := tx.Spaces().PutProject(p)
	return made, taken(err)
}

// checkInside refuses a project that is more visible than its group.
func checkInside(spaces record.Spaces, p record.Project) error {
	group, err := spaces.Group(p.GroupID)
	if err != nil {
		return instead(err, errGroup())
	}
	if openness[p.Visibility] > openness[group.Visibility] {
		return errOpen("%s is not allowed in a %s group.", p.Visibility, group.Visibility)
	}
	return nil
}

// ProjectChange says what is to change of a project; nil leaves it.
type ProjectChange struct {
	Name        *string
	Description *string
	// Path see GroupChange.Path.
	Path       *string
	Visibility *record.Visibility
	Registry   *record.RegistryAccess
	// Forwarding replaces the choice; a lock means nothing here.
	Forwarding *record.Forwarding
	// GroupID moves the project into another group.
	GroupID *int64
}

// UpdateProject changes a project.
func (s *Service) UpdateProject(ctx context.Context, actor Actor, id int64, c ProjectChange) (record.Project, error) {
	var out record.Project
	err := s.update(ctx, actor, func() { s.forgetSpace(record.ProjectSource, id) }, func(tx record.Tx) (note, error) {
		p, err := tx.Spaces().Project(id)
		if err != nil {
			return note{}, instead(err, errProject())
		}
		before := p.FullPath
		set(&p.Name, c.Name)
		set(&p.Description, c.Description)
		set(&p.Path, c.Path)
		set(&p.Visibility, c.Visibility)
		set(&p.Registry, c.Registry)
		set(&p.Forwarding, c.Forwarding)
		p.Forwarding.Locked = false
		set(&p.GroupID, c.GroupID)
		p.UpdatedAt = s.now()
		if err := errors.Join(checkProjectChange(tx.Spaces(), p, c), s.checkChoice(tx, p.GroupID, c.Forwarding)); err != nil {
			return note{}, first(err)
		}
		out, err = tx.Spaces().PutProject(p)
		return note{"project.update", before, settings(out.FullPath, out.Visibility, out.Forwarding) +
			" registry=" + string(out.Registry)}, taken(err)
	})
	return out, err
}

// checkProjectChange checks what was asked to change, and that only.
func checkProjectChange(spaces record.Spaces, p record.Project, c ProjectChange) error {
	if err := checkProject(p); err != nil {
		return err
	}
	if c.Visibility != nil || c.GroupID != nil {
		return checkInside(spaces, p)
	}
	return nil
}

// settings says in the audit log what a group or project is now.
func settings(path string, v record.Visibility, f record.Forwarding) string {
	forwarding := "inherit"
	if f.Enabled != nil {
		forwarding = fmt.Sprint(*f.Enabled)
	}
	if f.Locked {
		forwarding += ",locked"
	}
	return fmt.Sprintf("path=%s visibility=%s forwarding=%s", path, v, forwarding)
}

// RemoveProject removes a project without packages, with its members and deploy
// tokens.
func (s *Service) RemoveProject(ctx context.Context, actor Actor, id int64) error {
	return s.update(ctx, actor, func() { s.forgetSpace(record.ProjectSource, id) }, func(tx record.Tx) (note, error) {
		p, err := tx.Spaces().Project(id)
		if err != nil {
			return note{}, instead(err, errProject())
		}
		err = tx.Spaces().RemoveProject(id)
		if errors.Is(err, npm.ErrConflict) {
			return note{}, conflict("%s still holds packages: delete them first", p.FullPath)
		}
		return note{"project.remove", p.FullPath, ""}, err
	})
}

// Projects lists at most limit projects directly in group, or all where group
// is zero, beginning after a number.
func (s *Service) Projects(ctx context.Context, group, after int64, limit int) ([]record.Project, error) {
	var out []record.Project
	err := s.view(ctx, "list projects", func(tx record.Tx) (err error) {
		out, err = tx.Spaces().Projects(group, after, limit)
		return err
	})
	return out, err
}
