package accounts

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// Granter is who gives and takes roles. Nobody gives a role above the own one,
// nor changes that of somebody above.
type Granter struct {
	Actor
	// Level is the granter's own role in the group or project.
	Level record.AccessLevel
}

// Grant says which role somebody is to have in a group or project.
type Grant struct {
	Source record.Source
	UserID int64
	Level  record.AccessLevel
	// ExpiresAt is when the role ends; zero for never, nil to leave that as it
	// is.
	ExpiresAt *time.Time
}

// AddMember gives a role to a user who has none in that very group or project;
// npm.ErrConflict where there is one.
func (s *Service) AddMember(ctx context.Context, by Granter, g Grant) (Member, error) {
	return s.grant(ctx, by, g, func(member bool) error {
		if member {
			return conflict("Member already exists")
		}
		return nil
	})
}

// ChangeMember gives another role to a user who has one in that very group or
// project; npm.ErrNotFound where there is none.
func (s *Service) ChangeMember(ctx context.Context, by Granter, g Grant) (Member, error) {
	return s.grant(ctx, by, g, func(member bool) error {
		if !member {
			return errMember()
		}
		return nil
	})
}

func errMember() error { return &npm.Error{Kind: npm.ErrNotFound, Text: "Member not found"} }

// grant writes a role. A role that has ended counts as none.
func (s *Service) grant(ctx context.Context, by Granter, g Grant, fits func(member bool) error) (Member, error) {
	if err := s.checkGrant(g); err != nil {
		return Member{}, err
	}
	var out Member
	err := s.update(ctx, by.Actor, func() { s.forgetPerson(g.UserID) }, func(tx record.Tx) (note, error) {
		path, u, err := memberOf(tx, g.Source, g.UserID)
		if err != nil {
			return note{}, err
		}
		old, err := s.roleOf(tx, g.Source, g.UserID)
		if err == nil {
			err = fits(old.Level != record.NoAccess)
		}
		if err == nil {
			err = s.checkRole(tx, by, g, old)
		}
		if err != nil {
			return note{}, err
		}
		m := old
		if old.Level == record.NoAccess {
			m = record.Member{Source: g.Source, UserID: g.UserID, CreatedAt: s.now()}
		}
		m.Level = g.Level
		if g.ExpiresAt != nil {
			m.ExpiresAt = g.ExpiresAt.UTC()
		}
		out = Member{Member: m, User: u}
		return note{"member.set", path, u.Username + " " + m.Level.String()}, tx.Spaces().PutMember(m)
	})
	if err != nil {
		return Member{}, err
	}
	return out, nil
}

// checkGrant checks what can be checked without the store.
func (s *Service) checkGrant(g Grant) error {
	m := record.Member{Source: g.Source, UserID: g.UserID, Level: g.Level}
	if m.Validate() != nil || m.Level > record.Owner {
		return invalid("access_level does not have a valid value")
	}
	if g.ExpiresAt != nil && !g.ExpiresAt.IsZero() && !g.ExpiresAt.After(s.now()) {
		return &FieldError{"expires_at", "cannot be a date in the past"}
	}
	return nil
}

// roleOf returns the role that somebody has in that very group or project now,
// one of level NoAccess for none.
func (s *Service) roleOf(tx record.Tx, source record.Source, userID int64) (record.Member, error) {
	m, err := tx.Spaces().Member(source, userID)
	if errors.Is(err, npm.ErrNotFound) || err == nil && s.ended(m) {
		return record.Member{}, nil
	}
	return m, err
}

// ended tells whether a role holds no more.
func (s *Service) ended(m record.Member) bool {
	return !m.ExpiresAt.IsZero() && !m.ExpiresAt.After(s.now())
}

// checkRole checks a role against those that are there.
func (s *Service) checkRole(tx record.Tx, by Granter, g Grant, old record.Member) error {
	if g.Level > by.Level || old.Level > by.Level {
		return forbidden("nobody gives or takes a role above the own one")
	}
	above, err := sourcesAbove(tx.Spaces(), g.Source)
	if err != nil {
		return err
	}
	if g.Level < record.Owner {
		if err := s.spares(tx, old); err != nil {
			return err
		}
	}
	return s.checkInherited(tx, g, above)
}

// checkInherited refuses a role below the one that the user has through a group
// above.
func (s *Service) checkInherited(tx record.Tx, g Grant, above []record.Source) error {
	var highest record.Member
	for _, source := range above {
		m, err := s.roleOf(tx, source, g.UserID)
		if err != nil {
			return err
		}
		if m.Level > highest.Level {
			highest = m
		}
	}
	if highest.Level <= g.Level {
		return nil
	}
	from, err := tx.Spaces().Group(highest.Source.ID)
	if err != nil {
		return err
	}
	word := highest.Level.String()
	return &FieldError{"access_level", fmt.Sprintf("should be greater than or equal to %s inherited membership from group %s",
		strings.ToUpper(word[:1])+word[1:], from.Name)}
}

// otherOwner fails where a group would be left without an owner, inherited ones
// included. Projects need none of their own.
func (s *Service) otherOwner(tx record.Tx, source record.Source, userID int64, above []record.Source) error {
	if source.Kind != record.GroupSource {
		return nil
	}
	found := false
	for _, at := range append([]record.Source{source}, above...) {
		err := eachMember(tx.Spaces(), at, func(m record.Member) error {
			if (m.UserID != userID || at != source) && s.owns(m) {
				found = true
				return errEnough
			}
			return nil
		})
		if err != nil || found {
			return err
		}
	}
	return forbidden("this is the last owner of the group: make another one first")
}

func eachMember(spaces record.Members, at record.Source, fn func(record.Member) error) error {
	return each(func(after int64, limit int) ([]record.Member, error) { return spaces.Members(at, after, limit) },
		func(m record.Member) int64 { return m.UserID }, fn)
}

// sourcesAbove returns the groups that a group or project is in, the nearest
// first.
func sourcesAbove(spaces record.Spaces, source record.Source) ([]record.Source, error) {
	var parent int64
	if source.Kind == record.GroupSource {
		g, err := spaces.Group(source.ID)
		if err != nil {
			return nil, instead(err, errGroup())
		}
		parent = g.ParentID
	} else {
		p, err := spaces.Project(source.ID)
		if err != nil {
			return nil, instead(err, errProject())
		}
		parent = p.GroupID
	}
	groups, err := lineage(spaces, parent)
	if err != nil {
		return nil, broken(string(source.Kind), source.ID, err)
	}
	out := make([]record.Source, len(groups))
	for i, g := range groups {
		out[i] = record.Source{Kind: record.GroupSource, ID: g.ID}
	}
	return out, nil
}
