package accounts

import (
	"context"

	"github.com/larderhq/larder/registry/record"
)

// PersonalTokens lists those personal tokens of a user that keep wants, revoked
// ones too, by number; of all users, by those and then by number, where userID
// is zero.
func (s *Service) PersonalTokens(ctx context.Context, userID int64, keep func(record.Token) bool) ([]record.Token, error) {
	var out []record.Token
	err := s.view(ctx, "list tokens", func(tx record.Tx) error {
		out = []record.Token{}
		add := func(userID int64) error {
			return each(func(after int64, limit int) ([]record.Token, error) {
				return tx.Accounts().TokensOf(userID, after, limit)
			}, func(t record.Token) int64 { return t.ID }, func(t record.Token) error {
				if keep(t) {
					out = append(out, t)
				}
				return nil
			})
		}
		if userID != 0 {
			return add(userID)
		}
		return each(tx.Accounts().Users, userNumber, func(u record.User) error { return add(u.ID) })
	})
	return out, err
}
