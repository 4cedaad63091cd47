package badgerstore

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/record"
)

// The tables. A key is the table's letter and then: c name, p name NUL version,
// s setting, C number as 8 bytes, M mark.
const (
	tableClaim   = 'c'
	tablePin     = 'p'
	tableSetting = 's'
	tableChange  = 'C'
	tableMark    = 'M'
)

// layout is the first byte of every value. Four bytes of CRC-32C over key and
// text follow, then the text, which is JSON.
const layout = 1

const headerSize = 5

func checksum(key, text []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(key, table), table, text)
}

// putRow writes v at key.
func putRow(t *kv.Txn, key []byte, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encode record: %w", err)
	}
	value := append(make([]byte, 0, headerSize+len(text)), layout)
	value = binary.BigEndian.AppendUint32(value, checksum(key, text))
	return t.Set(key, append(value, text...))
}

// row reads the record at key into v and tells whether there is one.
func row(t *kv.Txn, key []byte, v any) (bool, error) {
	value, ok, err := t.Get(key)
	if err != nil || !ok {
		return false, err
	}
	return true, decodeRow(key, value, v)
}

// decodeRow fails with record.ErrCorrupt on whatever putRow did not write.
func decodeRow(key, value []byte, v any) error {
	switch {
	case len(value) < headerSize:
		return fmt.Errorf("record of %d bytes: %w", len(value), record.ErrCorrupt)
	case value[0] != layout:
		return fmt.Errorf("record with layout %d, this larder knows %d: %w", value[0], layout, record.ErrCorrupt)
	case binary.BigEndian.Uint32(value[1:headerSize]) != checksum(key, value[headerSize:]):
		return fmt.Errorf("record with a wrong checksum: %w", record.ErrCorrupt)
	}
	if err := json.Unmarshal(value[headerSize:], v); err != nil {
		return fmt.Errorf("record: %w: %w", record.ErrCorrupt, err)
	}
	return nil
}
