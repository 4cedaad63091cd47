package signature

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"time"
)

// The kinds of PEM blocks that keys are kept in.
const (
	privateBlock = "PRIVATE KEY"
	publicBlock  = "PUBLIC KEY"
)

// NewPrivate makes a key to sign with, as PKCS #8 in PEM.
func NewPrivate() ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make signing key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encode signing key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: privateBlock, Bytes: der}), nil
}

// Ring is the keys of this registry: the one that signs, and those that did
// before.
type Ring struct {
	private *ecdsa.PrivateKey
	id      string
	keys    Keys
}

// NewRing makes a ring of the private key that signs, as PKCS #8 in PEM, and
// the keys before it.
func NewRing(private []byte, retired ...Key) (*Ring, error) {
	key, err := parsePrivate(private)
	if err != nil {
		return nil, err
	}
	public, err := NewKey(&key.PublicKey, time.Time{})
	if err != nil {
		return nil, err
	}
	keys := NewKeys(append([]Key{public}, retired...)...)
	if keys.Len() != len(retired)+1 {
		return nil, errors.New("one key is there twice")
	}
	return &Ring{private: key, id: public.ID, keys: keys}, nil
}

// ParseRetired reads a key that signs no more: its private half as PKCS #8 or
// its public half alone, in PEM.
func ParseRetired(text []byte, expires time.Time) (Key, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != publicBlock {
		private, err := parsePrivate(text)
		if err != nil {
			return Key{}, err
		}
		return NewKey(&private.PublicKey, expires)
	}
	public, err := parseSPKI(base64.StdEncoding.EncodeToString(block.Bytes))
	if err != nil {
		return Key{}, err
	}
	return NewKey(public, expires)
}

func parsePrivate(text []byte) (*ecdsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != privateBlock {
		return nil, errors.New("there is no private key in it, as PKCS #8 in PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse private key: %w", err)
	}
	key, ok := parsed.(*ecdsa.PrivateKey)
	if !ok || key.Curve != elliptic.P256() {
		return nil, errors.New("private key is not one of ECDSA on P-256")
	}
	return key, nil
}

// Keys returns the public halves, the one that signs first.
func (r *Ring) Keys() Keys { return r.keys }

// Sign signs a version. The same version is always signed the same (RFC 6979),
// so that documents stay equal byte for byte.
func (r *Ring) Sign(s Subject) (Signature, error) {
	digest := s.digest()
	der, err := r.private.Sign(nil, digest[:], crypto.SHA256)
	if err != nil {
		return Signature{}, fmt.Errorf("sign %s@%s: %w", s.Name, s.Version, err)
	}
	return Signature{KeyID: r.id, Sig: base64.StdEncoding.EncodeToString(der)}, nil
}
