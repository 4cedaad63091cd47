package kv

import (
	"errors"
	"fmt"
	"io"

	"github.com/dgraph-io/badger/v4"
)

// loadPending bounds the writes in flight while a backup is loaded.
const loadPending = 16

// Backup writes a consistent copy of everything to w.
func (db *DB) Backup(w io.Writer) error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	if _, err := db.badger.Backup(w, 0); err != nil {
		return fmt.Errorf("back up database: %w", err)
	}
	return nil
}

// Load reads what Backup wrote. It refuses a database that holds anything,
// because loading over data would mix the two, and a backup with a layout that
// is not known.
func (db *DB) Load(r io.Reader) error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	err := db.badger.View(func(t *badger.Txn) error {
		it := t.NewIterator(badger.IteratorOptions{})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if it.Item().Key()[0] != reserved {
				return errors.New("the database is not empty")
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("load backup: %w", err)
	}
	if err := db.badger.Load(r, loadPending); err != nil {
		return fmt.Errorf("load backup: %w", err)
	}
	if err := db.badger.Sync(); err != nil {
		return fmt.Errorf("load backup: %w", err)
	}
	return db.checkSchema()
}
