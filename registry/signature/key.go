package signature

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// keyType is the only type of key that signatures are checked with. Registries
// call the scheme the same (npm's GET /-/npm/v1/keys).
const keyType = "ecdsa-sha2-nistp256"

// Key is a public key of a registry. The zero Key checks nothing.
type Key struct {
	// ID is the fingerprint of the key as OpenSSH writes it, "SHA256:…".
	ID string
	// Expires is when the key ceased to sign; zero for a key that still does.
	// What was published before stays valid.
	Expires time.Time

	// kind and scheme are what the registry calls them, and text is the key in
	// base64.
	kind, scheme, text string
	// public is nil where the type of the key is unknown: such a key is listed
	// and never trusted.
	public *ecdsa.PublicKey
}

// NewKey describes a public key on P-256.
func NewKey(public *ecdsa.PublicKey, expires time.Time) (Key, error) {
	if public.Curve != elliptic.P256() {
		return Key{}, errors.New("key is not on the curve P-256")
	}
	point, err := public.Bytes()
	if err != nil {
		return Key{}, fmt.Errorf("read key: %w", err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return Key{}, fmt.Errorf("encode key: %w", err)
	}
	return Key{ID: fingerprint(point), Expires: expires, kind: keyType, scheme: keyType,
		text: base64.StdEncoding.EncodeToString(der), public: public}, nil
}

// fingerprint is OpenSSH's: the SHA-256 of the key as SSH sends it, which is
// three texts, each after its length (RFC 5656, 3.1).
func fingerprint(point []byte) string {
	var wire []byte
	for _, part := range [][]byte{[]byte(keyType), []byte("nistp256"), point} {
		wire = binary.BigEndian.AppendUint32(wire, uint32(len(part)))
		wire = append(wire, part...)
	}
	sum := sha256.Sum256(wire)
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
}

// Known tells whether signatures can be checked with the key.
func (k Key) Known() bool { return k.public != nil }

// covers tells whether the key was in use when something was published. Clients
// take what has no time for old (npm's pacote).
func (k Key) covers(published time.Time) bool {
	if published.IsZero() {
		published = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	return k.Expires.IsZero() || published.Before(k.Expires)
}

// same tells whether two keys are one, whatever their expiry.
func (k Key) same(other Key) bool {
	return k.ID == other.ID && k.kind == other.kind && k.scheme == other.scheme && k.text == other.text
}

// parseSPKI reads a key as registries write it: base64 of a
// SubjectPublicKeyInfo (RFC 5280, 4.1).
func parseSPKI(text string) (*ecdsa.PublicKey, error) {
	der, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("decode key: %w", err)
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("parse key: %w", err)
	}
	public, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return nil, errors.New("key is of another type than it says")
	}
	return public, nil
}
