package npm

import (
	"crypto/sha1" // npm's shasum is SHA-1; it decides only where nothing better is known
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"hash"
)

// hashBlock is how much goes through one hash before the next one: small
// enough to be still in the processor's first cache when the second reads it.
const hashBlock = 16 << 10

// Sums are the hashes and the length of one file.
type Sums struct {
	SHA512 [64]byte
	SHA1   [20]byte
	// SHA256 and SHA384 are filled only when their flags say so.
	SHA256               [32]byte
	SHA384               [48]byte
	HasSHA256, HasSHA384 bool
	// Size is in bytes.
	Size int64
}

// Integrity returns the SRI form of the SHA-512.
func (s Sums) Integrity() Integrity { return IntegrityOfSHA512(s.SHA512) }

// Shasum returns the SHA-1 in hex, as dist.shasum has it.
func (s Sums) Shasum() string { return hex.EncodeToString(s.SHA1[:]) }

func (s *Sums) digest(a Algorithm) ([]byte, bool) {
	switch a {
	case SHA512:
		return s.SHA512[:], true
	case SHA384:
		return s.SHA384[:], s.HasSHA384
	case SHA256:
		return s.SHA256[:], s.HasSHA256
	case SHA1:
		return s.SHA1[:], true
	}
	return nil, false
}

// Hasher computes Sums of what is written to it, in constant memory. Writing
// never fails. It is not safe for concurrent use.
type Hasher struct {
	sha512, sha1 hash.Hash
	// third is the SHA-256 or SHA-384 that alg names, or nil.
	third hash.Hash
	alg   Algorithm
	size  int64
}

// NewHasher returns a Hasher that computes SHA-512 and SHA-1, and what else
// verifying against want needs.
func NewHasher(want Integrity) *Hasher {
	h := &Hasher{sha512: sha512.New(), sha1: sha1.New(), alg: want.Strongest()}
	switch h.alg {
	case SHA256:
		h.third = sha256.New()
	case SHA384:
		h.third = sha512.New384()
	}
	return h
}

// Write adds p to the hashes.
func (h *Hasher) Write(p []byte) (int, error) {
	n := len(p)
	h.size += int64(n)
	for len(p) > 0 {
		block := p[:min(len(p), hashBlock)]
		p = p[len(block):]
		// hash.Hash promises that Write returns no error.
		h.sha512.Write(block)
		h.sha1.Write(block)
		if h.third != nil {
			h.third.Write(block)
		}
	}
	return n, nil
}

// Sums returns the hashes of what was written so far; writing may go on.
func (h *Hasher) Sums() Sums {
	s := Sums{Size: h.size}
	h.sha512.Sum(s.SHA512[:0])
	h.sha1.Sum(s.SHA1[:0])
	switch h.alg {
	case SHA256:
		h.third.Sum(s.SHA256[:0])
		s.HasSHA256 = true
	case SHA384:
		h.third.Sum(s.SHA384[:0])
		s.HasSHA384 = true
	}
	return s
}
