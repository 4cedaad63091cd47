package badgerstore

import (
	"errors"
	"fmt"
	"strings"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// spaces implements record.Spaces.
type spaces struct{ tx *tx }

func groupKey(id int64) []byte { return numberKey(tableGroup, id) }

func placeOfGroup(g record.Group) place {
	return place{Source: record.Source{Kind: record.GroupSource, ID: g.ID}, parent: g.ParentID, path: g.Path, full: g.FullPath}
}

// group reads a group without its full path. Lists of projects ask for the same
// ones again and again.
func (s spaces) group(id int64) (record.Group, error) {
	if g, ok := s.tx.groups[id]; ok {
		return g, nil
	}
	g, err := find[record.Group](s.tx, groupKey(id), "group", id)
	if err == nil && s.tx.groups != nil {
		s.tx.groups[id] = g
	}
	return g, err
}

// Group implements record.Groups.
func (s spaces) Group(id int64) (record.Group, error) {
	g, err := s.group(id)
	if err != nil {
		return record.Group{}, err
	}
	if g.FullPath, err = indexed(s.below(g.ParentID, 0, g.Path)); err != nil {
		return record.Group{}, err
	}
	return g, nil
}

// GroupByPath implements record.Groups.
func (s spaces) GroupByPath(full string) (record.Group, error) {
	id, err := s.find(record.GroupSource, full)
	if err != nil {
		return record.Group{}, err
	}
	return indexed(s.Group(id))
}

// PutGroup implements record.Groups. A group cannot move into itself.
func (s spaces) PutGroup(g record.Group) (record.Group, error) {
	if err := g.Validate(); err != nil {
		return record.Group{}, err
	}
	utc(&g.CreatedAt, &g.UpdatedAt)
	old, err := stored(g.ID, s.Group)
	if err != nil {
		return record.Group{}, err
	}
	if g.FullPath, err = s.below(g.ParentID, g.ID, g.Path); err != nil {
		return record.Group{}, err
	}
	if strings.Count(g.FullPath, "/") >= maxDepth {
		return record.Group{}, fmt.Errorf("groups nested deeper than %d: %w", maxDepth, npm.ErrInvalid)
	}
	if err := s.vacant(placeOfGroup(g)); err != nil {
		return record.Group{}, err
	}
	if g.ID == 0 {
		if g.ID, err = s.tx.next(tableGroup); err != nil {
			return record.Group{}, err
		}
	}
	if err := errors.Join(s.settle(placeOfGroup(old), placeOfGroup(g)), save(s.tx, groupKey(g.ID), g, "group")); err != nil {
		return record.Group{}, err
	}
	s.changed(placeOfGroup(g).Source)
	return g, nil
}

// RemoveGroup implements record.Groups.
func (s spaces) RemoveGroup(id int64) error {
	g, err := s.Group(id)
	if err != nil {
		return err
	}
	held, err := s.tx.keys(numberKey(tableBelow, id))
	if err != nil {
		return err
	}
	if len(held) > 0 {
		return fmt.Errorf("group %s holds %d groups and projects: %w", g.FullPath, len(held), npm.ErrConflict)
	}
	at := placeOfGroup(g)
	if err := s.removePeople(at.Source); err != nil {
		return err
	}
	s.changed(at.Source)
	return errors.Join(s.leave(at), s.tx.remove(groupKey(id)))
}

// Groups implements record.Groups.
func (s spaces) Groups(parent, after int64, limit int) ([]record.Group, error) {
	ids, err := s.tx.numbers(textKey(numberKey(tableBelow, parent), string(record.GroupSource), ""), after, limit)
	if err != nil {
		return nil, err
	}
	return list(ids, s.Group)
}

// changed notes that a group or project was written or removed.
func (s spaces) changed(at record.Source) {
	s.tx.changed(record.SpaceChanged, string(at.Kind)+"/"+decimal(at.ID), "")
}

// removePeople removes who may do something in a group or project.
func (s spaces) removePeople(at record.Source) error {
	members, err := s.Members(at, 0, all)
	if err != nil {
		return err
	}
	for _, m := range members {
		if err := s.RemoveMember(at, m.UserID); err != nil {
			return err
		}
	}
	return accounts(s).removeTokens(at)
}
