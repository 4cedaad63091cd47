package badgerstore

import (
	"errors"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/record"
)

// accounts implements record.Accounts.
type accounts struct{ tx *tx }

func userKey(id int64) []byte { return numberKey(tableUser, id) }

func usernameKey(username string) []byte {
	return textKey([]byte{tableUsername}, strings.ToLower(username))
}

// User implements record.Users.
func (a accounts) User(id int64) (record.User, error) {
	return find[record.User](a.tx, userKey(id), "user", id)
}

// UserByName implements record.Users.
func (a accounts) UserByName(username string) (record.User, error) {
	id, ok, err := a.tx.number(usernameKey(username))
	if err != nil {
		return record.User{}, err
	}
	if !ok {
		return record.User{}, missing("user", username)
	}
	return indexed(a.User(id))
}

// PutUser implements record.Users.
func (a accounts) PutUser(u record.User) (record.User, error) {
	if err := u.Validate(); err != nil {
		return record.User{}, err
	}
	utc(&u.CreatedAt, &u.UpdatedAt)
	old, err := stored(u.ID, a.User)
	if err != nil {
		return record.User{}, err
	}
	var was []byte
	if old.ID != 0 {
		was = usernameKey(old.Username)
	}
	now := usernameKey(u.Username)
	if err := a.tx.free(now, u.ID, "username "+u.Username); err != nil {
		return record.User{}, err
	}
	if u.ID == 0 {
		if u.ID, err = a.tx.next(tableUser); err != nil {
			return record.User{}, err
		}
	}
	if err := errors.Join(a.tx.point(was, now, u.ID), save(a.tx, userKey(u.ID), u, "user")); err != nil {
		return record.User{}, err
	}
	a.tx.changed(record.UserChanged, decimal(u.ID), "")
	return u, nil
}

// RemoveUser implements record.Users.
func (a accounts) RemoveUser(id int64) error {
	u, err := a.User(id)
	if err != nil {
		return err
	}
	roles, err := spaces(a).Memberships(id)
	if err != nil {
		return err
	}
	for _, m := range roles {
		if err := spaces(a).RemoveMember(m.Source, id); err != nil {
			return err
		}
	}
	for _, kind := range []record.SourceKind{ownerUser, ownerJob} {
		if err := a.removeTokens(record.Source{Kind: kind, ID: id}); err != nil {
			return err
		}
	}
	a.tx.changed(record.UserChanged, decimal(id), "")
	return a.tx.remove(userKey(id), usernameKey(u.Username))
}

// Users implements record.Users.
func (a accounts) Users(after int64, limit int) ([]record.User, error) {
	ids, err := a.tx.numbers([]byte{tableUser}, after, limit)
	if err != nil {
		return nil, err
	}
	return list(ids, a.User)
}

func decimal(id int64) string { return strconv.FormatInt(id, 10) }
