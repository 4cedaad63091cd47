package advisory

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"sort"
	"strings"

	"github.com/larderhq/larder/registry/npm"
)

// indicators takes the hashes of tarballs that a report lists.
func (r *report) indicators(a *wireAffected) {
	for _, p := range a.Specific.is.Indicators.is.Packages {
		in, err := npm.ParseIntegrity(p.Hashes.SHA512)
		if err != nil {
			continue
		}
		if sum, ok := in.SHA512(); ok {
			r.hashes = append(r.hashes, string(sum[:]))
		}
	}
}

// parseHash reads a line of a list of hashes.
func parseHash(line []byte) (sum, id string, err error) {
	word, rest, _ := bytes.Cut(line, []byte(" "))
	if tab := bytes.IndexByte(line, '\t'); tab >= 0 && tab < len(word) {
		word, rest = line[:tab], line[tab+1:]
	}
	id = string(bytes.TrimSpace(rest))
	if !isID(id) {
		return "", "", errors.New("it does not say what the hash is of, in one word")
	}
	text := string(word)
	if digits, err := hex.DecodeString(text); err == nil {
		sum = string(digits)
	} else if in, err := npm.ParseIntegrity(text); err == nil && !strings.Contains(text, "?") {
		sum = digestOf(in)
	}
	if len(sum) != sha256.Size && len(sum) != sha512.Size {
		return "", "", errors.New("it is neither a SHA-256 nor a SHA-512 hash")
	}
	return sum, id, nil
}

// digestOf returns the one digest of an integrity, or nothing.
func digestOf(in npm.Integrity) string {
	if sum, ok := in.SHA512(); ok {
		return string(sum[:])
	}
	_, text, _ := strings.Cut(in.String(), "sha256-")
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return ""
	}
	return string(raw)
}

// indicator is a digest and the identifier of what condemns it.
type indicator struct {
	sum [sha512.Size]byte
	id  ref
	// short means that only the first 32 bytes are a digest: SHA-256.
	short bool
}

// digest returns the bytes of the digest.
func (i *indicator) digest() []byte {
	if i.short {
		return i.sum[:sha256.Size]
	}
	return i.sum[:]
}

// Hash tells whether a feed condemns content by its digest, of SHA-512 or
// SHA-256, and the identifier of what it is.
func (s *Set) Hash(sum []byte) (id string, ok bool) {
	at := sort.Search(len(s.hashes), func(i int) bool { return bytes.Compare(s.hashes[i].digest(), sum) >= 0 })
	if at == len(s.hashes) || !bytes.Equal(s.hashes[at].digest(), sum) {
		return "", false
	}
	return s.text(s.hashes[at].id), true
}
