package accounts

import (
	"context"
	"errors"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// person returns a user with its roles.
func (s *Service) person(ctx context.Context, id int64) (*account, error) {
	if a, ok := s.people.Get(id); ok {
		return a, nil
	}
	generation := s.people.Begin()
	var a *account
	err := s.view(ctx, "read user", func(tx record.Tx) (err error) {
		a, err = readAccount(tx, id)
		return err
	})
	if err != nil {
		return nil, err
	}
	s.people.Keep(id, a, generation)
	return a, nil
}

func readAccount(tx record.Tx, id int64) (*account, error) {
	user, err := tx.Accounts().User(id)
	if err != nil {
		return nil, err
	}
	list, err := tx.Spaces().Memberships(id)
	if err != nil {
		return nil, err
	}
	roles := &memberships{groups: map[int64]grant{}, projects: map[int64]grant{}, above: map[int64]grant{}}
	for _, m := range list {
		if err := roles.add(tx.Spaces(), m); err != nil {
			return nil, err
		}
	}
	return newAccount(user, roles), nil
}

func (r *memberships) add(spaces record.Spaces, m record.Member) error {
	g := grant{level: m.Level, until: unixNano(m.ExpiresAt)}
	parent := int64(0)
	switch m.Source.Kind {
	case record.GroupSource:
		r.groups[m.Source.ID] = g
		group, err := spaces.Group(m.Source.ID)
		if err != nil {
			return ignoreMiss(err)
		}
		parent = group.ParentID
	case record.ProjectSource:
		r.projects[m.Source.ID] = g
		project, err := spaces.Project(m.Source.ID)
		if err != nil {
			return ignoreMiss(err)
		}
		parent = project.GroupID
	}
	return r.addAbove(spaces, parent, g.until)
}

// addAbove notes the groups above a membership, as long as the longest
// membership below each lasts.
func (r *memberships) addAbove(spaces record.Spaces, group, until int64) error {
	above, err := lineage(spaces, group)
	if err != nil {
		return ignoreMiss(err)
	}
	for _, g := range above {
		old, ok := r.above[g.ID]
		if !ok || until == 0 || old.until != 0 && old.until < until {
			r.above[g.ID] = grant{level: record.Guest, until: until}
		}
	}
	return nil
}

// ignoreMiss lets a membership outlive what it was of.
func ignoreMiss(err error) error {
	if errors.Is(err, npm.ErrNotFound) {
		return nil
	}
	return err
}

func unixNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}
