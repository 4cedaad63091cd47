package badgerstore

import (
	"fmt"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/record"
)

// everyPackage lists the packages of all projects. It reads them one behind the
// other as they lie, many times as fast as by an index.
func (c catalog) everyPackage(after int64, limit int) ([]record.Package, error) {
	packages := []record.Package{}
	if limit <= 0 {
		return packages, nil
	}
	err := c.tx.kv.Scan([]byte{tablePackage}, packageKey(max(after, 0)), func(key, value []byte) error {
		p, err := decodePackage(key, value)
		if err != nil {
			return err
		}
		packages = append(packages, p)
		if len(packages) == limit {
			return kv.ErrStop
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list packages: %w", err)
	}
	return packages, nil
}

// decodePackage is decodeRow for packages, with what find does beside it.
func decodePackage(key, value []byte) (p record.Package, err error) {
	if err := decodeRow(key, value, &p); err != nil {
		return record.Package{}, err
	}
	if p.ID != lastNumber(key) || p.Validate() != nil {
		return record.Package{}, fmt.Errorf("package %d: %w", lastNumber(key), record.ErrCorrupt)
	}
	return p, nil
}
