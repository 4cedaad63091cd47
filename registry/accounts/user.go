package accounts

import (
	"context"
	"errors"
	"net/netip"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// NewUser says who is to be created.
type NewUser struct {
	Username string
	// Name is the username where it is empty.
	Name  string
	Email string
	// Password may be empty: then no password works.
	Password string
	Admin    bool
	// Profile is what the user says of itself, as for SetProfile but without an
	// email.
	Profile map[string]string
}

// CreateUser creates a user.
func (s *Service) CreateUser(ctx context.Context, actor Actor, n NewUser) (record.User, error) {
	u := record.User{Username: n.Username, Name: n.Name, Email: n.Email, Admin: n.Admin}
	if u.Name == "" {
		u.Name = u.Username
	}
	err := errors.Join(checkUsername(u.Username), checkText("Name", u.Name), checkEmail(u.Email))
	if err == nil {
		u.Profile, err = changedProfile(nil, n.Profile)
	}
	if err != nil {
		return record.User{}, first(err)
	}
	if n.Password != "" {
		if u.PasswordHash, err = s.hashPassword(ctx, n.Password); err != nil {
			return record.User{}, err
		}
	}
	u.CreatedAt = s.now()
	u.UpdatedAt = u.CreatedAt
	err = s.update(ctx, actor, s.everyone.Purge, func(tx record.Tx) (note, error) {
		if err := emailFree(tx, u.Email, 0); err != nil {
			return note{}, err
		}
		fresh := u
		fresh.ID = 0 // the store may run this again
		made, err := tx.Accounts().PutUser(fresh)
		if err != nil {
			return note{}, usernameTaken(err)
		}
		u.ID = made.ID
		detail := ""
		if u.Admin {
			detail = "administrator"
		}
		return note{"user.create", u.Username, detail}, nil
	})
	return u, err
}

// User returns the user of that number.
func (s *Service) User(ctx context.Context, id int64) (record.User, error) {
	var u record.User
	err := s.view(ctx, "read user", func(tx record.Tx) (err error) {
		u, err = tx.Accounts().User(id)
		return err
	})
	return u, instead(err, errUser())
}

// UserByName returns a user by username, in any case.
func (s *Service) UserByName(ctx context.Context, username string) (record.User, error) {
	u, err := s.userOrNone(ctx, username)
	if err == nil && u.ID == 0 {
		return u, errUser()
	}
	return u, err
}

// Users lists at most limit users, beginning after a number.
func (s *Service) Users(ctx context.Context, after int64, limit int) ([]record.User, error) {
	var out []record.User
	err := s.view(ctx, "list users", func(tx record.Tx) (err error) {
		out, err = tx.Accounts().Users(after, limit)
		return err
	})
	return out, err
}

// SetPassword gives a user a new password and signs it out of all browsers. Where
// old is not nil it must be the present one; wrong ones count as failures to sign
// in.
func (s *Service) SetPassword(ctx context.Context, actor Actor, userID int64, old *string, password string) error {
	u, err := s.User(ctx, userID)
	if err != nil {
		return err
	}
	if old != nil {
		from, _ := netip.ParseAddr(actor.Address) // without one, all count as one
		if _, err := s.verify(ctx, u.Username, *old, from); errors.Is(err, npm.ErrUnauthenticated) {
			return forbidden("the present password is not right")
		} else if err != nil {
			return err
		}
	}
	hash, err := s.hashPassword(ctx, password)
	if err != nil {
		return err
	}
	_, err = s.changeUser(ctx, actor, userID, func(tx record.Tx, u *record.User) (note, error) {
		u.PasswordHash = hash
		return note{"user.password", u.Username, ""}, s.endSessions(tx, u.ID)
	})
	return err
}

// SetAdmin makes a user an administrator, or ends that. One administrator must
// remain.
func (s *Service) SetAdmin(ctx context.Context, actor Actor, userID int64, admin bool) error {
	_, err := s.changeUser(ctx, actor, userID, func(tx record.Tx, u *record.User) (note, error) {
		if u.Admin == admin {
			return note{}, nil
		}
		u.Admin = admin
		if admin {
			return note{"user.admin", u.Username, "administrator"}, nil
		}
		return note{"user.admin", u.Username, "no administrator"}, otherAdmin(tx, u.ID)
	})
	return err
}

// BlockUser keeps a user from signing in; its tokens do not work any more.
func (s *Service) BlockUser(ctx context.Context, actor Actor, userID int64) error {
	_, err := s.changeUser(ctx, actor, userID, func(tx record.Tx, u *record.User) (note, error) {
		if u.Blocked {
			return note{}, nil
		}
		u.Blocked = true
		if !u.Admin {
			return note{"user.block", u.Username, ""}, nil
		}
		return note{"user.block", u.Username, ""}, otherAdmin(tx, u.ID)
	})
	return err
}

// UnblockUser lets a user in again.
func (s *Service) UnblockUser(ctx context.Context, actor Actor, userID int64) error {
	_, err := s.changeUser(ctx, actor, userID, func(_ record.Tx, u *record.User) (note, error) {
		if !u.Blocked {
			return note{}, nil
		}
		u.Blocked = false
		return note{"user.unblock", u.Username, ""}, nil
	})
	return err
}

// changeUser reads, changes and writes a user. A change without a note changes
// nothing.
func (s *Service) changeUser(ctx context.Context, actor Actor, id int64, change func(record.Tx, *record.User) (note, error)) (record.User, error) {
	var u record.User
	err := s.update(ctx, actor, func() { s.forgetPerson(id) }, func(tx record.Tx) (note, error) {
		var err error
		if u, err = tx.Accounts().User(id); err != nil {
			return note{}, instead(err, errUser())
		}
		n, err := change(tx, &u)
		if err != nil || n.action == "" {
			return note{}, err
		}
		u.UpdatedAt = s.now()
		_, err = tx.Accounts().PutUser(u)
		return n, usernameTaken(err)
	})
	return u, err
}

// otherAdmin fails where no other administrator could sign in.
func otherAdmin(tx record.Tx, id int64) error {
	found := false
	err := each(tx.Accounts().Users, userNumber, func(u record.User) error {
		if u.Admin && !u.Blocked && u.ID != id {
			found = true
			return errEnough
		}
		return nil
	})
	if err == nil && !found {
		return conflict("this is the only administrator: make another one first")
	}
	return err
}

// first returns the first text of joined errors: people are told one line.
func first(err error) error {
	var e *npm.Error
	if errors.As(err, &e) {
		return e
	}
	return err
}
