package badgerstore

import (
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// settings implements record.Settings.
type settings struct{ tx *tx }

func settingKey(key string) []byte { return append([]byte{tableSetting}, key...) }

// Get implements record.Settings.
func (s settings) Get(key string) (string, error) {
	var value string
	ok, err := row(s.tx.kv, settingKey(key), &value)
	if err != nil {
		return "", fmt.Errorf("read setting %q: %w", key, err)
	}
	if !ok {
		return "", fmt.Errorf("setting %q: %w", key, npm.ErrNotFound)
	}
	return value, nil
}

// Put implements record.Settings.
func (s settings) Put(key, value string) error {
	if err := record.ValidateSetting(key, value); err != nil {
		return err
	}
	if err := putRow(s.tx.kv, settingKey(key), value); err != nil {
		return fmt.Errorf("write setting %q: %w", key, err)
	}
	s.tx.changed(record.SettingChanged, key, "")
	return nil
}
