package badgerstore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/larderhq/larder/cache/kv"
	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// guards implements record.Guards.
type guards struct{ tx *tx }

const (
	// sightPart is the most of a sight's JSON that one value holds.
	sightPart = 24 << 10
	// maxSight is the longest JSON of a sight, so that it always fits into a
	// transaction.
	maxSight = 1 << 20
)

// sightKey is the key of one part of a sight, which are numbered from 0.
func sightKey(name string, part int) []byte {
	return appendNumber(sightPrefix(name), int64(part))
}

func sightPrefix(name string) []byte { return textKey([]byte{tableSight}, name, "") }

// Sight implements record.Sights.
func (g guards) Sight(name string) (record.Sight, error) {
	if !plain(name) {
		return record.Sight{}, missing("sight of", name)
	}
	list, err := g.sights(sightPrefix(name), nil, 1)
	if err != nil {
		return record.Sight{}, err
	}
	if len(list) == 0 {
		return record.Sight{}, missing("sight of", name)
	}
	return list[0], nil
}

// PutSight implements record.Sights.
func (g guards) PutSight(s record.Sight) error {
	if err := s.Validate(); err != nil {
		return err
	}
	s.Later, s.Removed = slices.Clone(s.Later), slices.Clone(s.Removed)
	sightTimes(&s)
	text, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encode sight of %q: %w", s.Name, err)
	}
	if len(text) > maxSight {
		return fmt.Errorf("sight of %q of %d bytes, at most %d are kept: %w", s.Name, len(text), maxSight, npm.ErrTooLarge)
	}
	old, err := g.Sight(s.Name)
	if err != nil && !errors.Is(err, npm.ErrNotFound) {
		return err
	}
	if err := g.putParts(s.Name, text); err != nil {
		return fmt.Errorf("write sight of %q: %w", s.Name, err)
	}
	if !old.GoneAt.Equal(s.GoneAt) || !old.BackAt.Equal(s.BackAt) || !old.AcknowledgedAt.Equal(s.AcknowledgedAt) {
		g.tx.changed(record.SightChanged, s.Name, "")
	}
	return nil
}

func sightTimes(s *record.Sight) {
	utc(&s.FirstSeen, &s.LastSeen, &s.GoneAt, &s.BackAt, &s.AcknowledgedAt)
	for i := range s.Later {
		utc(&s.Later[i].First, &s.Later[i].Without)
	}
	for i := range s.Removed {
		utc(&s.Removed[i].At)
	}
}

// putParts writes a text in parts, in place of all parts that are there.
func (g guards) putParts(name string, text []byte) error {
	keys, err := g.tx.keys(sightPrefix(name))
	if err != nil {
		return err
	}
	part := 0
	for chunk := range slices.Chunk(text, sightPart) {
		if err := putText(g.tx.kv, sightKey(name, part), chunk); err != nil {
			return err
		}
		part++
	}
	return g.tx.remove(keys[min(part, len(keys)):]...)
}

// SightsAfter implements record.Sights.
func (g guards) SightsAfter(after string, limit int) ([]record.Sight, error) {
	return g.sights([]byte{tableSight}, appendNumber(sightPrefix(after), math.MaxInt64), limit)
}

// sights reads at most limit sights whose parts are behind prefix and after.
func (g guards) sights(prefix, after []byte, limit int) ([]record.Sight, error) {
	list := []record.Sight{}
	if limit <= 0 {
		return list, nil
	}
	var s parts
	end := func() error {
		sight, err := s.sight()
		list = append(list, sight)
		return err
	}
	err := g.tx.kv.Scan(prefix, after, func(key, value []byte) error {
		if s.name != nil && !bytes.Equal(s.name, nameOfPart(key)) {
			if err := end(); err != nil {
				return err
			}
			s = parts{}
			if len(list) == limit {
				return kv.ErrStop
			}
		}
		return s.add(key, value)
	})
	if err == nil && s.name != nil {
		err = end()
	}
	if err != nil {
		return nil, fmt.Errorf("read sights: %w", err)
	}
	return list, nil
}

// parts gathers the text of one sight.
type parts struct {
	name, text []byte
	count      int64
}

// nameOfPart returns the name in a key of sightKey; nil where it is none.
func nameOfPart(key []byte) []byte {
	if len(key) < 1+1+8 {
		return nil
	}
	return key[1 : len(key)-9]
}

func (p *parts) add(key, value []byte) error {
	text, err := textOf(key, value)
	name := nameOfPart(key)
	if err == nil && (name == nil || lastNumber(key) != p.count) {
		err = fmt.Errorf("part %d where %d was next: %w", lastNumber(key), p.count, record.ErrCorrupt)
	}
	if err != nil {
		return fmt.Errorf("sight of %q: %w", name, err)
	}
	p.name, p.text, p.count = bytes.Clone(name), append(p.text, text...), p.count+1
	return nil
}

func (p *parts) sight() (record.Sight, error) {
	var s record.Sight
	err := json.Unmarshal(p.text, &s)
	if err != nil || s.Name != string(p.name) || s.Validate() != nil {
		return record.Sight{}, fmt.Errorf("sight of %q: %w", p.name, record.ErrCorrupt)
	}
	return s, nil
}
