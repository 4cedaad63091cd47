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

func newSigner() *signer { return signerOf("upstreamtest signing key") }

// impostor signs with another key, and says that it is this one.
func (s *signer) impostor() *signer {
	other := signerOf("upstreamtest key of an impostor")
	other.id = s.id
	return other
}

func signerOf(seed string) *signer {
	d := sha256.Sum256([]byte(seed))
	curve := elliptic.P256()
	scalar := new(big.Int).Mod(new(big.Int).SetBytes(d[:]), curve.Params().N)
	raw := make([]byte, 32)
	scalar.FillBytes(raw)
	key, err := ecdsa.ParseRawPrivateKey(curve, raw)
	must(err)
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	must(err)
	return &signer{
		key:    key,
		public: base64.StdEncoding.EncodeToString(der),
		id:     fingerprint(&key.PublicKey),
	}
}

// fingerprint is what ssh-keygen shows of a key, which registries call it by.
func fingerprint(key *ecdsa.PublicKey) string {
	point, err := key.Bytes()
	must(err)
	wire := "\x00\x00\x00\x13ecdsa-sha2-nistp256\x00\x00\x00\x08nistp256\x00\x00\x00\x41" + string(point)
	sum := sha256.Sum256([]byte(wire))
	return "SHA256:" + base64.RawStdEncoding.EncodeToString(sum[:])
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
