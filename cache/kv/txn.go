package kv

import (
	"context"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// conflictRetries bounds how often an Update that lost a race runs again. Each
// failure means that another one succeeded, so this is reached only when
// something is wrong.
const conflictRetries = 1000

// Txn is a transaction. It is valid only inside the function that got it and
// must not be used by several goroutines at once.
type Txn struct {
	badger   *badger.Txn
	write    bool
	scanning bool
	writes   int
}

// View runs fn on a snapshot. Views must not be nested in one goroutine.
func (db *DB) View(fn func(*Txn) error) error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	return db.badger.View(func(t *badger.Txn) error { return fn(&Txn{badger: t}) })
}

// Update runs fn in one transaction and commits it. Where another transaction
// changed what fn had read, fn runs again, so it must have no other effects.
func (db *DB) Update(ctx context.Context, fn func(*Txn) error) error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	if err := db.space.check(); err != nil {
		return err
	}
	for range conflictRetries {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("update database: %w", err)
		}
		err := db.badger.Update(func(t *badger.Txn) error {
			return fn(&Txn{badger: t, write: true})
		})
		switch {
		case errors.Is(err, badger.ErrConflict):
			continue
		case errors.Is(err, badger.ErrTxnTooBig):
			return fmt.Errorf("update database: %w: %w", ErrTooLarge, err)
		}
		return err
	}
	return fmt.Errorf("update database: %w", badger.ErrConflict)
}

// Get returns a copy of the value at key, and whether there is one.
func (t *Txn) Get(key []byte) ([]byte, bool, error) {
	item, err := t.badger.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, fmt.Errorf("read key: %w", err)
	}
	value, err := item.ValueCopy(nil)
	if err != nil {
		return nil, false, fmt.Errorf("read value: %w", err)
	}
	return value, true, nil
}

// Set writes value at key. The transaction keeps both slices: the caller must
// not change them before it ends.
func (t *Txn) Set(key, value []byte) error {
	if len(key) == 0 || key[0] == reserved {
		return fmt.Errorf("write key: %w", ErrKey)
	}
	if len(value) > MaxValue {
		return fmt.Errorf("write value of %d bytes: %w", len(value), ErrTooLarge)
	}
	t.writes++
	return written(t.badger.Set(key, value), "write")
}

// Delete removes key; that it is absent is no error.
func (t *Txn) Delete(key []byte) error {
	if len(key) == 0 || key[0] == reserved {
		return fmt.Errorf("delete key: %w", ErrKey)
	}
	t.writes++
	return written(t.badger.Delete(key), "delete")
}

func written(err error, verb string) error {
	switch {
	case errors.Is(err, badger.ErrTxnTooBig):
		return fmt.Errorf("%s key: %w: %w", verb, ErrTooLarge, err)
	case err != nil:
		return fmt.Errorf("%s key: %w", verb, err)
	}
	return nil
}

// Writes returns how often Set and Delete were called with a proper key and
// value.
func (t *Txn) Writes() int { return t.writes }
