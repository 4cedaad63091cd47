package badgerstore

import (
	"encoding/binary"

	"github.com/larderhq/larder/registry/record"
)

// The tables. A key is the table's letter and its parts: numbers as 8 bytes,
// big end first, and texts with NUL between them and before a number. Tables
// in capitals and n, o, q, w, x, y and z are indices, except those of guards
// and of the log, the changes and the store itself.
const (
	tableClaim   = 'c' // name
	tablePin     = 'p' // name, version
	tableBurn    = 'b' // name, version
	tableSetting = 's' // setting

	tableUser     = 'u' // user
	tableUsername = 'U' // username in lower case
	tableToken    = 't' // token
	tableDigest   = 'T' // 32 bytes
	tableOwner    = 'o' // "user", "job", "group" or "project", its number, token
	tableLogin    = 'l' // 32 bytes

	tableGroup      = 'g' // group
	tableProject    = 'j' // project
	tableChild      = 'n' // group above, path in lower case
	tableBelow      = 'y' // group above, "group" or "project", its number
	tableEarlier    = 'e' // "group" or "project", full path in lower case
	tableMember     = 'm' // "group" or "project", its number, user
	tableMembership = 'w' // user, "group" or "project", its number
	tableRule       = 'r' // project, rule
	tablePipeline   = 'i' // pipeline
	tableRun        = 'I' // project, pipeline

	tablePackage  = 'k' // package
	tableVersion  = 'K' // project, type, name, version
	tableContent  = 'q' // project, package
	tableNamed    = 'x' // project, npm name, package
	tableManifest = 'v' // package
	tableFile     = 'f' // file
	tableFileOf   = 'F' // package, file
	tablePending  = 'z' // file
	tableTag      = 'd' // project, name, tag
	tableHolding  = 'h' // project, name
	tableHolder   = 'H' // name, project

	tableSight    = 'S' // name, part
	tableOrder    = 'O' // order
	tableServed   = 'G' // name, version, principal, address
	tableServedAt = 'L' // hour, what is behind G
	tableDecision = 'D' // decision

	tableAudit   = 'A' // entry
	tableChange  = 'C' // number
	tableMark    = 'M' // mark
	tableCounter = 'N' // a table's letter, further numbers
)

// numberKey makes a key of numbers.
func numberKey(table byte, numbers ...int64) []byte {
	key := append(make([]byte, 0, 1+8*len(numbers)), table)
	for _, n := range numbers {
		key = appendNumber(key, n)
	}
	return key
}

func appendNumber(key []byte, n int64) []byte { return binary.BigEndian.AppendUint64(key, uint64(n)) }

// textKey makes a key of texts and of what stands before them. An empty last
// text makes the prefix of all keys that go on behind the others.
func textKey(before []byte, texts ...string) []byte {
	for i, text := range texts {
		if i > 0 {
			before = append(before, 0)
		}
		before = append(before, text...)
	}
	return before
}

// sourceKey makes a key of what stands before, the source and numbers.
func sourceKey(before []byte, s record.Source, numbers ...int64) []byte {
	key := appendNumber(textKey(before, string(s.Kind), ""), s.ID)
	for _, n := range numbers {
		key = appendNumber(key, n)
	}
	return key
}

// lastNumber returns the number that ends a key.
func lastNumber(key []byte) int64 {
	if len(key) < 8 {
		return 0
	}
	return int64(binary.BigEndian.Uint64(key[len(key)-8:]))
}
