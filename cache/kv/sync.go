package kv

import "fmt"

// Sync returns once all that was written is on stable storage. Only a database
// without Options.Sync needs it.
func (db *DB) Sync() error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	if err := db.badger.Sync(); err != nil {
		return fmt.Errorf("sync database: %w", err)
	}
	return nil
}
