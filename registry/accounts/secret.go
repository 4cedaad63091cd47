package accounts

import (
	"crypto/rand"
	"fmt"
	"hash/crc32"
	"math/big"
	"strings"

	"github.com/larderhq/larder/registry/npm"
	"github.com/larderhq/larder/registry/record"
)

// A secret is a prefix that tells its kind, 256 random bits and a checksum, by
// which scanners recognise leaked secrets and people damaged ones.
const (
	secretDigits   = 43 // of 62, which hold 256 bits
	checksumDigits = 6  // of 62, which hold 32 bits
	maxSecret      = 512
	base62         = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
)

var prefixes = map[record.TokenKind]string{record.PersonalToken: "lrdp_", record.DeployToken: "lrdd_",
	record.JobToken: "lrdj_"}

// loginPrefix begins the ids of sign-ins through a browser.
const loginPrefix = "lrdl_"

// NewSecret returns a new secret for a token of that kind.
func NewSecret(kind record.TokenKind) (string, error) {
	prefix, ok := prefixes[kind]
	if !ok {
		return "", fmt.Errorf("secret of kind %q: %w", kind, npm.ErrInvalid)
	}
	return newSecret(prefix)
}

func newSecret(prefix string) (string, error) {
	var bits [32]byte
	if _, err := rand.Read(bits[:]); err != nil {
		return "", fmt.Errorf("make secret: %w", err)
	}
	body := prefix + digits62(new(big.Int).SetBytes(bits[:]), secretDigits)
	return body + checksum(body), nil
}

func checksum(body string) string {
	return digits62(big.NewInt(int64(crc32.ChecksumIEEE([]byte(body)))), checksumDigits)
}

func digits62(n *big.Int, width int) string {
	out, rest, base := make([]byte, width), new(big.Int), big.NewInt(int64(len(base62)))
	for i := width - 1; i >= 0; i-- {
		n.DivMod(n, base, rest)
		out[i] = base62[rest.Int64()]
	}
	return string(out)
}

// shape is what a secret looks like, whether or not anybody knows it.
type shape uint8

const (
	// foreign is a secret that larder did not make.
	foreign shape = iota
	// damaged has a prefix of larder but was cut or mistyped.
	damaged
	// whole is one that larder may have made.
	whole
)

// shapeOf tells what a secret looks like.
func shapeOf(secret string) shape {
	for _, prefix := range prefixes {
		if rest, ok := strings.CutPrefix(secret, prefix); ok {
			if len(rest) != secretDigits+checksumDigits || strings.Trim(rest, base62) != "" {
				return damaged
			}
			end := len(secret) - checksumDigits
			if checksum(secret[:end]) != secret[end:] {
				return damaged
			}
			return whole
		}
	}
	return foreign
}

// hint returns the first characters of a secret, to recognise it in lists.
func hint(secret string) string {
	const shown = 4
	n := shown
	if shapeOf(secret) == whole {
		n += len(loginPrefix)
	}
	return secret[:min(n, len(secret)/2)]
}
