package badgerstore

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// all is the limit of lists that have none.
const all = math.MaxInt

// valid is a record that can tell whether it makes sense.
type valid interface{ Validate() error }

// find reads the record at key. What and which name it in errors, as in
// "user 1".
func find[R valid](x *tx, key []byte, what string, which any) (R, error) {
	var r, none R
	ok, err := row(x.kv, key, &r)
	if err == nil && !ok {
		return none, missing(what, which)
	}
	if err == nil && r.Validate() != nil {
		err = record.ErrCorrupt
	}
	if err != nil {
		return none, fmt.Errorf("read %s %v: %w", what, which, err)
	}
	return r, nil
}

func missing(what string, which any) error {
	return fmt.Errorf("%s %v: %w", what, which, npm.ErrNotFound)
}

// save writes a record at key.
func save(x *tx, key []byte, r any, what string) error {
	if err := putRow(x.kv, key, r); err != nil {
		return fmt.Errorf("write %s: %w", what, err)
	}
	return nil
}

// remove deletes keys.
func (x *tx) remove(keys ...[]byte) error {
	for _, key := range keys {
		if err := x.kv.Delete(key); err != nil {
			return err
		}
	}
	return nil
}

// stored reads the record that is written over; a new one, of number zero, has
// none.
func stored[R any](id int64, read func(int64) (R, error)) (R, error) {
	var none R
	if id == 0 {
		return none, nil
	}
	return read(id)
}

// indexed makes it damage when an index leads to nothing, which must never
// look like absence.
func indexed[R any](r R, err error) (R, error) {
	if errors.Is(err, npm.ErrNotFound) {
		return r, fmt.Errorf("index names what is absent, %v: %w", err, record.ErrCorrupt)
	}
	return r, err
}

// list reads the records of numbers that come from an index.
func list[R any](ids []int64, read func(int64) (R, error)) ([]R, error) {
	records := make([]R, 0, len(ids))
	for _, id := range ids {
		r, err := indexed(read(id))
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	return records, nil
}

// next returns the next number of a counter, the first of which is 1.
func (x *tx) next(table byte, of ...int64) (int64, error) {
	key := append([]byte{tableCounter}, numberKey(table, of...)...)
	var last int64
	if _, err := row(x.kv, key, &last); err != nil {
		return 0, fmt.Errorf("count records: %w", err)
	}
	last++
	return last, save(x, key, last, "counter")
}

// number reads the entry of an index and tells whether there is one.
func (x *tx) number(key []byte) (id int64, ok bool, err error) {
	ok, err = row(x.kv, key, &id)
	if err != nil {
		return 0, false, fmt.Errorf("read index: %w", err)
	}
	return id, ok, nil
}

// free fails with npm.ErrConflict where an index already leads to another
// number.
func (x *tx) free(key []byte, id int64, what string) error {
	other, ok, err := x.number(key)
	if err == nil && ok && other != id {
		return fmt.Errorf("%s is taken: %w", what, npm.ErrConflict)
	}
	return err
}

// point makes an index lead from now to a number and no longer from old, which
// is nil for a new record.
func (x *tx) point(old, now []byte, id int64) error {
	if bytes.Equal(old, now) {
		return nil
	}
	if old != nil {
		if err := x.kv.Delete(old); err != nil {
			return fmt.Errorf("write index: %w", err)
		}
	}
	return save(x, now, id, "index")
}

// mark writes entries of indices that say all in their keys.
func (x *tx) mark(keys ...[]byte) error {
	for _, key := range keys {
		if err := x.kv.Set(key, []byte{layout}); err != nil {
			return fmt.Errorf("write index: %w", err)
		}
	}
	return nil
}

// numbers returns the numbers that end the keys with prefix, in order, after
// the number after. All of them are 8 bytes behind prefix.
func (x *tx) numbers(prefix []byte, after int64, limit int) ([]int64, error) {
	var ids []int64
	if limit <= 0 {
		return nil, nil
	}
	from := appendNumber(bytes.Clone(prefix), max(after, 0))
	err := x.kv.Keys(prefix, from, func(key []byte) error {
		ids = append(ids, lastNumber(key))
		if len(ids) == limit {
			return kv.ErrStop
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	return ids, nil
}

// numbersDown is numbers from the highest below before, or from the last where
// before is zero.
func (x *tx) numbersDown(prefix []byte, before int64, limit int) ([]int64, error) {
	var ids []int64
	if limit <= 0 {
		return nil, nil
	}
	var from []byte
	if before != 0 {
		from = appendNumber(bytes.Clone(prefix), max(before, 0))
	}
	err := x.kv.KeysDown(prefix, from, func(key []byte) error {
		ids = append(ids, lastNumber(key))
		if len(ids) == limit {
			return kv.ErrStop
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	return ids, nil
}

// keys returns copies of all keys with prefix. One transaction scans one thing
// at a time, so whoever acts on keys collects them first.
func (x *tx) keys(prefix []byte) ([][]byte, error) {
	var keys [][]byte
	err := x.kv.Keys(prefix, nil, func(key []byte) error {
		keys = append(keys, bytes.Clone(key))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list records: %w", err)
	}
	return keys, nil
}

// plain tells whether a text may be part of a key. One that may not is the
// name of nothing.
func plain(text string) bool { return strings.IndexByte(text, 0) < 0 }

// utc writes times as they are read back.
func utc(times ...*time.Time) {
	for _, t := range times {
		*t = t.UTC().Round(0)
	}
}
