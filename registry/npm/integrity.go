package npm

import (
	"encoding/base64"
	"encoding/hex"
	"strings"
)

// maxHashes bounds the hashes of one integrity; real ones have one or two.
const maxHashes = 16

// Algorithm is a hash algorithm, in rising order of strength. The zero value
// is none.
type Algorithm uint8

// The algorithms that npm's packages are described with.
const (
	SHA1 Algorithm = iota + 1
	SHA256
	SHA384
	SHA512
)

// String returns the name that integrity texts use.
func (a Algorithm) String() string {
	switch a {
	case SHA1:
		return "sha1"
	case SHA256:
		return "sha256"
	case SHA384:
		return "sha384"
	case SHA512:
		return "sha512"
	}
	return "none"
}

// size returns the length of a digest in bytes.
func (a Algorithm) size() int {
	return [...]int{0, 20, 32, 48, 64}[a]
}

func algorithmOf(name string) (Algorithm, bool) {
	for a := SHA1; a <= SHA512; a++ {
		if a.String() == name {
			return a, true
		}
	}
	return 0, false
}

// Integrity is a set of hashes of one file, as subresource integrity (SRI)
// writes them. The zero Integrity has none.
type Integrity struct{ hashes []sriHash }

type sriHash struct {
	alg Algorithm
	// sum is the binary digest; a string, because it never changes.
	sum string
}

// ParseIntegrity reads an SRI text such as "sha512-…". Hashes of unknown
// algorithms are ignored, but one must be known; a malformed hash of a known
// algorithm is an error, as ignoring it would weaken the check.
func ParseIntegrity(sri string) (Integrity, error) {
	var in Integrity
	for word := range strings.FieldsSeq(sri) {
		name, text, _ := strings.Cut(word, "-")
		alg, ok := algorithmOf(name)
		if !ok {
			continue
		}
		text, _, _ = strings.Cut(text, "?")
		sum, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil || len(sum) != alg.size() {
			return Integrity{}, &Error{Kind: ErrInvalid, Text: "malformed integrity: bad " + name + " hash", Err: err}
		}
		if len(in.hashes) == maxHashes {
			return Integrity{}, &Error{Kind: ErrInvalid, Text: "malformed integrity: too many hashes"}
		}
		in.hashes = append(in.hashes, sriHash{alg, string(sum)})
	}
	if in.IsZero() {
		return Integrity{}, &Error{Kind: ErrInvalid, Text: "malformed integrity: no known hash algorithm"}
	}
	return in, nil
}

// IntegrityOfShasum makes an Integrity of the hex SHA-1 that npm's oldest
// documents have instead.
func IntegrityOfShasum(shasum string) (Integrity, error) {
	sum, err := hex.DecodeString(shasum)
	if err != nil || len(sum) != SHA1.size() {
		return Integrity{}, &Error{Kind: ErrInvalid, Text: "malformed shasum", Err: err}
	}
	return Integrity{[]sriHash{{SHA1, string(sum)}}}, nil
}

// IntegrityOfSHA512 makes an Integrity of a digest that we computed.
func IntegrityOfSHA512(sum [64]byte) Integrity {
	return Integrity{[]sriHash{{SHA512, string(sum[:])}}}
}

// String returns the SRI text: the known hashes in their order, no options.
func (i Integrity) String() string {
	var b strings.Builder
	for k, h := range i.hashes {
		if k > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(h.alg.String())
		b.WriteByte('-')
		b.WriteString(base64.StdEncoding.EncodeToString([]byte(h.sum)))
	}
	return b.String()
}

// IsZero tells whether there is no hash.
func (i Integrity) IsZero() bool { return len(i.hashes) == 0 }

// Strongest returns the strongest algorithm that has a hash, zero for none. It
// alone decides: a weaker hash that matches proves nothing.
func (i Integrity) Strongest() Algorithm {
	var best Algorithm
	for _, h := range i.hashes {
		best = max(best, h.alg)
	}
	return best
}

// SHA512 returns the first SHA-512 digest, if there is one.
func (i Integrity) SHA512() ([64]byte, bool) {
	for _, h := range i.hashes {
		if h.alg == SHA512 {
			return [64]byte([]byte(h.sum)), true
		}
	}
	return [64]byte{}, false
}

// Verify checks sums against the hashes of the strongest algorithm, one of
// which must match. Any failure is ErrIntegrity, also when there is nothing to
// compare.
func (i Integrity) Verify(s Sums) error {
	alg := i.Strongest()
	if alg == 0 {
		return errIntegrity("no hash to verify the tarball with")
	}
	got, ok := s.digest(alg)
	if !ok {
		return errIntegrity("the tarball was not hashed with " + alg.String())
	}
	for _, h := range i.hashes {
		if h.alg == alg && h.sum == string(got) {
			return nil
		}
	}
	return errIntegrity("tarball hash mismatch (" + alg.String() + ")")
}

func errIntegrity(text string) error {
	return &Error{Kind: ErrIntegrity, Text: text, Guard: "G20", Code: "E_INTEGRITY"}
}
