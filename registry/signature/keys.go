package signature

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	// maxKeys bounds a set of keys; the public registry has two.
	maxKeys = 256
	// maxText bounds each text of a key, in bytes.
	maxText = 4 << 10
)

// Keys is a set of keys in the order in which a registry lists them. It never
// changes. The zero Keys is empty.
type Keys struct{ list []Key }

// NewKeys makes a set. Of keys with one ID the first counts.
func NewKeys(list ...Key) Keys {
	var out Keys
	for _, k := range list {
		if _, ok := out.Find(k.ID); !ok {
			out.list = append(out.list, k)
		}
	}
	return out
}

// Len returns how many keys there are.
func (k Keys) Len() int { return len(k.list) }

// All returns the keys; they are the caller's.
func (k Keys) All() []Key { return slices.Clone(k.list) }

// Find returns the key with an ID.
func (k Keys) Find(id string) (Key, bool) {
	for _, one := range k.list {
		if one.ID == id {
			return one, true
		}
	}
	return Key{}, false
}

// Merge adds the keys of another set whose IDs are not here. Those that are
// here stay as they are.
func (k Keys) Merge(other Keys) Keys {
	return NewKeys(slices.Concat(k.list, other.list)...)
}

// wireKey is a key as registries send it.
type wireKey struct {
	Expires *time.Time `json:"expires"`
	ID      string     `json:"keyid"`
	Kind    string     `json:"keytype"`
	Scheme  string     `json:"scheme"`
	Text    string     `json:"key"`
}

// ParseKeys reads the answer of npm's GET /-/npm/v1/keys. A set with a key that
// is broken, or whose ID is not its fingerprint, is refused whole: it was made
// by somebody who has no care or bad intentions. Keys of a type that is not
// known are listed and check nothing.
func ParseKeys(text []byte) (Keys, error) {
	var wire struct {
		Keys []wireKey `json:"keys"`
	}
	if err := json.Unmarshal(text, &wire); err != nil {
		return Keys{}, fmt.Errorf("parse keys: %w", err)
	}
	if wire.Keys == nil {
		return Keys{}, errors.New("parse keys: there is no list of keys")
	}
	if len(wire.Keys) > maxKeys {
		return Keys{}, fmt.Errorf("parse keys: %d keys are more than %d", len(wire.Keys), maxKeys)
	}
	var out Keys
	for i, w := range wire.Keys {
		k, err := w.parse()
		if err != nil {
			return Keys{}, fmt.Errorf("parse key %d: %w", i+1, err)
		}
		before, twice := out.Find(k.ID)
		switch {
		case !twice:
			out.list = append(out.list, k)
		case !before.same(k) || !before.Expires.Equal(k.Expires):
			return Keys{}, fmt.Errorf("parse key %d: %s is listed twice and differs", i+1, k.ID)
		}
	}
	return out, nil
}

func (w wireKey) parse() (Key, error) {
	k := Key{ID: w.ID, kind: w.Kind, scheme: w.Scheme, text: w.Text}
	if w.Expires != nil {
		k.Expires = w.Expires.UTC()
	}
	if w.ID == "" || max(len(w.ID), len(w.Kind), len(w.Scheme), len(w.Text)) > maxText {
		return Key{}, errors.New("key has no ID or is too long")
	}
	if w.Kind != keyType || w.Scheme != keyType {
		return k, nil
	}
	public, err := parseSPKI(w.Text)
	if err != nil {
		return Key{}, err
	}
	known, err := NewKey(public, k.Expires)
	if err != nil {
		return Key{}, err
	}
	if known.ID != w.ID {
		return Key{}, fmt.Errorf("key calls itself %q, and its fingerprint is %s", w.ID, known.ID)
	}
	return known, nil
}

// stamp is how registries write times.
const stamp = "2006-01-02T15:04:05.000Z"

// MarshalJSON writes what ParseKeys reads, as clients expect it.
func (k Keys) MarshalJSON() ([]byte, error) {
	type outKey struct {
		Expires *string `json:"expires"`
		ID      string  `json:"keyid"`
		Kind    string  `json:"keytype"`
		Scheme  string  `json:"scheme"`
		Text    string  `json:"key"`
	}
	list := make([]outKey, 0, len(k.list))
	for _, one := range k.list {
		out := outKey{ID: one.ID, Kind: one.kind, Scheme: one.scheme, Text: one.text}
		if !one.Expires.IsZero() {
			text := one.Expires.UTC().Format(stamp)
			out.Expires = &text
		}
		list = append(list, out)
	}
	return json.Marshal(map[string][]outKey{"keys": list})
}
