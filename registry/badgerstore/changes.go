package badgerstore

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/record"
)

// trimStep is how many changes are removed together.
const trimStep = 1000

func changeKey(seq uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{tableChange}, seq)
}

func markKey(name string) []byte { return append([]byte{tableMark}, name...) }

// The marks of the sequence.
const (
	markSequence = "sequence"
	markTrimmed  = "trimmed"
)

type changeRow struct {
	Kind    record.Kind `json:"kind"`
	Key     string      `json:"key"`
	Version string      `json:"version,omitempty"`
	Number  int64       `json:"number,omitempty"`
}

// writeChanges appends one row for each change and returns the new trim mark.
// Numbers are taken even when the commit fails afterwards: whether it reached
// the disk is not known then, and a number must never mean two things.
func (s *Store) writeChanges(t *kv.Txn, changes []record.Change) (trimmed uint64, err error) {
	if len(changes) == 0 {
		return s.trimmed, nil
	}
	for _, c := range changes {
		s.sequence++
		row := changeRow{Kind: c.Kind, Key: c.Key, Version: c.Version, Number: c.Number}
		if err := putRow(t, changeKey(s.sequence), row); err != nil {
			return 0, err
		}
	}
	if err := putRow(t, markKey(markSequence), s.sequence); err != nil {
		return 0, err
	}
	return s.trim(t)
}

// trim removes changes that are too old to be kept, a step's worth at a time.
func (s *Store) trim(t *kv.Txn) (uint64, error) {
	if s.sequence < s.trimmed+s.keep+trimStep {
		return s.trimmed, nil
	}
	last := s.trimmed + trimStep
	for seq := s.trimmed + 1; seq <= last; seq++ {
		if err := t.Delete(changeKey(seq)); err != nil {
			return 0, err
		}
	}
	return last, putRow(t, markKey(markTrimmed), last)
}

// readMarks learns where the sequence stands.
func (s *Store) readMarks() error {
	return s.db.View(func(t *kv.Txn) (err error) {
		s.sequence, s.trimmed, err = marks(t)
		return err
	})
}

func marks(t *kv.Txn) (sequence, trimmed uint64, err error) {
	_, errSequence := row(t, markKey(markSequence), &sequence)
	_, errTrimmed := row(t, markKey(markTrimmed), &trimmed)
	return sequence, trimmed, errors.Join(errSequence, errTrimmed)
}

// Sequence implements record.Store.
func (s *Store) Sequence(ctx context.Context) (seq uint64, err error) {
	if err := errors.Join(ctx.Err(), s.sound()); err != nil {
		return 0, fmt.Errorf("read sequence: %w", err)
	}
	err = s.db.View(func(t *kv.Txn) error {
		seq, _, err = marks(t)
		return err
	})
	return seq, err
}

// Changes implements record.Store.
func (s *Store) Changes(ctx context.Context, after uint64, limit int) ([]record.Change, error) {
	if err := errors.Join(ctx.Err(), s.sound()); err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	changes := []record.Change{}
	err := s.db.View(func(t *kv.Txn) error {
		sequence, trimmed, err := marks(t)
		if err != nil {
			return err
		}
		if after < trimmed || after > sequence {
			return fmt.Errorf("after %d of %d to %d: %w", after, trimmed, sequence, record.ErrBehind)
		}
		return t.Scan([]byte{tableChange}, changeKey(after), func(key, value []byte) error {
			if len(changes) >= limit {
				return kv.ErrStop
			}
			c, err := decodeChange(key, value)
			changes = append(changes, c)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read changes: %w", err)
	}
	return changes, nil
}

func decodeChange(key, value []byte) (record.Change, error) {
	if len(key) != 9 {
		return record.Change{}, fmt.Errorf("key of a change: %w", record.ErrCorrupt)
	}
	var r changeRow
	if err := decodeRow(key, value, &r); err != nil {
		return record.Change{}, err
	}
	c := record.Change{Seq: binary.BigEndian.Uint64(key[1:]), Kind: r.Kind, Key: r.Key, Version: r.Version, Number: r.Number}
	return c, nil
}
