package records

import (
	"bytes"
	"context"
	"fmt"

	"github.com/larderhq/larder/cache/kv"
)

// Document returns the record of a packument, and whether there is one.
func (s *Store) Document(ns, name string) (Document, bool, error) {
	return read(s, decodeDocument, tableDocument, ns, name)
}

// PutDocument writes the record of a packument.
func (s *Store) PutDocument(ns, name string, d Document) error {
	return s.write(d.encode(), tableDocument, ns, name)
}

// Touch notes that upstream confirmed a document: it takes over the validators,
// and Checked if that moves forward. Without a record of the same digest it does
// nothing, because the bytes of such a one may be gone or never have come.
func (s *Store) Touch(ns, name string, confirmed Document) error {
	k, err := key(tableDocument, ns, name)
	if err != nil {
		return fmt.Errorf("touch document: %w", err)
	}
	err = s.db.Update(context.Background(), func(t *kv.Txn) error {
		value, ok, err := t.Get(k)
		if err != nil || !ok {
			return err
		}
		d, ok := decodeDocument(value)
		if !ok || d.Digest != confirmed.Digest {
			return nil
		}
		d.ETag, d.LastModified = confirmed.ETag, confirmed.LastModified
		if d.Checked.Before(confirmed.Checked) {
			d.Checked = confirmed.Checked
		}
		return t.Set(k, d.encode())
	})
	if err != nil {
		return fmt.Errorf("touch document: %w", err)
	}
	return nil
}

// DeleteDocument removes the record of a packument, if there is one.
func (s *Store) DeleteDocument(ns, name string) error {
	return s.remove(tableDocument, ns, name)
}

// Tarball returns the record of a tarball, and whether there is one.
func (s *Store) Tarball(ns, name, version string) (Tarball, bool, error) {
	return read(s, decodeTarball, tableTarball, ns, name, version)
}

// PutTarball writes the record of a tarball.
func (s *Store) PutTarball(ns, name, version string, t Tarball) error {
	return s.write(t.encode(), tableTarball, ns, name, version)
}

// DeleteTarball removes the record of a tarball, if there is one.
func (s *Store) DeleteTarball(ns, name, version string) error {
	return s.remove(tableTarball, ns, name, version)
}

// Tarballs returns the versions of exactly that name whose tarball is kept,
// ordered as text.
func (s *Store) Tarballs(ns, name string) ([]string, error) {
	p, err := prefix(tableTarball, ns, name)
	if err != nil {
		return nil, fmt.Errorf("list tarballs: %w", err)
	}
	versions := []string{}
	err = s.db.View(func(t *kv.Txn) error {
		return t.Keys(p, nil, func(k []byte) error {
			versions = append(versions, string(k[len(p):]))
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list tarballs: %w", err)
	}
	return versions, nil
}

// Raw returns the record of a raw answer, and whether there is one.
func (s *Store) Raw(ns, name string) (Raw, bool, error) {
	return read(s, decodeRaw, tableRaw, ns, name)
}

// PutRaw writes the record of a raw answer.
func (s *Store) PutRaw(ns, name string, r Raw) error {
	return s.write(r.encode(), tableRaw, ns, name)
}

// read returns the record at a key; one that cannot be decoded is absent.
func read[T any](s *Store, decode func([]byte) (T, bool), table byte, parts ...string) (T, bool, error) {
	var zero T
	k, err := key(table, parts...)
	if err != nil {
		return zero, false, fmt.Errorf("read record: %w", err)
	}
	var value []byte
	var found bool
	err = s.db.View(func(t *kv.Txn) (err error) {
		value, found, err = t.Get(k)
		return err
	})
	if err != nil {
		return zero, false, fmt.Errorf("read record: %w", err)
	}
	if !found {
		return zero, false, nil
	}
	if record, ok := decode(value); ok {
		return record, true, nil
	}
	return zero, false, nil
}

func (s *Store) write(value []byte, table byte, parts ...string) error {
	k, err := key(table, parts...)
	if err == nil {
		err = s.db.Update(context.Background(), func(t *kv.Txn) error { return t.Set(k, value) })
	}
	if err != nil {
		return fmt.Errorf("write record: %w", err)
	}
	return nil
}

func (s *Store) remove(table byte, parts ...string) error {
	k, err := key(table, parts...)
	if err == nil {
		err = s.db.Update(context.Background(), func(t *kv.Txn) error { return t.Delete(k) })
	}
	if err != nil {
		return fmt.Errorf("remove record: %w", err)
	}
	return nil
}

// page is how many records References reads in one transaction, so
// that none of them stays open for long.
const page = 1000

// References calls fn with the digest of every blob that a record names,
// repeatedly where several do. Records written meanwhile may be left out.
func (s *Store) References(fn func(digest [64]byte) error) error {
	for _, table := range []byte{tableDocument, tableTarball, tableRaw} {
		var after []byte
		for {
			digests, last, err := s.digests(table, after)
			if err != nil {
				return fmt.Errorf("list references: %w", err)
			}
			for _, d := range digests {
				if err := fn(d); err != nil {
					return err
				}
			}
			if last == nil {
				break
			}
			after = last
		}
	}
	return nil
}

// digests returns what one page of records refers to, and the last key of the
// page; nil after the last page.
func (s *Store) digests(table byte, after []byte) (digests [][64]byte, last []byte, err error) {
	seen := 0
	err = s.db.View(func(t *kv.Txn) error {
		return t.Scan([]byte{table}, after, func(k, v []byte) error {
			digests = appendDigests(digests, table, v)
			if seen++; seen == page {
				last = bytes.Clone(k)
				return kv.ErrStop
			}
			return nil
		})
	})
	return digests, last, err
}

func appendDigests(to [][64]byte, table byte, value []byte) [][64]byte {
	switch table {
	case tableDocument:
		if d, ok := decodeDocument(value); ok {
			to = append(to, d.Digest)
		}
	case tableTarball:
		if t, ok := decodeTarball(value); ok {
			to = append(to, t.Digest)
		}
	case tableRaw:
		if r, ok := decodeRaw(value); ok {
			to = append(to, r.Digest)
		}
	}
	return to
}

// Counts tells how many records there are.
type Counts struct{ Documents, Tarballs, Raws int }

// Counts counts the records. It reads every key: about a second for a million.
func (s *Store) Counts() (Counts, error) {
	var c Counts
	for table, into := range map[byte]*int{tableDocument: &c.Documents, tableTarball: &c.Tarballs, tableRaw: &c.Raws} {
		err := s.db.View(func(t *kv.Txn) error {
			return t.Keys([]byte{table}, nil, func([]byte) error { *into++; return nil })
		})
		if err != nil {
			return Counts{}, fmt.Errorf("count records: %w", err)
		}
	}
	return c, nil
}
