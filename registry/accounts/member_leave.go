package accounts

import (
	"context"
	"slices"
	"strconv"

	"github.com/larderhq/larder/registry/record"
)

// Departure says whose role in a group or project is to end.
type Departure struct {
	Source record.Source
	UserID int64
	// Here leaves the roles in what lies below a group as they are; else they
	// end too.
	Here bool
}

// EndMembership takes a role away. People may leave what they are members of,
// whatever their role.
func (s *Service) EndMembership(ctx context.Context, by Granter, d Departure) error {
	return s.update(ctx, by.Actor, func() { s.forgetPerson(d.UserID) }, func(tx record.Tx) (note, error) {
		path, u, err := memberOf(tx, d.Source, d.UserID)
		if err != nil {
			return note{}, err
		}
		old, err := s.roleOf(tx, d.Source, d.UserID)
		switch {
		case err != nil:
			return note{}, err
		case old.Level == record.NoAccess:
			return note{}, errMember()
		case old.Level > by.Level:
			return note{}, forbidden("nobody gives or takes a role above the own one")
		}
		if err := s.spares(tx, old); err != nil {
			return note{}, err
		}
		detail := u.Username
		if !d.Here && d.Source.Kind == record.GroupSource {
			n, err := s.endBelow(tx, d)
			if err != nil {
				return note{}, err
			}
			if n > 0 {
				detail += " and " + strconv.Itoa(n) + " roles below"
			}
		}
		return note{"member.remove", path, detail}, tx.Spaces().RemoveMember(d.Source, d.UserID)
	})
}

// spares fails where a group would be left without an owner.
func (s *Service) spares(tx record.Tx, m record.Member) error {
	if !s.owns(m) {
		return nil
	}
	above, err := sourcesAbove(tx.Spaces(), m.Source)
	if err != nil {
		return err
	}
	return s.otherOwner(tx, m.Source, m.UserID, above)
}

// endBelow takes the roles away that a user has in what lies below a group, and
// returns their number.
func (s *Service) endBelow(tx record.Tx, d Departure) (int, error) {
	roles, err := tx.Spaces().Memberships(d.UserID)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, m := range roles {
		above, err := sourcesAbove(tx.Spaces(), m.Source)
		if err != nil {
			return n, err
		}
		if !slices.Contains(above, d.Source) {
			continue
		}
		if err := s.spares(tx, m); err != nil {
			return n, err
		}
		if err := tx.Spaces().RemoveMember(m.Source, m.UserID); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}
