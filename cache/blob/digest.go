package blob

import (
	"crypto/sha512"
	"encoding/hex"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
)

// Digest is the sha512 of a blob, and the only name that it has. A [64]byte
// converts to it and back without a call.
type Digest [sha512.Size]byte

// ParseDigest reads what Hex wrote: 128 lower-case hexadecimal digits. Other
// spellings are refused with npm.ErrInvalid, so that one blob has one name.
func ParseDigest(s string) (Digest, error) {
	var d Digest
	if len(s) != hex.EncodedLen(len(d)) {
		return Digest{}, fmt.Errorf("parse digest of %d characters: %w", len(s), npm.ErrInvalid)
	}
	if _, err := hex.Decode(d[:], []byte(s)); err != nil || d.Hex() != s {
		return Digest{}, fmt.Errorf("parse digest %q: %w", s, npm.ErrInvalid)
	}
	return d, nil
}

// Hex returns the digest as 128 lower-case hexadecimal digits.
func (d Digest) Hex() string { return hex.EncodeToString(d[:]) }

// String is Hex, for logs and errors.
func (d Digest) String() string { return d.Hex() }

// IsZero tells whether the digest was never set. No known bytes hash to it.
func (d Digest) IsZero() bool { return d == Digest{} }
