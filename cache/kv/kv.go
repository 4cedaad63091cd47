// Package kv owns badger: its options, its lock, its schema version, its log
// and its backup. It knows keys and values and refuses to know what they mean.
package kv

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/dgraph-io/badger/v4"
	badgeroptions "github.com/dgraph-io/badger/v4/options"
)

// MaxValue is the largest value that a database takes. Anything bigger is a
// blob: badger gives the space of large values back only around restarts.
const MaxValue = 32 << 10

// The sizes below keep two open databases cheap. Tables are neither compressed
// nor cached by badger: they are mapped, so that reads come from the page cache
// and no copy of them lives on the heap.
const (
	memTableSize = 8 << 20
	memTables    = 2
	// tableSize is the same on every level, because compaction allocates twice
	// the size of each table that it builds, up front.
	tableSize = 2 << 20
	// valueThreshold is far above MaxValue, so that the value log stays unused.
	valueThreshold = 512 << 10
	// valueLogSize keeps the two files that badger creates anyway small.
	valueLogSize = 1 << 20
)

// Options adjust a database.
type Options struct {
	// Sync makes each Update return only once it is on stable storage. Without
	// it acknowledged updates survive the death of the process, but not of the
	// machine.
	Sync bool
	// Schema is the version of the caller's key and value layout; zero means 1.
	Schema uint32
	// Folder is what the user calls the place, for the text of errors; empty
	// means the directory itself.
	Folder string
	// Logger gets badger's warnings and errors; nil drops them.
	Logger *slog.Logger
}

func (o Options) withDefaults(dir string) Options {
	if o.Schema == 0 {
		o.Schema = 1
	}
	if o.Folder == "" {
		o.Folder = dir
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// DB is an open database. All methods are safe for concurrent use.
type DB struct {
	badger *badger.DB
	opt    Options
	space  *room
	probe  chan struct{}

	// gate is held for reading by everything that uses badger and for writing
	// by Close, because badger unmaps its files under transactions that still
	// run.
	gate   sync.RWMutex
	closed bool
}

// Open opens the database in dir, which is created when absent. Only one
// process may have it open.
func Open(dir string, opt Options) (*DB, error) { return open(dir, opt, newRoom(dir)) }

func open(dir string, opt Options, room *room) (*DB, error) {
	opt = opt.withDefaults(dir)
	if err := makeWritable(dir, opt.Folder); err != nil {
		return nil, err
	}
	if err := room.checkOpen(opt.Folder); err != nil {
		return nil, err
	}
	b, err := badger.Open(badgerOptions(dir, opt))
	if err != nil {
		return nil, openError(err, opt.Folder)
	}
	db := &DB{badger: b, opt: opt, space: room, probe: make(chan struct{}, 1)}
	if err := db.checkSchema(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return db, nil
}

func badgerOptions(dir string, opt Options) badger.Options {
	b := badger.DefaultOptions(dir).
		WithSyncWrites(opt.Sync).
		WithMemTableSize(memTableSize).
		WithNumMemtables(memTables).
		WithBaseTableSize(tableSize).
		WithValueThreshold(valueThreshold).
		WithValueLogFileSize(valueLogSize).
		WithCompression(badgeroptions.None).
		WithBlockCacheSize(0).
		WithIndexCacheSize(0).
		WithNumCompactors(2).
		WithCompactL0OnClose(true).
		WithDetectConflicts(true).
		WithMetricsEnabled(false).
		WithLogger(logger{opt.Logger})
	b.TableSizeMultiplier = 1
	return b
}

// makeWritable creates dir and proves that files can be made in it, because
// badger's own texts for that tell nothing to a user.
func makeWritable(dir, folder string) error {
	unusable := func(err error) error {
		return &OpenError{Kind: ErrUnusable, Err: err,
			Text: fmt.Sprintf("data folder %s is not a folder that larder may write to; change its owner or choose another --data", folder)}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unusable(err)
	}
	f, err := os.CreateTemp(dir, "writable-*.tmp")
	if err != nil {
		return unusable(err)
	}
	if err := errors.Join(f.Close(), os.Remove(f.Name())); err != nil {
		return unusable(err)
	}
	return nil
}

// openError tells a held lock from other failures. Badger formats its errors
// and so loses their chain; a test holds this to the version in use.
func openError(err error, folder string) error {
	if strings.Contains(err.Error(), "Another process is using this Badger database") {
		return &OpenError{Kind: ErrLocked, Err: err,
			Text: fmt.Sprintf("data folder %s is in use by another larder; stop it or choose another --data", folder)}
	}
	return fmt.Errorf("open database in %s: %w", folder, err)
}

// Close waits for running transactions, flushes and closes the database. What
// comes later fails with ErrClosed.
func (db *DB) Close() error {
	db.gate.Lock()
	defer db.gate.Unlock()
	if db.closed {
		return nil
	}
	db.closed = true
	if err := db.badger.Close(); err != nil {
		return fmt.Errorf("close database: %w", err)
	}
	return nil
}

// enter admits one use of badger, which leave ends.
func (db *DB) enter() error {
	db.gate.RLock()
	if db.closed {
		db.gate.RUnlock()
		return ErrClosed
	}
	return nil
}

func (db *DB) leave() { db.gate.RUnlock() }

// Verify reads every table and compares checksums. Badger takes a block that
// it cannot read for one without the key, so whoever must never mistake damage
// for absence calls this.
func (db *DB) Verify() error {
	if err := db.enter(); err != nil {
		return err
	}
	defer db.leave()
	if err := db.badger.VerifyChecksum(); err != nil {
		return fmt.Errorf("verify database: %w", err)
	}
	return nil
}

// Size returns the bytes that the database holds on disk now.
func (db *DB) Size() (int64, error) {
	entries, err := os.ReadDir(db.badger.Opts().Dir)
	if err != nil {
		return 0, fmt.Errorf("measure database: %w", err)
	}
	var total int64
	for _, e := range entries {
		n, err := allocated(filepath.Join(db.badger.Opts().Dir, e.Name()))
		if errors.Is(err, os.ErrNotExist) {
			continue // compaction removed it
		}
		if err != nil {
			return 0, fmt.Errorf("measure database: %w", err)
		}
		total += n
	}
	return total, nil
}
