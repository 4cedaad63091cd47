package badgerstore

import (
	"bytes"
	"fmt"
	"time"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func loginKey(digest [32]byte) []byte { return append([]byte{tableLogin}, digest[:]...) }

// Login implements record.Logins.
func (a accounts) Login(digest [32]byte) (record.Login, error) {
	l := record.Login{}
	ok, err := row(a.tx.kv, loginKey(digest), &l)
	if err != nil {
		return record.Login{}, fmt.Errorf("read login: %w", err)
	}
	if !ok {
		return record.Login{}, fmt.Errorf("login: %w", npm.ErrNotFound)
	}
	l.Digest = digest
	return l, nil
}

// PutLogin implements record.Logins.
func (a accounts) PutLogin(l record.Login) error {
	if err := l.Validate(); err != nil {
		return err
	}
	utc(&l.CreatedAt, &l.ExpiresAt)
	return save(a.tx, loginKey(l.Digest), l, "login")
}

// RemoveLogin implements record.Logins.
func (a accounts) RemoveLogin(digest [32]byte) error {
	if _, err := a.Login(digest); err != nil {
		return err
	}
	return a.tx.remove(loginKey(digest))
}

// PruneLogins implements record.Logins.
func (a accounts) PruneLogins(now time.Time) (int, error) {
	var expired [][]byte
	err := a.tx.kv.Scan([]byte{tableLogin}, nil, func(key, value []byte) error {
		var l record.Login
		if err := decodeRow(key, value, &l); err != nil {
			return err
		}
		if l.ExpiresAt.Before(now) {
			expired = append(expired, bytes.Clone(key))
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("prune logins: %w", err)
	}
	return len(expired), a.tx.remove(expired...)
}
