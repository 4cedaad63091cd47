package badgerstore

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/record"
)

func holdingKey(projectID int64, name string) []byte {
	return textKey(numberKey(tableHolding, projectID), name)
}

// holderKey is the prefix of the index that lists the holders of a name.
func holderKey(name string) []byte { return textKey([]byte{tableHolder}, name, "") }

// Holding implements record.Holdings.
func (c catalog) Holding(projectID int64, name string) (record.Holding, error) {
	return find[record.Holding](c.tx, holdingKey(projectID, name), "holding of", name)
}

// PutHolding implements record.Holdings. The project must be there.
func (c catalog) PutHolding(h record.Holding) error {
	if err := h.Validate(); err != nil {
		return err
	}
	utc(&h.CreatedAt, &h.ModifiedAt)
	if _, err := spaces(c).project(h.ProjectID); err != nil {
		return err
	}
	err := errors.Join(save(c.tx, holdingKey(h.ProjectID, h.Name), h, "holding"),
		c.tx.mark(appendNumber(holderKey(h.Name), h.ProjectID)))
	if err != nil {
		return err
	}
	c.changed(h.Name)
	return nil
}

// RemoveHolding implements record.Holdings.
func (c catalog) RemoveHolding(projectID int64, name string) error {
	if _, err := c.Holding(projectID, name); err != nil {
		return err
	}
	c.changed(name)
	return c.tx.remove(holdingKey(projectID, name), appendNumber(holderKey(name), projectID))
}

// HoldingsOf implements record.Holdings.
func (c catalog) HoldingsOf(name string) ([]record.Holding, error) {
	if !plain(name) {
		return []record.Holding{}, nil
	}
	ids, err := c.tx.numbers(holderKey(name), 0, all)
	if err != nil {
		return nil, err
	}
	return list(ids, func(id int64) (record.Holding, error) { return c.Holding(id, name) })
}

// HoldingsAfter implements record.Holdings.
func (c catalog) HoldingsAfter(after string, limit int) ([]record.Holding, error) {
	type holder struct {
		name string
		id   int64
	}
	var holders []holder
	var from []byte
	if after != "" {
		from = append(holderKey(after), bytes.Repeat([]byte{0xff}, 8)...)
	}
	err := c.tx.kv.Keys([]byte{tableHolder}, from, func(key []byte) error {
		if len(key) < 1+1+8 {
			return record.ErrCorrupt
		}
		h := holder{name: string(key[1 : len(key)-9]), id: lastNumber(key)}
		if n := len(holders); n >= limit && (n == 0 || holders[n-1].name != h.name) {
			return kv.ErrStop
		}
		holders = append(holders, h)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list holdings: %w", err)
	}
	holdings := make([]record.Holding, 0, len(holders))
	for _, h := range holders {
		held, err := indexed(c.Holding(h.id, h.name))
		if err != nil {
			return nil, err
		}
		holdings = append(holdings, held)
	}
	return holdings, nil
}

// removeHoldings removes all of a project.
func (c catalog) removeHoldings(projectID int64) error {
	keys, err := c.tx.keys(numberKey(tableHolding, projectID))
	if err != nil {
		return err
	}
	for _, key := range keys {
		if err := c.RemoveHolding(projectID, string(key[len(numberKey(tableHolding, projectID)):])); err != nil {
			return err
		}
	}
	return nil
}
