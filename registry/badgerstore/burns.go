package badgerstore

import (
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

type burnRow struct {
	SHA512 []byte `json:"sha512,omitempty"`
	record.Tombstone
}

func burnKey(name, version string) []byte { return textKey([]byte{tableBurn}, name, version) }

// Burn implements record.Burns.
func (n names) Burn(name, version string) (record.Burn, error) {
	value, ok, err := n.tx.kv.Get(burnKey(name, version))
	if err != nil {
		return record.Burn{}, fmt.Errorf("read burn of %s@%s: %w", name, version, err)
	}
	if !ok || !plain(name) {
		return record.Burn{}, fmt.Errorf("burn of %s@%s: %w", name, version, npm.ErrNotFound)
	}
	return decodeBurn(name, burnKey(name, version), value)
}

// PutBurn implements record.Burns.
func (n names) PutBurn(b record.Burn) error {
	if err := b.Validate(); err != nil {
		return err
	}
	utc(&b.At)
	r := burnRow{Tombstone: b.Tombstone}
	if b.SHA512 != [64]byte{} {
		r.SHA512 = b.SHA512[:]
	}
	if err := putRow(n.tx.kv, burnKey(b.Name, b.Version), r); err != nil {
		return fmt.Errorf("write burn of %s@%s: %w", b.Name, b.Version, err)
	}
	n.tx.changed(record.PackageChanged, b.Name, "")
	return nil
}

// RemoveBurn implements record.Burns.
func (n names) RemoveBurn(name, version string) error {
	if !plain(name) || !plain(version) || name == "" {
		return nil
	}
	if _, ok, err := n.tx.kv.Get(burnKey(name, version)); err != nil || !ok {
		return err
	}
	n.tx.changed(record.PackageChanged, name, "")
	return n.tx.remove(burnKey(name, version))
}

// Burns implements record.Burns.
func (n names) Burns(name string) ([]record.Burn, error) {
	burns := []record.Burn{}
	if !plain(name) {
		return burns, nil
	}
	err := n.tx.kv.Scan(burnKey(name, ""), nil, func(key, value []byte) error {
		b, err := decodeBurn(name, key, value)
		burns = append(burns, b)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read burns of %q: %w", name, err)
	}
	return burns, nil
}

func decodeBurn(name string, key, value []byte) (record.Burn, error) {
	var r burnRow
	b := record.Burn{Name: name, Version: string(key[len(burnKey(name, "")):])}
	err := decodeRow(key, value, &r)
	b.Tombstone = r.Tombstone
	copy(b.SHA512[:], r.SHA512)
	if err == nil && (len(r.SHA512) != 0 && len(r.SHA512) != len(b.SHA512) || b.Validate() != nil) {
		err = record.ErrCorrupt
	}
	if err != nil {
		return record.Burn{}, fmt.Errorf("read burn of %s@%s: %w", name, b.Version, err)
	}
	return b, nil
}
