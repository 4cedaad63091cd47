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

// Purge removes the document and all tarballs of exactly that name, and the raw
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
	d, ok, err := s.Document(ns, name)
	if err != nil {
		return sum, err
	}
	if err := s.DeleteDocument(ns, name); err != nil {
		return sum, err
	}
	if ok {
		sum.Documents, sum.Bytes = 1, d.GzipSize
	}
	p, err := prefix(tableTarball, ns, name)
	if err != nil {
		return sum, err
	}
	if err := s.purgeAll(p, &sum); err != nil || raws == "" {
		return sum, err
	}
	p, err = key(tableRaw, ns, raws)
	if err != nil {
		return sum, err
	}
	return sum, s.purgeAll(p, &sum)
}

// purgeAll removes all records whose keys begin with p, a page at a time.
func (s *Store) purgeAll(p []byte, sum *Purged) error {
	for {
		keys, err := s.pageOf(p, sum)
		if err != nil || len(keys) == 0 {
			return err
		}
		last := len(keys) < page
		err = s.db.Update(context.Background(), func(t *kv.Txn) error {
			for _, k := range keys {
				if err := t.Delete(k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || last {
			return err
		}
	}
}

// pageOf returns the first keys that begin with p and counts what they lead to.
func (s *Store) pageOf(p []byte, sum *Purged) ([][]byte, error) {
	var keys [][]byte
	err := s.db.View(func(t *kv.Txn) error {
		return t.Scan(p, nil, func(k, v []byte) error {
			var totals Totals
			totals.add(p[0], v)
			sum.Tarballs += totals.Tarballs
			sum.Raws += totals.Raws
			sum.Bytes += totals.TarballBytes + totals.RawBytes
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
