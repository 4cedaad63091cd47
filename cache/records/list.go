package records

import (
	"bytes"
	"context"
	"fmt"
	"slices"

	"github.com/larderhq/larder/cache/kv"
)

// NameQuery asks for names that there is something of.
type NameQuery struct {
	// After is the name that the list begins after.
	After string
	// Limit is how many names the list has at most.
	Limit int
	// Match tells which names are wanted; nil wants all.
	Match func(name string) bool
}

// Names lists the names that have a document or a tarball in any namespace,
// ordered as text. It reads the keys of all that it passes over.
func (s *Store) Names(ctx context.Context, q NameQuery) ([]string, error) {
	namespaces, err := s.Namespaces()
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, ns := range namespaces {
		for _, table := range []byte{tableDocument, tableTarball} {
			some, err := s.names(ctx, table, ns, q)
			if err != nil {
				return nil, fmt.Errorf("list names: %w", err)
			}
			names = append(names, some...)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), q.Limit)], nil
}

// names lists the names of one table and namespace.
func (s *Store) names(ctx context.Context, table byte, ns string, q NameQuery) ([]string, error) {
	p, err := prefix(table, ns)
	if err != nil {
		return nil, err
	}
	var after []byte
	if q.After != "" {
		after = beyond(append(bytes.Clone(p), q.After...))
	}
	var names []string
	last := ""
	err = s.db.View(func(t *kv.Txn) error {
		return t.Keys(p, after, func(k []byte) error {
			part, _, _ := bytes.Cut(k[len(p):], []byte{0})
			if string(part) == last {
				return nil
			}
			last = string(part)
			if q.Match != nil && !q.Match(last) {
				return ctx.Err()
			}
			if len(names) == q.Limit {
				return kv.ErrStop
			}
			names = append(names, last)
			return ctx.Err()
		})
	})
	return names, err
}

// beyond returns a key behind a record of that key and behind all that have it
// as their first parts, but before any other.
func beyond(k []byte) []byte { return append(k, 0, 0xff) }

// Namespaces lists the namespaces that there are records of, ordered as text.
func (s *Store) Namespaces() ([]string, error) {
	found := []string{}
	for _, table := range []byte{tableDocument, tableTarball, tableRaw} {
		after := []byte{table}
		for {
			ns, err := s.namespaceAfter(table, after)
			if err != nil {
				return nil, fmt.Errorf("list namespaces: %w", err)
			}
			if ns == "" {
				break
			}
			found = append(found, ns)
			after = beyond(append([]byte{table}, ns...))
		}
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// namespaceAfter returns the namespace of the first key behind another one, or
// nothing at the end.
func (s *Store) namespaceAfter(table byte, after []byte) (ns string, err error) {
	err = s.db.View(func(t *kv.Txn) error {
		return t.Keys([]byte{table}, after, func(k []byte) error {
			part, _, _ := bytes.Cut(k[1:], []byte{0})
			ns = string(part)
			return kv.ErrStop
		})
	})
	return ns, err
}

// KeptTarball is a tarball and whose it is.
type KeptTarball struct {
	Version string
	Tarball
}

// TarballsOf returns the records of the tarballs of exactly that name, ordered
// by version as text.
func (s *Store) TarballsOf(ns, name string) ([]KeptTarball, error) {
	p, err := prefix(tableTarball, ns, name)
	if err != nil {
		return nil, fmt.Errorf("list tarballs: %w", err)
	}
	kept := []KeptTarball{}
	err = s.db.View(func(t *kv.Txn) error {
		return t.Scan(p, nil, func(k, v []byte) error {
			if r, ok := decodeTarball(v); ok {
				kept = append(kept, KeptTarball{string(k[len(p):]), r})
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list tarballs: %w", err)
	}
	return kept, nil
}

// Totals tell how much is kept. The same bytes under several names count each
// time.
type Totals struct {
	Counts
	// DocumentBytes are those of documents as stored, TarballBytes and RawBytes
	// those of tarballs and raw answers.
	DocumentBytes, TarballBytes, RawBytes int64
}

// Totals adds up all records. It reads every one of them: some seconds for a
// million.
func (s *Store) Totals(ctx context.Context) (Totals, error) {
	var sum Totals
	for _, table := range []byte{tableDocument, tableTarball, tableRaw} {
		var after []byte
		for done := false; !done; {
			last, err := s.addPage(table, after, &sum)
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				return Totals{}, fmt.Errorf("add up records: %w", err)
			}
			after, done = last, last == nil
		}
	}
	return sum, nil
}

// addPage adds one page of records and returns its last key; nil after the last
// page.
func (s *Store) addPage(table byte, after []byte, sum *Totals) (last []byte, err error) {
	seen := 0
	err = s.db.View(func(t *kv.Txn) error {
		return t.Scan([]byte{table}, after, func(k, v []byte) error {
			sum.add(table, v)
			if seen++; seen == page {
				last = bytes.Clone(k)
				return kv.ErrStop
			}
			return nil
		})
	})
	return last, err
}

func (t *Totals) add(table byte, value []byte) {
	switch table {
	case tableDocument:
		if d, ok := decodeDocument(value); ok {
			t.Documents++
			t.DocumentBytes += d.GzipSize
		}
	case tableTarball:
		if b, ok := decodeTarball(value); ok {
			t.Tarballs++
			t.TarballBytes += b.Size
		}
	case tableRaw:
		if r, ok := decodeRaw(value); ok {
			t.Raws++
			t.RawBytes += r.Size
		}
	}
}
