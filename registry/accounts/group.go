package accounts

import (
	"context"
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// NewGroup says what group is to be created.
type NewGroup struct {
	// Path is the full path; the groups above must be there. Where ParentID names
	// the group above it is the last part alone.
	Path     string
	ParentID int64
	// Name is the last part of the path where it is empty.
	Name        string
	Description string
	// Visibility is private where it is empty.
	Visibility record.Visibility
	Forwarding record.Forwarding
}

// CreateGroup creates a group. A user who creates one becomes its owner.
func (s *Service) CreateGroup(ctx context.Context, actor Actor, n NewGroup) (record.Group, error) {
	var out record.Group
	err := s.update(ctx, actor, func() { s.forgetSpace(record.GroupSource, out.ID) }, func(tx record.Tx) (_ note, err error) {
		out, err = s.createGroup(tx, actor, n)
		return note{"group.create", out.FullPath, string(out.Visibility)}, err
	})
	return out, err
}

func (s *Service) createGroup(tx record.Tx, actor Actor, n NewGroup) (record.Group, error) {
	now := s.now()
	g := record.Group{Path: n.Path, Name: n.Name, Description: n.Description, Visibility: n.Visibility,
		ParentID: n.ParentID, Forwarding: n.Forwarding, CreatedAt: now, UpdatedAt: now}
	if n.ParentID == 0 {
		above, last, err := above(tx.Spaces(), n.Path)
		if err != nil {
			return record.Group{}, err
		}
		g.Path, g.ParentID = last, above.ID
	}
	if g.Name == "" {
		g.Name = g.Path
	}
	if g.Visibility == "" {
		g.Visibility = record.PrivateVisibility
	}
	err := errors.Join(checkGroup(g), checkBelow(tx.Spaces(), g), s.checkChoice(tx, g.ParentID, &g.Forwarding))
	if err != nil {
		return record.Group{}, first(err)
	}
	made, err := tx.Spaces().PutGroup(g)
	if err != nil || actor.UserID == 0 {
		return made, taken(err)
	}
	return made, tx.Spaces().PutMember(record.Member{Source: record.Source{Kind: record.GroupSource, ID: made.ID},
		UserID: actor.UserID, Level: record.Owner, CreatedAt: now})
}

// above finds the group of a full path that something is to be created at; the
// zero group is above the top.
func above(spaces record.Spaces, path string) (g record.Group, last string, err error) {
	parent, last := splitPath(path)
	if parent != "" {
		g, err = exactGroup(spaces, parent)
	}
	return g, last, err
}

// checkBelow refuses a group that is more visible than the one above, or too
// deep (docs.gitlab.com, "Project and group visibility").
func checkBelow(spaces record.Spaces, g record.Group) error {
	above, err := lineage(spaces, g.ParentID)
	if err != nil {
		return instead(err, errGroup())
	}
	if len(above) >= maxDepth {
		return errTooDeep()
	}
	if len(above) > 0 && openness[g.Visibility] > openness[above[0].Visibility] {
		return errOpen("%s is not allowed since the parent group has a %s visibility.", g.Visibility, above[0].Visibility)
	}
	return nil
}

func errTooDeep() error {
	text := fmt.Sprintf("groups can lie at most %d deep in each other", maxDepth)
	return wrongField("parent_id", text, text)
}

// errOpen refuses a visibility, in GitLab's words.
func errOpen(format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	return wrongField("visibility_level", text, text)
}

// GroupChange says what is to change of a group; nil leaves it.
type GroupChange struct {
	Name        *string
	Description *string
	// Path is the last part of the full path. The earlier path goes on leading
	// to the group.
	Path       *string
	Visibility *record.Visibility
	// Forwarding replaces the choice and the lock.
	Forwarding *record.Forwarding
	// ParentID moves the group into another, or to the top where it is zero.
	ParentID *int64
}

// UpdateGroup changes a group.
func (s *Service) UpdateGroup(ctx context.Context, actor Actor, id int64, c GroupChange) (record.Group, error) {
	var out record.Group
	err := s.update(ctx, actor, func() { s.forgetSpace(record.GroupSource, id) }, func(tx record.Tx) (note, error) {
		g, err := tx.Spaces().Group(id)
		if err != nil {
			return note{}, instead(err, errGroup())
		}
		before := g.FullPath
		set(&g.Name, c.Name)
		set(&g.Description, c.Description)
		set(&g.Path, c.Path)
		set(&g.Visibility, c.Visibility)
		set(&g.Forwarding, c.Forwarding)
		set(&g.ParentID, c.ParentID)
		g.UpdatedAt = s.now()
		if err := errors.Join(s.checkGroupChange(tx.Spaces(), g, c), s.checkChoice(tx, g.ParentID, c.Forwarding)); err != nil {
			return note{}, first(err)
		}
		out, err = tx.Spaces().PutGroup(g)
		return note{"group.update", before, settings(out.FullPath, out.Visibility, out.Forwarding)}, taken(err)
	})
	return out, err
}

// checkGroupChange checks what was asked to change, and that only.
func (s *Service) checkGroupChange(spaces record.Spaces, g record.Group, c GroupChange) error {
	if err := checkGroup(g); err != nil {
		return err
	}
	if c.ParentID != nil {
		if err := checkGroupMove(spaces, g); err != nil {
			return err
		}
	}
	if c.Visibility != nil {
		return first(errors.Join(checkBelow(spaces, g), checkAbove(spaces, g)))
	}
	return nil
}

// checkAbove refuses a group that is less visible than what it holds.
func checkAbove(spaces record.Spaces, g record.Group) error {
	err := each(func(after int64, limit int) ([]record.Group, error) { return spaces.Groups(g.ID, after, limit) },
		func(sub record.Group) int64 { return sub.ID }, func(sub record.Group) error {
			if openness[sub.Visibility] > openness[g.Visibility] {
				return errOpen("%s is not allowed since there are sub-groups with higher visibility.", g.Visibility)
			}
			return nil
		})
	if err != nil {
		return err
	}
	return each(func(after int64, limit int) ([]record.Project, error) { return spaces.Projects(g.ID, after, limit) },
		func(p record.Project) int64 { return p.ID }, func(p record.Project) error {
			if openness[p.Visibility] > openness[g.Visibility] {
				return errOpen("%s is not allowed since this group contains projects with higher visibility.", g.Visibility)
			}
			return nil
		})
}

// RemoveGroup removes a group that holds nothing, with its members and deploy
// tokens.
func (s *Service) RemoveGroup(ctx context.Context, actor Actor, id int64) error {
	return s.update(ctx, actor, func() { s.forgetSpace(record.GroupSource, id) }, func(tx record.Tx) (note, error) {
		g, err := tx.Spaces().Group(id)
		if err != nil {
			return note{}, instead(err, errGroup())
		}
		err = tx.Spaces().RemoveGroup(id)
		if errors.Is(err, npm.ErrConflict) {
			return note{}, conflict("%s still holds groups or projects: remove them first", g.FullPath)
		}
		return note{"group.remove", g.FullPath, ""}, err
	})
}

// Groups lists at most limit groups directly in parent, or those at the top
// where parent is zero, beginning after a number.
func (s *Service) Groups(ctx context.Context, parent, after int64, limit int) ([]record.Group, error) {
	var out []record.Group
	err := s.view(ctx, "list groups", func(tx record.Tx) (err error) {
		out, err = tx.Spaces().Groups(parent, after, limit)
		return err
	})
	return out, err
}

func set[T any](to *T, from *T) {
	if from != nil {
		*to = *from
	}
}
