package badgerstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

func servedKey(s record.Served) []byte {
	return textKey([]byte{tableServed}, s.Name, s.Version, s.Principal, s.Address)
}

// servedPrefix begins the keys of a version, or of a name where version is
// empty.
func servedPrefix(name, version string) []byte {
	if version == "" {
		return textKey([]byte{tableServed}, name, "")
	}
	return textKey([]byte{tableServed}, name, version, "")
}

// hour numbers hours, the units of the index that pruning reads: finer ones
// would make more servings write it.
func hour(t time.Time) int64 { return max(t.Unix()/int64(time.Hour/time.Second), 0) }

// servedAtKey is the entry of a serving in that index.
func servedAtKey(key []byte, last time.Time) []byte {
	return append(numberKey(tableServedAt, hour(last)), key[1:]...)
}

// AddServed implements record.Servings.
func (g guards) AddServed(s record.Served) error {
	if err := s.Validate(); err != nil {
		return err
	}
	utc(&s.First, &s.Last)
	key := servedKey(s)
	old, err := find[record.Served](g.tx, key, "serving of", s.Name)
	switch {
	case errors.Is(err, npm.ErrNotFound):
		err = g.tx.mark(servedAtKey(key, s.Last))
	case err == nil:
		s = merged(s, old)
		err = g.moveServed(key, old.Last, s.Last)
	}
	if err != nil {
		return err
	}
	return save(g.tx, key, s, "serving")
}

func (g guards) moveServed(key []byte, from, to time.Time) error {
	if hour(from) == hour(to) {
		return nil
	}
	return errors.Join(g.tx.remove(servedAtKey(key, from)), g.tx.mark(servedAtKey(key, to)))
}

// merged returns one serving for two of the same version to the same client.
func merged(s, old record.Served) record.Served {
	s.Count += old.Count
	if old.First.Before(s.First) {
		s.First = old.First
	}
	if old.Last.After(s.Last) {
		s.Last = old.Last
	}
	return s
}

// ServedOf implements record.Servings.
func (g guards) ServedOf(name, version string, after record.ServedCursor, limit int) ([]record.Served, error) {
	servings := []record.Served{}
	if limit <= 0 || !plain(name) || !plain(version) {
		return servings, nil
	}
	var from []byte
	if after != (record.ServedCursor{}) {
		from = servedKey(record.Served{Name: name, Version: after.Version, Principal: after.Principal, Address: after.Address})
	}
	err := g.scanServed(servedPrefix(name, version), from, func(s record.Served) error {
		if servings = append(servings, s); len(servings) == limit {
			return kv.ErrStop
		}
		return nil
	})
	return servings, err
}

func (g guards) scanServed(prefix, from []byte, fn func(record.Served) error) error {
	err := g.tx.kv.Scan(prefix, from, func(key, value []byte) error {
		var s record.Served
		err := decodeRow(key, value, &s)
		if err == nil && (s.Validate() != nil || !bytes.Equal(servedKey(s), key)) {
			err = record.ErrCorrupt
		}
		if err != nil {
			return err
		}
		return fn(s)
	})
	if err != nil {
		return fmt.Errorf("read servings: %w", err)
	}
	return nil
}

// FirstServed implements record.Servings.
func (g guards) FirstServed(name, version string) (first time.Time, err error) {
	if !plain(name) || !plain(version) || version == "" {
		return time.Time{}, missing("serving of", name+"@"+version)
	}
	err = g.scanServed(servedPrefix(name, version), nil, func(s record.Served) error {
		if first.IsZero() || s.First.Before(first) {
			first = s.First
		}
		return nil
	})
	if err == nil && first.IsZero() {
		err = missing("serving of", name+"@"+version)
	}
	return first, err
}

// PruneServed implements record.Servings.
func (g guards) PruneServed(before time.Time, limit int) (int, error) {
	var entries [][]byte
	if limit <= 0 {
		return 0, nil
	}
	end := hour(before)
	err := g.tx.kv.Keys([]byte{tableServedAt}, nil, func(key []byte) error {
		if len(key) < 9 {
			return fmt.Errorf("key of a serving: %w", record.ErrCorrupt)
		}
		if int64(binary.BigEndian.Uint64(key[1:9])) >= end || len(entries) == limit {
			return kv.ErrStop
		}
		entries = append(entries, bytes.Clone(key))
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("prune servings: %w", err)
	}
	for _, entry := range entries {
		key := append([]byte{tableServed}, entry[9:]...)
		if err := g.tx.remove(entry, key); err != nil {
			return 0, fmt.Errorf("prune servings: %w", err)
		}
	}
	return len(entries), nil
}
