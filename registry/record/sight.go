package record

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/larderhq/larder/registry/npm"
)

// Limits of a sight, which keep it far below the largest transaction of any
// store.
const (
	maxSeen    = 64 << 10 // versions in Known
	maxLater   = 4 << 10
	maxRemoved = 4 << 10
	hashSize   = 4
)

// Sight is what was seen of a name at its upstream. Those who get one share its
// lists, so they are never changed in place.
type Sight struct {
	Name     string `json:"name"`
	Upstream string `json:"upstream,omitempty"`
	// FirstSeen is when the first document of the name was seen.
	FirstSeen time.Time `json:"first_seen"`
	// LastSeen is when the newest document was seen that changed the list of
	// versions, or when the one before such a document was last confirmed.
	LastSeen time.Time `json:"last_seen"`
	// Known holds the versions of the first document and those that came so
	// long ago that it no longer matters when: four bytes of each hash, big end
	// first, in order.
	Known []byte `json:"known,omitempty"`
	// Later are the versions that came after the first document, in the order
	// of their texts.
	Later []LaterVersion `json:"later,omitempty"`
	// Removed are versions that upstream's document listed and no longer does,
	// in the order of their hashes. At most 4096 are noted.
	Removed []RemovedVersion `json:"removed,omitempty"`
	// Signed tells that some version was seen with a registry's signature.
	Signed bool `json:"signed,omitempty"`
	// GoneAt is when upstream was seen to have the name no longer; zero when it
	// always had it.
	GoneAt time.Time `json:"gone_at,omitzero"`
	// BackAt is when upstream was seen to have it again after GoneAt.
	BackAt time.Time `json:"back_at,omitzero"`
	// AcknowledgedAt is when somebody accepted that it is back, and
	// AcknowledgedBy who.
	AcknowledgedAt time.Time `json:"acknowledged_at,omitzero"`
	AcknowledgedBy string    `json:"acknowledged_by,omitempty"`
}

// LaterVersion is a version that came after the first document of its name.
type LaterVersion struct {
	Version string `json:"version"`
	// First is when it was first seen.
	First time.Time `json:"first"`
	// Without is when the document was last seen without it; zero where nobody
	// knows.
	Without time.Time `json:"without,omitzero"`
}

// RemovedVersion is a version that upstream no longer lists.
type RemovedVersion struct {
	// Version is empty where only the hash is known.
	Version string `json:"version,omitempty"`
	// Hash is the version's hash as in Sight.Known.
	Hash uint32 `json:"hash"`
	// At is when the document was first seen without it.
	At time.Time `json:"at"`
}

// VersionHash returns the hash that stands for a version in Sight.Known.
func VersionHash(version string) uint32 {
	sum := sha256.Sum256([]byte(version))
	return binary.BigEndian.Uint32(sum[:hashSize])
}

// Validate refuses a sight that no store may keep.
func (s Sight) Validate() error {
	err := errors.Join(check("name", s.Name, 1, maxName), check("upstream", s.Upstream, 0, maxUpstream),
		check("acknowledger", s.AcknowledgedBy, 0, maxText))
	switch {
	case s.FirstSeen.IsZero() || s.LastSeen.IsZero():
		return errors.Join(err, fmt.Errorf("sight of %q without a time: %w", s.Name, npm.ErrInvalid))
	case len(s.Known) > hashSize*maxSeen || len(s.Later) > maxLater || len(s.Removed) > maxRemoved:
		return errors.Join(err, tooMany("sight", len(s.Known)/hashSize+len(s.Later)+len(s.Removed)))
	case !inOrder(s.Known) || !slices.IsSortedFunc(s.Later, byVersion) || !slices.IsSortedFunc(s.Removed, byHash):
		return errors.Join(err, fmt.Errorf("sight of %q out of order: %w", s.Name, npm.ErrInvalid))
	}
	for _, l := range s.Later {
		err = errors.Join(err, check("version", l.Version, 1, maxVersion))
	}
	for _, r := range s.Removed {
		err = errors.Join(err, check("version", r.Version, 0, maxVersion))
	}
	return err
}

// inOrder tells whether known is a list of hashes that grow.
func inOrder(known []byte) bool {
	for i := hashSize; i+hashSize <= len(known); i += hashSize {
		if hashAt(known, i/hashSize-1) >= hashAt(known, i/hashSize) {
			return false
		}
	}
	return len(known)%hashSize == 0
}

func hashAt(known []byte, i int) uint32 { return binary.BigEndian.Uint32(known[hashSize*i:]) }

func byVersion(a, b LaterVersion) int { return cmp.Compare(a.Version, b.Version) }

func byHash(a, b RemovedVersion) int { return cmp.Compare(a.Hash, b.Hash) }

// Version tells when a version was first seen, and when the document was last
// seen without it. WithName tells that it was there when the name was first
// seen. Of a version that is not known the rest means nothing.
func (s Sight) Version(v string) (first, without time.Time, withName, known bool) {
	if i, ok := s.later(v); ok {
		return s.Later[i].First, s.Later[i].Without, false, true
	}
	if s.knows(VersionHash(v)) {
		return s.FirstSeen, time.Time{}, true, true
	}
	return time.Time{}, time.Time{}, false, false
}

// RemovedAt tells when a known version was first seen to be gone, and whether
// it is.
func (s Sight) RemovedAt(v string) (at time.Time, removed bool) {
	i, ok := s.removed(VersionHash(v))
	if !ok {
		return time.Time{}, false
	}
	return s.Removed[i].At, true
}

// Returned tells when the name was back after upstream had lost it, as long as
// nobody has acknowledged that.
func (s Sight) Returned() (at time.Time, returned bool) {
	return s.BackAt, !s.BackAt.IsZero() && s.AcknowledgedAt.IsZero()
}

func (s Sight) later(v string) (int, bool) {
	return slices.BinarySearchFunc(s.Later, v, func(l LaterVersion, v string) int { return cmp.Compare(l.Version, v) })
}

func (s Sight) removed(hash uint32) (int, bool) {
	return slices.BinarySearchFunc(s.Removed, hash, func(r RemovedVersion, h uint32) int { return cmp.Compare(r.Hash, h) })
}

func (s Sight) knows(hash uint32) bool {
	low, high := 0, len(s.Known)/hashSize
	for low < high {
		middle := (low + high) / 2
		switch h := hashAt(s.Known, middle); {
		case h == hash:
			return true
		case h < hash:
			low = middle + 1
		default:
			high = middle
		}
	}
	return false
}
