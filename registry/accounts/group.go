package accounts

import (
	"context"
	"errors"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// NewGroup says what group is to be created.
type NewGroup struct {
	// Path is the full path; the groups above must be there.
	Path string
	// Name is the last part of the path where it is empty.
	Name        string
	Description string
	// Visibility is private where it is empty.
	Visibility record.Visibility
}

// CreateGroup creates a group.
func (s *Service) CreateGroup(ctx context.Context, actor Actor, n NewGroup) (record.Group, error) {
	var out record.Group
	err := s.update(ctx, actor, func() { s.forgetSpace(record.GroupSource, out.ID) }, func(tx record.Tx) (_ note, err error) {
		out, err = s.createGroup(tx, n)
		return note{"group.create", out.FullPath, string(out.Visibility)}, err
	})
	return out, err
}

func (s *Service) createGroup(tx record.Tx, n NewGroup) (record.Group, error) {
	parent, last := splitPath(n.Path)
	now := s.now()
	g := record.Group{Path: last, Name: n.Name, Description: n.Description, Visibility: n.Visibility, CreatedAt: now, UpdatedAt: now}
	if g.Name == "" {
		g.Name = last
	}
	if g.Visibility == "" {
		g.Visibility = record.PrivateVisibility
	}
	if parent != "" {
		above, err := exactGroup(tx.Spaces(), parent)
		if err != nil {
			return g, err
		}
		g.ParentID = above.ID
	}
	if err := checkGroup(g); err != nil {
		return g, err
	}
	if err := checkBelow(tx.Spaces(), g); err != nil {
		return g, err
	}
	made, err := tx.Spaces().PutGroup(g)
	return made, taken(err)
}

// checkBelow refuses a group that is more visible than the one above, or too
// deep (docs.gitlab.com, "Project and group visibility").
func checkBelow(spaces record.Spaces, g record.Group) error {
	above, err := lineage(spaces, g.ParentID)
	if err != nil {
		return err
	}
	if len(above) >= maxDepth {
		return invalid("groups can lie at most %d deep in each other", maxDepth)
	}
	if len(above) > 0 && openness[g.Visibility] > openness[above[0].Visibility] {
		return invalid("%s is not allowed since the parent group has a %s visibility.", g.Visibility, above[0].Visibility)
	}
	return nil
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
		g.UpdatedAt = s.now()
		if err := errors.Join(s.checkInstanceLock(tx, c.Forwarding), s.checkGroupChange(tx.Spaces(), g, c)); err != nil {
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
	if c.Visibility != nil {
		if err := errors.Join(checkBelow(spaces, g), checkAbove(spaces, g)); err != nil {
			return first(err)
		}
	}
	if c.Forwarding == nil {
		return nil
	}
	above, err := lineage(spaces, g.ParentID)
	if err != nil {
		return err
	}
	return checkForwarding(above, *c.Forwarding)
}

// checkAbove refuses a group that is less visible than what it holds.
func checkAbove(spaces record.Spaces, g record.Group) error {
	err := each(func(after int64, limit int) ([]record.Group, error) { return spaces.Groups(g.ID, after, limit) },
		func(sub record.Group) int64 { return sub.ID }, func(sub record.Group) error {
			if openness[sub.Visibility] > openness[g.Visibility] {
				return invalid("%s is not allowed since there are sub-groups with higher visibility.", g.Visibility)
			}
			return nil
		})
	if err != nil {
		return err
	}
	return each(func(after int64, limit int) ([]record.Project, error) { return spaces.Projects(g.ID, after, limit) },
		func(p record.Project) int64 { return p.ID }, func(p record.Project) error {
			if openness[p.Visibility] > openness[g.Visibility] {
				return invalid("%s is not allowed since this group contains projects with higher visibility.", g.Visibility)
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
