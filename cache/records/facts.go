package records

import (
	"encoding/json"
	"fmt"

	"github.com/larderhq/larder/cache/kv"
)

// Facts are what was read out of the tarball of one version, and what its
// document said when it was read. They are judged each time that what judges
// them changes, without the tarball being opened again.
type Facts struct {
	// Digest is the sha512 of the tarball that they are about.
	Digest [64]byte `json:"-"`
	// Published is when the version was published, as upstream wrote it.
	Published string `json:"published,omitempty"`
	// Listing names what the document said of the version, which the tarball was
	// compared with.
	Listing string `json:"listing,omitempty"`
	// Refusals are what is wrong with the archive, of each guard the first.
	Refusals []FactRefusal `json:"refusals,omitempty"`
	// Hooks are what runs on install, in policy's bits.
	Hooks uint8 `json:"hooks,omitempty"`
	// Dependencies are those of its package.json, the optional ones included.
	Dependencies []FactDependency `json:"dependencies,omitempty"`
	// License is its licence as one text.
	License string `json:"license,omitempty"`
	// Unclear tells that there may be more to it than is told here.
	Unclear bool `json:"unclear,omitempty"`
	// Clean tells that the tarball is just what its document says, and that no
	// guard could object to what is in it.
	Clean bool `json:"clean,omitempty"`
	// Indicators names the set of known content that it was compared with,
	// Indicator what was found; empty where nothing was.
	Indicators string `json:"indicators,omitempty"`
	Indicator  string `json:"indicator,omitempty"`
	// Signature is what checking the registry's signatures came to, by the keys
	// of that name; in policy's numbers.
	Signature     uint8  `json:"signature,omitempty"`
	SignatureKey  string `json:"signature_key,omitempty"`
	SignatureKeys string `json:"signature_keys,omitempty"`
}

// FactRefusal is what a guard found in an archive.
type FactRefusal struct {
	Guard string `json:"guard"`
	Text  string `json:"text"`
}

// FactDependency is a dependency as it is written.
type FactDependency struct {
	Name string `json:"n"`
	Spec string `json:"s"`
}

// maxFacts bounds the encoded facts, in bytes: what is larger would leave the
// tables of the database.
const maxFacts = 30 << 10

// encode writes facts. Of those that take too much the dependencies are left
// out, and they are then unclear.
func (f Facts) encode() ([]byte, error) {
	text, err := json.Marshal(f)
	if err == nil && len(text) > maxFacts {
		f.Dependencies, f.Unclear = nil, true
		text, err = json.Marshal(f)
	}
	if err != nil {
		return nil, fmt.Errorf("write facts: %w", err)
	}
	e := newEncoder()
	e.fixed(f.Digest[:])
	return append(e.b, text...), nil
}

func decodeFacts(b []byte) (Facts, bool) {
	var f Facts
	d := newDecoder(b)
	d.fixed(f.Digest[:])
	if d.failed || json.Unmarshal(d.b, &f) != nil {
		return Facts{}, false
	}
	return f, true
}

// Facts returns the facts of a version's tarball, and whether there are any.
func (s *Store) Facts(ns, name, version string) (Facts, bool, error) {
	return read(s, decodeFacts, tableFacts, ns, name, version)
}

// PutFacts writes the facts of a version's tarball.
func (s *Store) PutFacts(ns, name, version string, f Facts) error {
	text, err := f.encode()
	if err != nil {
		return err
	}
	return s.write(text, tableFacts, ns, name, version)
}

// FactsOf returns the facts that are kept of exactly that name, by version.
func (s *Store) FactsOf(ns, name string) (map[string]Facts, error) {
	p, err := prefix(tableFacts, ns, name)
	if err != nil {
		return nil, fmt.Errorf("list facts: %w", err)
	}
	var out map[string]Facts
	err = s.db.View(func(t *kv.Txn) error {
		return t.Scan(p, nil, func(k, v []byte) error {
			if f, ok := decodeFacts(v); ok {
				if out == nil {
					out = map[string]Facts{}
				}
				out[string(k[len(p):])] = f
			}
			return nil
		})
	})
	if err != nil {
		return nil, fmt.Errorf("list facts: %w", err)
	}
	return out, nil
}
