package badgerstore

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"

	jsonv2 "github.com/go-json-experiment/json"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
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
	return putText(t, key, text)
}

// putText writes a text at key, which is not always JSON alone.
func putText(t *kv.Txn, key, text []byte) error {
	if size := headerSize + len(text); size > kv.MaxValue {
		return fmt.Errorf("record of %d bytes, at most %d are kept: %w", size, kv.MaxValue, npm.ErrTooLarge)
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
	text, err := textOf(key, value)
	if err != nil {
		return err
	}
	unmarshal := json.Unmarshal
	if listed(v) {
		unmarshal = quickly
	}
	if err := unmarshal(text, v); err != nil {
		return fmt.Errorf("record: %w: %w", record.ErrCorrupt, err)
	}
	return nil
}

// listed tells whether a record is one of those that lists are made of, many at a
// time, when decoding is most of the work. They hold no arrays of bytes, which
// quickly reads in another form than they are written in.
func listed(v any) bool {
	switch v.(type) {
	case *record.Package, *record.Tag, *record.Pipeline, *record.Project, *record.Group, *record.User:
		return true
	}
	return false
}

// quickly is json.Unmarshal in a third of the time.
func quickly(text []byte, v any) error { return jsonv2.Unmarshal(text, v) }

// textOf returns the text of a value, or record.ErrCorrupt where putText did
// not write it.
func textOf(key, value []byte) ([]byte, error) {
	switch {
	case len(value) < headerSize:
		return nil, fmt.Errorf("record of %d bytes: %w", len(value), record.ErrCorrupt)
	case value[0] != layout:
		return nil, fmt.Errorf("record with layout %d, this larder knows %d: %w", value[0], layout, record.ErrCorrupt)
	case binary.BigEndian.Uint32(value[1:headerSize]) != checksum(key, value[headerSize:]):
		return nil, fmt.Errorf("record with a wrong checksum: %w", record.ErrCorrupt)
	}
	return value[headerSize:], nil
}
