// Package badgerstore keeps the precious records of a registry in the embedded
// database. It owns their layout on disk and the sequence of changes, and it
// refuses to know what records are good for.
package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/record"
)

// schema is the version of the key and value layout.
const schema = 1

// verifyWait is how long Open waits for the tables to be verified. A store of
// usual size is done by then; of a bigger one the rest goes on behind, so that
// starting stays fast.
const verifyWait = 100 * time.Millisecond

// Options adjust a store.
type Options struct {
	// Folder is what the user calls the data folder, for the text of errors.
	Folder string
	// Logger gets warnings of the database; nil drops them.
	Logger *slog.Logger
	// Keep is how many changes are kept for readers; zero means 10000.
	Keep uint64
}

func (o Options) withDefaults() Options {
	if o.Keep == 0 {
		o.Keep = 10_000
	}
	return o
}

// Store implements record.Store. All methods are safe for concurrent use.
type Store struct {
	db   *kv.DB
	keep uint64

	queue queue
	// sequence is the last number that an Update took; known to the queue's
	// runner alone.
	sequence uint64
	// trimmed is the last number whose change is no longer kept; likewise.
	trimmed uint64

	verified chan struct{}
	damage   atomic.Pointer[error]
}

var _ record.Store = (*Store)(nil)

// Open opens the store in dir, which is created when absent. Damaged tables
// fail it, or fail everything from when they are found.
func Open(dir string, opt Options) (*Store, error) {
	opt = opt.withDefaults()
	db, err := kv.Open(dir, kv.Options{Sync: true, Schema: schema, Folder: opt.Folder, Logger: opt.Logger})
	if err != nil {
		return nil, err
	}
	s := &Store{db: db, keep: opt.Keep, verified: make(chan struct{})}
	go s.verify()
	timer := time.NewTimer(verifyWait)
	defer timer.Stop()
	select {
	case <-s.verified:
	case <-timer.C:
	}
	if err := errors.Join(s.sound(), s.readMarks()); err != nil {
		return nil, errors.Join(fmt.Errorf("open registry records: %w", err), s.Close())
	}
	return s, nil
}

// verify looks at every table once. The database takes an unreadable block for
// one that lacks the key, which would turn a claimed name into an unclaimed
// one; so damage anywhere closes the whole store.
func (s *Store) verify() {
	defer close(s.verified)
	if err := s.db.Verify(); err != nil && !errors.Is(err, kv.ErrClosed) {
		err = fmt.Errorf("%w: %w", record.ErrCorrupt, err)
		s.damage.Store(&err)
	}
}

func (s *Store) sound() error {
	if err := s.damage.Load(); err != nil {
		return *err
	}
	return nil
}

// Close waits for what runs and closes the store.
func (s *Store) Close() error {
	err := s.db.Close()
	<-s.verified
	s.queue.runners.Wait()
	return err
}

// Probe writes, reads and deletes a record of its own, and tells of damage.
func (s *Store) Probe(ctx context.Context) error {
	if err := s.sound(); err != nil {
		return err
	}
	return s.db.Probe(ctx)
}

// Size returns the bytes that the store takes on disk.
func (s *Store) Size() (int64, error) { return s.db.Size() }

// View implements record.Store. It waits for an Update that is being synced,
// so what it reads is on stable storage.
func (s *Store) View(ctx context.Context, fn func(record.Tx) error) error {
	if err := errors.Join(ctx.Err(), s.sound()); err != nil {
		return fmt.Errorf("view records: %w", err)
	}
	return s.db.View(func(t *kv.Txn) error { return fn(&tx{kv: t, groups: make(map[int64]record.Group)}) })
}

// tx implements record.Tx and notes what it changes.
type tx struct {
	kv      *kv.Txn
	changes []record.Change
	noted   map[record.Change]struct{}
	// groups are those that were read, without full paths; nil where the
	// transaction may write.
	groups map[int64]record.Group
}

// Accounts implements record.Tx.
func (x *tx) Accounts() record.Accounts { return accounts{x} }

// Spaces implements record.Tx.
func (x *tx) Spaces() record.Spaces { return spaces{x} }

// Catalog implements record.Tx.
func (x *tx) Catalog() record.Catalog { return catalog{x} }

// Audit implements record.Tx.
func (x *tx) Audit() record.Audit { return audit{x} }

// Names implements record.Tx.
func (x *tx) Names() record.Names { return names{x} }

// Settings implements record.Tx.
func (x *tx) Settings() record.Settings { return settings{x} }

// Guards implements record.Tx.
func (x *tx) Guards() record.Guards { return guards{x} }

// changed notes that a record was written; the same change of one transaction
// is noted once.
func (x *tx) changed(kind record.Kind, key, version string) {
	x.note(record.Change{Kind: kind, Key: key, Version: version})
}

func (x *tx) note(c record.Change) {
	if _, ok := x.noted[c]; ok {
		return
	}
	if x.noted == nil {
		x.noted = map[record.Change]struct{}{}
	}
	x.noted[c] = struct{}{}
	x.changes = append(x.changes, c)
}
