package catalog

import "github.com/larderhq/larder/registry/record"

// kind is the type and the status of a row, whether it is hollow and whether it
// has no version, in one number, so that most filters are one look into a table.
// Zero is a row that was removed.
type kind uint16

// kinds is how many there are, for package types up to number 255.
const kinds = 1 << 13

// statuses are numbered from 1, so that no row has a kind of zero.
var statuses = map[record.Status]kind{record.StatusDefault: 1, record.StatusHidden: 2, record.StatusProcessing: 3,
	record.StatusError: 4, record.StatusDeprecated: 5, record.StatusPendingDestruction: 6}

func kindOf(p record.Package) kind {
	k := kind(p.Type.Number())<<5 | statuses[p.Status]<<2
	if p.Hollow {
		k |= 2
	}
	if p.Version == "" {
		k |= 1
	}
	return k
}

func (k kind) typeNumber() int64 { return int64(k >> 5) }

func (k kind) status() kind { return k >> 2 & 7 }

func (k kind) hollow() bool { return k&2 != 0 }

func (k kind) versionless() bool { return k&1 != 0 }

// displayed are the statuses of a list that asks for none.
func displayed() []record.Status {
	return []record.Status{record.StatusDefault, record.StatusError, record.StatusDeprecated}
}

// installable are the statuses of packages that clients get.
func installable() []record.Status {
	return []record.Status{record.StatusDefault, record.StatusHidden, record.StatusDeprecated}
}

// kindTable has 1 for each kind that a query means and 0 for the others.
func kindTable(q Query) *[kinds]uint8 {
	list := q.Statuses
	if len(list) == 0 {
		list = displayed()
	}
	var meant [8]bool
	for _, s := range list {
		meant[statuses[s]] = true
	}
	meant[0] = false
	terraform := int64(record.TerraformModule.Number())
	only := int64(q.Type.Number())
	table := &[kinds]uint8{}
	for i := range table {
		k := kind(i)
		typed := k.typeNumber() == only
		if q.Type == "" {
			typed = k.typeNumber() != terraform
		}
		if typed && meant[k.status()] && (q.Versionless || !k.versionless()) && !(q.whole && k.hollow()) {
			table[i] = 1
		}
	}
	return table
}
