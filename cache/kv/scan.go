package kv

import (
	"bytes"
	"errors"

	"github.com/dgraph-io/badger/v4"
)

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

// KeysDown is Keys from the end: it calls fn for each key that starts with
// prefix and sorts before the whole key before (nil: from the last).
func (t *Txn) KeysDown(prefix, before []byte, fn func(key []byte) error) error {
	if err := t.beginScan(); err != nil {
		return err
	}
	defer t.endScan()
	from := following(prefix)
	if before != nil && (from == nil || bytes.Compare(before, from) < 0) {
		from = before
	}
	// Without a prefix in the options, because what is sought may lie behind.
	it := t.badger.NewIterator(badger.IteratorOptions{Reverse: true})
	defer it.Close()
	it.Seek(from)
	if it.ValidForPrefix(from) && bytes.Equal(it.Item().Key(), from) {
		it.Next()
	}
	return each(it, prefix, false, func(key, _ []byte) error { return fn(key) })
}

// following returns the first key after all that start with prefix.
func following(prefix []byte) []byte {
	next := bytes.TrimRight(prefix, "\xff")
	if len(next) == 0 {
		return nil
	}
	next = bytes.Clone(next)
	next[len(next)-1]++
	return next
}

func (t *Txn) scan(prefix, after []byte, values bool, fn func(key, value []byte) error) error {
	if err := t.beginScan(); err != nil {
		return err
	}
	defer t.endScan()
	it := t.badger.NewIterator(badger.IteratorOptions{Prefix: prefix})
	defer it.Close()
	from := prefix
	if bytes.Compare(after, prefix) >= 0 {
		from = append(bytes.Clone(after), 0)
	}
	it.Seek(from)
	return each(it, prefix, values, fn)
}

func (t *Txn) beginScan() error {
	if t.write && t.scanning {
		return errors.New("scan keys: another scan of this transaction runs")
	}
	t.scanning = true
	return nil
}

func (t *Txn) endScan() { t.scanning = false }

func each(it *badger.Iterator, prefix []byte, values bool, fn func(key, value []byte) error) error {
	for ; it.ValidForPrefix(prefix); it.Next() {
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
