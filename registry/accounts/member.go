package accounts

import (
	"context"
	"errors"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Member is a user with its role in a group or project.
type Member struct {
	record.Member
	User record.User
}

// SetMember gives a user a role in a group or project, or another one.
func (s *Service) SetMember(ctx context.Context, actor Actor, m record.Member) error {
	if m.Level < record.Guest || m.Level > record.Owner || m.Validate() != nil {
		return invalid("access_level does not have a valid value")
	}
	if !m.ExpiresAt.IsZero() && !m.ExpiresAt.After(s.now()) {
		return invalid("a membership ends in the future: expires_at cannot be a date in the past")
	}
	m.ExpiresAt, m.CreatedAt = m.ExpiresAt.UTC(), s.now()
	return s.update(ctx, actor, func() { s.forgetPerson(m.UserID) }, func(tx record.Tx) (note, error) {
		path, u, err := memberOf(tx, m.Source, m.UserID)
		if err != nil {
			return note{}, err
		}
		old, err := tx.Spaces().Member(m.Source, m.UserID)
		if err == nil {
			m.CreatedAt = old.CreatedAt
		} else if !errors.Is(err, npm.ErrNotFound) {
			return note{}, err
		}
		return note{"member.set", path, u.Username + " " + m.Level.String()}, tx.Spaces().PutMember(m)
	})
}

// RemoveMember takes a user's role away. Roles of the groups above stay.
func (s *Service) RemoveMember(ctx context.Context, actor Actor, source record.Source, userID int64) error {
	return s.update(ctx, actor, func() { s.forgetPerson(userID) }, func(tx record.Tx) (note, error) {
		path, u, err := memberOf(tx, source, userID)
		if err != nil {
			return note{}, err
		}
		if _, err := tx.Spaces().Member(source, userID); err != nil {
			return note{}, instead(err, &npm.Error{Kind: npm.ErrNotFound, Text: u.Username + " is no member of " + path})
		}
		return note{"member.remove", path, u.Username}, tx.Spaces().RemoveMember(source, userID)
	})
}

// memberOf reads both ends of a membership.
func memberOf(tx record.Tx, source record.Source, userID int64) (string, record.User, error) {
	path, err := sourcePath(tx.Spaces(), source)
	if err != nil {
		return "", record.User{}, err
	}
	u, err := tx.Accounts().User(userID)
	return path, u, instead(err, errUser())
}

// Members lists at most limit members of a group or project by the user's
// number, beginning after one. Those who inherit a role are not among them.
func (s *Service) Members(ctx context.Context, source record.Source, after int64, limit int) ([]Member, error) {
	var out []Member
	err := s.view(ctx, "list members", func(tx record.Tx) error {
		out = nil
		list, err := tx.Spaces().Members(source, after, limit)
		if err != nil {
			return err
		}
		for _, m := range list {
			u, err := tx.Accounts().User(m.UserID)
			if err != nil {
				return err
			}
			out = append(out, Member{Member: m, User: u})
		}
		return nil
	})
	return out, err
}

// Memberships lists all roles of a user.
func (s *Service) Memberships(ctx context.Context, userID int64) ([]record.Member, error) {
	var out []record.Member
	err := s.view(ctx, "list memberships", func(tx record.Tx) (err error) {
		out, err = tx.Spaces().Memberships(userID)
		return err
	})
	return out, err
}
