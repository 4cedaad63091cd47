package records

import (
	"errors"
	"fmt"
	"strings"
)

// The tables. A key is the table's letter and then its parts with NUL between
// them: D ns name, T ns name version, R ns key, F ns name version, B group, V ns name.
const (
	tableDocument = 'D'
	tableTarball  = 'T'
	tableRaw      = 'R'
	tableFacts    = 'F'
	tableBurst    = 'B'
	tableRuling   = 'V'
)

// maxPart bounds one part of a key.
const maxPart = 4096

// errKey means that a part of a key is empty, too long or holds NUL.
var errKey = errors.New("record key not allowed")

// key returns the key of a record. NUL ends every part but the last, so that
// no name is taken for the beginning of another.
func key(table byte, parts ...string) ([]byte, error) {
	k := make([]byte, 1, 192)
	k[0] = table
	for i, p := range parts {
		if p == "" || len(p) > maxPart || strings.IndexByte(p, 0) >= 0 {
			return nil, fmt.Errorf("part %d of %d bytes: %w", i+1, len(p), errKey)
		}
		if i > 0 {
			k = append(k, 0)
		}
		k = append(k, p...)
	}
	return k, nil
}

// prefix returns what the keys of all records below parts begin with.
func prefix(table byte, parts ...string) ([]byte, error) {
	k, err := key(table, parts...)
	return append(k, 0), err
}
