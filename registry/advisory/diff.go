package advisory

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"math"
	"slices"

	"github.com/larderhq/larder/registry/npm"
)

// Digest changes whenever anything changes that a set says about a name. The
// zero Digest is that of a name about which nothing is said.
type Digest [16]byte

// Digest returns the digest of a name.
func (s *Set) Digest(name npm.Name) Digest {
	at, ok := s.find(name.String())
	if !ok {
		return Digest{}
	}
	return s.digests[at]
}

// digestAt makes the digest of the name at a place.
func (s *Set) digestAt(at int) Digest {
	var b []byte
	add := func(text string) {
		b = binary.AppendUvarint(b, uint64(len(text)))
		b = append(b, text...)
	}
	for _, c := range s.claims[s.starts[at]:s.starts[at+1]] {
		r := &s.records[c.record]
		for _, text := range []ref{r.id, r.title, r.vector, r.aliases, r.cwes} {
			add(s.text(text))
		}
		b = binary.AppendUvarint(b, uint64(math.Float32bits(r.score)))
		b = append(b, byte(r.severity), flag(r.malware), flag(r.reviewed))
		b = binary.AppendUvarint(b, uint64(c.end-c.first))
		for _, in := range s.spans[c.first:c.end] {
			add(s.text(in.from))
			add(s.text(in.to))
			b = append(b, byte(in.kind))
		}
	}
	sum := sha256.Sum256(b)
	return Digest(sum[:len(Digest{})])
}

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}

// Change is what is different between two sets.
type Change struct {
	// Names are those of which anything else is said, in order.
	Names []npm.Name
	// Hashes tells whether any hash came, went, or got another identifier.
	Hashes bool
}

// Diff compares two sets. A nil set says nothing.
func Diff(before, after *Set) Change {
	if before == nil {
		before = &Set{}
	}
	if after == nil {
		after = &Set{}
	}
	var change Change
	note := func(text string) {
		if name, err := npm.ParseName(text); err == nil {
			change.Names = append(change.Names, name)
		}
	}
	i, k := 0, 0
	for i < len(before.names) || k < len(after.names) {
		old, has := before.nameAt(i)
		now, still := after.nameAt(k)
		switch {
		case !still || has && old < now:
			note(old)
			i++
		case !has || now < old:
			note(now)
			k++
		default:
			if before.digests[i] != after.digests[k] {
				note(now)
			}
			i, k = i+1, k+1
		}
	}
	change.Hashes = !slices.EqualFunc(before.hashes, after.hashes, func(x, y indicator) bool {
		return bytes.Equal(x.digest(), y.digest()) && before.text(x.id) == after.text(y.id)
	})
	return change
}

// nameAt returns the name at a place, or false past the end.
func (s *Set) nameAt(i int) (string, bool) {
	if i >= len(s.names) {
		return "", false
	}
	return s.text(s.names[i]), true
}
