package badgerstore

import (
	"fmt"

	"github.com/larderhq/larder/cache/kv"
)

// References calls fn with the digest of every blob that a file or a text of a
// manifest is in, those of files to be destroyed too, repeatedly or once. It
// stops at fn's first error and fails on a record that cannot be read, so that
// nothing is swept whose record is unreadable.
func (s *Store) References(fn func(digest [64]byte) error) error {
	if err := s.sound(); err != nil {
		return fmt.Errorf("read references: %w", err)
	}
	return s.db.View(func(t *kv.Txn) error {
		err := t.Scan([]byte{tableFile}, nil, func(key, value []byte) error {
			var r fileRow
			if err := decodeRow(key, value, &r); err != nil {
				return fmt.Errorf("read references: %w", err)
			}
			if err := r.Validate(); err != nil {
				return fmt.Errorf("read references: %w", err)
			}
			return fn(r.file().SHA512)
		})
		if err != nil {
			return err
		}
		return t.Scan([]byte{tableManifest}, nil, func(key, value []byte) error {
			m, err := decodeManifest(key, value)
			if err != nil {
				return fmt.Errorf("read references: %w", err)
			}
			for _, blob := range [][64]byte{m.Text.Blob, m.Readme.Blob} {
				if blob == [64]byte{} {
					continue
				}
				if err := fn(blob); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
