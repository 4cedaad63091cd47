package accounts

import (
	"context"
	"maps"
	"slices"

	"github.com/larderhq/larder/registry/record"
)

// Holders lists who has a role now in any of some groups and projects, by the
// user's number. Who has several is listed once, with the highest; of equal
// ones the first source's counts.
func (s *Service) Holders(ctx context.Context, sources ...record.Source) ([]Member, error) {
	var out []Member
	err := s.view(ctx, "list members", func(tx record.Tx) error {
		highest := map[int64]record.Member{}
		for _, source := range sources {
			err := eachMember(tx.Spaces(), source, func(m record.Member) error {
				if !s.ended(m) && m.Level > highest[m.UserID].Level {
					highest[m.UserID] = m
				}
				return nil
			})
			if err != nil {
				return err
			}
		}
		out = make([]Member, 0, len(highest))
		for _, id := range slices.Sorted(maps.Keys(highest)) {
			u, err := tx.Accounts().User(id)
			if err != nil {
				return err
			}
			out = append(out, Member{Member: highest[id], User: u})
		}
		return nil
	})
	return out, err
}

// Holder returns the highest role that a user has now in any of some groups and
// projects; npm.ErrNotFound where there is none.
func (s *Service) Holder(ctx context.Context, userID int64, sources ...record.Source) (Member, error) {
	var out Member
	err := s.view(ctx, "read member", func(tx record.Tx) error {
		out = Member{}
		for _, source := range sources {
			m, err := s.roleOf(tx, source, userID)
			if err != nil {
				return err
			}
			if m.Level > out.Level {
				out.Member = m
			}
		}
		if out.UserID == 0 {
			return errMember()
		}
		var err error
		out.User, err = tx.Accounts().User(userID)
		return err
	})
	return out, err
}
