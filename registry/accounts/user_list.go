package accounts

import (
	"context"

	"github.com/larderhq/larder/registry/record"
)

// maxEveryone is how many users are remembered as a list, which takes about
// 8 MB then. Where there are more, each list reads the store.
const maxEveryone = 20_000

// Everyone lists all users by number. The list is shared and must not be
// changed.
func (s *Service) Everyone(ctx context.Context) ([]record.User, error) {
	if list, ok := s.everyone.Get(struct{}{}); ok {
		return list, nil
	}
	generation := s.everyone.Begin()
	var list []record.User
	err := s.view(ctx, "list users", func(tx record.Tx) error {
		list = nil
		return each(tx.Accounts().Users, userNumber, func(u record.User) error {
			list = append(list, u)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	if len(list) <= maxEveryone {
		s.everyone.Keep(struct{}{}, list, generation)
	}
	return list, nil
}
