package kv

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Probe writes, reads and deletes a key of its own. It returns when ctx ends
// even where the disk hangs; while it hangs, further probes fail at once.
func (db *DB) Probe(ctx context.Context) error {
	select {
	case db.probe <- struct{}{}:
	default:
		return errors.New("probe database: an earlier probe has not come back")
	}
	result := make(chan error, 1)
	go func() {
		err := db.probeOnce()
		<-db.probe
		result <- err
	}()
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return fmt.Errorf("probe database: %w", ctx.Err())
	}
}

func (db *DB) probeOnce() error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	if err := db.space.check(); err != nil {
		return err
	}
	want := strconv.AppendInt(nil, time.Now().UnixNano(), 10)
	set := func(t *badger.Txn) error { return t.Set(probeKey(), want) }
	if err := db.badger.Update(set); err != nil {
		return fmt.Errorf("probe database: write: %w", err)
	}
	err := db.badger.View(func(t *badger.Txn) error {
		item, err := t.Get(probeKey())
		if err != nil {
			return err
		}
		return item.Value(func(got []byte) error {
			if !bytes.Equal(got, want) {
				return errors.New("another value came back")
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("probe database: read: %w", err)
	}
	remove := func(t *badger.Txn) error { return t.Delete(probeKey()) }
	if err := db.badger.Update(remove); err != nil {
		return fmt.Errorf("probe database: delete: %w", err)
	}
	return nil
}
