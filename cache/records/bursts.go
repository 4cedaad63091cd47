package records

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/larderhq/larder/cache/kv"
)

// Burst is a group of versions that were published about the same time.
type Burst struct {
	// Versions is how many there were, First and Last when they were published.
	Versions    int       `json:"versions"`
	First, Last time.Time `json:",omitzero"`
}

// PutBurst writes the burst of a group, over an earlier one.
func (s *Store) PutBurst(group string, b Burst) error {
	text, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("write burst: %w", err)
	}
	return s.write(append([]byte{layout}, text...), tableBurst, group)
}

// Bursts returns the bursts by group, and drops those that ended before.
func (s *Store) Bursts(before time.Time) (map[string]Burst, error) {
	out := make(map[string]Burst)
	var old [][]byte
	err := s.db.View(func(t *kv.Txn) error {
		return t.Scan([]byte{tableBurst}, nil, func(k, v []byte) error {
			var b Burst
			if len(v) == 0 || v[0] != layout || json.Unmarshal(v[1:], &b) != nil || b.Last.Before(before) {
				old = append(old, append([]byte(nil), k...))
				return nil
			}
			out[string(k[1:])] = b
			return nil
		})
	})
	if err == nil && len(old) > 0 {
		err = s.db.Update(context.Background(), func(t *kv.Txn) error {
			for _, k := range old {
				if err := t.Delete(k); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read bursts: %w", err)
	}
	return out, nil
}
