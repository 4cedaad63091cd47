package badgerstore

import "github.com/larderhq/larder/registry/record"

func orderKey(id int64) []byte { return numberKey(tableOrder, id) }

// Order implements record.Orders.
func (g guards) Order(id int64) (record.Order, error) {
	return find[record.Order](g.tx, orderKey(id), "order", id)
}

// PutOrder implements record.Orders.
func (g guards) PutOrder(o record.Order) (record.Order, error) {
	if err := o.Validate(); err != nil {
		return record.Order{}, err
	}
	utc(&o.CreatedAt, &o.Until, &o.EndedAt)
	_, err := stored(o.ID, g.Order)
	if err == nil && o.ID == 0 {
		o.ID, err = g.tx.next(tableOrder)
	}
	if err == nil {
		err = save(g.tx, orderKey(o.ID), o, "order")
	}
	if err != nil {
		return record.Order{}, err
	}
	g.tx.changed(record.OrderChanged, decimal(o.ID), "")
	return o, nil
}

// Orders implements record.Orders.
func (g guards) Orders(after int64, limit int) ([]record.Order, error) {
	ids, err := g.tx.numbers([]byte{tableOrder}, after, limit)
	if err != nil {
		return nil, err
	}
	return list(ids, g.Order)
}
