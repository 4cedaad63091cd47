package catalog

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/larderhq/larder/registry/npm"
)

// byPathNewest is ByProjectPath with equal paths by number downwards: what the
// ascending list needs. The descending one walks ByProjectPath backwards.
const (
	byPathNewest Order = ByProjectPath + 1
	orders             = int(byPathNewest) + 1
)

// kept returns the order that is kept for a list.
func kept(o Order, desc bool) Order {
	if o == ByProjectPath && !desc {
		return byPathNewest
	}
	return o
}

// place is where a row stands in an order. Of number and text one is used, as
// the order has it.
type place struct {
	number int64
	text   string
	id     int64
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.number, q.number), strings.Compare(p.text, q.text), cmp.Compare(p.id, q.id))
}

// place returns where a row stands in a kept order.
func (t *table) place(o Order, row uint32) place {
	p := place{id: t.ids[row]}
	switch o {
	case ByCreated:
		p.number = t.created[row]
	case ByName:
		p.text = t.names.list[t.name[row]]
	case ByVersion:
		p.text = t.versions.list[t.version[row]]
	case ByType:
		p.number = t.kind[row].typeNumber()
	case ByProjectPath:
		p.text = t.projects.paths[t.project[row]]
	case byPathNewest:
		p.text, p.id = t.projects.paths[t.project[row]], -p.id
	}
	return p
}

// position returns the place of a row as callers keep it.
func (t *table) position(o Order, row uint32) *Position {
	p := t.place(o, row)
	key := p.text
	if o.numbered() {
		key = strconv.FormatInt(p.number, 10)
	}
	return &Position{Key: key, ID: t.ids[row]}
}

// numbered tells whether an order is by numbers rather than texts.
func (o Order) numbered() bool { return o == ByCreated || o == ByType }

// placeOf reads a position, which may come from anybody.
func placeOf(o Order, p Position) (place, error) {
	if !o.numbered() {
		if o == byPathNewest {
			p.ID = -p.ID
		}
		return place{text: p.Key, id: p.ID}, nil
	}
	number, err := strconv.ParseInt(p.Key, 10, 64)
	if err != nil {
		return place{}, fmt.Errorf("position %.40q in a list by number: %w", p.Key, npm.ErrInvalid)
	}
	return place{number: number, id: p.ID}, nil
}
