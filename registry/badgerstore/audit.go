package badgerstore

import (
	"time"

	"github.com/larderhq/larder/registry/record"
)

// audit implements record.Audit.
type audit struct{ tx *tx }

// Append implements record.Audit.
func (a audit) Append(e record.Entry) (record.Entry, error) {
	if err := e.Validate(); err != nil {
		return record.Entry{}, err
	}
	if e.At.IsZero() {
		e.At = time.Now()
	}
	utc(&e.At)
	id, err := a.tx.next(tableAudit)
	if err != nil {
		return record.Entry{}, err
	}
	e.ID = id
	if err := save(a.tx, numberKey(tableAudit, id), e, "audit entry"); err != nil {
		return record.Entry{}, err
	}
	return e, nil
}

// Entries implements record.Audit.
func (a audit) Entries(before int64, limit int) ([]record.Entry, error) {
	ids, err := a.tx.numbersDown([]byte{tableAudit}, before, limit)
	if err != nil {
		return nil, err
	}
	return list(ids, a.entry)
}

func (a audit) entry(id int64) (record.Entry, error) {
	return find[record.Entry](a.tx, numberKey(tableAudit, id), "audit entry", id)
}
