package registry

import (
	"encoding/json"
	"fmt"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/signature"
)

// signedKey names what a signature of ours is about.
type signedKey struct {
	name, version string
	sum           [64]byte
}

func signedCost(k signedKey, text []byte) int64 {
	return int64(len(k.name)+len(k.version)+cap(text)) + 260
}

// signaturesOf makes the dist.signatures of a local version, or nil where there
// is no key. Signing takes long enough to remember its result: a package with
// many versions is composed anew after each publish.
func (s *Service) signaturesOf(v *shelved) ([]byte, error) {
	if s.opts.Keys == nil {
		return nil, nil
	}
	key := signedKey{name: v.pkg.Name, version: v.pkg.Version, sum: v.tarball.SHA512}
	if text, ok := s.signed.Get(key); ok {
		return text, nil
	}
	sig, err := s.opts.Keys.Sign(signature.Subject{Name: key.name, Version: key.version,
		Integrity: npm.IntegrityOfSHA512(key.sum).String()})
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal([]signature.Signature{sig})
	if err != nil {
		return nil, fmt.Errorf("encode signature: %w", err)
	}
	s.signed.Add(key, text)
	return text, nil
}

// SigningKeys returns the public keys of what is signed here, as clients read
// them. It is npm.ErrNotFound where nothing is signed.
func (s *Service) SigningKeys() ([]byte, error) {
	if s.opts.Keys == nil {
		return nil, &npm.Error{Kind: npm.ErrNotFound, Text: "packages are not signed here"}
	}
	return encodeKeys(s.opts.Keys.Keys())
}

// MergeKeys adds upstream's keys to those of SigningKeys. Of equal IDs ours
// counts. Keys that are not what they say are npm.ErrBadUpstream.
func (s *Service) MergeKeys(upstream []byte) ([]byte, error) {
	theirs, err := signature.ParseKeys(upstream)
	if err != nil {
		return nil, &npm.Error{Kind: npm.ErrBadUpstream, Err: err, Text: "upstream lists keys that cannot be trusted"}
	}
	var ours signature.Keys
	if s.opts.Keys != nil {
		ours = s.opts.Keys.Keys()
	}
	return encodeKeys(ours.Merge(theirs))
}

func encodeKeys(keys signature.Keys) ([]byte, error) {
	text, err := json.Marshal(keys)
	if err != nil {
		return nil, fmt.Errorf("encode keys: %w", err)
	}
	return text, nil
}
