package upstreamtest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"math/big"
)

// signer signs versions as a registry does: ECDSA P-256 over
// "name@version:integrity". The key is fixed, and so are the signatures.
type signer struct {
	key    *ecdsa.PrivateKey
	public string
	id     string
}

func newSigner() *signer {
	d := sha256.Sum256([]byte("upstreamtest signing key"))
	curve := elliptic.P256()
	scalar := new(big.Int).Mod(new(big.Int).SetBytes(d[:]), curve.Params().N)
	raw := make([]byte, 32)
	scalar.FillBytes(raw)
	key, err := ecdsa.ParseRawPrivateKey(curve, raw)
	must(err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	must(err)
	sum := sha256.Sum256(der)
	return &signer{
		key:    key,
		public: base64.StdEncoding.EncodeToString(der),
		id:     "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:]),
	}
}

func (s *signer) entry(text string) object {
	sum := sha256.Sum256([]byte(text))
	sig, err := s.key.Sign(nil, sum[:], crypto.SHA256)
	must(err)
	return object{{"keyid", s.id}, {"sig", base64.StdEncoding.EncodeToString(sig)}}
}

// keys is the answer of /-/npm/v1/keys.
func (s *signer) keys() object {
	return object{{"keys", []object{{
		{"expires", nil}, {"keyid", s.id}, {"keytype", "ecdsa-sha2-nistp256"},
		{"scheme", "ecdsa-sha2-nistp256"}, {"key", s.public},
	}}}}
}
