package signature

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// maxSignatures bounds the signatures of one version; real ones have one or
// two.
const maxSignatures = 32

// Signature is an entry of dist.signatures.
type Signature struct {
	KeyID string `json:"keyid"`
	// Sig is the signature in ASN.1, base64.
	Sig string `json:"sig"`
}

// ParseSignatures reads the value of dist.signatures. null is an empty list.
func ParseSignatures(text []byte) ([]Signature, error) {
	var list []Signature
	if err := json.Unmarshal(text, &list); err != nil {
		return nil, fmt.Errorf("parse signatures: %w", err)
	}
	if len(list) > maxSignatures {
		return nil, fmt.Errorf("parse signatures: %d are more than %d", len(list), maxSignatures)
	}
	for i, s := range list {
		if s.KeyID == "" || s.Sig == "" || max(len(s.KeyID), len(s.Sig)) > maxText {
			return nil, fmt.Errorf("parse signature %d: the key's ID or the signature is absent or too long", i+1)
		}
	}
	return list, nil
}

// Subject is what a signature is about.
type Subject struct {
	Name, Version string
	// Integrity is dist.integrity, byte for byte. Where a version has none,
	// clients take dist.shasum for it, written as an integrity.
	Integrity string
	// Published is when the version was published; zero where nobody knows.
	Published time.Time
}

// digest is the hash that is signed.
func (s Subject) digest() [sha256.Size]byte {
	return sha256.Sum256([]byte(s.Name + "@" + s.Version + ":" + s.Integrity))
}

// Result is what the signatures of a version are worth.
type Result uint8

// The results of Verify.
const (
	// Missing means that there are no signatures.
	Missing Result = iota
	// UnknownKey means that no signature is by a trusted key.
	UnknownKey
	// Invalid means that a signature by a trusted key is wrong, or that the key
	// had ended when the version was published.
	Invalid
	// Valid means that a trusted key signed, and that no signature by a trusted
	// key is wrong.
	Valid
)

// String returns the word of a result that logs and metrics use.
func (r Result) String() string {
	switch r {
	case Missing:
		return "missing"
	case UnknownKey:
		return "unknown_key"
	case Invalid:
		return "invalid"
	case Valid:
		return "valid"
	}
	return "none"
}

// Verdict is the outcome of Verify.
type Verdict struct {
	Result Result
	// KeyID is the key of the signature that decided; empty for Missing and
	// UnknownKey.
	KeyID string
	// Expired tells of an Invalid one that the signature is right, but the key
	// had ended before the version was published.
	Expired bool
	// Unknown are the IDs that no trusted key has. They are worth a warning:
	// the registry may have a new key.
	Unknown []string
}

// Verify checks the signatures of a version with trusted keys. Signatures by
// other keys count neither for it nor against it.
func (k Keys) Verify(s Subject, list []Signature) Verdict {
	if len(list) == 0 {
		return Verdict{}
	}
	v := Verdict{Result: UnknownKey}
	digest := s.digest()
	for _, entry := range list {
		key, ok := k.Find(entry.KeyID)
		switch {
		case !ok || !key.Known():
			v.Unknown = append(v.Unknown, entry.KeyID)
		case v.Result == Invalid:
		case s.Integrity == "" || !key.signed(digest, entry.Sig):
			v.Result, v.KeyID = Invalid, key.ID
		case !key.covers(s.Published):
			v.Result, v.KeyID, v.Expired = Invalid, key.ID, true
		case v.Result == UnknownKey:
			v.Result, v.KeyID = Valid, key.ID
		}
	}
	return v
}

// signed tells whether a signature is the key's.
func (k Key) signed(digest [sha256.Size]byte, sig string) bool {
	der, err := base64.StdEncoding.DecodeString(sig)
	return err == nil && ecdsa.VerifyASN1(k.public, digest[:], der)
}
