package accounts

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"sync"
)

// keySize is the length of the key of digests, in bytes.
const keySize = 32

// digest recognises a secret without holding it: an HMAC-SHA256 that whoever
// reads the store can neither turn back nor try guesses against.
type digest [sha256.Size]byte

// The domains keep secrets of one sort from being taken for another.
const (
	tokenDomain    = "token"
	loginDomain    = "login"
	passwordDomain = "password"
	attemptDomain  = "attempt"
)

// digester makes digests. The pool spares five allocations for each request
// with a token (BenchmarkAuthenticateToken).
type digester struct{ pool sync.Pool }

type mac struct {
	hash hash.Hash
	in   []byte
	out  digest
}

func newDigester(key []byte) *digester {
	key = append([]byte(nil), key...)
	return &digester{pool: sync.Pool{New: func() any { return &mac{hash: hmac.New(sha256.New, key)} }}}
}

// sum digests two parts, whose border counts.
func (d *digester) sum(domain, first, second string) digest {
	m := d.pool.Get().(*mac)
	defer d.pool.Put(m)
	m.in = append(m.in[:0], domain...)
	m.in = append(m.in, 0)
	m.in = binary.AppendUvarint(m.in, uint64(len(first)))
	m.in = append(m.in, first...)
	m.in = append(m.in, second...)
	m.hash.Reset()
	m.hash.Write(m.in)
	m.hash.Sum(m.out[:0])
	clear(m.in) // it held a secret
	return m.out
}

func (d *digester) token(secret string) digest { return d.sum(tokenDomain, secret, "") }
