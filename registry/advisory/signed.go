package advisory

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// sumsFile is the list of a signed folder's files, in the form of sha256sum:
// 64 hexadecimal digits, two spaces and a path. It is what the signature
// beside it signs; files that it does not list are not read.
const sumsFile = "SHA256SUMS"

// ParseKey reads an Ed25519 public key: a PEM block, or base64 of the 32 bytes
// or of the DER form.
func ParseKey(text string) (ed25519.PublicKey, error) {
	var der []byte
	if block, _ := pem.Decode([]byte(text)); block != nil {
		der = block.Bytes
	} else {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil {
			return nil, errors.New("the key is neither PEM nor base64")
		}
		if len(raw) == ed25519.PublicKeySize {
			return ed25519.PublicKey(raw), nil
		}
		der = raw
	}
	parsed, err := x509.ParsePKIXPublicKey(der)
	if err != nil {
		return nil, fmt.Errorf("parse key: %w", err)
	}
	key, ok := parsed.(ed25519.PublicKey)
	if !ok {
		return nil, errors.New("the key is not an Ed25519 key")
	}
	return key, nil
}

// signatureSuffix is what the name of a signature has after that of what it signs.
const signatureSuffix = ".sig"

// verify checks what must be signed of the source: its file, or the list of its
// files.
func (r *reader) verify(data []byte) error {
	signature, err := r.signature()
	if err != nil {
		return err
	}
	return check(r.source.Key, data, signature)
}

// signature reads the source's signature: 64 bytes, or base64 of them.
func (r *reader) signature() ([]byte, error) {
	if r.copied != nil {
		return r.copied.Signature, nil
	}
	path := r.source.Path
	if r.format() == Folder {
		path = filepath.Join(path, sumsFile)
	}
	f, err := os.Open(path + signatureSuffix)
	if err != nil {
		return nil, fmt.Errorf("read signature: %w", err)
	}
	defer func() { _ = f.Close() }()
	signature, err := readAll(f, maxSignature)
	if err != nil {
		return nil, fmt.Errorf("read signature: %w", err)
	}
	return signature, nil
}

// maxSignature bounds a signature in bytes, as it is encoded.
const maxSignature = 1024

func check(key ed25519.PublicKey, data, signature []byte) error {
	if len(signature) != ed25519.SignatureSize {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(signature)))
		if err != nil || len(raw) != ed25519.SignatureSize {
			return errors.New("the signature is neither 64 bytes nor base64 of them")
		}
		signature = raw
	}
	if len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, data, signature) {
		return errors.New("the signature does not match")
	}
	return nil
}

// sums are the hashes of a signed folder's files by path.
type sums map[string][sha256.Size]byte

// parseSums reads the list of a signed folder.
func parseSums(data []byte) (sums, error) {
	all := sums{}
	for i, line := range strings.Split(string(data), "\n") {
		line = strings.TrimSuffix(line, "\r")
		if line == "" {
			continue
		}
		digits, path, ok := strings.Cut(line, " ")
		sum, err := hex.DecodeString(digits)
		// The second separator tells binary from text and means nothing here.
		path = strings.TrimPrefix(strings.TrimLeft(path, " *"), "./")
		if !ok || err != nil || len(sum) != sha256.Size || path == "" {
			return nil, fmt.Errorf("%s: line %d is not a hash and a path", sumsFile, i+1)
		}
		all[path] = [sha256.Size]byte(sum)
	}
	return all, nil
}
