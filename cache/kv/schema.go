package kv

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// reserved is the first byte of the keys that belong to this package.
const reserved = 0x00

func schemaKey() []byte { return []byte("\x00schema") }

func probeKey() []byte { return []byte("\x00probe") }

// checkSchema compares the stored layout version with the caller's and writes
// it into a fresh database. It fails closed: data without a version, or with
// another one, is never touched.
func (db *DB) checkSchema() error {
	err := db.badger.Update(func(t *badger.Txn) error {
		item, err := t.Get(schemaKey())
		if errors.Is(err, badger.ErrKeyNotFound) {
			if !empty(t) {
				return db.versionError("holds data that larder did not write")
			}
			return t.Set(schemaKey(), binary.BigEndian.AppendUint32(nil, db.opt.Schema))
		}
		if err != nil {
			return err
		}
		return item.Value(func(v []byte) error { return db.compareSchema(v) })
	})
	var open *OpenError
	if err != nil && !errors.As(err, &open) {
		return fmt.Errorf("check database layout in %s: %w", db.opt.Folder, err)
	}
	return err
}

func (db *DB) compareSchema(v []byte) error {
	if len(v) != 4 {
		return db.versionError("holds an unreadable layout version")
	}
	switch stored := binary.BigEndian.Uint32(v); {
	case stored > db.opt.Schema:
		return db.versionError(fmt.Sprintf("was written by a newer larder (layout %d, this one knows %d); use that version", stored, db.opt.Schema))
	case stored < db.opt.Schema:
		return db.versionError(fmt.Sprintf("has layout %d, and this larder knows no way from there to %d", stored, db.opt.Schema))
	}
	return nil
}

func (db *DB) versionError(what string) error {
	return &OpenError{Kind: ErrVersion, Text: fmt.Sprintf("data folder %s %s", db.opt.Folder, what)}
}

func empty(t *badger.Txn) bool {
	it := t.NewIterator(badger.IteratorOptions{})
	defer it.Close()
	it.Rewind()
	return !it.Valid()
}
