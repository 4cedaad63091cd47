package records

import (
	"fmt"

	"github.com/larderhq/larder/cache/kv"
)

// Documents counts the documents that are stored. It reads the keys of all.
func (s *Store) Documents() (n int64, err error) {
	err = s.db.View(func(t *kv.Txn) error {
		return t.Keys([]byte{tableDocument}, nil, func([]byte) error {
			n++
			return nil
		})
	})
	if err != nil {
		return 0, fmt.Errorf("count documents: %w", err)
	}
	return n, nil
}
