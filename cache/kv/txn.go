package kv

import (
	"bytes"
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
	if err := t.badger.Set(key, value); err != nil {
		return fmt.Errorf("write key: %w", err)
	}
	return nil
}

// Delete removes key; that it is absent is no error.
func (t *Txn) Delete(key []byte) error {
	if len(key) == 0 || key[0] == reserved {
		return fmt.Errorf("delete key: %w", ErrKey)
	}
	if err := t.badger.Delete(key); err != nil {
		return fmt.Errorf("delete key: %w", err)
	}
	return nil
}

// Scan calls fn for each key that starts with prefix and sorts after the whole
// key after (nil: from the first), in order, until fn returns ErrStop or an
// error. Slices are valid only inside fn. One Update runs one Scan at a time.
func (t *Txn) Scan(prefix, after []byte, fn func(key, value []byte) error) error {
	return t.scan(prefix, after, true, fn)
}

// Keys is Scan without the values, which it need not read.
func (t *Txn) Keys(prefix, after []byte, fn func(key []byte) error) error {
	return t.scan(prefix, after, false, func(key, _ []byte) error { return fn(key) })
}

func (t *Txn) scan(prefix, after []byte, values bool, fn func(key, value []byte) error) error {
	if t.write && t.scanning {
		return errors.New("scan keys: another scan of this transaction runs")
	}
	t.scanning = true
	defer func() { t.scanning = false }()
	it := t.badger.NewIterator(badger.IteratorOptions{Prefix: prefix})
	defer it.Close()
	from := prefix
	if bytes.Compare(after, prefix) >= 0 {
		from = append(bytes.Clone(after), 0)
	}
	for it.Seek(from); it.Valid(); it.Next() {
		err := visit(it.Item(), values, fn)
		if errors.Is(err, ErrStop) {
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func visit(item *badger.Item, values bool, fn func(key, value []byte) error) error {
	if key := item.Key(); key[0] == reserved {
		return nil
	}
	if !values {
		return fn(item.Key(), nil)
	}
	return item.Value(func(v []byte) error { return fn(item.Key(), v) })
}
