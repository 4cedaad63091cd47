package badgerstore

import (
	"errors"

	"github.com/larderhq/larder/registry/record"
)

func memberKey(s record.Source, userID int64) []byte {
	return sourceKey([]byte{tableMember}, s, userID)
}

func membershipKey(s record.Source, userID int64) []byte {
	return sourceKey(numberKey(tableMembership, userID), s)
}

// Member implements record.Members.
func (s spaces) Member(at record.Source, userID int64) (record.Member, error) {
	return find[record.Member](s.tx, memberKey(at, userID), "member", userID)
}

// PutMember implements record.Members. The user and the source must be there.
func (s spaces) PutMember(m record.Member) error {
	if err := m.Validate(); err != nil {
		return err
	}
	utc(&m.CreatedAt, &m.ExpiresAt)
	if _, err := accounts(s).User(m.UserID); err != nil {
		return err
	}
	if err := s.exists(m.Source); err != nil {
		return err
	}
	err := errors.Join(save(s.tx, memberKey(m.Source, m.UserID), m, "member"), s.tx.mark(membershipKey(m.Source, m.UserID)))
	if err != nil {
		return err
	}
	s.tx.changed(record.MemberChanged, decimal(m.UserID), "")
	return nil
}

// RemoveMember implements record.Members.
func (s spaces) RemoveMember(at record.Source, userID int64) error {
	if _, err := s.Member(at, userID); err != nil {
		return err
	}
	s.tx.changed(record.MemberChanged, decimal(userID), "")
	return s.tx.remove(memberKey(at, userID), membershipKey(at, userID))
}

// Members implements record.Members.
func (s spaces) Members(at record.Source, after int64, limit int) ([]record.Member, error) {
	ids, err := s.tx.numbers(sourceKey([]byte{tableMember}, at), after, limit)
	if err != nil {
		return nil, err
	}
	return list(ids, func(userID int64) (record.Member, error) { return s.Member(at, userID) })
}

// Memberships implements record.Members.
func (s spaces) Memberships(userID int64) ([]record.Member, error) {
	members := []record.Member{}
	for _, kind := range []record.SourceKind{record.GroupSource, record.ProjectSource} {
		ids, err := s.tx.numbers(textKey(numberKey(tableMembership, userID), string(kind), ""), 0, all)
		if err != nil {
			return nil, err
		}
		some, err := list(ids, func(id int64) (record.Member, error) {
			return s.Member(record.Source{Kind: kind, ID: id}, userID)
		})
		if err != nil {
			return nil, err
		}
		members = append(members, some...)
	}
	return members, nil
}
