package accounts

import "errors"

// pageSize is how many records one step of a walk reads.
const pageSize = 500

// errEnough ends a walk early.
var errEnough = errors.New("enough")

// each calls fn with every record of a list in the store, page by page. fn may
// end it with errEnough.
func each[T any](page func(after int64, limit int) ([]T, error), number func(T) int64, fn func(T) error) error {
	for after := int64(0); ; {
		list, err := page(after, pageSize)
		if err != nil {
			return err
		}
		for _, r := range list {
			if err := fn(r); errors.Is(err, errEnough) {
				return nil
			} else if err != nil {
				return err
			}
			after = number(r)
		}
		if len(list) < pageSize {
			return nil
		}
	}
}
