package accounts

import (
	"context"

	"github.com/larderhq/larder/registry/record"
)

// RemoveUser removes a user with its tokens and memberships. What it published
// stays.
func (s *Service) RemoveUser(ctx context.Context, actor Actor, userID int64) error {
	return s.removeUser(ctx, actor, userID, func(record.Tx) error { return nil })
}

// DismissUser removes a user as RemoveUser does, unless a group would lose its
// only owner by that: npm.ErrConflict.
func (s *Service) DismissUser(ctx context.Context, actor Actor, userID int64) error {
	return s.removeUser(ctx, actor, userID, func(tx record.Tx) error {
		roles, err := tx.Spaces().Memberships(userID)
		if err != nil {
			return err
		}
		for _, m := range roles {
			alone, err := s.ownsAlone(tx.Spaces(), m)
			if err != nil {
				return err
			}
			if alone {
				return conflict("User cannot be removed while is the sole-owner of a group")
			}
		}
		return nil
	})
}

func (s *Service) removeUser(ctx context.Context, actor Actor, userID int64, check func(record.Tx) error) error {
	return s.update(ctx, actor, func() { s.forgetPerson(userID) }, func(tx record.Tx) (note, error) {
		u, err := tx.Accounts().User(userID)
		if err != nil {
			return note{}, instead(err, errUser())
		}
		if u.Admin {
			if err := otherAdmin(tx, u.ID); err != nil {
				return note{}, err
			}
		}
		if err := check(tx); err != nil {
			return note{}, err
		}
		return note{"user.remove", u.Username, ""}, tx.Accounts().RemoveUser(userID)
	})
}

// ownsAlone tells whether a member owns a group that nobody else owns, by a role
// in it or above it.
func (s *Service) ownsAlone(spaces record.Spaces, m record.Member) (bool, error) {
	if m.Source.Kind != record.GroupSource || !s.owns(m) {
		return false, nil
	}
	above, err := lineage(spaces, m.Source.ID)
	if err != nil {
		return false, ignoreMiss(err)
	}
	alone := true
	for _, g := range above {
		source := record.Source{Kind: record.GroupSource, ID: g.ID}
		err := eachMember(spaces, source, func(o record.Member) error {
			if o.UserID == m.UserID || !s.owns(o) {
				return nil
			}
			alone = false
			return errEnough
		})
		if err != nil || !alone {
			return false, err
		}
	}
	return true, nil
}

// owns tells whether a membership is an owner's and has not ended.
func (s *Service) owns(m record.Member) bool {
	return m.Level == record.Owner && !s.ended(m)
}
