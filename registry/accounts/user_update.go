package accounts

import (
	"context"
	"errors"
	"strings"

	"github.com/larderhq/larder/registry/record"
)

// UserChange says what of a user is to be another; nil stays as it is.
type UserChange struct {
	Username, Name, Email *string
	// Password replaces the present one, which need not be known; all browsers are
	// signed out by that.
	Password *string
	// Admin makes an administrator or ends that. One administrator remains.
	Admin *bool
	// Profile is what the user says of itself, as for SetProfile but without an
	// email.
	Profile map[string]string
}

// check refuses what no user may be.
func (c UserChange) check() error {
	var errs []error
	if c.Username != nil {
		errs = append(errs, checkUsername(*c.Username))
	}
	if c.Name != nil {
		if *c.Name == "" {
			errs = append(errs, refuseField("Name", "can't be blank"))
		}
		errs = append(errs, checkText("Name", *c.Name))
	}
	if c.Email != nil {
		errs = append(errs, checkEmail(*c.Email))
	}
	if _, err := changedProfile(nil, c.Profile); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// UpdateUser changes a user: all that is asked for or nothing.
func (s *Service) UpdateUser(ctx context.Context, actor Actor, userID int64, c UserChange) (record.User, error) {
	if err := c.check(); err != nil {
		return record.User{}, first(err)
	}
	hash := ""
	if c.Password != nil {
		var err error
		if hash, err = s.hashPassword(ctx, *c.Password); err != nil {
			return record.User{}, err
		}
	}
	return s.changeUser(ctx, actor, userID, func(tx record.Tx, u *record.User) (note, error) {
		target := u.Username
		changed, err := c.apply(tx, u)
		if err != nil {
			return note{}, err
		}
		if c.Password != nil {
			u.PasswordHash = hash
			changed = append(changed, "password")
			if err := s.endSessions(tx, u.ID); err != nil {
				return note{}, err
			}
		}
		if len(changed) == 0 {
			return note{}, nil
		}
		return note{"user.update", target, strings.Join(changed, ", ")}, nil
	})
}

// apply changes all but the password and says what it changed.
func (c UserChange) apply(tx record.Tx, u *record.User) (changed []string, err error) {
	if c.Username != nil && *c.Username != u.Username {
		u.Username = *c.Username
		changed = append(changed, "username "+u.Username)
	}
	if c.Name != nil && *c.Name != u.Name {
		u.Name = *c.Name
		changed = append(changed, "name")
	}
	if c.Email != nil && *c.Email != u.Email {
		if err := setEmail(tx, u, *c.Email); err != nil {
			return nil, err
		}
		changed = append(changed, "email")
	}
	if len(c.Profile) > 0 {
		if u.Profile, err = changedProfile(u.Profile, c.Profile); err != nil {
			return nil, err
		}
		changed = append(changed, "profile")
	}
	if c.Admin == nil || *c.Admin == u.Admin {
		return changed, nil
	}
	if u.Admin = *c.Admin; u.Admin {
		return append(changed, "administrator"), nil
	}
	return append(changed, "no administrator"), otherAdmin(tx, u.ID)
}
