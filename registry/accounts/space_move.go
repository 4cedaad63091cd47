package accounts

import (
	"errors"
	"fmt"

	"github.com/larderhq/larder/registry/record"
)

// checkGroupMove refuses a group where it would be in itself, too deep or more
// visible than what it comes into.
func checkGroupMove(spaces record.Spaces, g record.Group) error {
	up, err := lineage(spaces, g.ParentID)
	if err != nil {
		return instead(err, errGroup())
	}
	for _, a := range up {
		if a.ID == g.ID {
			return wrongField("parent_id", "is inside the group itself", "a group cannot move into itself")
		}
	}
	down, err := height(spaces, g.ID, maxDepth)
	if err != nil {
		return err
	}
	if len(up)+down > maxDepth {
		return errTooDeep()
	}
	return checkBelow(spaces, g)
}

// height returns how many groups lie below each other from one downwards,
// itself included; it does not look deeper than most.
func height(spaces record.Spaces, id int64, most int) (int, error) {
	if most < 0 {
		return 0, fmt.Errorf("groups below %d without an end: %w", id, record.ErrCorrupt)
	}
	tallest := 0
	err := each(func(after int64, limit int) ([]record.Group, error) { return spaces.Groups(id, after, limit) },
		func(g record.Group) int64 { return g.ID }, func(g record.Group) error {
			h, err := height(spaces, g.ID, most-1)
			tallest = max(tallest, h)
			return err
		})
	return tallest + 1, err
}

// checkChoice refuses a choice of forwarding that a lock above takes away.
func (s *Service) checkChoice(tx record.Tx, group int64, f *record.Forwarding) error {
	if f == nil || f.Enabled == nil {
		return nil
	}
	up, err := lineage(tx.Spaces(), group)
	if err != nil {
		return instead(err, errGroup())
	}
	return first(errors.Join(s.checkInstanceLock(tx, f), checkForwarding(up, *f)))
}
