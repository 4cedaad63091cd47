package records

import (
	"bytes"
	"context"
	"fmt"

	"github.com/larderhq/larder/cache/kv"
)

// Purged is what a purge removed. Bytes are those of the blobs that lost a
// record; the same bytes under several names count each time.
type Purged struct {
	Documents, Tarballs, Raws int
	Bytes                     int64
}

// Add adds what another purge removed.
func (p *Purged) Add(other Purged) {
	p.Documents += other.Documents
	p.Tarballs += other.Tarballs
	p.Raws += other.Raws
	p.Bytes += other.Bytes
}

// Purge removes the document, all tarballs of exactly that name and their facts, and the raw
// answers whose keys begin with raws unless that is empty, in the given
// namespaces. The blobs stay, until a sweep finds that nothing names them.
// Records that are written meanwhile may stay too.
func (s *Store) Purge(namespaces []string, name, raws string) (Purged, error) {
	var sum Purged
	for _, ns := range namespaces {
		some, err := s.purge(ns, name, raws)
		sum.Add(some)
		if err != nil {
			return sum, fmt.Errorf("purge records: %w", err)
		}
	}
	return sum, nil
}

func (s *Store) purge(ns, name, raws string) (Purged, error) {
	var sum Purged
	document, err := key(tableDocument, ns, name)
	if err != nil {
		return sum, err
	}
	tarballs, err := prefix(tableTarball, ns, name)
	if err != nil {
		return sum, err
	}
	facts, err := prefix(tableFacts, ns, name)
	if err != nil {
		return sum, err
	}
	below := [][]byte{tarballs, facts}
	if raws != "" {
		p, err := key(tableRaw, ns, raws)
		if err != nil {
			return sum, err
		}
		below = append(below, p)
	}
	for more := true; more; {
		var keys [][]byte
		if keys, more, err = s.purgeable(document, below, &sum); err != nil {
			return sum, err
		}
		if err := s.deleteAll(keys); err != nil {
			return sum, err
		}
	}
	return sum, nil
}

// purgeable returns the keys of a document and of what was said about it, where
// they are there, with a page of the
// keys below each prefix, and whether there may be more. It counts what they
// lead to.
func (s *Store) purgeable(document []byte, below [][]byte, sum *Purged) (keys [][]byte, more bool, err error) {
	ruling := append([]byte{tableRuling}, document[1:]...)
	err = s.db.View(func(t *kv.Txn) error {
		value, ok, err := t.Get(document)
		if ok {
			keys = append(keys, document)
			sum.count(document[0], value)
		}
		if err == nil {
			if _, ok, err = t.Get(ruling); ok {
				keys = append(keys, ruling)
			}
		}
		return err
	})
	for _, p := range below {
		if err != nil {
			return nil, false, err
		}
		var some [][]byte
		some, err = s.pageOf(p, sum)
		more = more || len(some) == page
		keys = append(keys, some...)
	}
	return keys, more, err
}

func (s *Store) deleteAll(keys [][]byte) error {
	if len(keys) == 0 {
		return nil
	}
	return s.db.Update(context.Background(), func(t *kv.Txn) error {
		for _, k := range keys {
			if err := t.Delete(k); err != nil {
				return err
			}
		}
		return nil
	})
}

// count adds what a record leads to.
func (p *Purged) count(table byte, value []byte) {
	var t Totals
	t.add(table, value)
	p.Add(Purged{Documents: t.Documents, Tarballs: t.Tarballs, Raws: t.Raws,
		Bytes: t.DocumentBytes + t.TarballBytes + t.RawBytes})
}

// pageOf returns the first keys that begin with p and counts what they lead to.
func (s *Store) pageOf(p []byte, sum *Purged) ([][]byte, error) {
	var keys [][]byte
	err := s.db.View(func(t *kv.Txn) error {
		return t.Scan(p, nil, func(k, v []byte) error {
			sum.count(p[0], v)
			if keys = append(keys, bytes.Clone(k)); len(keys) == page {
				return kv.ErrStop
			}
			return nil
		})
	})
	return keys, err
}

// Sync returns once all that was written is on stable storage.
func (s *Store) Sync() error { return s.db.Sync() }
